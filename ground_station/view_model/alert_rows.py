"""What the alert list shows: cards, and one card for each group with its members below it while it is open."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import msgspec

from ground_station.view_model import alert_groups, wording
from ground_station.view_model.alert_groups import Group
from ground_station.view_model.language import t, tn
from ground_station.view_model.snapshot import AlertCard, AlertGroup, AlertRow

NAMES = 3  # drones or streets written out on a group's card


def rows(groups: Sequence[Group], cards: Mapping[str, AlertCard], opened: Collection[str]) -> tuple[AlertRow, ...]:
    """The rows from top to bottom. `cards`: by violation id; `opened`: the keys of the groups that are open."""
    shown: list[AlertRow] = []
    for group in groups:
        members = tuple(cards[entry.alert.violation.id] for entry in group.entries)
        if group.kind == "one":
            shown += members
            continue
        is_open = group.key in opened
        shown.append(_head(group, members, is_open=is_open))
        if is_open:
            shown += [msgspec.structs.replace(card, inside=True) for card in members]
    return tuple(shown)


def _head(group: Group, members: tuple[AlertCard, ...], *, is_open: bool) -> AlertGroup:
    """The group's card. Closed, it has the face of the member that is on the desk, so that Up and Down go through the members
    without a jump of the list; with none there, of the oldest."""
    place = next((place for place, card in enumerate(members) if card.selected), None)
    face = members[place or 0]
    new = sum(1 for card in members if card.unseen)
    if place is not None:
        whose = t("{place} of {count}", place=place + 1, count=len(members))
    else:
        whose = tn(new, "{count} new", "{count} new") if new else face.whose
    return AlertGroup(
        key=group.key,
        kind="alike" if group.kind == "chatter" else "near",
        count=len(members),
        violation_ids=tuple(card.violation_id for card in members),
        title=_title(group, face),
        line=_line(group),
        whose=whose,
        age=face.age,
        severity=face.severity,
        picture=face.picture,
        unseen=new > 0,
        selected=place is not None and not is_open,
        is_open=is_open,
    )


def _title(group: Group, face: AlertCard) -> str:
    violation, count = group.entries[0].alert.violation, len(group.entries)
    if group.kind == "chatter":
        return t("{place}, {count} alike", place=face.title, count=count)
    place = violation.street or face.title if group.kind == "street" else violation.drone_id
    return t("{place}, {count} grouped", place=place, count=count)


def _line(group: Group) -> str:
    violations = [entry.alert.violation for entry in group.entries]
    if group.kind == "chatter":
        span_s = (max(v.captured_at for v in violations) - min(v.captured_at for v in violations)).total_seconds()
        return t("{drone} · within {span}", drone=violations[0].drone_id, span=wording.span(span_s))
    names = [(each.drone_id if group.kind == "street" else each.street or wording.NOTHING) for each in violations]
    words = _some(list(dict.fromkeys(names)))
    return t("{names} · same kerb", names=words) if alert_groups.same_kerb(group) else words


def _some(names: list[str]) -> str:
    """ "nyc-22, nyc-40", or "nyc-22, nyc-40, nyc-41 and 2 more"."""
    if len(names) <= NAMES:
        return ", ".join(names)
    return t("{names} and {count} more", names=", ".join(names[:NAMES]), count=len(names) - NAMES)
