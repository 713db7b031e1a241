"""Keeps the store within its bounds, one slice of work at a time between two batches: purges, thins, gives room back, holds the reserve."""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime

from edge_bridge.errors import StoreError
from edge_bridge.intake import unix_ms
from edge_bridge.ports import KeptAlert, Pruning, Sendings, Store
from edge_bridge.shedding import (
    EMPTY_BYTES,
    IN_FLIGHT_ROWS,
    Limits,
    Pressure,
    Purge,
    Room,
    Stock,
    Thin,
    limit_bytes,
    next_step,
    pressure,
    too_many,
    too_much,
)
from edge_bridge.storage.disk import Reserve
from messages.priority import Lane

log = logging.getLogger(__name__)

LOOK_S = 0.25  # between two looks at the room; a full disk is in the status within that
CYCLE_S = 60.0  # between two searches for what is old enough to go
LOG_S = 10.0


class Upkeep:
    """One store's upkeep. One thread: the receiver's, which calls turn() between two batches."""

    def __init__(
        self,
        limits: Limits,
        reserve: Reserve,
        free_bytes: Callable[[], int],
        clock: Callable[[], datetime],
        sendings: Sendings | None,
    ) -> None:
        self._limits = limits
        self._reserve = reserve
        self._free_bytes = free_bytes
        self._clock = clock
        self._sendings = sendings
        self._pressure = Pressure.CALM
        self._room = Room(0, 0, 0)
        self._next_look = self._next_cycle = self._next_quarantine = self._next_log = 0.0
        self._store: Store | None = None
        self._cycle: Iterator[None] | None = None
        self._quarantine: Iterator[None] | None = None
        self._looked: dict[Lane, int] = {}
        self._thinned_through = 0
        self._last_kept: dict[str, int] = {}
        self._nothing_left = False
        self._shed: Counter[str] = Counter()

    @property
    def holds_back(self) -> bool:
        """Whether nothing may be taken now."""
        return self._pressure is Pressure.OVER

    @property
    def is_full(self) -> bool:
        """Whether nothing may be taken and nothing is left that may be given up."""
        return self.holds_back and self._nothing_left

    @property
    def problem(self) -> str:
        """Why it is full, in words."""
        limit = limit_bytes(self._room, self._limits)
        return (
            f"no room: the store has {self._room.used_bytes / 1e6:.0f} MB of {limit / 1e6:.0f} MB,"
            " and holds only what is never given up"
        )

    @property
    def free_bytes(self) -> int:
        """On the file system, at the last look."""
        return self._room.free_bytes

    def turn(self, store: Store, standing: dict[str, KeptAlert], now_s: float) -> None:
        """One slice of whatever is due, some milliseconds. Raises StoreError."""
        pruning = store.pruning
        if store is not self._store:
            # It was opened again: what was begun in the one before would go on in a closed file.
            self._store, self._cycle, self._quarantine = store, None, None
            self._next_cycle = self._next_quarantine = now_s
        if now_s >= self._next_look or self._pressure is not Pressure.CALM:
            self._next_look = now_s + LOOK_S
            self._look(pruning)
        if self._pressure is not Pressure.CALM:
            self._make_room(store, standing)
            self._cycle, self._next_cycle = None, now_s
        elif self._cycle is not None:
            if next(self._cycle, self) is self:
                self._cycle = None
        elif now_s >= self._next_cycle:
            self._next_cycle = now_s + CYCLE_S
            self._cycle = self._clean(store, standing)
        self._bound_quarantine(pruning, now_s)
        self._log(now_s)

    def no_room(self, store: Store, standing: dict[str, KeptAlert]) -> None:
        """The disk took no more: the reserve goes, and with it as much as may go at once. Says nothing when that fails, too."""
        if self._reserve.is_held:
            log.warning("the disk is full: the reserve is given up")
            self._reserve.give_up()
        self._pressure, self._nothing_left = Pressure.OVER, False
        try:
            self._look(store.pruning)
            self._pressure = Pressure.OVER
            deadline = time.monotonic() + LOOK_S
            while not self._nothing_left and time.monotonic() < deadline:
                self._make_room(store, standing)
            store.pruning.settle()
        except StoreError as error:
            log.error("no room can be made: %s", error)
            self._nothing_left = True

    def _look(self, pruning: Pruning) -> None:
        self._room = Room(pruning.used_bytes(), pruning.file_bytes(), self._free_bytes())
        before = self._pressure
        self._pressure = pressure(self._room.used_bytes, limit_bytes(self._room, self._limits), before)
        if self._pressure is Pressure.CALM:
            self._looked.clear()
            self._nothing_left = False
            self._reserve.take()
        elif before is Pressure.CALM:
            log.warning("room is short: %s", self.problem.partition(",")[0])

    def _make_room(self, store: Store, standing: dict[str, KeptAlert]) -> None:
        step = next_step(self._stock(store.pruning))
        self._nothing_left = step is None
        match step:
            case Purge():
                purged = store.pruning.purge(step, self._kept_rows(store, standing, step.lane))
                self._looked[step.lane] = purged.through_row
                self._shed[f"purged_{step.lane.name.lower()}"] += purged.rows
            case Thin():
                self._thin(store.pruning, step)

    def _thin(self, pruning: Pruning, step: Thin) -> None:
        samples = pruning.samples(step.after_row)
        gone = too_many(samples, step.to_s, self._last_kept)
        if gone:
            pruning.give_up(gone)
        self._shed["thinned"] += len(gone)
        if samples and step.to_s is not None:
            self._thinned_through = samples[-1].row

    def _stock(self, pruning: Pruning) -> Stock:
        through = self._sendings.sent_through() if self._sendings is not None else dict.fromkeys(Lane, 0)
        confirmed = {}
        for lane, row in through.items():
            first = pruning.first_row(lane, self._looked.get(lane, 0))
            if first is not None and first <= row:
                confirmed[lane] = (first, row)
        under_way = IN_FLIGHT_ROWS if self._sendings is not None else 0
        return Stock(
            confirmed=confirmed,
            first_waiting=pruning.nth_row(Lane.TELEMETRY, through[Lane.TELEMETRY], under_way + 1),
            last_telemetry=pruning.last_row(Lane.TELEMETRY),
            thinned_through=self._thinned_through,
        )

    def _kept_rows(self, store: Store, standing: dict[str, KeptAlert], lane: Lane) -> set[int]:
        """Rows of a lane that stay however old: what Kafka cannot take, and the pictures of alerts that stand."""
        kept = self._sendings.set_aside_rows(lane) if self._sendings is not None else set()
        if lane is Lane.EVIDENCE:
            for one in standing.values():
                for evidence_id in one.alert.violation.evidence_ids:
                    kept |= set(store.parts(evidence_id).values())
        return kept

    def _clean(self, store: Store, standing: dict[str, KeptAlert]) -> Iterator[None]:
        """One search through the store, a slice at each step: what is old goes, and what is free is given back."""
        before_ms = unix_ms(self._clock()) - round(self._limits.keep_sent_s * 1000)
        gone = 0
        if self._sendings is not None:
            for lane in Lane:
                kept, after, done = self._kept_rows(store, standing, lane), 0, False
                while not done:
                    step = Purge(lane, after, self._sendings.sent_through()[lane], before_ms)
                    rows, after, done = store.pruning.purge(step, kept)
                    gone += rows
                    self._shed[f"purged_{lane.name.lower()}"] += rows
                    yield
            while alerts := store.pruning.purge_alerts(before_ms):
                gone += alerts
                yield
        while store.pruning.give_back():
            gone += 1
            yield
        if gone:
            store.pruning.settle()

    def _bound_quarantine(self, pruning: Pruning, now_s: float) -> None:
        """A slice of it, however much room there is."""
        if self._quarantine is not None:
            if next(self._quarantine, self) is self:
                self._quarantine = None
        elif now_s >= self._next_quarantine:
            self._next_quarantine = now_s + CYCLE_S
            self._quarantine = self._empty(pruning)

    def _empty(self, pruning: Pruning) -> Iterator[None]:
        """One look at the quarantine, a slice at each step: what is beyond its bound loses its bytes."""
        held, after = 0, 0
        while found := pruning.refused(after):
            held, after = held + sum(one.size_bytes for one in found if one.is_nobodys), found[-1].row
            yield
        excess, after = held - self._limits.quarantine_bytes, 0
        while excess > 0 and (found := pruning.refused(after)):
            gone = too_much(found, min(excess, EMPTY_BYTES))
            if gone:
                pruning.empty(gone)
                self._shed["emptied"] += len(gone)
            after = (gone or found)[-1].row
            excess -= sum(one.size_bytes for one in gone)
            yield
        if held > self._limits.quarantine_bytes:
            pruning.settle()

    def _log(self, now_s: float) -> None:
        if now_s < self._next_log:
            return
        self._next_log = now_s + LOG_S
        if counts := " ".join(f"{name}={count}" for name, count in sorted(self._shed.items()) if count):
            limit = limit_bytes(self._room, self._limits)
            log.info("%s used_mb=%.0f limit_mb=%.0f", counts, self._room.used_bytes / 1e6, limit / 1e6)
        self._shed.clear()
