"""A recorded shift on the desk again: the same rules, the past's time, and a viewer who may look at everything and send nothing.

The recorded officer's desk and the viewer's own selection, filters and theme are kept apart. So the viewer never changes what the
recorded officer does next, and the desk at any moment of the replay is the desk as it was.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, tzinfo
from itertools import count

import msgspec

from ground_station.view_model import alert_queue, shift_log, wording
from ground_station.view_model.intentions import (
    AlertsOnScreen,
    ExportShift,
    FilterFleet,
    FilterLog,
    Intention,
    LogKind,
    MoveSelection,
    ReplayGoTo,
    ReplayJump,
    ReplayPause,
    ReplaySpeed,
    SelectAlert,
    SelectDrone,
    SetPreference,
    SetSound,
    SetTheme,
    ThemeName,
)
from ground_station.view_model.language import t
from ground_station.view_model.memo import Memo
from ground_station.view_model.moments import DRAW_BYTES, Moment
from ground_station.view_model.snapshot import ReplayView, StationView
from ground_station.view_model.station import handle, want
from ground_station.view_model.station_state import DeskState, order
from ground_station.view_model.view import view

SPEEDS = (1, 2, 5, 10, 20, 30, 60)
PlayerIntention = ReplayPause | ReplaySpeed | ReplayJump | ReplayGoTo


class Player(msgspec.Struct, frozen=True, kw_only=True):
    """Where the replay is. `at`: the replayed time at `since_s` of the viewer's clock, in seconds."""

    start: datetime
    end: datetime
    at: datetime
    since_s: float
    speed: int = 1
    paused: bool = False


class Looking(msgspec.Struct, frozen=True, kw_only=True):
    """What the viewer chose for himself. Where he chose nothing, the recorded officer's choice is shown."""

    alert: str | None = None
    drone: str | None = None
    fleet_filter: str = ""
    log_text: str = ""
    log_kind: LogKind = ""
    theme: ThemeName | None = None
    preferences: dict[str, str] = {}
    message: str = ""
    message_s: float = 0.0  # of the viewer's clock


def after(state: DeskState, moment: Moment) -> DeskState:
    """The recorded desk after one more moment. What it asked of the world then is not asked again."""
    dice = _thrown(moment.draws)
    if moment.intention is not None:
        state, _ = want(state, moment.intention, moment.at, dice)
    if moment.events:
        state, _ = handle(state, moment.events, moment.at, dice)
    return state


def position(player: Player, now_s: float) -> datetime:
    """The replayed time at `now_s` of the viewer's clock; never beyond the end."""
    if player.paused:
        return player.at
    return min(player.end, player.at + timedelta(seconds=max(0.0, now_s - player.since_s) * player.speed))


def moved_to(player: Player, at: datetime, now_s: float) -> Player:
    """The player at another time of the shift."""
    return msgspec.structs.replace(player, at=min(max(at, player.start), player.end), since_s=now_s)


def played(player: Player, intention: PlayerIntention, now_s: float) -> Player:
    """The player after one of its controls. Going on at the end begins again."""
    player = moved_to(player, position(player, now_s), now_s)
    match intention:
        case ReplayPause():
            if player.at >= player.end and not player.paused:
                return moved_to(player, player.start, now_s)
            return msgspec.structs.replace(player, paused=not player.paused)
        case ReplaySpeed(by):
            steps = [*SPEEDS]
            nearest = min(range(len(steps)), key=lambda place: abs(steps[place] - player.speed))
            return msgspec.structs.replace(player, speed=steps[min(max(nearest + by, 0), len(steps) - 1)])
        case ReplayJump(by_s):
            return moved_to(player, player.at + timedelta(seconds=by_s), now_s)
        case ReplayGoTo(at_s):
            return moved_to(player, player.start + timedelta(seconds=at_s - player.start.timestamp()), now_s)


