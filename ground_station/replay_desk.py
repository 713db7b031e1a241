"""The desk of a replay: a recorded shift's moments, taken in as time goes at the chosen speed. No journal, and nothing is ever sent.

link's thread ──moment──▶ inbox ──take_in(), pump(): those that are due, a few ms at a time──▶ rules ──▶ the window, as ever
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from datetime import datetime, timedelta, tzinfo
from time import monotonic

from ground_station.exports import Export, Exports
from ground_station.links.replay_link import ReplayLink
from ground_station.shift_files import Shift
from ground_station.view_model import replay
from ground_station.view_model.intentions import (
    ExportShift,
    Intention,
    ReplayGoTo,
    ReplayJump,
    ReplayPause,
    ReplaySpeed,
)
from ground_station.view_model.language import t
from ground_station.view_model.memo import Memo
from ground_station.view_model.moments import Began, Ended, Moment, Past
from ground_station.view_model.replay import Looking, Player
from ground_station.view_model.snapshot import StationView
from ground_station.view_model.station_state import DeskState

BUDGET_S = 0.010  # of the thread in one turn of a front end that does not take in between its turns: below a frame
PART_S = 0.006  # of the window's thread in one part between two turns
REST_S = 0.002  # of a turn that has such parts before it
TURN_S = 0.145  # so long after a turn the next one may be asked for
LAST_PART_S = 0.170  # so long after a turn the fleet is made for the next one, and nothing more taken in before it
PATIENCE_S = 1.0
QUICK = 5  # from this speed on the window is drawn more often than four times a second
FIRST_WAIT_S = 5.0
FAR = timedelta(minutes=3)  # a jump forward beyond it begins with a kept desk; a shorter one takes in what lies between


class ReplayDesk:
    """What a front end needs of a desk, over the past. All methods but `deliver` belong to the front end's thread."""

    def __init__(
        self,
        link: ReplayLink,
        shift: Shift,
        *,
        speed: int,
        marks_s: tuple[float, ...] = (),
        zone: tzinfo | None = None,
        export: Export | None = None,
        wake: Callable[[], None] = lambda: None,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        """`clock`: seconds that go on evenly. `marks_s`: when alerts came, as Unix times."""
        self._link, self._shift, self._marks_s, self._zone = link, shift, marks_s, zone
        self._exports, self._wake, self._clock = Exports(export, "replay-export"), wake, clock
        self._player = Player(start=shift.start, end=shift.end, at=shift.start, since_s=clock(), speed=speed)
        self._looking = Looking()
        self._state: DeskState | None = None
        self._memo = Memo()
        self._in_parts = False  # the front end calls take_in between its turns
        self._turned_s = clock()  # when it last took a snapshot
        self._is_made = False  # what came is made already as it will be shown
        self._at = shift.start  # of the newest moment taken in
        self._inbox: deque[Past] = deque()
        self._jump, self._begun, self._ended = 0, False, False
        self._target: datetime | None = None  # where a jump leads, while the desk is on its way there
        self._behind = False  # what is due is not taken in yet: the window shows the time of what is
        self._slow_until_s = 0.0  # the speed is more than this machine can do
        self._said: deque[str] = deque()
        self.failed = threading.Event()  # never set: a replay writes nothing
        self.finished = threading.Event()  # everything was shown
        self._first = threading.Event()

    @property
    def state(self) -> DeskState | None:
        """What the recorded desk knew; None before the recording is read."""
        return self._state

    def start(self) -> None:
        """Begin to read. Waits for the first of it, at most FIRST_WAIT_S."""
        self._link.start(self.deliver)
        self._first.wait(FIRST_WAIT_S)
        self._player = replay.moved_to(self._player, self._player.start, self._clock())

    def deliver(self, past: Past) -> None:
        """Take in a piece of the past, from the link's thread."""
        self._inbox.append(past)
        self._first.set()

    def take_in(self) -> bool:
        """Go on to where the replay ought to be by now, or as far as PART_S goes; at last make of it what the next snapshot needs."""
        self._in_parts = True
        if self._state is None or self.finished.is_set() or not (self._behind or self._is_quick):
            return False
        now_s = self._clock()
        since_turn_s = now_s - self._turned_s
        if since_turn_s < LAST_PART_S:
            self._go_on(now_s, PART_S)
        elif not self._is_made:
            self._memo.fleet.follow(self._state.fleet, self._shown_at(replay.position(self._player, now_s), now_s))
            self._is_made = True
        if since_turn_s >= TURN_S:
            self._wake()  # for what has come to be drawn
        return True

    def pump(self) -> StationView:
        """Go on to where the replay ought to be by now, or as far as the time goes; the snapshot to draw."""
        now_s = self._clock()
        if self._is_made:
            wanted = replay.position(self._player, now_s)
        else:
            wanted = self._go_on(now_s, REST_S if self._in_parts and self._state is not None else BUDGET_S)
        self._turned_s, self._is_made = now_s, False
        while self._said:
            self._looking = replay.told(self._looking, self._said.popleft(), now_s)
        if self._is_quick and not self.finished.is_set():
            self._soon()
        return self._view(wanted, self._clock())

    def _go_on(self, now_s: float, budget_s: float) -> datetime:
        """Take in what is due; up to when that would be."""
        wanted = replay.position(self._player, now_s)
        self._link.move_on(wanted)
        self._take_in(wanted, now_s + budget_s)
        return wanted

    @property
    def _is_quick(self) -> bool:
        return self._player.speed >= QUICK and not self._player.paused

    def _soon(self) -> None:
        """There is more to do than four times a second: a turn, or what comes between two turns anyway."""
        if not self._in_parts:
            self._wake()

    def do(self, intention: Intention) -> StationView:
        """The viewer's intention: look, play, or be told that nothing can be sent."""
        now_s = self._clock()
        if self._state is None:
            self.pump()
        match intention:
            case ReplayPause() | ReplaySpeed() | ReplayJump() | ReplayGoTo():
                self._play(replay.played(self._player, intention, now_s), now_s)
            case _ if self._state is not None:
                self._looking = replay.looked(self._looking, intention, self._state, self._at, now_s)
                self._state = replay.with_filter(self._state, self._looking)
        if isinstance(intention, ExportShift):
            self._save(intention)
        return self.pump()

    def stop(self) -> None:
        """End the link's thread and what is being saved."""
        self._exports.stop()
        self._link.stop()

    def _play(self, player: Player, now_s: float) -> None:
        before = replay.position(self._player, now_s)
        self._player = player
        if player.at < before or player.at - before > FAR:
            self._jump += 1
            self._begun, self._ended, self._target = False, False, player.at
            self._link.jump(player.at, self._jump)

    def _take_in(self, wanted: datetime, until_s: float) -> None:
        """What is due up to `wanted`. Where the budget does not last, the replay goes on from where it is: slower, nothing left out."""
        self._behind = False
        while self._inbox:
            past = self._inbox[0]
            if self._begun and not isinstance(past, Ended) and past.at > wanted:
                self._target = None
                return
            self._inbox.popleft()
            self._one(past)
            if self._clock() >= until_s:
                self._fall_behind()
                return
        if self._ended:
            self._target = None
            if self._at >= self._player.end or wanted >= self._player.end:
                self.finished.set()
        elif not self._link.has_nothing_before(wanted):
            self._behind = True
            self._soon()

    def _one(self, past: Past) -> None:
        match past:
            case Began(state, at, jump) if jump == self._jump:
                self._state, self._at, self._begun = replay.with_filter(state, self._looking), at, True
            case Moment() if self._begun and self._state is not None:
                self._state, self._at = replay.after(self._state, past), past.at
            case Ended(jump) if jump == self._jump:
                self._ended = True

    def _fall_behind(self) -> None:
        """More is due than one turn had time for: the next turn comes soon, and after a second of it the replay's time gives way."""
        now_s = self._clock()
        lag_s = (replay.position(self._player, now_s) - self._at).total_seconds()
        if self._begun and self._target is None and lag_s > self._player.speed * PATIENCE_S:
            self._player = replay.moved_to(self._player, self._at, now_s)
            self._slow_until_s = now_s + 2 * PATIENCE_S
        self._behind = True
        self._soon()

    def _view(self, wanted: datetime, now_s: float) -> StationView:
        if self._state is None:
            raise RuntimeError("the recording holds nothing that could be shown")
        return replay.replayed_view(
            self._state,
            self._looking,
            self._player,
            self._shown_at(wanted, now_s),
            now_s,
            zone=self._zone,
            marks_s=self._marks_s,
            going=self._target is not None,
            slow=now_s < self._slow_until_s,
            memo=self._memo,
        )

    def _shown_at(self, wanted: datetime, now_s: float) -> datetime:
        """The replayed time that the window shows: not beyond what is taken in, where that is behind."""
        if self._target is not None or self._behind:
            return self._at
        return max(self._at, min(wanted, replay.position(self._player, now_s)))

    def _save(self, intention: ExportShift) -> None:
        def told(problem: str) -> None:
            self._said.append(
                t("Not saved: {problem}", problem=problem)
                if problem
                else t("Shift saved as {path}", path=intention.path)
            )
            self._wake()

        self._exports.begin(str(self._shift.path), intention.path, intention.format, told)
