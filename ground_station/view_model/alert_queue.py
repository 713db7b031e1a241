"""The alerts that the bridge keeps, as this desk sees them: which are open, in which order, whose, with which picture.

The queue is a function of the newest state of each alert, so any order of arrival gives the same queue. It never closes an alert:
only the bridge's word that it is closed takes it from the list (or an own decision on its way there hides it).
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

import msgspec

from ground_station.view_model import wording
from ground_station.view_model.chatter import CHATTER, chatters
from ground_station.view_model.language import t
from ground_station.view_model.snapshot import PictureView, Severity
from messages.alert import Alert, holder, is_open
from messages.model import Violation

RATE_SPAN = timedelta(minutes=10)
FLOOD = 10  # alerts in 10 min above which one officer can't follow (ISA-18.2)
REMEMBERED_GONE = 2_000  # alerts whose end is remembered, so that a stray older state does not bring them back


class Image(msgspec.Struct, frozen=True):
    """A picture's bytes as they came, and their SHA-256 as counted here."""

    data: bytes
    digest: str


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One alert: the bridge's newest word, and what this desk found out about it."""

    alert: Alert
    heard_at: datetime  # the bridge's word last came
    first_at: datetime  # it was first heard of here
    place: str | None = None
    precinct: int | None = None


class Queue(msgspec.Struct, frozen=True, kw_only=True):
    """All alerts that are not archived yet, and their pictures, by violation id."""

    entries: dict[str, Entry] = {}
    images: dict[str, Image] = {}
    chatter: dict[
        str, str
    ] = {}  # alerts that are chatter -> its key; kept while its other alerts are decided and archived
    raised: dict[str, datetime] = {}  # alerts of the last 10 min, closed ones too
    gone: dict[str, int] = {}  # id -> last version, of alerts whose topic was emptied; oldest first


def with_alert(queue: Queue, alert: Alert, now: datetime) -> Queue:
    """The queue after the bridge's word on an alert; an older word than the one known changes nothing."""
    violation_id = alert.violation.id
    known = queue.entries.get(violation_id)
    if known is None and alert.version <= queue.gone.get(violation_id, 0):
        return queue
    if known is not None and alert.raised_at == known.alert.raised_at and alert.version < known.alert.version:
        return queue
    entry = (
        msgspec.structs.replace(known, alert=alert, heard_at=now)
        if known
        else Entry(alert=alert, heard_at=now, first_at=now)
    )
    raised = {key: at for key, at in queue.raised.items() if at > now - RATE_SPAN}
    if alert.raised_at > now - RATE_SPAN:
        raised[violation_id] = alert.raised_at
    images = queue.images
    if (
        not is_open(alert) and violation_id in images
    ):  # a decided alert is not looked at again; its picture would only fill memory
        images = {key: image for key, image in images.items() if key != violation_id}
    entries = {**queue.entries, violation_id: entry}
    return msgspec.structs.replace(queue, entries=entries, images=images, raised=raised)


def with_chatter(queue: Queue, before: Queue) -> Queue:
    """The queue with its chatter found anew for the drones that alerts came from since `before`. Once for all that came together: looking
    at each of them would cost a burst of 200 from one drone ten times as much."""
    drones = {queue.entries[key].alert.violation.drone_id for key in queue.entries.keys() - before.entries.keys()}
    of_drone: dict[str, list[Violation]] = {drone_id: [] for drone_id in drones}
    for entry in queue.entries.values() if drones else ():
        violation = entry.alert.violation
        if violation.drone_id in drones:
            of_drone[violation.drone_id].append(violation)
    found = {key: value for seen in of_drone.values() if len(seen) >= CHATTER for key, value in chatters(seen).items()}
    return msgspec.structs.replace(queue, chatter={**queue.chatter, **found}) if found else queue


def without_alert(queue: Queue, violation_id: str) -> Queue:
    """The queue after an alert was archived and its topic emptied."""
    entry = queue.entries.get(violation_id)
    gone = {**queue.gone, violation_id: entry.alert.version if entry else queue.gone.get(violation_id, 0)}
    while len(gone) > REMEMBERED_GONE:
        del gone[next(iter(gone))]
    return msgspec.structs.replace(
        queue,
        entries={key: value for key, value in queue.entries.items() if key != violation_id},
        images={key: value for key, value in queue.images.items() if key != violation_id},
        chatter={key: value for key, value in queue.chatter.items() if key != violation_id},
        gone=gone,
    )


def without_unheard(queue: Queue, since: datetime) -> Queue:
    """The queue without the alerts of which the bridge said nothing after `since`: they were archived while the desk was away."""
    heard = {key: entry for key, entry in queue.entries.items() if entry.heard_at > since}
    if len(heard) == len(queue.entries):
        return queue
    images = {key: image for key, image in queue.images.items() if key in heard}
    chatter = {key: value for key, value in queue.chatter.items() if key in heard}
    return msgspec.structs.replace(queue, entries=heard, images=images, chatter=chatter)


def with_image(queue: Queue, violation_id: str, image: Image | None) -> Queue:
    """The queue after a picture came, or its topic was emptied (None)."""
    images = {key: value for key, value in queue.images.items() if key != violation_id}
    entry = queue.entries.get(violation_id)
    if image is not None and (entry is None or is_open(entry.alert)):
        images[violation_id] = image
    return msgspec.structs.replace(queue, images=images)


