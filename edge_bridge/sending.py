"""The sending process: finds headquarters, sends, and ends when its producer is lost, so that no thread of it can still send.

Its standard input is its parent's hand: one byte `n` says that there are new rows, `r` that headquarters should be tried now, and the end
of the input that the parent is gone, however it went.
"""

from __future__ import annotations

import contextlib
import logging
import random
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import BinaryIO

from edge_bridge.delivery import backoff_s, link_down, link_up
from edge_bridge.errors import SinkError, SinkLost
from edge_bridge.forwarder import Forwarder, reconciled
from edge_bridge.kafka_sink import KafkaSink, answers
from edge_bridge.storage.outbox import SqliteOutbox
from messages.state import LinkState

log = logging.getLogger(__name__)

PROBE_S = 0.25  # between two looks whether an absent headquarters is back: one packet of 30 bytes
PROBE_WAIT_S = 1.0
BUSY_PROBE_WAIT_S = 3.0  # the same while rows are under way: on a slow link its question waits behind them
SILENT_S = 1.0  # nothing confirmed for so long although rows are under way: is it still there?
STUCK_S = 20.0  # it answers and still confirms nothing: the producer is broken
RETURN_S = 1.0  # the same after an outage, when an alert may wait
IDLE_PROBE_S = 5.0  # with nothing to send: is it still there?
IDLE_WAIT_S = 0.5
BUSY_WAIT_S = 0.004  # between two looks at what is confirmed; a new row ends it at once
MISSING_S = 2.0  # until topics that were missing are asked for again
FLUSH_S = 2.0


class Hand:
    """What the parent says, read on a thread of its own."""

    def __init__(self, source: BinaryIO) -> None:
        self.stopped = threading.Event()
        self.moved = threading.Event()  # anything was said
        self.retry = threading.Event()
        threading.Thread(target=self._read, args=(source,), name="parent", daemon=True).start()

    def stop(self) -> None:
        """From a signal, too."""
        self.stopped.set()
        self.moved.set()

    def wait(self, wait_s: float) -> None:
        """Until something is said."""
        self.moved.wait(wait_s)
        self.moved.clear()

    def _read(self, source: BinaryIO) -> None:
        while said := source.read1(4096):  # type: ignore[attr-defined]
            if b"r" in said:
                self.retry.set()
            self.moved.set()
        self.stop()


class Sending:
    """Sends an outbox to one Kafka until it is told to stop, or the producer is lost (SinkLost)."""

    def __init__(
        self,
        outbox: SqliteOutbox,
        kafka: str,
        open_sink: Callable[[], KafkaSink],
        hand: Hand,
        dice: random.Random,
    ) -> None:
        self._outbox = outbox
        self._kafka = kafka
        self._open_sink = open_sink
        self._hand = hand
        self._dice = dice
        self._link = LinkState(up=False, since=_now(), problem="not tried yet")

    def run(self) -> None:
        """Returns when told to stop. Raises SinkLost when this process should be replaced."""
        while not self._hand.stopped.is_set():
            found = self._find()
            if found is None:
                return
            sink, forwarder = found
            try:
                self._send(sink, forwarder)
            except SinkLost as error:
                self._away(str(error), 1)
                raise
            sink.flush(FLUSH_S)
            forwarder.turn(fill=False)
            if not forwarder.under_way:
                sink.close()
            return

    def _find(self) -> tuple[KafkaSink, Forwarder] | None:
        """Tries until headquarters is there; None when told to stop."""
        attempt = 0
        while not self._hand.stopped.is_set():
            begun = time.monotonic()
            sink: KafkaSink | None = None
            try:
                if not answers(self._kafka, PROBE_WAIT_S):  # much cheaper to find out than with the client library
                    raise SinkError("headquarters does not answer")
                sink = self._open_sink()
                already, tails = reconciled(self._outbox, sink)
            except SinkError as error:
                if sink is not None:
                    sink.close()  # nothing was sent through it
                attempt += 1
                self._away(str(error), attempt)
                self._wait_for_return()
                continue
            log.info(
                "headquarters is there after_ms=%.0f found_already=%d", (time.monotonic() - begun) * 1000, len(already)
            )
            self._there()
            return sink, Forwarder(self._outbox, sink, already, tails, _now)
        return None

    def _send(self, sink: KafkaSink, forwarder: Forwarder) -> None:
        # When headquarters answered last; when it confirmed something last, or had nothing to confirm.
        asked_at = confirmed_at = time.monotonic()
        patience_s, missing_since = STUCK_S, 0.0
        while not self._hand.stopped.is_set():
            turn = forwarder.turn()
            now = time.monotonic()
            if turn.confirmed or not forwarder.under_way:
                confirmed_at, patience_s = now, STUCK_S
            elif now - confirmed_at > patience_s + 2 * forwarder.needs_s:
                raise SinkLost(f"headquarters answers and has confirmed nothing for {now - confirmed_at:.1f} s")
            if turn.confirmed:
                asked_at = now
            elif now - asked_at > (SILENT_S if forwarder.under_way else IDLE_PROBE_S):
                if self._was_away(forwarder):
                    # Connections that were open in a black hole may stay dead for long: a new process has new ones.
                    confirmed_at, patience_s = time.monotonic(), RETURN_S
                asked_at = time.monotonic()
            if forwarder.problem and now - missing_since > MISSING_S:
                log.warning("%s; its rows wait", forwarder.problem)
                missing_since = now
                with contextlib.suppress(SinkError):  # then it is asked the next time
                    sink.refresh()
            if not (turn.confirmed or turn.handed):
                self._hand.wait(BUSY_WAIT_S if forwarder.under_way else IDLE_WAIT_S)

    def _was_away(self, forwarder: Forwarder) -> bool:
        """Asks whether headquarters is there; if not, waits until it is. Whether it was away."""
        if answers(self._kafka, BUSY_PROBE_WAIT_S):
            return False
        attempt = 0
        while not self._hand.stopped.is_set():
            attempt += 1
            self._away("headquarters does not answer", attempt)
            if self._wait_for_return(forwarder):
                break
        self._there()
        return True

    def _wait_for_return(self, forwarder: Forwarder | None = None) -> bool:
        """Waits until the next try is due, an officer asks for one, or headquarters, silent so far, answers. Whether it answers."""
        assert self._link.next_try_at is not None
        until = time.monotonic() + (self._link.next_try_at - _now()).total_seconds()
        silent = not answers(self._kafka, PROBE_WAIT_S)
        while not self._hand.stopped.is_set() and time.monotonic() < until:
            self._hand.wait(min(PROBE_S, max(0.0, until - time.monotonic())))
            if self._hand.retry.is_set():
                self._hand.retry.clear()
                break
            if forwarder is not None and forwarder.turn(fill=False).confirmed:
                return True
            if silent and answers(self._kafka, PROBE_WAIT_S):
                return True
        return answers(self._kafka, PROBE_WAIT_S)

    def _away(self, problem: str, attempt: int) -> None:
        if self._link.up or attempt == 1:
            log.warning("headquarters is away: %s", problem)
        self._link = link_down(self._link, problem, _now(), backoff_s(attempt, self._dice.random()))
        self._outbox.say_link(self._link)

    def _there(self) -> None:
        self._link = link_up(self._link, _now())
        self._outbox.say_link(self._link)


def _now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251  (a shell)
