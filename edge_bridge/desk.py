"""Claims and decisions: what an alert becomes and what the desk is told. Who wins says messages.alert.step, in order of arrival."""

from __future__ import annotations

from datetime import datetime

import msgspec

from messages.alert import Alert, Refused, step
from messages.model import Correction
from messages.state import DeskAnswer, DeskRequest


class Verdict(msgspec.Struct, frozen=True):
    """What a request or decision led to. `alert` is the new state, None if nothing changed."""

    alert: Alert | None
    answer: DeskAnswer


def judge(alert: Alert | None, event: DeskRequest | Correction, now: datetime) -> Verdict:
    """The verdict on an event about `alert` (None: there is no such alert) at `now`."""
    if alert is None:
        return Verdict(None, _answer(event, "the station has no such alert", now))
    after = step(alert, event, now)
    if isinstance(after, Refused):
        return Verdict(None, _answer(event, after.reason, now))
    return Verdict(after if after is not alert else None, _answer(event, "", now))


def refused(event_id: str, violation_id: str, reason: str, now: datetime) -> DeskAnswer:
    """The answer to something that cannot be judged."""
    return DeskAnswer(id=event_id, violation_id=violation_id, ok=False, reason=reason[:80], at=now)


def _answer(event: DeskRequest | Correction, reason: str, now: datetime) -> DeskAnswer:
    return DeskAnswer(id=event.id, violation_id=event.violation_id, ok=not reason, reason=reason[:80], at=now)
