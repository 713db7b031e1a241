"""The fleet on screen, table and map at once: only drones of which something changed are made anew.

A snapshot is made four times a second, and more often while an officer works; a thousand drones are then a thousand rows and marks of
which three quarters are as before. `FleetMemo` remembers what was made of which drone, in which order, and when a silence will next mean
something. It changes the cost and never the result: a property in tests/ground_station/test_fleet_rows.py compares it with a fresh one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from math import inf

import msgspec

from ground_station.view_model import wording
from ground_station.view_model.fleet import Drone, Fleet, attention_of, is_expected
from ground_station.view_model.freshness import STALE_SHARE, freshness_of
from ground_station.view_model.language import t
from ground_station.view_model.snapshot import DroneSpot, FleetRow, Freshness

SORT_PREFERENCE = "fleet.sort"
"""The preference that holds the officer's order of the table."""
SORTS: dict[str, Callable[[FleetRow], str | float | None]] = {
    "drone": lambda row: row.drone_id,
    "phase": lambda row: row.phase,
    "battery": lambda row: row.battery_pct,
    "link": lambda row: None if row.freshness == "lost" else row.link_pct,
    "temp": lambda row: row.temp_c,
    "heard": lambda row: row.heard_at_s,
    "attention": lambda row: row.attention_rank,
}
"""What each column is sorted by."""
_Place = tuple[int, str]
"""What the rows are sorted by: minus the rank of attention, id."""
_ROUNDING_S = 0.001  # two ways to add up the same times may differ by less


class Shown(msgspec.Struct, frozen=True):
    """All drones as they are on screen at one moment."""

    rows: tuple[FleetRow, ...]  # attention first, then by id
    spots: dict[str, DroneSpot]  # by drone id, of those with a place
    live: int
    expected: int  # how many ought to be heard


class _Made(msgspec.Struct, frozen=True, gc=False):
    """What was made of one drone."""

    until_s: float  # Unix time up to which the freshness surely stays what it is
    row: FleetRow
    spot: DroneSpot | None
    is_expected: bool


class FleetMemo:
    """What was made at the last snapshot, by drone id. Belongs to one desk.

    Its work grows with what changed, not with the fleet: a drone is looked at again when something came of it, when it was selected or has
    an alert and before did not (or the other way round), and when its silence has lasted long enough to mean something else.
    """

    def __init__(self) -> None:
        self._forget(0.0)

    def _forget(self, lost_after_s: float) -> None:
        self._lost_after_s = lost_after_s
        self._drones: dict[str, Drone] = {}
        self._made: dict[str, _Made] = {}
        self._order: list[_Place] = []  # sorted: as the rows are
        self._at: dict[str, int] = {}  # where in it
        self._rows: list[FleetRow] = []
        self._shown = Shown((), {}, 0, 0)
        self._alerting: frozenset[str] = frozenset()
        self._selected: str | None = None
        self._now_s, self._next_s = 0.0, inf  # when the next silence means something else

    def shown(self, fleet: Fleet, now: datetime, alerting: frozenset[str], selected: str | None) -> Shown:
        """The fleet at `now`. `alerting`: drones with an open alert."""
        now_s = now.timestamp()
        touched = self._touched(fleet, now_s, alerting, selected)
        self._drones, self._now_s = fleet.drones, now_s
        self._alerting, self._selected = alerting, selected
        if touched:
            self._make(touched)
        return self._shown

    def follow(self, fleet: Fleet, now: datetime) -> None:
        """Do already what the next snapshot would otherwise have to do for these drones."""
        self.shown(fleet, now, self._alerting, self._selected)

    def _touched(self, fleet: Fleet, now_s: float, alerting: frozenset[str], selected: str | None) -> set[str]:
        """Which drones are to be made anew."""
        known = self._drones
        touched: set[str] = set()
        if fleet.drones is not known:
            touched.update([drone_id for drone_id, drone in fleet.drones.items() if known.get(drone_id) is not drone])
            added = sum([drone_id not in known for drone_id in touched])
            if len(fleet.drones) - added != len(known):
                self._forget(fleet.lost_after_s)  # some are gone: another shift, or another place in it
                return set(fleet.drones)
        if fleet.lost_after_s != self._lost_after_s or now_s < self._now_s:
            self._lost_after_s = fleet.lost_after_s
            return set(fleet.drones)
        if now_s >= self._next_s:
            touched.update([drone_id for drone_id, made in self._made.items() if now_s >= made.until_s])
            self._next_s = min([made.until_s for made in self._made.values() if made.until_s > now_s], default=inf)
        touched |= alerting ^ self._alerting
        if selected != self._selected:
            touched |= {each for each in (selected, self._selected) if each is not None}
        return touched & fleet.drones.keys()

    def _make(self, touched: set[str]) -> None:
        """Anew: these drones, and with them the rows, the marks and the counts."""
        before, spots = self._shown, dict(self._shown.spots)
        live, expected = before.live, before.expected
        next_s, reordered = self._next_s, False
        rows, made, at = self._rows, self._made, self._at
        for drone_id in touched:
            drone, was = self._drones[drone_id], made.get(drone_id)
            fresh, until_s = _freshness(drone, self._now_s, self._lost_after_s)
            has_alert = drone_id in self._alerting
            row = _row(drone, fresh, has_alert, drone_id == self._selected)
            spot = _spot(drone, fresh, has_alert)
            is_due = is_expected(drone)
            made[drone_id] = _Made(until_s, row, spot, is_due)
            if until_s < next_s:
                next_s = until_s
            live += fresh == "live"
            expected += is_due
            if was is not None:
                live -= was.row.freshness == "live"
                expected -= was.is_expected
            place = (-row.attention_rank, drone_id)
            if was is None:
                self._order.append(place)
                reordered = True
            elif was.row.attention_rank != row.attention_rank:
                self._order[at[drone_id]] = place
                reordered = True
            else:
                rows[at[drone_id]] = row
            if spot is not None:
                spots[drone_id] = spot
            elif was is not None:
                spots.pop(drone_id, None)
        if reordered:
            self._order.sort()  # nearly sorted already
            self._at = {drone_id: place for place, (_, drone_id) in enumerate(self._order)}
            self._rows = [made[drone_id].row for _, drone_id in self._order]
        self._next_s = next_s
        self._shown = Shown(tuple(self._rows), spots, live, expected)