def looked(looking: Looking, intention: Intention, state: DeskState, now: datetime, now_s: float) -> Looking:
    """What the viewer looks at after an intention. All that would be sent to anybody is answered in words instead."""
    match intention:
        case SelectAlert(violation_id):
            return msgspec.structs.replace(looking, alert=violation_id)
        case MoveSelection(by):
            keys = [entry.alert.violation.id for entry in order(state, now)]
            return msgspec.structs.replace(looking, alert=alert_queue.moved(keys, looking.alert or state.selected, by))
        case SelectDrone(drone_id):
            return msgspec.structs.replace(looking, drone=drone_id)
        case FilterFleet(text):
            return msgspec.structs.replace(looking, fleet_filter=text)
        case FilterLog(text, kind):
            return msgspec.structs.replace(looking, log_text=text[:80], log_kind=kind)
        case SetTheme(theme):
            return msgspec.structs.replace(looking, theme=theme)
        case SetPreference(name, value):
            return msgspec.structs.replace(looking, preferences={**looking.preferences, name: value})
        case AlertsOnScreen() | SetSound():
            return looking
        case ExportShift():
            return told(looking, t("Saving the shift …"), now_s)
    return told(looking, t("This is a replay: nothing can be decided, claimed or sent"), now_s)


def with_filter(state: DeskState, looking: Looking) -> DeskState:
    """The desk with the viewer's filter on its log. The recorded officer's own is not in a recording."""
    if (state.log.text, state.log.kind) == (looking.log_text, looking.log_kind):
        return state
    return msgspec.structs.replace(state, log=shift_log.filtered(state.log, looking.log_text, looking.log_kind))


def told(looking: Looking, text: str, now_s: float) -> Looking:
    """The viewer with a word to read."""
    return msgspec.structs.replace(looking, message=text, message_s=now_s)


def replayed_view(
    state: DeskState,
    looking: Looking,
    player: Player,
    now: datetime,
    now_s: float,
    *,
    zone: tzinfo | None,
    marks_s: tuple[float, ...],
    going: bool,
    slow: bool = False,
    memo: Memo | None = None,
) -> StationView:
    """The window at one moment of the replay. `marks_s`: when alerts came; `going`: a jump is not there yet;
    `slow`: the speed is more than the machine can do; `memo` as of view()."""
    who = msgspec.structs.replace(state.who, zone=zone)
    chosen = looking.alert if looking.alert in state.queue.entries else state.selected
    state = msgspec.structs.replace(
        state,
        who=who,
        selected=chosen,
        drone=looking.drone or state.drone,
        filter=looking.fleet_filter,
        theme=looking.theme or state.theme,
        preferences={**state.preferences, **looking.preferences},
        message=looking.message if looking.message and now_s - looking.message_s < 8.0 else state.message,
    )
    shown = view(state, now, memo)
    desk = shown.desk
    if desk is not None:
        desk = msgspec.structs.replace(
            desk,
            claim="other",
            claim_words=t("nobody had it") if desk.claim == "nobody" else desk.claim_words,
            editable=False,
            can_decide=False,
            confirm_ready=False,
            confirm_text=t("A replay decides nothing"),
        )
    return msgspec.structs.replace(
        shown,
        desk=desk,
        undo=None,
        pill=msgspec.structs.replace(shown.pill, try_now=False) if shown.pill is not None else None,
        sound_on=False,
        window_title=t("REPLAY · {station}", station=shown.station),
        replay=_replay_view(player, now, now_s, zone, marks_s, going=going, slow=slow),
    )


def _replay_view(
    player: Player,
    now: datetime,
    now_s: float,
    zone: tzinfo | None,
    marks_s: tuple[float, ...],
    *,
    going: bool,
    slow: bool,
) -> ReplayView:
    at = wording.clock(now, zone)
    if going:
        state = t("going to {time} …", time=wording.clock(position(player, now_s), zone))
    elif now >= player.end:
        state = t("at the end")
    elif slow and not player.paused:
        state = t("as fast as it can")
    else:
        state = t("paused") if player.paused else t("playing")
    return ReplayView(
        banner=t("REPLAY · {day} · nothing can be sent", day=wording.day(now, zone)),
        at=at,
        at_s=now.timestamp(),
        start_s=player.start.timestamp(),
        end_s=player.end.timestamp(),
        start=wording.clock(player.start, zone),
        end=wording.clock(player.end, zone),
        speed=player.speed,
        speed_words=f"{player.speed}×",
        paused=player.paused,
        state=state,
        marks_s=marks_s,
    )


def _thrown(draws: bytes) -> Callable[[], int]:
    """The recorded dice; should the rules ask for more than was thrown then, they get 1, 2, 3 ..."""
    known = [int.from_bytes(draws[place : place + DRAW_BYTES]) for place in range(0, len(draws), DRAW_BYTES)]
    more = count(1)
    return lambda: known.pop(0) if known else next(more)
