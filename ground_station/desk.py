"""The desk as a running thing: the rules of view_model with a link, a journal, a clock and threads around them. No Qt.

    link's thread ──event──▶ inbox ──pump()──▶ rules ──effects──▶ worker's thread ──▶ journal (on disk), then link
                                front end's thread                (in the order given)

The front end's thread never waits for disk or network: both belong to the worker. A decision is on disk before its first byte is sent,
because the worker carries effects out one after another.
"""

from __future__ import annotations

import logging
import secrets
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, tzinfo
from queue import Empty, SimpleQueue
from time import monotonic

from ground_station.exports import Export, Exports
from ground_station.journal import Journal
from ground_station.links.link import Link
from ground_station.recording import Recorder
from ground_station.view_model import effects as wish
from ground_station.view_model.coding_desk import Who
from ground_station.view_model.effects import Effect, Sound
from ground_station.view_model.events import (
    Closing,
    Event,
    ExportDone,
    HealthCame,
    PlaceFound,
    StatusCame,
    TelemetryCame,
    Tick,
)
from ground_station.view_model.intentions import ExportFormat, ExportShift, FilterLog, Intention
from ground_station.view_model.memo import Memo
from ground_station.view_model.moments import DRAW_BYTES, Moment
from ground_station.view_model.outbox import Outbox
from ground_station.view_model.snapshot import StationView
from ground_station.view_model.station import handle, want
from ground_station.view_model.station_state import DeskState, opened
from ground_station.view_model.view import view

log = logging.getLogger(__name__)

FindWords = Callable[[float, float], tuple[str | None, int | None]]
"""Latitude and longitude in degrees -> the place in words and its precinct, where known. May take long; called in the worker."""
LAST_ANSWERS_S = 1.5  # how long a closing desk waits for the bridge's answers
THREADS_END_S = 5.0  # how long a closing desk waits for each of its threads: a full disk, or the map that is being read
TICK = timedelta(milliseconds=250)
MUCH = 40  # events that are not left until the next pump: below a millisecond's work
_CAN_WAIT = (TelemetryCame, HealthCame, StatusCame, PlaceFound)


