"""The life of an alert: its states, and who may move it where. The bridge keeps alerts; this is the rule it obeys.

    new ──▶ seen ──▶ claimed ──▶ confirmed | corrected | rejected     (only by an officer's Correction)
     │        │      │     ▲
     └────────┴──────┼─────┘          claim: from new, seen or escalated, or when a lease has run out
                     └──▶ escalated   passed on: open for anybody else to claim

A claim is a lease of 120 s that its officer renews by working. A lease that ran out is nobody's, without any timer having to fire:
every rule looks at `now`. A decision is refused only when somebody else holds the alert or it is closed: an officer whose lease ran
out while the network was away keeps the decision as long as nobody took the alert meanwhile.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

import msgspec

from messages.model import Code, Correction, MessageId, OfficerId, Sha256, Utc, Violation
from messages.state import DeskRequest

LEASE = timedelta(seconds=120)

AlertState = Literal["new", "seen", "claimed", "escalated", "confirmed", "corrected", "rejected"]
CLOSED: frozenset[AlertState] = frozenset(("confirmed", "corrected", "rejected"))


class Picture(msgspec.Struct, frozen=True, kw_only=True):
    """How much of an alert's first evidence picture the station holds. `checked`: all parts are here and the SHA-256 is right."""

    evidence_id: MessageId
    parts_here: int
    parts: int
    sha256: Sha256
    media_type: str
    checked: bool


class Alert(msgspec.Struct, frozen=True, kw_only=True):
    """An alert's present state, retained on `alert/{violation}`. `version` grows by one with each step."""

    violation: Violation
    state: AlertState
    version: int
    raised_at: Utc  # when the bridge stored the violation
    seen_by: OfficerId | None = None
    claimed_by: OfficerId | None = None
    claimed_at: Utc | None = None
    lease_until: Utc | None = None
    escalated_by: OfficerId | None = None
    decided_by: OfficerId | None = None
    decided_at: Utc | None = None
    correction_id: MessageId | None = None
    code_after: Code | None = None
    picture: Picture | None = None


class Refused(msgspec.Struct, frozen=True):
    """The step is not allowed. `reason` is for the officer: plain words, not a code."""

    reason: str


def raised(violation: Violation, *, now: datetime) -> Alert:
    """The new alert of a violation that needs a human. Raises ValueError for one that does not."""
    if not violation.needs_human:
        raise ValueError(f"violation {violation.id} needs no human, so it raises no alert")
    return Alert(violation=violation, state="new", version=1, raised_at=now)


def holder(alert: Alert, now: datetime) -> str | None:
    """The officer who holds the alert at `now`; None when nobody does or the lease has run out.

    A lease that ends further ahead than one can be given for was given before the clock was set back: it must not last that much
    longer. Twice the length, because the desk that asks has a clock of its own.
    """
    if alert.state == "claimed" and alert.lease_until is not None and now < alert.lease_until <= now + 2 * LEASE:
        return alert.claimed_by
    return None


def is_open(alert: Alert) -> bool:
    """Whether the alert still waits for a decision."""
    return alert.state not in CLOSED


def step(alert: Alert, event: DeskRequest | Correction, now: datetime) -> Alert | Refused:
    """The alert after an officer's request or decision at `now`, or why not.

    The same event twice is harmless: the second time the alert comes back unchanged.
    """
    if isinstance(event, Correction):
        return _decided(alert, event, now)
    if not is_open(alert):
        return Refused(f"already {alert.state} by {alert.decided_by}")
    other = holder(alert, now)
    if other == event.officer:
        other = None
    match event.action:
        case "seen":
            return _changed(alert, state="seen", seen_by=event.officer) if alert.state == "new" else alert
        case "claim" | "renew" if other:
            return Refused(_held_by(other, alert))
        case "renew" if alert.claimed_by != event.officer:
            return Refused("not claimed by you")
        case "claim" | "renew":
            return _claimed(alert, event.officer, now)
        case "release" if holder(alert, now) != event.officer:
            return alert
        case "release":
            return _changed(alert, state="seen", claimed_by=None, claimed_at=None, lease_until=None)
        case "escalate" if other:
            return Refused(_held_by(other, alert))
        case "escalate":
            return _changed(
                alert, state="escalated", escalated_by=event.officer, claimed_by=None, claimed_at=None, lease_until=None
            )
    return Refused(f"unknown request {event.action}")


def with_picture(alert: Alert, picture: Picture) -> Alert:
    """The alert with what is now known of its picture; unchanged if that is nothing new."""
    return alert if alert.picture == picture else _changed(alert, picture=picture)


def _claimed(alert: Alert, officer: str, now: datetime) -> Alert:
    since = alert.claimed_at if holder(alert, now) == officer else now
    return _changed(alert, state="claimed", claimed_by=officer, claimed_at=since, lease_until=now + LEASE)


def _decided(alert: Alert, decision: Correction, now: datetime) -> Alert | Refused:
    if decision.violation_id != alert.violation.id:
        return Refused("the decision is about another violation")
    if alert.correction_id == decision.id:
        return alert
    if not is_open(alert):
        return Refused(f"already {alert.state} by {alert.decided_by}")
    other = holder(alert, now)
    if other and other != decision.officer:
        return Refused(_held_by(other, alert))
    return _changed(
        alert,
        state=decision.status,
        decided_by=decision.officer,
        decided_at=decision.decided_at,
        correction_id=decision.id,
        code_after=decision.code_after,
        lease_until=None,
    )


def _held_by(officer: str, alert: Alert) -> str:
    until = alert.lease_until.astimezone().strftime("%H:%M:%S") if alert.lease_until else "now"
    return f"claimed by {officer} until {until}"


def _changed(alert: Alert, **changes: object) -> Alert:
    return msgspec.structs.replace(alert, version=alert.version + 1, **changes)
