"""The loop claim, send, mark: hands rows to the sink lane by lane and marks those that Kafka confirmed."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import NamedTuple

from edge_bridge.delivery import Done, Flight, Pace, Settled, Tails, Window
from edge_bridge.errors import SinkError, SinkLost
from edge_bridge.intake import unix_ms
from edge_bridge.ports import Row
from edge_bridge.sending_ports import Confirmed, Outbox, Sink, Ticket
from messages.priority import Lane

log = logging.getLogger(__name__)

READ_ROWS = 1_000  # at a time: half a megabyte of reports
WINDOWS: dict[Lane, Window] = {
    lane: Window(rows=200, size_bytes=1_000_000) if lane is Lane.ALERT else Window(rows=5_000, size_bytes=6_000_000)
    for lane in Lane
}
"""What may be under way at once. kafka-python bounds nothing itself; what is under way is also what a restart looks for in Kafka."""


class Turn(NamedTuple):
    """What one turn did, in rows."""

    confirmed: int
    handed: int


class Forwarder:
    """Sends what an outbox holds through one sink, until the sink is lost. A new sink needs a new forwarder: see reconciled()."""

    def __init__(
        self,
        outbox: Outbox,
        sink: Sink,
        already: Mapping[int, Confirmed],
        tails: Mapping[tuple[str, int], int],
        clock: Callable[[], datetime],
        windows: Mapping[Lane, Window] = WINDOWS,
    ) -> None:
        self._outbox = outbox
        self._sink = sink
        self._already = dict(already)
        self._tails = Tails(tails)
        self._clock = clock
        self._windows = windows
        self._flights = {lane: Flight(lane, row) for lane, row in outbox.sent_through().items()}
        # Lanes whose rows from before this process are not all handed over yet: Kafka may have some that are not marked.
        self._unread = set(self._flights)
        self._suspects = outbox.suspects()
        self._pace = Pace()
        self.problem = ""  # why a lane waits although headquarters is there; empty when none does

    @property
    def under_way(self) -> int:
        """Rows that are handed over and not settled."""
        return sum(map(len, self._flights.values()))

    def turn(self, *, fill: bool = True) -> Turn:
        """Marks what is confirmed and hands over what there is room for (`fill`).

        Raises SinkLost when a row was refused: nothing more is known of those under way.
        """
        confirmed = self._settle()
        now_s, under_way = time.monotonic(), self._under_way_bytes
        self._pace.settled(now_s, under_way)
        moved = self._fill() if fill else 0
        self._pace.handed(now_s, self._under_way_bytes - under_way, self._under_way_bytes)
        return Turn(confirmed, moved)

    @property
    def needs_s(self) -> float:
        """How long what is under way may take on this link."""
        return self._pace.needs_s(self._under_way_bytes)

    @property
    def _under_way_bytes(self) -> int:
        return sum(flight.size_bytes for flight in self._flights.values())

    def _settle(self) -> int:
        now_ms = unix_ms(self._clock())
        settled = {lane: flight.settle(now_ms) for lane, flight in self._flights.items() if len(flight)}
        marks = [found.mark for found in settled.values() if found.mark is not None]
        if marks:
            self._mark(settled)
        for found in settled.values():
            if found.refused:
                self._give_up(found)
        return sum(sum(mark.kinds.values()) for mark in marks)

    def _mark(self, settled: Mapping[Lane, Settled]) -> None:
        touched: set[tuple[str, int]] = set()
        for lane, found in settled.items():
            self._tails.marked(lane, found.places)
            touched |= found.places.keys()
        for lane, flight in self._flights.items():
            if not len(flight) and lane not in self._unread:
                self._tails.nothing_open(lane)
        marks = [found.mark for found in settled.values() if found.mark is not None]
        self._outbox.mark(marks, self._tails.safe(touched))

    def _give_up(self, found: Settled) -> None:
        """Raises SinkLost, after what was learned of poison is remembered."""
        row, refusal = found.refused[0]
        if refusal.poison and row.row in self._suspects:  # it was alone
            log.warning("row=%d kind=%s set aside: %s", row.row, row.kind, refusal.reason)
            self._outbox.set_aside(row, refusal.reason)
        elif refusal.poison:
            self._outbox.suspect([row.row for row, refusal in found.refused if refusal.poison])
        raise SinkLost(refusal.reason)

    def _fill(self) -> int:
        moved, self.problem = 0, ""
        for flight in self._flights.values():
            try:
                moved += self._fill_lane(flight)
            except SinkLost:
                raise
            except SinkError as error:
                self.problem = str(error)  # a topic is missing: the lanes behind need not wait for it
                continue
            if not self._room(flight):
                break  # more may wait here: nothing of a later lane goes before it
        return moved

    def _fill_lane(self, flight: Flight) -> int:
        moved = 0
        while room := self._room(flight):
            rows = self._outbox.pending(flight.lane, flight.handed_through, min(room, READ_ROWS))
            for row in rows:
                if not self._may_go(row, flight):
                    return moved
                flight.handed(row, self._ticket(row))
                moved += 1
                if row.row in self._suspects or not self._room(flight):
                    return moved
            if len(rows) < min(room, READ_ROWS):
                self._unread.discard(flight.lane)
                return moved
        return moved

    def _room(self, flight: Flight) -> int:
        """How many more rows of a lane may be handed over. Alerts have a connection of their own and do not wait for the rest's pace."""
        if flight.lane is not Lane.ALERT and flight.size_bytes >= self._pace.window_bytes:
            return 0
        return flight.room(self._windows[flight.lane])

    def _may_go(self, row: Row, flight: Flight) -> bool:
        """A suspect goes alone, and nothing follows it until it is settled."""
        return not len(flight) or not (row.row in self._suspects or flight.handed_through in self._suspects)

    def _ticket(self, row: Row) -> Ticket:
        found = self._already.pop(row.row, None)
        return Done(found) if found is not None else self._sink.send(row)


def reconciled(outbox: Outbox, sink: Sink) -> tuple[dict[int, Confirmed], dict[tuple[str, int], int]]:
    """Rows after the cursors that Kafka has already, and the tails to go on from. Raises SinkError.

    A sender that was killed between Kafka's confirmation and its own mark would otherwise send those rows twice.
    """
    tails = outbox.tails()
    if tails is None:  # nothing was ever sent: what comes from now on lies after the present ends
        ends = sink.ends()
        outbox.begin(ends)
        return {}, ends
    through = outbox.sent_through()
    lowest = min(through.values())
    found = sink.found_after(tails, outbox.store_id)
    return {row: place for row, place in found.items() if row > lowest}, tails
