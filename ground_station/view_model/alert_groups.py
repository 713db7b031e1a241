"""Which alerts of the list stand together: chatter always, streets and drones when more come than one officer can follow.

    mine │ must be decided │ the rest │ what I passed on       the order of alert_queue; an alert never leaves its section
         │ [street][street] one [drone]                        within a section a group stands where its oldest alert would

Grouping changes which alerts are neighbours, and nothing else: every alert is still in the list once, is reached by Up and Down, and is
decided by itself. What this officer holds is never in a group.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Literal

import msgspec

from ground_station.view_model import alert_queue
from ground_station.view_model.alert_queue import Entry
from ground_station.view_model.chatter import near
from messages.model import Violation

GROUP_OF = 2  # alerts at least: fewer save no card
FLOOD_ENDS = (
    alert_queue.FLOOD // 2
)  # alerts in 10 min; lower than where it begins, so that the list does not jump to and fro

Kind = Literal["one", "chatter", "street", "drone"]
_KeyOf = Callable[[Violation], tuple[str, Kind]]


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """Alerts that stand together, the oldest first; `one`: an alert by itself."""

    key: str  # of the street, the drone or the chatter; not changed by more alerts
    kind: Kind
    entries: tuple[Entry, ...]


def floods(in_10_min: int, *, already: bool) -> bool:
    """Whether the list groups by street and drone, at so many alerts in 10 min."""
    return in_10_min > alert_queue.FLOOD or (already and in_10_min > FLOOD_ENDS)


def arranged(
    waiting: Sequence[tuple[int, Entry]], chatter: Mapping[str, str], *, flood: bool, mine: Collection[int] = (0,)
) -> list[Group]:
    """The list as groups. `waiting`: (section, alert) in the order of the list, each section in one piece; `chatter`: as alert_queue
    keeps it."""
    groups: list[Group] = []
    for section in dict.fromkeys(section for section, _ in waiting):
        entries = [entry for its_section, entry in waiting if its_section == section]
        groups += _singles(entries) if section in mine else _section(entries, chatter, flood=flood)
    return groups


def _section(entries: list[Entry], chatter: Mapping[str, str], *, flood: bool) -> list[Group]:
    """One section of the list: what belongs together stands where its first alert stood."""
    keys = _together(entries, {}, lambda violation: (chatter.get(violation.id, ""), "chatter"))
    if flood:
        keys = _together(entries, keys, _street)
        keys = _together(entries, keys, _drone)
    members: dict[str, list[Entry]] = {}
    kinds: dict[str, Kind] = {}
    for entry in entries:
        key, kind = keys.get(entry.alert.violation.id, (entry.alert.violation.id, "one"))
        members.setdefault(key, []).append(entry)
        kinds[key] = kind
    return [Group(key=key, kind=kinds[key], entries=tuple(group)) for key, group in members.items()]


def _together(
    entries: list[Entry],
    taken: dict[str, tuple[str, Kind]],
    key_of: _KeyOf,
) -> dict[str, tuple[str, Kind]]:
    """`taken`, and the alerts not yet taken that at least one other shares its key with."""
    sharing: dict[tuple[str, Kind], list[str]] = {}
    for entry in entries:
        violation = entry.alert.violation
        key = key_of(violation)
        if key[0] and violation.id not in taken:
            sharing.setdefault(key, []).append(violation.id)
    more = {each: key for key, ids in sharing.items() if len(ids) >= GROUP_OF for each in ids}
    return {**taken, **more}


def _street(violation: Violation) -> tuple[str, Kind]:
    return (f"street {violation.street.casefold()}" if violation.street else ""), "street"


def _drone(violation: Violation) -> tuple[str, Kind]:
    return f"drone {violation.drone_id}", "drone"


def _singles(entries: list[Entry]) -> list[Group]:
    return [Group(key=entry.alert.violation.id, kind="one", entries=(entry,)) for entry in entries]


def same_kerb(group: Group) -> bool:
    """Whether all alerts of a group lie at one kerb."""
    first = group.entries[0].alert.violation
    return all(near(first, entry.alert.violation) for entry in group.entries[1:])
