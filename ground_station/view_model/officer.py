"""What an officer's intention does: the desk after it, and what it asks of the world. Decisions themselves are in deciding.py."""

from __future__ import annotations

from datetime import datetime
from typing import assert_never

import msgspec

from ground_station.view_model import alert_queue, coding_desk, deciding, shift_log
from ground_station.view_model.coding_desk import Asking
from ground_station.view_model.effects import (
    KeepPreference,
    NoteShown,
    Order,
    RetryBroker,
    RetryHeadquarters,
    SaveShift,
)
from ground_station.view_model.intentions import (
    AlertsOnScreen,
    ChooseCode,
    ChooseDigit,
    ChooseFirstHit,
    Claim,
    Confirm,
    ExportShift,
    FilterFleet,
    FilterLog,
    Intention,
    MarkNotShown,
    MoveSelection,
    PassOn,
    Reject,
    Release,
    ReleaseControl,
    ReplayGoTo,
    ReplayJump,
    ReplayPause,
    ReplaySpeed,
    SearchCode,
    SelectAlert,
    SelectDrone,
    SendPictureAgain,
    SetFact,
    SetPreference,
    SetSound,
    SetTheme,
    TakeControl,
    ToggleGroup,
    TryNow,
    Undo,
)
from ground_station.view_model.language import later, t
from ground_station.view_model.station_state import (
    DeskState,
    Dice,
    Effects,
    asked,
    groups,
    is_mine,
    milliseconds,
    not_mine,
    noted,
    order,
    put_on_desk,
    said,
    selected,
    station_now,
)
from messages import codebook
from messages.alert import holder
from messages.coding import NOT_SHOWN
from messages.ids import message_id
from messages.state import Command

Step = tuple[DeskState, Effects]
AWAY = later("The broker is away: alerts can be claimed again when it is back")


def wanted(state: DeskState, intention: Intention, now: datetime, dice: Dice) -> Step:
    """The desk after an officer's intention."""
    match intention:
        case SelectAlert(None):
            return msgspec.structs.replace(state, selected=None, picks_itself=False), ()
        case SelectAlert(violation_id):
            return look_at(state, violation_id, now, dice)
        case MoveSelection(by):
            keys = [entry.alert.violation.id for entry in order(state, now)]
            return look_at(state, alert_queue.moved(keys, state.selected, by), now, dice)
        case ToggleGroup(key):
            return _toggled(state, key, now), ()
        case Claim():
            return _claim(state, now, dice)
        case Release():
            return _request(state, "release", now, dice)
        case PassOn():
            return _pass_on(state, now, dice)
        case Confirm():
            return deciding.confirm(state, now, dice)
        case Reject(reason):
            return deciding.reject(state, reason, now, dice)
        case Undo():
            return deciding.undo(state, now)
        case ChooseDigit() | ChooseCode() | SearchCode() | ChooseFirstHit() | SetFact() | MarkNotShown():
            return _filled(state, intention, now), ()
        case _:
            return _apart_from_alerts(state, intention, now, dice)