def with_place(queue: Queue, violation_id: str, words: str | None, precinct: int | None) -> Queue:
    """The queue after an alert's place was found."""
    entry = queue.entries.get(violation_id)
    if entry is None:
        return queue
    found = msgspec.structs.replace(entry, place=words, precinct=precinct)
    return msgspec.structs.replace(queue, entries={**queue.entries, violation_id: found})


def in_order(queue: Queue, officer: str, hidden: Collection[str], now: datetime) -> list[Entry]:
    """The open alerts in the order of the list: mine, those that must be decided, the rest, and last what this officer passed on;
    the oldest first in each, so that none starves and nothing moves under the officer's hand when a new one comes.

    `hidden`: decided here."""
    return [entry for _, entry in in_sections(queue, officer, hidden, now)]


def in_sections(queue: Queue, officer: str, hidden: Collection[str], now: datetime) -> list[tuple[int, Entry]]:
    """The same with the section of each: 0 mine, 1 must be decided, 2 the rest, 3 what this officer passed on."""
    waiting = [entry for key, entry in queue.entries.items() if key not in hidden and is_open(entry.alert)]
    ranked = sorted(((_rank(queue, entry, officer, now), entry) for entry in waiting), key=lambda each: each[0])
    return [(rank[0], entry) for rank, entry in ranked]


def severity_of(queue: Queue, entry: Entry, officer: str, now: datetime) -> Severity:
    """Must be decided by this officer now, or only wants attention: another has it, or its picture is still on its way."""
    held_by = holder(entry.alert, now)
    if held_by == officer:
        return "must_decide"
    if held_by is not None or passed_on_by(entry.alert, officer) or picture_of(queue, entry).state == "coming":
        return "attention"
    return "must_decide"


def passed_on_by(alert: Alert, officer: str) -> bool:
    """Whether the officer left the alert to others and nobody took it yet."""
    return alert.state == "escalated" and alert.escalated_by == officer


def picture_of(queue: Queue, entry: Entry) -> PictureView:
    """The alert's picture as far as it is here; shown as checked only when the bytes here have the SHA-256 that the drone gave."""
    known = entry.alert.picture
    if known is None:
        if not entry.alert.violation.evidence_ids:
            return PictureView("none", t("no picture"), "", None)
        return PictureView("coming", t("picture on its way"), "", None)
    if not known.checked:
        return PictureView(
            "coming", t("picture {here} of {parts} parts", here=known.parts_here, parts=known.parts), "", None
        )
    image = queue.images.get(entry.alert.violation.id)
    if image is None:
        return PictureView("coming", t("picture on its way from the station"), "", None)
    if image.digest != known.sha256:
        return PictureView("damaged", t("picture damaged: it is not the one the drone took"), "", None)
    return PictureView("complete", t("picture complete, checked"), image.digest, image.data)


def place_of(entry: Entry) -> str:
    """Where it is, in words; until they are found the drone's own street, or the place in degrees."""
    violation = entry.alert.violation
    return entry.place or violation.street or f"{violation.lat_deg:.5f}, {violation.lon_deg:.5f}"


def line_of(queue: Queue, entry: Entry) -> str:
    """The drone and its doubt: "nyc-17 · code? 14 or 19", or how far its picture is."""
    violation = entry.alert.violation
    picture = picture_of(queue, entry)
    if picture.state in ("coming", "damaged"):
        return t("{drone} · {words}", drone=violation.drone_id, words=picture.words)
    codes = [str(guess.code) for guess in violation.guesses[:2]]
    if not codes:
        return t("{drone} · no guess", drone=violation.drone_id)
    return t("{drone} · code? {codes}", drone=violation.drone_id, codes=t(" or ").join(codes))


def whose(alert: Alert, officer: str, now: datetime) -> str:
    """Whose the alert is: "yours 1:52", "Moreno 0:40", "passed on by Moreno", "seen", "new"."""
    held_by = holder(alert, now)
    if held_by is not None and alert.lease_until is not None:
        left = wording.span((alert.lease_until - now).total_seconds())
        return (
            t("yours {left}", left=left)
            if held_by == officer
            else t("{name} {left}", name=wording.name_of(held_by), left=left)
        )
    if alert.state == "escalated" and alert.escalated_by:
        if alert.escalated_by == officer:
            return t("passed on by you")
        return t("passed on by {name}", name=wording.name_of(alert.escalated_by))
    return t("new") if alert.state == "new" else t("seen")


def rate(queue: Queue, now: datetime) -> int:
    """How many alerts were raised in the last 10 min."""
    return sum(1 for at in queue.raised.values() if at > now - RATE_SPAN)


def moved(order: list[str], selected: str | None, by: int) -> str | None:
    """The selection `by` places down the list; it stops at both ends. None only for an empty list."""
    if not order:
        return None
    if selected not in order:
        return order[0] if by > 0 else order[-1]
    return order[max(0, min(len(order) - 1, order.index(selected) + by))]


def _rank(queue: Queue, entry: Entry, officer: str, now: datetime) -> tuple[int, datetime, str]:
    if holder(entry.alert, now) == officer:
        group = 0
    elif passed_on_by(entry.alert, officer):
        group = 3
    else:
        group = 1 if severity_of(queue, entry, officer, now) == "must_decide" else 2
    return group, entry.alert.raised_at, entry.alert.violation.id
