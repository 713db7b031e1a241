"""The rule of the desk: handle(state, what happened, now) -> the next state, and what it asks of the world.

A batch of events is handled in its order; a run of drone messages is applied in one go, so that a thousand drones cost little.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import cast

import msgspec

from ground_station.view_model import (
    alert_groups,
    alert_queue,
    attention,
    coding_desk,
    deciding,
    fleet,
    happenings,
    link_state,
    officer,
    outbox,
    plates,
    wording,
)
from ground_station.view_model.alert_queue import Image
from ground_station.view_model.effects import (
    DropForm,
    Effect,
    FindPlace,
    KeepForm,
    NoteAnswer,
)
from ground_station.view_model.events import (
    AlertCame,
    AlertGone,
    AnswerCame,
    BridgeCame,
    Closing,
    DroneMoved,
    Event,
    ExportDone,
    HealthCame,
    LinkDown,
    LinkUp,
    PictureCame,
    PictureGone,
    PlaceFound,
    RecordingChanged,
    StatusCame,
    TelemetryCame,
    Tick,
    Unreadable,
)
from ground_station.view_model.intentions import Intention
from ground_station.view_model.language import t
from ground_station.view_model.station_state import (
    MESSAGE_FOR,
    OTHERS_KEPT,
    DeskState,
    Dice,
    asked,
    is_mine,
    may_decide,
    noted,
    order,
    put_on_desk,
    said,
    selected,
)
from messages.alert import Alert, is_open
from messages.state import DeskAnswer, DeskRequest

RENEW_EVERY = timedelta(seconds=40)  # a third of the lease: two renewals may be lost
ASK_FOR = timedelta(seconds=5)  # then the officer is told that the claim is not answered
SETTLE = timedelta(seconds=5)  # after a reconnect, until the bridge has published every open alert again
REQUESTS_KEPT = timedelta(seconds=60)
_DRONE_EVENTS = (TelemetryCame, DroneMoved, HealthCame, StatusCame)
_OWN_EVENTS = (Tick, LinkUp, LinkDown, PlaceFound, Closing, ExportDone, RecordingChanged)
"""What does not come from the station."""


def handle(state: DeskState, events: Sequence[Event], now: datetime, dice: Dice) -> tuple[DeskState, list[Effect]]:
    """The desk after everything in `events` happened, in that order, and the effects to be carried out in theirs."""
    effects: list[Effect] = []
    before = state
    for of_drones, run in groupby(events, lambda event: isinstance(event, _DRONE_EVENTS)):
        if of_drones:
            state = _drones_spoke(state, cast("list[fleet.DroneEvent]", list(run)), now)
            continue
        for event in run:
            state, asks = _one(state, event, now, dice)
            effects.extend(asks)
    if state.queue.entries is not before.queue.entries:
        state = _replaced(state, queue=alert_queue.with_chatter(state.queue, before.queue))
    return _settled(happenings.noted_between(before, state, now), now), effects


def want(state: DeskState, intention: Intention, now: datetime, dice: Dice) -> tuple[DeskState, list[Effect]]:
    """The desk after an officer's intention, and its effects."""
    state, effects = officer.wanted(state, intention, now, dice)
    return _settled(state, now), list(effects)


def _one(state: DeskState, event: Event, now: datetime, dice: Dice) -> tuple[DeskState, list[Effect]]:
    if not isinstance(event, _OWN_EVENTS):
        state = msgspec.structs.replace(state, chain=link_state.heard(state.chain, now, telemetry=False))
    match event:
        case AlertCame(alert):
            return _alert_came(state, alert, now, dice)
        case AlertGone(violation_id):
            return _replaced(state, queue=alert_queue.without_alert(state.queue, violation_id)), []
        case PictureCame(violation_id, image, digest):
            return _replaced(state, queue=alert_queue.with_image(state.queue, violation_id, Image(image, digest))), []
        case PictureGone(violation_id):
            return _replaced(state, queue=alert_queue.with_image(state.queue, violation_id, None)), []
        case PlaceFound(violation_id, words, precinct):
            return _replaced(state, queue=alert_queue.with_place(state.queue, violation_id, words, precinct)), []
        case BridgeCame(status):
            return _replaced(state, chain=link_state.bridge_said(state.chain, status, now)), []
        case AnswerCame(answer):
            return _answered(state, answer, now)
        case LinkUp():
            return _link_up(state, now)
        case LinkDown(problem, next_try_at):
            return _link_down(state, problem, next_try_at, now), []
        case Unreadable():
            return _replaced(state, unreadable=state.unreadable + 1), []
        case ExportDone(path, problem):
            text = t("Not saved: {problem}", problem=problem) if problem else t("Shift saved as {path}", path=path)
            return said(noted(state, text, now), text, now), []
        case RecordingChanged(path, problem):
            return _recording_changed(state, path, problem, now), []
        case Tick():
            return _tick(state, now, dice)
        case Closing():
            return _closing(state, now)
    return state, []