def _apart_from_alerts(
    state: DeskState,
    intention: TryNow
    | SelectDrone
    | FilterFleet
    | TakeControl
    | ReleaseControl
    | SendPictureAgain
    | AlertsOnScreen
    | SetTheme
    | SetSound
    | SetPreference
    | FilterLog
    | ExportShift
    | ReplayPause
    | ReplaySpeed
    | ReplayJump
    | ReplayGoTo,
    now: datetime,
    dice: Dice,
) -> Step:
    match intention:
        case TryNow():
            return state, ((RetryHeadquarters() if state.chain.broker_up else RetryBroker()),)
        case SelectDrone(drone_id):
            return msgspec.structs.replace(state, drone=drone_id), ()
        case FilterFleet(text):
            return msgspec.structs.replace(state, filter=text), ()
        case TakeControl(drone_id):
            return _command(state, "take_control", drone_id, None, now, dice)
        case ReleaseControl(drone_id):
            return _command(state, "release_control", drone_id, None, now, dice)
        case SendPictureAgain():
            entry = selected(state)
            if entry is None:
                return said(state, t("Select an alert first"), now), ()
            violation = entry.alert.violation
            return _command(state, "send_picture", violation.drone_id, violation.id, now, dice)
        case AlertsOnScreen(violation_ids):
            new = tuple(key for key in violation_ids if key not in state.shown)
            if not new:
                return state, ()
            return msgspec.structs.replace(state, shown=state.shown.union(new)), (NoteShown(new, now),)
        case SetTheme(theme):
            return _preferred(msgspec.structs.replace(state, theme=theme), "theme", theme)
        case SetSound(on):
            return _preferred(msgspec.structs.replace(state, sound_on=on), "sound", "on" if on else "off")
        case SetPreference(name, value):
            return _preferred(state, name, value)
        case FilterLog(text, kind):
            return msgspec.structs.replace(state, log=shift_log.filtered(state.log, text[:80], kind)), ()
        case ExportShift(path, kind):
            if not state.recording:
                return said(state, t("This shift is not recorded, so there is nothing to save"), now), ()
            return said(state, t("Saving the shift …"), now), (SaveShift(path, kind),)
        case ReplayPause() | ReplaySpeed() | ReplayJump() | ReplayGoTo():
            return said(state, t("This is now: only a replayed shift can be paused or moved"), now), ()
    assert_never(intention)


def look_at(state: DeskState, violation_id: str | None, now: datetime, dice: Dice) -> Step:
    """The desk with an alert on it that the officer chose: from now on it counts as seen."""
    state = put_on_desk(state, violation_id if violation_id in state.queue.entries else state.selected)
    entry = selected(state)
    if entry is None or entry.alert.violation.id != violation_id:
        return state, ()
    if entry.alert.state != "new" or not state.chain.broker_up:
        return state, ()
    state, ask = asked(state, "seen", entry.alert.violation.id, now, dice)
    return state, (ask,)


def _toggled(state: DeskState, key: str | None, now: datetime) -> DeskState:
    """The list with one group opened or closed; the alert on the desk stays there."""
    there = [group for group in groups(state, now) if group.kind != "one"]
    if key is None:
        ids = {each.key: [entry.alert.violation.id for entry in each.entries] for each in there}
        key = next((each for each, members in ids.items() if state.selected in members), None)
    if key is None:
        return said(state, t("This alert is in no group"), now)
    opened = (state.opened ^ {key}) & {each.key for each in there}  # keys of groups that are gone are forgotten
    return msgspec.structs.replace(state, opened=opened)


def _claim(state: DeskState, now: datetime, dice: Dice) -> Step:
    entry = selected(state)
    if entry is None:
        waiting = order(state, now)
        if not waiting:
            return said(state, t("No alert is waiting"), now), ()
        entry = waiting[0]
    violation_id = entry.alert.violation.id
    state = put_on_desk(state, violation_id)
    if is_mine(state, entry, now):
        return state, ()
    held_by = holder(entry.alert, station_now(state, now))
    if held_by is not None:
        return said(state, not_mine(state, entry, now), now), ()
    if not state.chain.broker_up:
        return said(state, t(AWAY), now), ()
    asking = state.work.asking
    if asking is not None and asking.violation_id == violation_id:
        return state, ()
    state, ask = asked(state, "claim", violation_id, now, dice)
    notices = {key: text for key, text in state.work.notices.items() if key != violation_id}
    work = msgspec.structs.replace(
        state.work,
        asking=Asking(request_id=ask.request.id, violation_id=violation_id, asked_at=now),
        notices=notices,
        touched_at=now,
    )
    return msgspec.structs.replace(state, work=work), (ask,)


