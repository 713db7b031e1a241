"""Decisions on their way: held for a moment so that they can be taken back, sent, and kept until the bridge answers.

held ──(2 s, or the desk closes)──▶ sent ──(after each reconnect, and every 30 s)──▶ sent again, same bytes ──(answer)──▶ gone
  └──(undo: only the newest, so that no number is left out)──▶ half-typed again
"""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from ground_station.view_model.effects import Kept, SendDecision

HOLD = timedelta(seconds=2)  # how long U takes back a decision while the link is up
AGAIN = timedelta(seconds=30)  # a broker that was killed may have lost what it took; repeats are harmless


class Outbox(msgspec.Struct, frozen=True):
    """The decisions kept here, oldest first, and when each was last handed to the link."""

    kept: tuple[Kept, ...] = ()
    tried: dict[str, datetime] = {}  # correction id -> last handed to the link in this connection


def with_decision(outbox: Outbox, decision: Kept) -> Outbox:
    """One more decision, the newest."""
    return msgspec.structs.replace(outbox, kept=(*outbox.kept, decision))


def without(outbox: Outbox, correction_id: str) -> Outbox:
    """The outbox after a decision was answered or taken back."""
    return Outbox(
        tuple(decision for decision in outbox.kept if decision.correction_id != correction_id),
        {key: at for key, at in outbox.tried.items() if key != correction_id},
    )


def find(outbox: Outbox, correction_id: str) -> Kept | None:
    """The kept decision of that id."""
    return next((decision for decision in outbox.kept if decision.correction_id == correction_id), None)


def undoable(outbox: Outbox) -> Kept | None:
    """The newest decision, if it has not been sent."""
    newest = outbox.kept[-1] if outbox.kept else None
    return newest if newest is not None and newest.sent_at is None else None


def reconnected(outbox: Outbox) -> Outbox:
    """A new connection: everything that was sent goes again at once."""
    return Outbox(outbox.kept)


def due(outbox: Outbox, now: datetime, *, hold: timedelta = HOLD) -> tuple[Outbox, list[SendDecision]]:
    """What must be handed to the (working) link at `now`, in order: a decision never overtakes an earlier one of this desk."""
    kept, tried, sends = [], dict(outbox.tried), []
    blocked = False
    for decision in outbox.kept:
        last = tried.get(decision.correction_id)
        held = decision.sent_at is None and now < decision.decided_at + hold
        blocked = blocked or held
        if not blocked and (last is None or now >= last + AGAIN):
            tried[decision.correction_id] = now
            sends.append(SendDecision(decision.correction_id, decision.payload, now))
            if decision.sent_at is None:
                decision = msgspec.structs.replace(decision, sent_at=now)
        kept.append(decision)
    return (Outbox(tuple(kept), tried), sends) if sends else (outbox, [])


def hidden(outbox: Outbox) -> frozenset[str]:
    """The alerts that are decided here and not yet answered: they have left the list."""
    return frozenset(decision.violation_id for decision in outbox.kept)
