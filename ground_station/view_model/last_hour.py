"""A drone's last hour as three small charts: battery, height, link. Track in, values to draw and words to read out."""

from __future__ import annotations

from collections.abc import Callable

from ground_station.view_model import wording
from ground_station.view_model.language import t
from ground_station.view_model.snapshot import Chart
from ground_station.view_model.track import Reading, readings

GAP_S = 45.0
"""Nothing heard for longer than this is a break in the line: four points in a row are missing."""
HEIGHT_STEP_M = 20.0  # the height's room is a multiple of this, so that a hovering drone is a flat line and not a storm


def charts(track: bytes) -> tuple[Chart, ...]:
    """Battery, height and link over the track's span; nothing for a drone of which less than two points are known."""
    hour = readings(track)
    if len(hour) < 2:
        return ()
    highest_m = max(reading.alt_m for reading in hour)
    room_m = HEIGHT_STEP_M * max(1, -(-highest_m // HEIGHT_STEP_M))
    lowest_m = min(0.0, *(reading.alt_m for reading in hour))
    return (
        _chart(t("Battery"), hour, lambda reading: reading.battery_pct, 0.0, 100.0, wording.percent),
        _chart(t("Height"), hour, lambda reading: reading.alt_m, lowest_m, room_m, wording.metres),
        _chart(t("Link"), hour, lambda reading: reading.link_pct, 0.0, 100.0, wording.percent),
    )


def _chart(
    label: str,
    hour: tuple[Reading, ...],
    value: Callable[[Reading], float],
    low: float,
    high: float,
    words: Callable[[float], str],
) -> Chart:
    newest_s = hour[-1].at_s
    values = [value(reading) for reading in hour]
    span = wording.about(newest_s - hour[0].at_s)
    return Chart(
        label=label,
        now=words(values[-1]),
        low=low,
        high=high,
        low_words=words(low),
        high_words=words(high),
        points=tuple((reading.at_s - newest_s, value(reading)) for reading in hour),
        words=t(
            "{label}: {now}, between {low} and {high} in the last {span}",
            label=label,
            now=words(values[-1]),
            low=words(min(values)),
            high=words(max(values)),
            span=span,
        ),
    )