def _pass_on(state: DeskState, now: datetime, dice: Dice) -> Step:
    entry = selected(state)
    if entry is not None and not is_mine(state, entry, now) and holder(entry.alert, station_now(state, now)):
        return said(state, not_mine(state, entry, now), now), ()
    keys = [each.alert.violation.id for each in order(state, now)]
    passed_on = state.selected
    state, effects = _request(state, "escalate", now, dice)
    if effects and passed_on in keys:
        rest = [key for key in keys if key != passed_on]
        state = put_on_desk(state, rest[min(keys.index(passed_on), len(rest) - 1)] if rest else passed_on)
    return state, effects


def _request(state: DeskState, action: str, now: datetime, dice: Dice) -> Step:
    entry = selected(state)
    if entry is None:
        return said(state, t("Select an alert first"), now), ()
    if not state.chain.broker_up:
        return said(state, t(AWAY), now), ()
    if action == "release":
        state, ask = asked(state, "release", entry.alert.violation.id, now, dice)
    else:
        state, ask = asked(state, "escalate", entry.alert.violation.id, now, dice)
    return state, (ask,)


def _filled(
    state: DeskState,
    intention: ChooseDigit | ChooseCode | SearchCode | ChooseFirstHit | SetFact | MarkNotShown,
    now: datetime,
) -> DeskState:
    """The form of the alert on the desk after a key; only while nobody else holds the alert."""
    entry = selected(state)
    if entry is None:
        return said(state, t("Select an alert first"), now)
    held_by = holder(entry.alert, station_now(state, now))
    if held_by is not None and held_by != state.who.officer:
        return said(state, not_mine(state, entry, now), now)
    violation = entry.alert.violation
    work = state.work
    match intention:
        case SetFact(fact, text):
            work = coding_desk.with_change(work, violation, now, **{fact: text[:80]})
        case MarkNotShown(fact):
            work = coding_desk.with_change(work, violation, now, **{fact: NOT_SHOWN})
        case SearchCode(text):
            code = coding_desk.code_in(text, violation)
            if code is not None:
                work = coding_desk.with_change(work, violation, now, code=code)
            work = msgspec.structs.replace(work, search=text[:80], touched_at=now)
        case ChooseFirstHit():
            found = coding_desk.hits(violation, work.search, None)
            if not found:
                return said(state, t("No code in force has these words"), now)
            work = coding_desk.with_change(work, violation, now, code=found[0].code)
        case ChooseCode(code):
            if not codebook.is_valid(code, violation.captured_at):
                return said(state, t("Code {code} was not in force when the violation was seen", code=code), now)
            work = coding_desk.with_change(work, violation, now, code=code)
        case ChooseDigit(digit):
            lines = coding_desk.choices(violation, None)
            if not 1 <= digit <= len(lines):
                return state
            work = coding_desk.with_change(work, violation, now, code=lines[digit - 1].code)
    return msgspec.structs.replace(state, work=work)


def _command(state: DeskState, action: str, drone_id: str, violation_id: str | None, now: datetime, dice: Dice) -> Step:
    if not state.chain.broker_up:
        return said(state, t("The broker is away: a drone can't be reached now"), now), ()
    at = milliseconds(now)
    command = msgspec.convert(
        {
            "id": message_id(at, dice()),
            "drone_id": drone_id,
            "officer": state.who.officer,
            "action": action,
            "violation_id": violation_id,
            "at": at,
        },
        Command,
    )
    words = {
        "take_control": t("Asked to hold"),
        "release_control": t("Sent back to patrol"),
        "send_picture": t("Picture asked for again"),
    }
    return noted(state, t("{what}: {drone}", what=words[action], drone=drone_id), now, drone_id=drone_id), (
        Order(command),
    )


def _preferred(state: DeskState, name: str, value: str) -> Step:
    if state.preferences.get(name) == value:
        return state, ()
    state = msgspec.structs.replace(state, preferences={**state.preferences, name: value})
    return state, (KeepPreference(name, value),)