def in_order(rows: tuple[FleetRow, ...], sort: str) -> tuple[FleetRow, ...]:
    """The rows sorted by a column of SORTS ("-" before it: highest first), then by id; as they are for any other text. Rows without a value
    come last either way."""
    value = SORTS.get(sort.removeprefix("-"))
    if value is None:
        return rows
    known = [row for row in rows if value(row) is not None]
    unknown = [row for row in rows if value(row) is None]
    known.sort(key=lambda row: row.drone_id)
    known.sort(key=value, reverse=sort.startswith("-"))  # type: ignore[arg-type]  # values of one column can be compared
    return (*known, *unknown)


def next_sort(sort: str, column: str) -> str:
    """What a click on a column's title leads to: up, down, and back to attention first."""
    return {column: f"-{column}", f"-{column}": ""}.get(sort, column)


def matching(rows: Sequence[FleetRow], words: Sequence[str]) -> tuple[FleetRow, ...]:
    """The rows that hold every word (lower case) in their id, phase or attention."""
    return tuple(
        row for row in rows if all(word in f"{row.drone_id} {row.phase} {row.attention}".casefold() for word in words)
    )


def _freshness(drone: Drone, now_s: float, lost_after_s: float) -> tuple[Freshness, float]:
    """The drone's freshness, and up to when it surely stays so while nothing comes."""
    heard_s = drone.heard_s
    if heard_s is None or drone.cut_off:
        return "lost", inf
    fresh = freshness_of(now_s - heard_s, lost_after_s)
    if fresh == "live":
        return fresh, heard_s + lost_after_s * STALE_SHARE - _ROUNDING_S
    return fresh, inf if fresh == "lost" else heard_s + lost_after_s - _ROUNDING_S


def _row(drone: Drone, fresh: Freshness, has_alert: bool, selected: bool) -> FleetRow:
    attention, rank = attention_of(drone, fresh)
    newest = drone.newest
    return FleetRow(
        drone_id=drone.drone_id,
        phase=t("alert") if has_alert else wording.phase(newest.phase) if newest else "",
        freshness=fresh,
        heard_at_s=drone.heard_s,
        battery_pct=newest.battery_pct if newest else None,
        battery_band=drone.band,
        link_pct=newest.link_pct if newest else None,
        temp_c=newest.temp_c if newest else None,
        attention=attention,
        attention_rank=rank or (1 if has_alert else 0),
        has_alert=has_alert,
        selected=selected,
    )


def _spot(drone: Drone, fresh: Freshness, has_alert: bool) -> DroneSpot | None:
    newest, heard_s = drone.newest, drone.heard_s
    if newest is None or heard_s is None:
        return None
    return DroneSpot(newest.lat_deg, newest.lon_deg, newest.heading_deg, fresh, heard_s, has_alert)