def _drones_spoke(state: DeskState, events: Sequence[fleet.DroneEvent], now: datetime) -> DeskState:
    telemetry = any(isinstance(event, (TelemetryCame, DroneMoved)) for event in events)
    return _replaced(
        state,
        fleet=fleet.apply(state.fleet, events, now),
        chain=link_state.heard(state.chain, now, telemetry=telemetry),
    )


def _alert_came(state: DeskState, alert: Alert, now: datetime, dice: Dice) -> tuple[DeskState, list[Effect]]:
    violation = alert.violation
    known = state.queue.entries.get(violation.id)
    state = _replaced(state, queue=alert_queue.with_alert(state.queue, alert, now))
    entry = state.queue.entries.get(violation.id)
    if entry is None or entry.alert is not alert:
        return state, []
    effects: list[Effect] = []
    if known is None:
        effects.append(FindPlace(violation.id, violation.lat_deg, violation.lon_deg))
    if attention.wants_somebody(known.alert if known else None, alert, state.who.officer):
        where = alert_queue.place_of(entry)
        if known is None:
            text = t("Alert from {drone}, {where}", drone=violation.drone_id, where=where)
            state = noted(state, text, now, drone_id=violation.drone_id, violation_id=violation.id)
        else:
            state = said(
                state, t("{name} passed on: {place}", name=wording.name_of(alert.escalated_by or ""), place=where), now
            )
        state, sounds = attention.sounded(state, alert, now)
        effects.extend(sounds)
    if not is_open(alert) and (known is None or is_open(known.alert)):
        if violation.id in state.work.forms:
            effects.append(DropForm(violation.id))
        state = _closed(state, alert, now)
    asking = state.work.asking
    if asking is not None and asking.violation_id == violation.id and is_mine(state, entry, now):
        state = _replaced(state, work=msgspec.structs.replace(state.work, asking=None, renewed_at=now, touched_at=now))
        if asking.then_confirm and state.selected == violation.id:
            state, more = deciding.confirm(state, now, dice)
            effects.extend(more)
    return state, effects


def _closed(state: DeskState, alert: Alert, now: datetime) -> DeskState:
    """An open alert was decided; by somebody else if this desk has nothing on its way for it."""
    violation = alert.violation
    own = alert.decided_by == state.who.officer
    if not own:
        state = _replaced(
            state, done_by_others=(*state.done_by_others, plates.done_by_another(alert, now))[-OTHERS_KEPT:]
        )
        name = wording.name_of(alert.decided_by) if alert.decided_by else t("Somebody")
        if alert.code_after is None:
            text = t("{name} rejected it: {drone}", name=name, drone=violation.drone_id)
        else:
            text = t("{name} decided code {code}: {drone}", name=name, code=alert.code_after, drone=violation.drone_id)
        state = noted(state, text, now, drone_id=violation.drone_id, violation_id=violation.id)
        if state.selected == violation.id:
            state = said(state, text, now)
    return _replaced(state, work=coding_desk.without(state.work, violation.id))


def _answered(state: DeskState, answer: DeskAnswer, now: datetime) -> tuple[DeskState, list[Effect]]:
    kept = outbox.find(state.outbox, answer.id)
    if kept is not None:
        state = _replaced(state, outbox=outbox.without(state.outbox, answer.id))
        if not answer.ok:
            text = t("Not accepted: {reason}", reason=wording.reason(answer.reason))
            state = said(noted(state, f"{text} ({kept.drone_id})", now, violation_id=kept.violation_id), text, now)
            done = tuple(done for done in state.done if done.correction_id != answer.id)
            state = _replaced(state, done=done, work=coding_desk.refused(state.work, kept, text))
        return state, [NoteAnswer(answer.id, now, answer.ok, answer.reason)]
    request = state.requests.get(answer.id)
    if request is None:
        return state, []
    state = _replaced(state, requests={key: each for key, each in state.requests.items() if key != answer.id})
    return (state if answer.ok else _refused(state, request, answer.reason, now)), []


def _refused(state: DeskState, request: DeskRequest, reason: str, now: datetime) -> DeskState:
    if request.action in ("seen", "release"):
        return state
    work = coding_desk.with_notice(state.work, request.violation_id, _sentence(wording.reason(reason)))
    if work.asking is not None and work.asking.request_id == request.id:
        work = msgspec.structs.replace(work, asking=None)
    return said(_replaced(state, work=work), _sentence(wording.reason(reason)), now)


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}"


def _link_up(state: DeskState, now: datetime) -> tuple[DeskState, list[Effect]]:
    first = not state.chain.broker_problem and state.chain.data_at is None
    state = _replaced(
        state, chain=link_state.link_up(state.chain, now), outbox=outbox.reconnected(state.outbox), pruned=False
    )
    return _send_due(noted(state, t("Connected") if first else t("Connected again"), now), now)


