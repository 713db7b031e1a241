"""The ports of the sending process: the store as it sees it, headquarters, and the values that cross them.

    Outbox ──Row──▶ forwarder ──▶ Sink ──Confirmed or Refused──▶ forwarder ──Mark──▶ Outbox

A real part and its fake keep the same promises: tests/agreements runs one set of tests on both.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple, Protocol

import msgspec

from edge_bridge.ports import Row
from messages.priority import Lane
from messages.state import LinkState


class Confirmed(NamedTuple):
    """Kafka has the record."""

    topic: str
    partition: int
    offset: int


class Refused(NamedTuple):
    """Kafka does not take the record. `poison`: because of what it is; else because of how things stand."""

    reason: str
    poison: bool


class Ticket(Protocol):
    """A record under way."""

    def outcome(self) -> Confirmed | Refused | None:
        """What became of it; None while that is open."""


class Sink(Protocol):
    """Headquarters."""

    def ends(self) -> dict[tuple[str, int], int]:
        """(topic, partition) -> the highest offset there is now, -1 for an empty one. Raises SinkError."""

    def found_after(self, tails: Mapping[tuple[str, int], int], store_id: str) -> dict[int, Confirmed]:
        """Row -> where it is, for every record of this store after the tails. Raises SinkError."""

    def send(self, row: Row) -> Ticket:
        """Hands a row over; returns at once. Raises SinkError when its topic is missing, SinkLost when the sink is broken."""

    def flush(self, within_s: float) -> None:
        """Waits for what is under way; returns when that is settled or the time is over."""


class Outbox(Protocol):
    """The store, seen from the sending side."""

    @property
    def store_id(self) -> str: ...

    def pending(self, lane: Lane, after_row: int, limit: int) -> list[Row]:
        """The rows of a lane after `after_row`, in order."""

    def sent_through(self) -> dict[Lane, int]:
        """For each lane the row up to which everything is confirmed or set aside."""

    def tails(self) -> dict[tuple[str, int], int] | None:
        """(topic, partition) -> the offset up to which every record of ours is marked; None if nothing was ever sent."""

    def begin(self, tails: Mapping[tuple[str, int], int]) -> None:
        """From now on something may have been sent: these are the ends before it."""

    def suspects(self) -> set[int]:
        """Rows that were refused in company and must be tried alone."""

    def mark(self, marks: Sequence[Mark], tails: Mapping[tuple[str, int], int]) -> None:
        """Everything of `marks` is confirmed."""

    def suspect(self, rows: Collection[int]) -> None:
        """Remembers rows for suspects()."""

    def set_aside(self, row: Row, reason: str) -> None:
        """Kafka cannot take this row, ever."""

    def say_link(self, link: LinkState) -> None:
        """Tells the receiving side how the link stands."""


class Mark(msgspec.Struct, frozen=True):
    """Rows `first`..`last` of a lane are confirmed; `kinds` counts them, those set aside not among them."""

    lane: Lane
    first: int
    last: int
    kinds: dict[str, int]
    sent_at_ms: int
