"""Which of a drone's reports go out, when, and when again. No I/O, no clock: it is told what happened and asked what is due.

Rules:
- A report is forgotten when the bridge says that it is stored (Ack), never because the broker took it.
- At most `window` reports are out beyond that, so that a dead bridge fills no broker; the rest waits in the flash.
- Nothing goes out without a connection, or while the bridge says that it is away or full; nor, for a moment, before it has said anything.
- Older boots first, each in the order of seq.
- A hole that an Ack names goes out again at once, and after that with growing patience.
- After a quiet time without progress (short after a reconnect: the broker may have lost what it took) the newest report of each boot goes
  out again, alone: the bridge's answer names everything that is missing below it. Only when that stays unanswered twice does all that is
  out go again, and ever more seldom.
- What the MQTT client itself still holds is left to it: it resends by itself.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from datetime import datetime, timedelta
from random import Random
from typing import NamedTuple

import msgspec

from messages.state import Ack


class Key(NamedTuple):
    """A report of one drone; tuples sort in the order in which they go out."""

    boot: int
    seq: int


class Patience(msgspec.Struct, frozen=True, kw_only=True):
    """How long is waited before a report goes out again."""

    window: int = 200  # reports beyond the last Ack: at 2 parts a picture about 3 MB of a drone in the broker at worst
    hole_s: float = 2.0  # two batches of the bridge: an Ack that crossed the resent report is not asked twice
    unknown_s: float = 1.0  # the bridge's retained status comes within milliseconds, or there is no such bridge yet
    after_reconnect_s: float = 2.0  # a bridge that came back first works off what the broker kept for it
    quiet_s: float = 5.0  # far above the time in which a busy bridge commits; asking too early costs one report
    questions: int = 2  # with one report, before all go again
    longest_s: float = 120.0  # between two rounds at a bridge that is silent


class _Out(msgspec.Struct):
    """A report that is out: when it was last handed over, how often, and whether the MQTT client still holds it."""

    at: datetime
    times: int = 1
    held: bool = True


class Outbox:
    """One drone's outgoing reports."""

    def __init__(self, rng: Random, patience: Patience) -> None:
        """`rng` deals out jitter, so that a fleet does not resend in one breath."""
        self._rng, self._patience = rng, patience
        self._waiting: deque[Key] = deque()
        self._again: deque[Key] = deque()
        self._out: dict[Key, _Out] = {}
        self._connected_at: datetime | None = None
        self._bridge_open: bool | None = None  # None: nothing heard of it yet
        self._quiet_until: datetime | None = None
        self._rounds = 0
        self.resent = 0

    def add(self, keys: Iterable[Key]) -> None:
        """New reports, which are in the flash by now. From a power-up on: those of older boots first."""
        self._waiting.extend(keys)

    def unacknowledged(self) -> int:
        """How many reports the drone still keeps."""
        return len(self._waiting) + len(self._out)

    def link_changed(self, connected: bool, now: datetime) -> None:
        """The MQTT connection came or went."""
        self._connected_at = now if connected else None
        self._again.clear()
        self._rounds = 0
        self._wait(now, self._patience.after_reconnect_s)

    def bridge_changed(self, is_open: bool, now: datetime) -> None:
        """The bridge's retained status: whether it takes reports."""
        if is_open and self._bridge_open is False:
            self._rounds = 0
            self._wait(now, self._patience.after_reconnect_s)
        self._bridge_open = is_open

    def due(self, now: datetime) -> list[Key]:
        """What is to be handed to the MQTT client now; it counts as out from here on."""
        if self._connected_at is None or self._bridge_open is False:
            return []
        if self._bridge_open is None and now < self._connected_at + timedelta(seconds=self._patience.unknown_s):
            return []
        if self._out and self._quiet_until is not None and now >= self._quiet_until:
            self._rounds += 1
            resent = self._newest_of_each_boot() if self._rounds <= self._patience.questions else sorted(self._out)
            self._again.extend(resent)
            self._wait(now, min(self._patience.longest_s, self._patience.quiet_s * 2 ** (self._rounds - 1)))
        keys = []
        while self._again:
            key = self._again.popleft()
            out = self._out.get(key)
            if out is not None and not out.held:
                self._out[key] = _Out(now, out.times + 1)
                self.resent += 1
                keys.append(key)
        if self._waiting and not self._out:
            self._wait(now, self._patience.quiet_s)
        while self._waiting and len(self._out) < self._patience.window:
            key = self._waiting.popleft()
            self._out[key] = _Out(now)
            keys.append(key)
        return keys

    def taken(self, key: Key) -> None:
        """The broker has taken the report (PUBACK): the MQTT client no longer holds it."""
        out = self._out.get(key)
        if out is not None:
            out.held = False

    def acknowledged(self, ack: Ack, now: datetime) -> list[int]:
        """What the bridge has stored now, as seqs of `ack.boot` that the drone may forget. Its holes go out again."""
        holes = [range(first, last + 1) for first, last in ack.holes]
        stored, missing = [], []
        for key in self._out:
            if key.boot != ack.boot or key.seq > ack.highest:
                continue
            if key.seq > ack.contiguous and any(key.seq in hole for hole in holes):
                missing.append(key)
            else:
                stored.append(key.seq)
        for seq in stored:
            del self._out[Key(ack.boot, seq)]
        if stored:
            self._rounds = 0
            self._wait(now, self._patience.quiet_s)
        stored.extend(self._stored_before(ack))
        for key in missing:
            out = self._out[key]
            patience_s = self._patience.hole_s * 2 ** (out.times - 1) if out.times > 1 else 0.0
            if not out.held and now - out.at >= timedelta(seconds=min(patience_s, self._patience.longest_s)):
                self._again.append(key)
        return stored

    def _newest_of_each_boot(self) -> list[Key]:
        newest: dict[int, Key] = {}
        for key, out in self._out.items():
            if not out.held:
                newest[key.boot] = max(key, newest.get(key.boot, key))
        return sorted(newest.values())

    def _stored_before(self, ack: Ack) -> list[int]:
        """Reports of an older boot that wait here although the bridge has them: they were out when the power failed."""
        if not self._waiting or self._waiting[0].boot != ack.boot:
            return []
        holes = [range(first, last + 1) for first, last in ack.holes]
        done: list[int] = []
        kept: list[Key] = []
        while self._waiting and self._waiting[0].boot == ack.boot and self._waiting[0].seq <= ack.highest:
            key = self._waiting.popleft()
            if key.seq > ack.contiguous and any(key.seq in hole for hole in holes):
                kept.append(key)
            else:
                done.append(key.seq)
        self._waiting.extendleft(reversed(kept))
        return done

    def _wait(self, now: datetime, seconds: float) -> None:
        self._quiet_until = now + timedelta(seconds=seconds * (1.0 + 0.5 * self._rng.random()))
