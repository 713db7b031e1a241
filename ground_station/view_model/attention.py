"""When the desk makes itself heard: a new alert, one that was passed on to this officer, and again while nobody has looked.

Its visual twins (the card's edge, the count in the window's title) say the same without sound, and are there as long as it is true.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

import msgspec

from ground_station.view_model import outbox
from ground_station.view_model.chatter import chatters
from ground_station.view_model.effects import PlaySound
from ground_station.view_model.station_state import DeskState
from messages.alert import Alert

REMIND_EVERY = timedelta(seconds=30)
QUIET_FOR = timedelta(seconds=2)  # at least between two sounds: a burst of alerts is one sound


def wants_somebody(before: Alert | None, after: Alert, officer: str) -> bool:
    """Whether the bridge's word on an alert is news that wants this officer: it is new here, or another officer passed it on."""
    if after.state == "escalated":
        passed_on = before is None or before.state != "escalated"
        return passed_on and (before is None or after.escalated_by != officer)
    return before is None and after.state == "new"


def sounded(state: DeskState, alert: Alert, now: datetime) -> tuple[DeskState, list[PlaySound]]:
    """The sound of an alert that wants somebody; none for one that only repeats a chatter."""
    if _is_quiet(state, now) or (alert.state == "new" and _repeats(state, alert)):
        return state, []
    return _sound(state, "new_alert", now)


def reminded(state: DeskState, now: datetime) -> tuple[DeskState, list[PlaySound]]:
    """The sound again, while an alert is neither decided nor seen by anybody."""
    if state.sounded_at is not None and now - state.sounded_at < REMIND_EVERY:
        return state, []
    hidden = outbox.hidden(state.outbox)
    waits = any(
        entry.alert.state == "new" and now - entry.first_at >= REMIND_EVERY and key not in hidden
        for key, entry in state.queue.entries.items()
    )
    return _sound(state, "reminder", now) if waits else (state, [])


def _repeats(state: DeskState, alert: Alert) -> bool:
    """Whether an alert is one more of a chatter. Its queue learns of that only when all that came together is in it."""
    drone_id = alert.violation.drone_id
    known = (entry.alert.violation for entry in state.queue.entries.values())
    return alert.violation.id in chatters(each for each in known if each.drone_id == drone_id)


def _is_quiet(state: DeskState, now: datetime) -> bool:
    return state.sounded_at is not None and now - state.sounded_at < QUIET_FOR


def _sound(
    state: DeskState, sound: Literal["new_alert", "reminder"], now: datetime
) -> tuple[DeskState, list[PlaySound]]:
    if _is_quiet(state, now):
        return state, []
    state = msgspec.structs.replace(state, sounded_at=now)
    return state, [PlaySound(sound)] if state.sound_on else []
