"""Which alerts are chatter: one drone reporting one place CHATTER times within CHATTER_SPAN."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from messages.geo import Position, distance_m
from messages.model import Violation

CHATTER = 3  # alerts
CHATTER_SPAN = timedelta(seconds=60)
SAME_PLACE_M = 60.0  # about one kerb between two crossings, and the error of a drone's guess at the vehicle's place
_SAME_PLACE_DEG = SAME_PLACE_M / 111_000.0  # of latitude, rounded up: what is farther apart need not be measured


def chatters(violations: Iterable[Violation]) -> dict[str, str]:
    """Which of one drone's violations are chatter: violation id -> the key of its chatter. What overlaps is one chatter."""
    places: list[list[Violation]] = []
    for violation in sorted(violations, key=lambda each: (each.captured_at, each.id)):
        place = next((place for place in places if near(place[0], violation)), None)
        if place is None:
            places.append([violation])
        else:
            place.append(violation)
    found: dict[str, str] = {}
    for place in places:
        for first, last in zip(range(len(place)), range(CHATTER - 1, len(place)), strict=False):
            if place[last].captured_at - place[first].captured_at <= CHATTER_SPAN:
                key = found.get(place[first].id, f"chatter {place[first].drone_id} {place[first].id}")
                found.update(dict.fromkeys((each.id for each in place[first : last + 1]), key))
    return found


def near(one: Violation, other: Violation) -> bool:
    """Whether two violations lie at one place."""
    if abs(one.lat_deg - other.lat_deg) > _SAME_PLACE_DEG:
        return False
    return distance_m(Position(one.lat_deg, one.lon_deg), Position(other.lat_deg, other.lon_deg)) <= SAME_PLACE_M
