"""What a recorded shift amounts to for other programs: where each drone was, what became of each alert, and the log."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from typing import NamedTuple

from ground_station.shift_files import Shift, ShiftFile
from ground_station.view_model.events import AlertCame, DroneMoved, TelemetryCame
from ground_station.view_model.log_view import LogLine
from ground_station.view_model.moments import Began, Past
from messages.alert import Alert

EVERY_S = 10.0  # between two points of a drone: what the desk's own tracks have
BREAK_S = 60.0  # silence that ends one stretch of a track
_WIDTH = 6


class Point(NamedTuple):
    """Where a drone was. Height in metres above the ground; NaN where the recording has none."""

    at_s: float
    lat_deg: float
    lon_deg: float
    alt_m: float
    heading_deg: float
    battery_pct: float


class Track:
    """One drone's points in the order of time, 48 bytes each."""

    def __init__(self) -> None:
        self._values = array("d")
        self._kept_s = float("-inf")
        self._alt_m = self._battery_pct = float("nan")

    def add(self, event: TelemetryCame | DroneMoved, every_s: float) -> None:
        """One more telemetry; left out when it is too near in time to the one before."""
        at = event.telemetry if isinstance(event, TelemetryCame) else event
        if isinstance(event, TelemetryCame):
            self._alt_m, self._battery_pct = event.telemetry.alt_m, event.telemetry.battery_pct
        at_s = at.captured_at.timestamp()
        if not 0 <= at_s - self._kept_s < every_s:
            self._values.extend((at_s, at.lat_deg, at.lon_deg, self._alt_m, at.heading_deg, self._battery_pct))
            self._kept_s = max(self._kept_s, at_s)

    def points(self) -> list[Point]:
        """All points, those that came late in their place, none twice."""
        values = self._values
        found = {values[n]: Point(*values[n : n + _WIDTH]) for n in range(0, len(values), _WIDTH)}
        return [found[at_s] for at_s in sorted(found)]

    def stretches(self) -> Iterator[list[Point]]:
        """The points, cut where the drone was silent for long."""
        stretch: list[Point] = []
        for point in self.points():
            if stretch and point.at_s - stretch[-1].at_s > BREAK_S:
                yield stretch
                stretch = []
            stretch.append(point)
        if stretch:
            yield stretch


class ShiftData(NamedTuple):
    """A whole shift. Alerts in the order in which they were raised."""

    about: Shift
    tracks: dict[str, Track]
    alerts: tuple[Alert, ...]
    lines: tuple[LogLine, ...]


def gathered(file: ShiftFile, every_s: float = EVERY_S) -> ShiftData:
    """Everything in the recording, with a point of each drone at most every `every_s`. Raises ShiftFileError."""
    tracks: dict[str, Track] = {}
    alerts: dict[str, Alert] = {}
    for past in file.past():
        _take(past, tracks, alerts, every_s)
    in_order = sorted(alerts.values(), key=lambda alert: (alert.raised_at, alert.violation.id))
    return ShiftData(file.about(), dict(sorted(tracks.items())), tuple(in_order), file.lines())


def _take(past: Past, tracks: dict[str, Track], alerts: dict[str, Alert], every_s: float) -> None:
    if isinstance(past, Began):
        for drone in past.state.fleet.drones.values():
            if drone.newest is not None:
                tracks.setdefault(drone.drone_id, Track()).add(TelemetryCame(drone.newest), every_s)
        for entry in past.state.queue.entries.values():
            _newest(alerts, entry.alert)
        return
    for event in getattr(past, "events", ()):
        if isinstance(event, TelemetryCame):
            tracks.setdefault(event.telemetry.drone_id, Track()).add(event, every_s)
        elif isinstance(event, DroneMoved):
            tracks.setdefault(event.drone_id, Track()).add(event, every_s)
        elif isinstance(event, AlertCame):
            _newest(alerts, event.alert)


def _newest(alerts: dict[str, Alert], alert: Alert) -> None:
    known = alerts.get(alert.violation.id)
    if known is None or alert.version >= known.version:
        alerts[alert.violation.id] = alert


def code_of(alert: Alert) -> int | None:
    """The officer's code; until there is one, the drone's best guess."""
    if alert.decided_at is not None:
        return alert.code_after
    return alert.violation.guesses[0].code if alert.violation.guesses else None
