"""What else this desk knows about the plate on the form: another open alert of it near by, or a ticket of the last day.

A word to the officer, who may go on: two drones that saw one offence make two alerts, and two tickets for it are one too many. The desk
knows the open alerts, its own decisions (its journal has those of earlier starts), and what other officers decided while it was open.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta, tzinfo
from functools import lru_cache
from typing import Literal

from ground_station.view_model import wording
from ground_station.view_model.alert_queue import Entry
from ground_station.view_model.language import t, tn
from ground_station.view_model.station_state import Done
from messages.alert import Alert, is_open
from messages.coding import NOT_SHOWN, Form
from messages.geo import Position, distance_m
from messages.model import Violation

NEAR_M = 200.0  # about one block of an avenue: as far as two drones may put one vehicle
NEAR_SPAN = timedelta(hours=4)
RECENT = timedelta(hours=24)
HERE_M = 60.0
_NO_PLATE = frozenset(("", "".join(filter(str.isalnum, NOT_SHOWN.upper())), "BLANKPLATE", "NA"))


@lru_cache(maxsize=4_096)
def written(plate: str | None) -> str:
    """A plate as two people would write it the same: capital letters and digits. Empty if that is no plate."""
    signs = "".join(sign for sign in (plate or "").upper() if sign.isalnum())
    return "" if signs in _NO_PLATE else signs


def warnings(
    form: Form,
    violation: Violation,
    entries: Iterable[Entry],
    decided: Iterable[Done],
    now: datetime,
    zone: tzinfo | None,
) -> tuple[str, ...]:
    """At most one line about open alerts near by and one about tickets. `entries`: all alerts known; `decided`: decisions of the last day,
    anybody's, the own ones with the plate that was typed."""
    plate, state = written(form.plate), written(form.plate_state)
    if not plate:
        return ()
    decided = list(decided)
    decided_here = {done.violation_id for done in decided}  # and perhaps not yet answered
    known = {entry.alert.violation.id: entry.alert for entry in entries}
    near = [
        other
        for alert in known.values()
        if is_open(alert)
        and alert.violation.id not in decided_here
        and (other := alert.violation).id != violation.id
        and written(other.plate) == plate
        and _same_state(state, other.plate_state)
        and abs(other.captured_at - violation.captured_at) <= NEAR_SPAN
        and _away_m(violation, other) <= NEAR_M
    ]
    tickets = [
        done
        for done in decided
        if done.code is not None
        and done.violation_id != violation.id
        and written(done.plate) == plate
        and _same_state(state, done.plate_state)
        and now - done.decided_at <= RECENT
    ]
    lines = []
    if near:
        closest = min(near, key=lambda other: (_away_m(violation, other), other.id))
        away, ago = wording.metres(_away_m(violation, closest)), wording.ago(closest.captured_at, now, zone)
        words = t("Same plate also open: {drone}, {away} away, {ago}", drone=closest.drone_id, away=away, ago=ago)
        lines.append(_and_more(words, len(near)))
    if tickets:
        newest = max(tickets, key=lambda done: (done.decided_at, done.correction_id))
        ago = wording.ago(newest.decided_at, now, zone)
        words = t("Ticket for this plate {ago}: code {code}", ago=ago, code=newest.code)
        there = known.get(newest.violation_id)
        if there is not None:
            away = wording.metres(_away_m(violation, there.violation))
            words = t("{words}, {away} away", words=words, away=away)
        lines.append(_and_more(words, len(tickets)))
    return tuple(lines)


def earlier(violation: Violation, entries: Iterable[Entry], now: datetime, zone: tzinfo | None) -> str:
    """Other alerts of the last day that this desk knows: of the same plate, or within 60 m."""
    place = Position(violation.lat_deg, violation.lon_deg)
    near = 0
    for other in entries:
        seen = other.alert.violation
        if seen.id == violation.id or not violation.captured_at - RECENT <= seen.captured_at <= violation.captured_at:
            continue
        if violation.plate and seen.plate == violation.plate:
            return t("same plate {ago}", ago=wording.ago(seen.captured_at, now, zone))
        if distance_m(place, Position(seen.lat_deg, seen.lon_deg)) <= HERE_M:
            near += 1
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