def _link_down(state: DeskState, problem: str, next_try_at: datetime | None, now: datetime) -> DeskState:
    if state.chain.broker_up:
        state = noted(state, t("The broker is away: {problem}", problem=problem), now)
    work = state.work
    if work.asking is not None:
        notice = t(
            "The broker went away before the claim was answered: press {claim} again when it is back",
            claim=wording.cap("claim"),
        )
        work = msgspec.structs.replace(coding_desk.with_notice(work, work.asking.violation_id, notice), asking=None)
    return _replaced(state, chain=link_state.link_down(state.chain, problem, next_try_at, now), work=work)


def _recording_changed(state: DeskState, path: str, problem: str, now: datetime) -> DeskState:
    if problem and problem != state.recording_problem:
        state = noted(state, t("The shift is not being recorded: {problem}", problem=problem), now)
    elif not problem and state.recording_problem:
        state = noted(state, t("The shift is being recorded again"), now)
    return _replaced(state, recording=path, recording_problem=problem)


def _tick(state: DeskState, now: datetime, dice: Dice) -> tuple[DeskState, list[Effect]]:
    effects: list[Effect] = []
    if state.message and state.message_at is not None and now - state.message_at >= MESSAGE_FOR:
        state = _replaced(state, message="", message_at=None)
    state, sends = _send_due(state, now) if state.chain.broker_up else (state, [])
    effects.extend(sends)
    if state.work.unsaved:
        effects.extend(KeepForm(key, state.work.forms[key], now) for key in sorted(state.work.unsaved))
        state = _replaced(state, work=msgspec.structs.replace(state.work, unsaved=frozenset()))
    state, renewals = _renewed(state, now, dice)
    effects.extend(renewals)
    asking = state.work.asking
    if asking is not None and now - asking.asked_at >= ASK_FOR:
        work = coding_desk.with_notice(
            state.work,
            asking.violation_id,
            t("The station does not answer: press {claim} to ask again", claim=wording.cap("claim")),
        )
        state = _replaced(state, work=msgspec.structs.replace(work, asking=None))
    state, sounds = attention.reminded(state, now)
    effects.extend(sounds)
    if state.looked_at is None or now - state.looked_at >= timedelta(seconds=1):
        state = happenings.looked_for_lost(_pruned(state, now), now)
    return state, effects


def _send_due(state: DeskState, now: datetime) -> tuple[DeskState, list[Effect]]:
    sent, sends = outbox.due(state.outbox, now)
    return _replaced(state, outbox=sent), list(sends)


def _closing(state: DeskState, now: datetime) -> tuple[DeskState, list[Effect]]:
    effects: list[Effect] = [KeepForm(key, state.work.forms[key], now) for key in sorted(state.work.unsaved)]
    state = _replaced(state, work=msgspec.structs.replace(state.work, unsaved=frozenset()))
    if not state.chain.broker_up:
        return state, effects
    sent, sends = outbox.due(state.outbox, now, hold=timedelta())
    return _replaced(state, outbox=sent), [*effects, *sends]


def _renewed(state: DeskState, now: datetime, dice: Dice) -> tuple[DeskState, list[Effect]]:
    """While the officer works on the claimed alert, its claim is renewed."""
    entry, work = selected(state), state.work
    if entry is None or not state.chain.broker_up or work.touched_at is None or not may_decide(state, entry):
        return state, []
    renewed_at = work.renewed_at or entry.heard_at
    if now - renewed_at < RENEW_EVERY or work.touched_at <= renewed_at:
        return state, []
    state, ask = asked(state, "renew", entry.alert.violation.id, now, dice)
    return _replaced(state, work=msgspec.structs.replace(work, renewed_at=now)), [ask]


def _pruned(state: DeskState, now: datetime) -> DeskState:
    """Once the bridge has had time to say everything again, alerts that it no longer names are archived."""
    requests = {key: each for key, each in state.requests.items() if now - each.at < REQUESTS_KEPT}
    state = _replaced(state, looked_at=now, requests=requests)
    since, lost_at = state.chain.broker_since, state.chain.broker_lost_at
    if lost_at is None or state.pruned or now - since < SETTLE or not link_state.bridge_is_here(state.chain, now):
        return state
    if now - max(since, state.chain.bridge_since or since) < SETTLE:
        return state
    # From when the link was lost, not from when it was back: retained alerts may overtake the word that it is back.
    return _replaced(state, queue=alert_queue.without_unheard(state.queue, lost_at), pruned=True)


def _settled(state: DeskState, now: datetime) -> DeskState:
    """Whenever the desk is empty or its alert has left the list, the first waiting alert is put on it (unless the officer emptied it)."""
    flood = alert_groups.floods(alert_queue.rate(state.queue, now), already=state.flood)
    if flood != state.flood:
        state = _replaced(state, flood=flood)
    if selected(state) is not None:
        return state
    if state.selected is None and not state.picks_itself:
        return state
    waiting = order(state, now)
    chosen = waiting[0].alert.violation.id if waiting else None
    return state if chosen == state.selected else put_on_desk(state, chosen)


def _replaced(state: DeskState, **changes: object) -> DeskState:
    return msgspec.structs.replace(state, **changes)
