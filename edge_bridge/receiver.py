"""The loop receive, store, acknowledge; and what the bridge says to the field: acknowledgements, alerts, answers, its status.

The order within a batch is the bridge's first promise: commit, then PUBACKs, then everything else that tells of it.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Protocol

import msgspec

from edge_bridge.acknowledging import ack_of
from edge_bridge.batch import Outcome, Weigher
from edge_bridge.errors import StoreDamaged, StoreError, StoreFull
from edge_bridge.health import Counts, Pulse, counts_of, log_line, status_of, waiting_of
from edge_bridge.intake import Rules
from edge_bridge.memory import STREAMS_REMEMBERED, Memory
from edge_bridge.ports import Field, Received, Sendings, Source, Store, StreamKey
from edge_bridge.standing import StandingAlerts
from edge_bridge.storage.upkeep import Upkeep
from messages.alert import is_open
from messages.codec import encode
from messages.priority import Lane
from messages.state import BridgeState, BridgeStatus, DeskAnswer, LinkState
from messages.topics import answer_topic, bridge_status_topic, drone_topic, parse_desk_topic

log = logging.getLogger(__name__)

BATCH_ROWS = 1_000  # about half a megabyte; a commit of that many takes some 5 ms
STATUS_S = 1.0
LOOK_S = 0.25  # how often the sending process's file is looked at: a change of the link is in the status within that
ACK_S = 0.25  # a drone hears of what is stored at most that often: an Ack costs as much as two reports
ACKS_PER_S = 500  # for the same reason a large fleet hears less often
LOG_S = 10.0
HELD_BACK_S = 0.005  # between two slices of making room while nothing is taken
_DESK = re.compile(r"[A-Za-z0-9_.-]{1,64}")
RETRY_STORE_S = (0.2, 0.5, 1.0, 2.0, 5.0)  # pauses while the disk refuses; the last one repeats


class Station(Source, Field, Protocol):
    """Both ways of the field in one."""

    def stay(self, wait_s: float) -> None:
        """Keeps the connection alive without reading from it."""
        ...


class Receiver:
    """One turn after the other: see turn(). One thread."""

    def __init__(
        self,
        field: Station,
        open_store: Callable[[], Store],
        sendings: Sendings | None,
        rules: Rules,
        *,
        boot: int,
        clock: Callable[[], datetime],
        retry: Callable[[], None],
        wake: Callable[[], None],
        stopping: Callable[[], bool] = lambda: False,
        upkeep: Upkeep | None = None,
        quota_bytes: int = 0,
        encrypted: bool = False,
        damaged: Callable[[], None] = lambda: None,
    ) -> None:
        """`wake` tells the sending process that there are new rows, `retry` that it should try headquarters now; `stopping` is asked
        while the disk refuses. `sendings` None: there is no headquarters. `damaged` is told before the store is opened again after
        damage: `open_store` raises StoreError until it is mended. Raises StoreError.
        """
        self._field = field
        self._open_store = open_store
        self._sendings = sendings
        self._rules = rules
        self._boot = boot
        self._clock = clock
        self._begun, self._begun_s = clock(), time.monotonic()
        self._retry = retry
        self._wake = wake
        self._stopping = stopping
        self._upkeep = upkeep
        self._quota_bytes = quota_bytes
        self._encrypted = encrypted
        self._damaged = damaged
        self._problem = ""
        self._store = open_store()
        self._memory = Memory(self._store)
        self._standing = StandingAlerts(field, self._memory, rules.station)
        self._pulse = Pulse()
        self._state: BridgeState = "online"
        self._due: dict[StreamKey, float] = {}
        self._acked: dict[StreamKey, float] = {}
        self._connection = 0
        self._next_look = self._next_status = 0.0
        self._next_log = time.monotonic() + LOG_S
        self._link: LinkState | None = None
        self._last_status: BridgeStatus | None = None
        self._batches = self._stored = self._duplicates = self._rejected = 0

    def turn(self, wait_s: float = 0.05) -> None:
        """Receives what there is, keeps it, says so, and looks after the rest. Returns after `wait_s` when nothing comes."""
        if self._upkeep is not None and self._upkeep.holds_back:
            self._field.stay(wait_s if self._upkeep.is_full else HELD_BACK_S)
        elif batch := self._field.receive(limit=BATCH_ROWS, wait_s=wait_s):
            self._keep(batch)
        if self._field.connection != self._connection:
            self._connection = self._field.connection
            self._standing.say_all()
            self._next_status = 0.0
        now_s = time.monotonic()
        try:
            self._say_acks(now_s)
            self._keep_house(now_s)
            if now_s >= self._next_look:
                self._next_look = now_s + LOOK_S
                self._look(now_s)
        except StoreError as error:
            self.failed(error)

    @property
    def last_status(self) -> BridgeStatus | None:
        """As it was said last; None before the first time. Other threads may look."""
        return self._last_status

    def stop(self) -> None:
        """Says that the bridge stopped, and closes the store."""
        if self._field.connected:
            self._state = "stopped"
            self._say_acks(float("inf"))
            self._say_status(self._status(time.monotonic()))
        self._store.close()

    def _keep(self, batch: list[Received]) -> None:
        """Keeps a batch, however long the disk needs for it; nothing is read meanwhile. Told to stop, it leaves the batch to the broker."""
        attempt = 0
        while (outcome := self._tried(batch)) is None:
            if self._stopping():
                return
            self._field.stay(RETRY_STORE_S[min(attempt, len(RETRY_STORE_S) - 1)])
            self._reopen()
            attempt += 1
        self._works()
        self._field.acknowledge(batch)
        self._said(outcome)

    def failed(self, error: StoreError) -> None:
        """Says why nothing is acknowledged, and opens the store again. After damage that means: begins to mend it."""
        self._refused(error)
        self._reopen()

    def _tried(self, batch: list[Received]) -> Outcome | None:
        try:
            return self._commit(batch)
        except StoreError as error:
            self._refused(error)
            if isinstance(error, StoreFull) and self._upkeep is not None:
                self._upkeep.no_room(self._store, self._memory.standing)
            return None

    def _refused(self, error: StoreError) -> None:
        if isinstance(error, StoreDamaged):
            self._damaged()
        state: BridgeState = "full" if isinstance(error, StoreFull) else "failing"
        if (state, str(error)) != (self._state, self._problem):
            log.error("nothing is acknowledged: %s", error)
            self._state, self._problem = state, str(error)[:500]
            if self._last_status is not None:
                self._last_status = msgspec.structs.replace(
                    self._last_status, state=state, problem=self._problem, at=self._clock()
                )
                if self._field.connected:
                    self._say_status(self._last_status)

    def _works(self) -> None:
        if self._state in ("full", "failing"):
            log.info("the store works again")
            self._next_status = 0.0
            for drone_id, boot, stream, _ in self._store.gaps:  # whoever still has what damage lost is asked at once
                if stream == "report":
                    self._due.setdefault(StreamKey(drone_id, boot, "report"), 0.0)
        self._state, self._problem = "online", ""

    def _commit(self, batch: list[Received]) -> Outcome:
        steady_now = self._begun + timedelta(seconds=time.monotonic() - self._begun_s)
        outcome = Weigher(self._memory, self._rules, self._clock(), steady_now).weigh(batch)
        changes = outcome.changes
        begun = time.perf_counter()
        if changes:
            self._store.commit(changes)
            self._memory.committed(changes)
            self._pulse.committed((time.perf_counter() - begun) * 1000)
        self._batches += 1
        self._stored += len(changes.rows)
        self._duplicates += changes.duplicates
        self._rejected += len(changes.rejected)
        return outcome

    def _said(self, outcome: Outcome) -> None:
        if outcome.changes.rows:
            self._wake()
        self._standing.say(outcome.changes.alerts, outcome.pictures)
        for received, answer in outcome.answers:
            self._answer(received, answer)
        now_s = time.monotonic()
        pause_s = max(ACK_S, len(self._due) / ACKS_PER_S)
        for key in outcome.touched:
            self._due.setdefault(key, max(now_s, self._acked.get(key, 0.0) + pause_s))
        for status in outcome.seen:
            if status.state == "online":
                # The power-up of which nothing is kept yet, too: what the broker took before anybody listened is told as missing.
                for boot in {status.boot, *self._store.boots(status.drone_id)}:
                    self._due.setdefault(StreamKey(status.drone_id, boot, "report"), now_s)
        if outcome.retry_wanted:
            self._retry()

    def _reopen(self) -> None:
        """After an error nothing in memory is trusted: the disk tells again what is kept."""
        try:
            self._store.close()
            self._store = self._open_store()
            self._memory = Memory(self._store)
            self._standing = StandingAlerts(self._field, self._memory, self._rules.station)
        except StoreError as error:
            self._refused(error)

    def _keep_house(self, now_s: float) -> None:
        """A slice of upkeep; the status says at once when the store became full, or is so no more. Raises StoreError."""
        if self._upkeep is None:
            return
        self._upkeep.turn(self._store, self._memory.standing, now_s)
        is_full = self._upkeep.is_full
        if is_full is not (self._state == "full"):
            self._state, self._problem = ("full", self._upkeep.problem) if is_full else ("online", "")
            self._next_look = self._next_status = 0.0

    def _answer(self, received: Received, answer: DeskAnswer) -> None:
        place = parse_desk_topic(received.topic)
        if place is None or received.response_topic is None:
            return
        desk = received.response_topic.rpartition("/")[2]
        # Only to a desk of this officer: a response topic is the sender's word and could name anybody's, or be none at all.
        if _DESK.fullmatch(desk) and received.response_topic == answer_topic(place.station, place.officer, desk):
            self._field.publish(received.response_topic, encode(answer), correlation=received.correlation)

    def _say_acks(self, now_s: float) -> None:
        if not self._due or not self._field.connected:
            return
        stored_at = self._clock()
        for key, due_s in list(self._due.items()):
            if due_s > now_s:
                continue
            del self._due[key]
            self._acked[key] = now_s
            ack = ack_of(key, self._memory.heard(key), stored_at)
            self._field.publish(drone_topic(self._rules.station, key.drone_id, "ack"), encode(ack))
        if len(self._acked) > STREAMS_REMEMBERED:
            self._acked.clear()

    def _look(self, now_s: float) -> None:
        link = self._sendings.link() if self._sendings is not None else None
        if self._sendings is not None:
            self._standing.retire(self._sendings, self._store)
        if now_s >= self._next_status or _changed(link, self._link):
            self._next_status = now_s + STATUS_S
            self._link = link
            status = self._status(now_s)
            if self._state == "failing":  # everything could be read; what cannot be written shows with the next batch
                self._works()
                status = self._status(now_s)
            self._last_status = status
            if self._field.connected:
                self._say_status(status)
            self._log(status, now_s)

    def _status(self, now_s: float) -> BridgeStatus:
        sendings = self._sendings
        counts = counts_of(
            self._store.tallies(),
            sendings.sent() if sendings else {},
            sendings.set_aside() if sendings else {},
        )
        self._pulse.counted(now_s, sum(counts.stored.values()), sum(counts.sent.values()))
        return status_of(
            station=self._rules.station,
            state=self._state,
            problem=self._problem[:500],
            boot=self._boot,
            now=self._clock(),
            link=self._link,
            counts=counts,
            pulse=self._pulse,
            oldest_waiting_at_ms=self._oldest_waiting_ms(counts),
            alerts_open=sum(1 for kept in self._memory.standing.values() if is_open(kept.alert)),
            disk_used_bytes=self._store.size_bytes(),
            disk_quota_bytes=self._quota_bytes,
            encrypted=self._encrypted,
            disk_free_bytes=self._upkeep.free_bytes if self._upkeep is not None else 0,
            gaps=len(self._store.gaps),
        )

    def _oldest_waiting_ms(self, counts: Counts) -> int | None:
        if not waiting_of(counts):
            return None
        through = self._sendings.sent_through() if self._sendings else dict.fromkeys(Lane, 0)
        found: Iterable[int | None] = [self._store.stored_at_after(lane, row) for lane, row in through.items()]
        return min((at_ms for at_ms in found if at_ms is not None), default=None)

    def _say_status(self, status: BridgeStatus) -> None:
        self._field.publish(bridge_status_topic(self._rules.station), encode(status), retain=True)

    def _log(self, status: BridgeStatus, now_s: float) -> None:
        if now_s < self._next_log:
            return
        self._next_log = now_s + LOG_S
        if self._batches:
            words = log_line(
                status, batches=self._batches, stored=self._stored, duplicates=self._duplicates, rejected=self._rejected
            )
            log.info("%s", words)
        self._batches = self._stored = self._duplicates = self._rejected = 0


def _changed(link: LinkState | None, before: LinkState | None) -> bool:
    """Whether the link went up or away; a new time for the next try waits for the next second."""
    return (link is None) is not (before is None) or (link is not None and before is not None and link.up != before.up)