class Desk:
    """The running desk. `pump`, `do`, `start` and `stop` belong to one thread, the front end's."""

    def __init__(
        self,
        link: Link[Event],
        journal: Journal,
        *,
        station: str,
        officer: str,
        lost_after_s: float,
        zone: tzinfo | None = None,
        find_words: FindWords = lambda lat_deg, lon_deg: (None, None),
        recorder: Recorder | None = None,
        export: Export | None = None,
        wake: Callable[[], None] = lambda: None,
        sound: Callable[[Sound], None] = lambda sound: None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),  # noqa: TID251 - the shell's clock
        dice: Callable[[], int] = lambda: secrets.randbits(80),
    ) -> None:
        """`wake` is called from any thread when something came that should not wait for the next pump; it must return at once.
        `sound` is called within pump and do."""
        self._link, self._journal, self._recorder = link, journal, recorder
        self._exports = Exports(export, "desk-export")
        self._find_words, self._wake, self._sound = find_words, wake, sound
        self._clock, self._dice, self._draws = clock, dice, bytearray()
        now = clock()
        self._state = opened(
            Who(station=station, officer=officer, desk=journal.desk, boot=journal.boot, zone=zone),
            now,
            kept=Outbox(journal.kept()),
            forms=journal.forms(),
            done=journal.done(now - timedelta(days=1)),
            preferences=journal.preferences(),
            lost_after_s=lost_after_s,
            lines=recorder.lines if recorder is not None else (),
        )
        self._memo = Memo()
        self._ticked_at: datetime | None = None
        self._inbox: SimpleQueue[Event] = SimpleQueue()
        self._outgoing: SimpleQueue[Effect | None] = SimpleQueue()
        self._places: SimpleQueue[wish.FindPlace | None] = SimpleQueue()
        self._threads = (
            threading.Thread(target=self._work, name="desk-worker", daemon=True),
            threading.Thread(target=self._look_up_places, name="desk-places", daemon=True),
        )
        self._closing = threading.Event()  # places that are still asked for are nobody's any more
        self.finished = threading.Event()  # never set: now does not end; a replay does
        self.failed = threading.Event()  # the worker stopped by an error: the desk must be closed

    @property
    def state(self) -> DeskState:
        """What the desk knows."""
        return self._state

    def start(self) -> None:
        """Begin to listen."""
        for thread in self._threads:
            thread.start()
        if self._recorder is not None:
            self._recorder.start(self.deliver)
        self._link.start(self.deliver)

    def deliver(self, event: Event) -> None:
        """Take in an event, from any thread."""
        self._inbox.put(event)
        if not isinstance(event, _CAN_WAIT):
            self._wake()

    def take_in(self) -> bool:
        """Take in what came if it is much already, so that no pump has a second's work of a thousand drones before it."""
        if self._inbox.qsize() >= MUCH:
            now = self._clock()
            self._happen(self._arrived(), now)
            self._memo.fleet.follow(self._state.fleet, now)
        return False

    def pump(self) -> StationView:
        """Take in what came and what the time brings; the snapshot to draw."""
        now = self._clock()
        events = self._arrived()
        if self._ticked_at is None or not timedelta() <= now - self._ticked_at < TICK:
            self._ticked_at = now
            events.append(Tick())
        if events:
            self._happen(events, now)
        return view(self._state, now, self._memo)

    def do(self, intention: Intention) -> StationView:
        """An officer's intention, at once; the snapshot after it."""
        now = self._clock()
        self._take(want(self._state, intention, now, self._throw))
        if not isinstance(intention, FilterLog | ExportShift):  # those belong to who looks at the shift, then or later
            self._record(Moment(now, (), intention, self._thrown()))
        return view(self._state, now, self._memo)

    def stop(self) -> None:
        """Send what was held for undo, wait a moment for the answers, and end all threads. What is not answered stays in the journal."""
        self._happen([Closing()], self._clock())
        last_s = monotonic() + LAST_ANSWERS_S
        while self._state.outbox.kept and self._state.chain.broker_up and not self.failed.is_set():
            left_s = last_s - monotonic()
            if left_s <= 0:
                break
            self._await_event(left_s)
        self._outgoing.put(None)
        self._places.put(None)
        self._closing.set()
        for thread in self._threads:
            thread.join(timeout=THREADS_END_S)
        self._exports.stop()
        self._link.stop()
        if self._recorder is not None:
            self._recorder.stop()
        self._journal.close()

    def _arrived(self) -> list[Event]:
        return [self._inbox.get_nowait() for _ in range(self._inbox.qsize())]

    def _await_event(self, left_s: float) -> None:
        try:
            event = self._inbox.get(timeout=left_s)
        except Empty:
            return
        self._happen([event, *self._arrived()], self._clock())

    def _happen(self, events: list[Event], now: datetime) -> None:
        self._take(handle(self._state, events, now, self._throw))
        self._record(Moment(now, tuple(events), None, self._thrown()))

    def _throw(self) -> int:
        number = self._dice()
        self._draws += (number % 256**DRAW_BYTES).to_bytes(DRAW_BYTES)
        return number

    def _thrown(self) -> bytes:
        draws = bytes(self._draws)
        self._draws.clear()
        return draws

    def _record(self, moment: Moment) -> None:
        if self._recorder is not None:
            self._recorder.note(moment, self._state)

    def _take(self, outcome: tuple[DeskState, list[Effect]]) -> None:
        self._state, effects = outcome
        for effect in effects:
            match effect:
                case wish.PlaySound(sound):
                    self._sound(sound)
                case wish.FindPlace():
                    self._places.put(effect)
                case _:
                    self._outgoing.put(effect)

    def _work(self) -> None:
        """The worker's thread: effects one after another, journal before link."""
        try:
            while (effect := self._outgoing.get()) is not None:
                self._carry_out(effect)
        except Exception:
            log.exception("the desk's worker stopped: the journal can't be written")
            self.failed.set()
            self._wake()

    def _carry_out(self, effect: Effect) -> None:
        match effect:
            case wish.Kept():
                self._journal.keep(effect)
            case wish.SendDecision(correction_id, payload, at):
                self._journal.sent(correction_id, at)
                self._link.decide(payload, correction_id)
            case wish.TakeBack(correction_id, violation_id, form):
                self._journal.take_back(correction_id, violation_id, form, self._clock())
            case wish.NoteAnswer(correction_id, at, ok, reason):
                self._journal.answered(correction_id, at, ok=ok, reason=reason)
            case wish.KeepForm(violation_id, form, at):
                self._journal.keep_form(violation_id, form, at)
            case wish.DropForm(violation_id):
                self._journal.drop_form(violation_id)
            case wish.NoteShown(violation_ids, at):
                self._journal.note_shown(violation_ids, at)
            case wish.KeepPreference(name, value):
                self._journal.keep_preference(name, value)
            case wish.Ask(request):
                self._link.ask(request)
            case wish.Order(command):
                self._link.order(command)
            case wish.SaveShift(path, kind):
                self._save_shift(path, kind)
            case wish.RetryHeadquarters():
                self._link.retry_headquarters()
            case wish.RetryBroker():
                self._link.retry_now()

    def _save_shift(self, path: str, kind: ExportFormat) -> None:
        recorder = self._recorder
        if recorder is not None:
            self._exports.begin(
                self._state.recording,
                path,
                kind,
                lambda problem: self.deliver(ExportDone(path, problem)),
                first=recorder.flush,
            )

    def _look_up_places(self) -> None:
        """The places' thread: the first look-up reads the map, which takes a moment."""
        try:
            while (wanted := self._places.get()) is not None and not self._closing.is_set():
                words, precinct = self._find_words(wanted.lat_deg, wanted.lon_deg)
                self.deliver(PlaceFound(wanted.violation_id, words, precinct))
        except Exception:
            log.exception("places are shown without their names: the map can't be read")
