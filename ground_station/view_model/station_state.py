"""Everything the desk knows at one moment, and the small steps that all its rules share."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Literal

import msgspec

from ground_station.view_model import alert_groups, alert_queue, link_state, outbox, shift_log, wording
from ground_station.view_model.alert_groups import Group
from ground_station.view_model.alert_queue import Entry, Queue
from ground_station.view_model.coding_desk import Who, Work
from ground_station.view_model.effects import Ask, Effect
from ground_station.view_model.fleet import Fleet
from ground_station.view_model.intentions import ThemeName
from ground_station.view_model.language import t
from ground_station.view_model.link_state import Chain
from ground_station.view_model.log_view import LogLine
from ground_station.view_model.outbox import Outbox
from ground_station.view_model.shift_log import ShiftLog
from messages.alert import holder, is_open
from messages.coding import Form
from messages.ids import message_id
from messages.state import DeskRequest

OTHERS_KEPT = 2_000
MESSAGE_FOR = timedelta(seconds=8)
Dice = Callable[[], int]
"""Gives 74 or more random bits at each call."""
Effects = tuple[Effect, ...]


class Done(msgspec.Struct, frozen=True):
    """One decision, for the counters and for warnings about its plate."""

    correction_id: str
    decided_at: datetime
    took_s: float  # from claim to decision
    status: Literal["confirmed", "corrected", "rejected"]
    violation_id: str = ""
    code: int | None = None  # None for a rejection
    plate: str = ""  # as the officer gave it; of another officer's decision as the drone read it
    plate_state: str = ""


class DeskState(msgspec.Struct, frozen=True, kw_only=True):
    """The whole desk as a value; station.handle makes the next one."""

    who: Who
    chain: Chain
    fleet: Fleet = Fleet()
    queue: Queue = Queue()
    work: Work = Work()
    outbox: Outbox = Outbox()
    log: ShiftLog = ShiftLog()
    next_seq: int = 1  # of this boot's next Correction
    done: tuple[Done, ...] = ()
    done_by_others: tuple[Done, ...] = ()  # since this desk was opened, the last OTHERS_KEPT
    selected: str | None = None  # an alert
    picks_itself: bool = True  # the first alert is put on an empty desk
    drone: str | None = None  # selected
    filter: str = ""
    theme: ThemeName = "day"
    sound_on: bool = True
    preferences: dict[str, str] = {}
    message: str = ""
    message_at: datetime | None = None
    requests: dict[str, DeskRequest] = {}  # sent and not answered, by id
    shown: frozenset[str] = frozenset()  # alerts whose first showing is in the journal
    lost: frozenset[str] = frozenset()  # drones, as last written to the log
    looked_at: datetime | None = None  # lost drones were last looked for
    sounded_at: datetime | None = None
    pruned: bool = False  # alerts that were archived while the desk was away are already dropped
    unreadable: int = 0
    flood: bool = False  # the list groups by street and drone
    opened: frozenset[str] = frozenset()  # groups of the alert list, by key
    recording: str = ""  # the file of this shift; empty: none is made
    recording_problem: str = ""


def opened(
    who: Who,
    now: datetime,
    *,
    kept: Outbox = Outbox(),  # noqa: B008 - a frozen value
    forms: dict[str, Form] | None = None,
    done: tuple[Done, ...] = (),
    preferences: dict[str, str] | None = None,
    lost_after_s: float,
    lines: tuple[LogLine, ...] = (),
) -> DeskState:
    """The desk as it is opened, with what its journal kept, and the log of a shift that goes on."""
    known = dict(preferences or {})
    theme = known.get("theme", "day")
    return DeskState(
        who=who,
        chain=Chain(broker_since=now),
        fleet=Fleet({}, lost_after_s),
        work=Work(forms=dict(forms or {})),
        outbox=kept,
        done=done,
        theme="night" if theme == "night" else "contrast" if theme == "contrast" else "day",
        sound_on=known.get("sound", "on") != "off",
        preferences=known,
        log=ShiftLog(lines, lines[-1].number if lines else 0),
    )


def station_now(state: DeskState, now: datetime) -> datetime:
    """The time on the bridge's clock."""
    return link_state.station_now(state.chain, now)


