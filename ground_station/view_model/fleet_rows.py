"""The fleet on screen, table and map at once: only drones of which something changed are made anew.

A snapshot is made four times a second, and more often while an officer works; a thousand drones are then a thousand rows and marks of
which three quarters are as before. `Memo` remembers what was made of which drone. It changes the cost and never the result: a property
in tests/ground_station/test_fleet_rows.py compares it with a fresh one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

import msgspec

from ground_station.view_model import wording
from ground_station.view_model.fleet import Drone, Fleet, attention_of, is_expected
from ground_station.view_model.freshness import STALE_SHARE
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
_Key = tuple[Drone, Freshness, bool, bool]


class Shown(msgspec.Struct, frozen=True):
    """All drones as they are on screen at one moment."""

    rows: tuple[FleetRow, ...]  # attention first, then by id
    spots: dict[str, DroneSpot]  # by drone id, of those with a place
    live: int
    expected: int  # how many ought to be heard


class Memo:
    """What was made at the last snapshot, by drone id. Belongs to one desk."""

    def __init__(self) -> None:
        self._made: dict[str, tuple[_Key, FleetRow, DroneSpot | None]] = {}
        self._order: list[str] = []

    def shown(self, fleet: Fleet, now: datetime, alerting: frozenset[str], selected: str | None) -> Shown:
        """The fleet at `now`. `alerting`: drones with an open alert."""
        now_s, lost_after_s = now.timestamp(), fleet.lost_after_s
        stale_after_s = lost_after_s * STALE_SHARE
        made = self._made
        live = expected = 0
        reordered = len(made) != len(fleet.drones)
        spots: dict[str, DroneSpot] = {}
        for drone_id, drone in fleet.drones.items():
            heard_s = drone.heard_s
            fresh: Freshness
            # freshness() of fleet.py, without two calls for each of thousands
            if heard_s is None or drone.cut_off or now_s - heard_s >= lost_after_s:
                fresh = "lost"
            elif now_s - heard_s >= stale_after_s:
                fresh = "stale"
            else:
                fresh = "live"
                live += 1
            expected += is_expected(drone)
            has_alert, is_selected = drone_id in alerting, drone_id == selected
            before = made.get(drone_id)
            if before is None or not _is_same(before[0], drone, fresh, has_alert, is_selected):
                row = _row(drone, fresh, has_alert, is_selected)
                spot = _spot(drone, fresh, has_alert)
                reordered = reordered or before is None or before[1].attention_rank != row.attention_rank
                made[drone_id] = before = ((drone, fresh, has_alert, is_selected), row, spot)
            if before[2] is not None:
                spots[drone_id] = before[2]
        if len(made) > len(fleet.drones):
            for gone in made.keys() - fleet.drones.keys():
                del made[gone]
            reordered = True
        if reordered:
            self._order = sorted(made, key=lambda drone_id: (-made[drone_id][1].attention_rank, drone_id))
        return Shown(tuple([made[drone_id][1] for drone_id in self._order]), spots, live, expected)


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


def _is_same(key: _Key, drone: Drone, fresh: Freshness, has_alert: bool, selected: bool) -> bool:
    return key[0] is drone and key[1] == fresh and key[2] == has_alert and key[3] == selected


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
