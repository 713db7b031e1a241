"""The last hour's track: small, in order, whatever comes late."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from ground_station.view_model.track import SPACING_S, SPAN_S, is_near_newest, points, readings
from ground_station.view_model.track import with_point as with_reading


def with_point(track: bytes, at_s: float, lat_deg: float, lon_deg: float) -> bytes:
    return with_reading(track, at_s, lat_deg, lon_deg, 60.0, 71.0, 98.0)


@given(st.lists(st.floats(0, 20_000), max_size=200))
def test_a_track_is_in_order_spaced_and_at_most_an_hour_long(times_s: list[float]) -> None:
    track = b""
    for at_s in times_s:
        track = with_point(track, at_s, at_s / 1000, -73.0)

    kept_s = [round(lat_deg * 1000, 6) for lat_deg, _ in points(track)]
    assert kept_s == sorted(kept_s)
    assert all(later - earlier >= SPACING_S - 1e-3 for earlier, later in pairwise(kept_s))
    assert not kept_s or kept_s[-1] - kept_s[0] <= SPAN_S + 1e-3
    assert len(track) <= 36 * (SPAN_S / SPACING_S + 1)


@given(st.lists(st.floats(0, 20_000), max_size=50), st.floats(0, 20_000) | st.sampled_from([0.0, 10.0, 20_000.0]))
def test_what_is_near_the_newest_point_is_what_a_track_leaves_out(times_s: list[float], at_s: float) -> None:
    track = b""
    for each in times_s:
        track = with_point(track, each, each / 1000, -73.0)

    if is_near_newest(track, at_s):
        assert with_point(track, at_s, 41.0, -73.0) is track
    newest_s = readings(track)[-1].at_s if track else None
    assert is_near_newest(track, at_s) is (newest_s is not None and newest_s <= at_s < newest_s + SPACING_S)


def test_a_place_that_came_late_is_put_between() -> None:
    track = b""
    for at_s in (0.0, 10.0, 40.0, 25.0):
        track = with_point(track, at_s, at_s, 0.0)

    assert [lat_deg for lat_deg, _ in points(track)] == [0.0, 10.0, 25.0, 40.0]


def test_a_place_older_than_the_hour_is_left_out() -> None:
    track = with_point(with_point(b"", 10_000.0, 1.0, 0.0), 10_000.0 - SPAN_S - 1, 2.0, 0.0)

    assert points(track) == ((1.0, 0.0),)


def test_a_track_says_how_the_drone_was() -> None:
    track = with_reading(with_reading(b"", 0.0, 1.0, 2.0, 60.0, 71.0, 98.0), 10.0, 1.5, 2.5, 58.0, 70.5, 97.0)

    assert [tuple(reading) for reading in readings(track)] == [
        (0.0, 1.0, 2.0, 60.0, 71.0, 98.0),
        (10.0, 1.5, 2.5, 58.0, 70.5, 97.0),
    ]