def groups(state: DeskState, now: datetime) -> list[Group]:
    """The alert list as groups."""
    at, who = station_now(state, now), state.who.officer
    waiting = alert_queue.in_sections(state.queue, who, outbox.hidden(state.outbox), at)
    return alert_groups.arranged(waiting, state.queue.chatter, flood=state.flood)


def order(state: DeskState, now: datetime) -> list[Entry]:
    """The alert list, as Up and Down go through it: every open alert once, whether its group is open or not."""
    return [entry for group in groups(state, now) for entry in group.entries]


def selected(state: DeskState) -> Entry | None:
    """The alert on the desk; None once it is closed, or decided here."""
    entry = state.queue.entries.get(state.selected) if state.selected else None
    if entry is None or not is_open(entry.alert) or state.selected in outbox.hidden(state.outbox):
        return None
    return entry


def is_mine(state: DeskState, entry: Entry, now: datetime) -> bool:
    """Whether this officer holds the alert's claim."""
    return holder(entry.alert, station_now(state, now)) == state.who.officer


def may_decide(state: DeskState, entry: Entry) -> bool:
    """Whether this officer was the last to claim the alert. A lease that ran out (the network was away) does not spoil the work
    as long as nobody else took the alert; the bridge has the last word."""
    return entry.alert.state == "claimed" and entry.alert.claimed_by == state.who.officer


def said(state: DeskState, text: str, now: datetime) -> DeskState:
    """The desk with a word to the officer."""
    return msgspec.structs.replace(state, message=text, message_at=now)


def noted(
    state: DeskState, text: str, now: datetime, *, drone_id: str | None = None, violation_id: str | None = None
) -> DeskState:
    """The desk with one more line in its log, and the place of what it is about."""
    place = _place_of(state, drone_id, violation_id)
    log = shift_log.noted(
        state.log, text, now, state.who.zone, drone_id=drone_id, violation_id=violation_id, place=place
    )
    return msgspec.structs.replace(state, log=log)


def _place_of(state: DeskState, drone_id: str | None, violation_id: str | None) -> tuple[float, float] | None:
    entry = state.queue.entries.get(violation_id) if violation_id else None
    if entry is not None:
        return entry.alert.violation.lat_deg, entry.alert.violation.lon_deg
    drone = state.fleet.drones.get(drone_id) if drone_id else None
    return (drone.newest.lat_deg, drone.newest.lon_deg) if drone is not None and drone.newest is not None else None


def asked(
    state: DeskState,
    action: Literal["seen", "claim", "renew", "release", "escalate"],
    violation_id: str,
    now: datetime,
    dice: Dice,
) -> tuple[DeskState, Ask]:
    """The desk with one more request on its way."""
    request = DeskRequest(
        id=message_id(now, dice()),
        officer=state.who.officer,
        action=action,
        violation_id=violation_id,
        at=milliseconds(station_now(state, now)),
    )
    return msgspec.structs.replace(state, requests={**state.requests, request.id: request}), Ask(request)


def milliseconds(at: datetime) -> datetime:
    """The time as messages carry it: whole milliseconds."""
    return at.replace(microsecond=at.microsecond // 1000 * 1000)


def put_on_desk(state: DeskState, violation_id: str | None) -> DeskState:
    """The desk with another alert on it (None: empty), and an empty search."""
    if violation_id == state.selected:
        return msgspec.structs.replace(state, picks_itself=True)
    work = msgspec.structs.replace(state.work, search="")
    return msgspec.structs.replace(state, selected=violation_id, picks_itself=True, work=work)


def not_mine(state: DeskState, entry: Entry, now: datetime) -> str:
    """Why this officer can't decide the alert now, in plain words."""
    held_by = holder(entry.alert, station_now(state, now))
    if held_by is None:
        return t("Press {claim} to claim it first", claim=wording.cap("claim"))
    whose = alert_queue.whose(entry.alert, state.who.officer, station_now(state, now))
    return t("Another officer has it: {whose}", whose=whose)
