"""Enter, R and U: from a claimed alert to a decision on its way, and back as long as it has not been sent.

Rule: only these decide, only an alert that this officer holds, and each alert at most once from this desk.
"""

from __future__ import annotations

from datetime import datetime

import msgspec

from ground_station.view_model import alert_queue, coding_desk, outbox, wording
from ground_station.view_model.alert_queue import Entry
from ground_station.view_model.effects import Kept, TakeBack
from ground_station.view_model.language import t
from ground_station.view_model.station_state import (
    DeskState,
    Dice,
    Done,
    Effects,
    may_decide,
    milliseconds,
    not_mine,
    noted,
    order,
    put_on_desk,
    said,
    selected,
    station_now,
)
from messages.alert import holder
from messages.coding import Form, form_of, missing_facts
from messages.errors import CodingError
from messages.ids import message_id

Step = tuple[DeskState, Effects]


def confirm(state: DeskState, now: datetime, dice: Dice) -> Step:
    """Enter: the decision, if the alert is held and nothing is missing; if its claim is on the way, as soon as it is granted."""
    entry = selected(state)
    if entry is None:
        return said(state, t("Nothing to decide"), now), ()
    violation = entry.alert.violation
    held_by = holder(entry.alert, station_now(state, now))
    if held_by is not None and held_by != state.who.officer:
        return said(state, not_mine(state, entry, now), now), ()
    form = coding_desk.form_for(state.work, violation)
    missing = missing_facts(form)
    if form.code is None or missing:
        return said(state, wording.confirm_text(form.code, missing), now), ()
    asking = state.work.asking
    if not may_decide(state, entry):
        if asking is not None and asking.violation_id == violation.id:
            waiting = msgspec.structs.replace(asking, then_confirm=True)
            return msgspec.structs.replace(state, work=msgspec.structs.replace(state.work, asking=waiting)), ()
        return said(state, not_mine(state, entry, now), now), ()
    decided_at = milliseconds(station_now(state, now))
    try:
        kept = coding_desk.decided(
            violation,
            form,
            state.who,
            seq=state.next_seq,
            correction_id=message_id(decided_at, dice()),
            claimed_at=entry.alert.claimed_at or decided_at,
            now=decided_at,
        )
    except CodingError as error:
        return said(state, str(error).capitalize(), now), ()
    return _keep(state, entry, kept, now), (kept,)


def reject(state: DeskState, reason: str, now: datetime, dice: Dice) -> Step:
    entry = selected(state)
    if entry is None:
        return said(state, t("Nothing to reject"), now), ()
    if not reason.strip():
        return said(state, t("A rejection needs a reason"), now), ()
    if not may_decide(state, entry):
        return said(state, not_mine(state, entry, now), now), ()
    decided_at = milliseconds(station_now(state, now))
    kept = coding_desk.rejected(
        entry.alert.violation,
        reason[:500],
        state.who,
        seq=state.next_seq,
        correction_id=message_id(decided_at, dice()),
        claimed_at=entry.alert.claimed_at or decided_at,
        now=decided_at,
    )
    return _keep(state, entry, kept, now), (kept,)


def _keep(state: DeskState, entry: Entry, kept: Kept, now: datetime) -> DeskState:
    """The decision goes to the outbox, and the next alert on the desk."""
    keys = [each.alert.violation.id for each in order(state, now)]
    place = keys.index(kept.violation_id) if kept.violation_id in keys else 0
    rest = [key for key in keys if key != kept.violation_id]
    took_s = max(0.0, (kept.decided_at - kept.claimed_at).total_seconds())
    what = t("Rejected") if kept.code is None else t("Code {code}", code=kept.code)
    form = coding_desk.form_of_kept(kept) or Form()
    done = Done(
        kept.correction_id,
        kept.decided_at,
        took_s,
        kept.status,
        kept.violation_id,
        kept.code,
        form.plate,
        form.plate_state,
    )
    state = msgspec.structs.replace(
        state,
        outbox=outbox.with_decision(state.outbox, kept),
        next_seq=state.next_seq + 1,
        done=(*state.done, done),
        work=coding_desk.without(state.work, kept.violation_id),
    )
    state = put_on_desk(state, rest[min(place, len(rest) - 1)] if rest else None)
    return noted(
        state,
        t("{what} for {drone}, {place}", what=what, drone=kept.drone_id, place=alert_queue.place_of(entry)),
        now,
        drone_id=kept.drone_id,
        violation_id=kept.violation_id,
    )


def undo(state: DeskState, now: datetime) -> Step:
    newest = outbox.undoable(state.outbox)
    if newest is None:
        return said(state, t("Nothing to take back: the last decision has been sent"), now), ()
    form = coding_desk.form_of_kept(newest)
    if form is None:
        entry = state.queue.entries.get(newest.violation_id)
        form = form_of(entry.alert.violation) if entry else Form()
    work = msgspec.structs.replace(state.work, forms={**state.work.forms, newest.violation_id: form})
    state = msgspec.structs.replace(
        state,
        outbox=outbox.without(state.outbox, newest.correction_id),
        # the newest unsent decision of an earlier start has a number of that start
        next_seq=state.next_seq - 1 if newest.boot == state.who.boot else state.next_seq,
        done=tuple(done for done in state.done if done.correction_id != newest.correction_id),
        work=work,
    )
    state = put_on_desk(state, newest.violation_id)
    state = noted(
        state,
        t("Taken back for {drone}", drone=newest.drone_id),
        now,
        drone_id=newest.drone_id,
        violation_id=newest.violation_id,
    )
    return state, (TakeBack(newest.correction_id, newest.violation_id, form),)
