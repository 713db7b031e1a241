"""What else this desk knows about the plate on the form: another open alert of it near by, or a ticket of the last day.

A word to the officer, who may go on: two drones that saw one offence make two alerts, and two tickets for it are one too many. The desk
knows the open alerts, its own decisions (its journal has those of earlier starts), and what other officers decided while it was open.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta, tzinfo
from functools import lru_cache
from math import degrees
from typing import Literal

import msgspec

from ground_station.view_model import wording
from ground_station.view_model.alert_queue import Entry
from ground_station.view_model.language import t, tn
from ground_station.view_model.station_state import Done
from messages.alert import Alert, is_open
from messages.coding import NOT_SHOWN
from messages.geo import EARTH_RADIUS_M, Position, distance_m
from messages.model import Violation

NEAR_M = 200.0  # about one block of an avenue: as far as two drones may put one vehicle
NEAR_SPAN = timedelta(hours=4)
RECENT = timedelta(hours=24)
HERE_M = 60.0
_HERE_DEG = 1.01 * degrees(HERE_M / EARTH_RADIUS_M)  # of latitude, and a little more
_NO_PLATE = frozenset(("", "".join(filter(str.isalnum, NOT_SHOWN.upper())), "BLANKPLATE", "NA"))


@lru_cache(maxsize=4_096)
def written(plate: str | None) -> str:
    """A plate as two people would write it the same: capital letters and digits. Empty if that is no plate."""
    signs = "".join(sign for sign in (plate or "").upper() if sign.isalnum())
    return "" if signs in _NO_PLATE else signs


class SamePlate(msgspec.Struct, frozen=True):
    """What else there is of a plate: open alerts near by, and tickets, each with where its vehicle was seen if that is known."""

    near: tuple[Violation, ...] = ()
    tickets: tuple[tuple[Done, Violation | None], ...] = ()


class Earlier(msgspec.Struct, frozen=True):
    """Other alerts of the day before one: when one of the same plate was seen, and how many were within HERE_M."""

    same_plate_at: datetime | None
    near: int


def same_plate(
    plate: str | None,
    plate_state: str | None,
    violation: Violation,
    entries: Mapping[str, Entry],
    done: Sequence[Done],
    done_by_others: Sequence[Done],
) -> SamePlate:
    """Of a plate as it stands on the form. `entries`: all alerts known; `done`: the officer's decisions of the last day with the plate as
    typed."""
    plate, state = written(plate), written(plate_state)
    if not plate:
        return SamePlate()
    decided = (*done, *done_by_others)
    decided_here = {each.violation_id for each in decided}  # and perhaps not yet answered
    near = tuple(
        other
        for entry in entries.values()
        if (other := entry.alert.violation).id != violation.id
        and written(other.plate) == plate
        and is_open(entry.alert)
        and other.id not in decided_here
        and _same_state(state, other.plate_state)
        and abs(other.captured_at - violation.captured_at) <= NEAR_SPAN
        and _away_m(violation, other) <= NEAR_M
    )
    tickets = tuple(
        (each, entry.alert.violation if (entry := entries.get(each.violation_id)) is not None else None)
        for each in decided
        if each.code is not None
        and each.violation_id != violation.id
        and written(each.plate) == plate
        and _same_state(state, each.plate_state)
    )
    return SamePlate(near, tickets)


def warnings(found: SamePlate, violation: Violation, now: datetime, zone: tzinfo | None) -> tuple[str, ...]:
    """At most one line about open alerts near by and one about tickets of the last day."""
    lines = []
    if found.near:
        closest = min(found.near, key=lambda other: (_away_m(violation, other), other.id))
        away, ago = wording.metres(_away_m(violation, closest)), wording.ago(closest.captured_at, now, zone)
        words = t("Same plate also open: {drone}, {away} away, {ago}", drone=closest.drone_id, away=away, ago=ago)
        lines.append(_and_more(words, len(found.near)))
    recent = [(done, seen) for done, seen in found.tickets if now - done.decided_at <= RECENT]
    if recent:
        newest, seen = max(recent, key=lambda each: (each[0].decided_at, each[0].correction_id))
        ago = wording.ago(newest.decided_at, now, zone)
        words = t("Ticket for this plate {ago}: code {code}", ago=ago, code=newest.code)
        if seen is not None:
            away = wording.metres(_away_m(violation, seen))
            words = t("{words}, {away} away", words=words, away=away)
        lines.append(_and_more(words, len(recent)))
    return tuple(lines)


def earlier(violation: Violation, entries: Mapping[str, Entry]) -> Earlier:
    """Of the alerts that this desk knows."""
    begin, end = violation.captured_at - RECENT, violation.captured_at
    south, north = violation.lat_deg - _HERE_DEG, violation.lat_deg + _HERE_DEG
    near = 0
    for entry in entries.values():
        seen = entry.alert.violation
        same = bool(violation.plate) and seen.plate == violation.plate
        if not (same or south <= seen.lat_deg <= north):  # most of the city's: without any trigonometry
            continue
        if seen.id == violation.id or not begin <= seen.captured_at <= end:
            continue
        if same:
            return Earlier(seen.captured_at, near)
        near += _away_m(violation, seen) <= HERE_M
    return Earlier(None, near)


def earlier_words(found: Earlier, now: datetime, zone: tzinfo | None) -> str:
    """Of the same plate, or how many within HERE_M."""
    if found.same_plate_at is not None:
        return t("same plate {ago}", ago=wording.ago(found.same_plate_at, now, zone))
    near = found.near
    return tn(near, "{count} alert in 24 h", "{count} alerts in 24 h") if near else t("none in 24 h")


def done_by_another(alert: Alert, now: datetime) -> Done:
    """Another officer's decision, as far as the alert's state tells of it."""
    violation = alert.violation
    status: Literal["corrected", "rejected"] = "rejected" if alert.code_after is None else "corrected"
    return Done(
        alert.correction_id or "",
        alert.decided_at or now,
        0.0,
        status,
        violation.id,
        alert.code_after,
        violation.plate or "",
        violation.plate_state or "",
    )


def _and_more(words: str, count: int) -> str:
    return words if count == 1 else t("{words}, and {count} more", words=words, count=count - 1)


def _same_state(one: str, other: str | None) -> bool:
    """Whether two plates may be of one state: the same, or not known of one of them."""
    return not one or not written(other) or one == written(other)


def _away_m(one: Violation, other: Violation) -> float:
    return distance_m(Position(one.lat_deg, one.lon_deg), Position(other.lat_deg, other.lon_deg))
