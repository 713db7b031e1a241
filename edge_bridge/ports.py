"""The ports of the receiving process: what it hears from and keeps in, and the values that cross them.

    Source ──Received──▶ receiver ──Changes──▶ Store        Sendings: what the sending process has done
    Field  ◀──publish──  receiver                            (its own ports: sending_ports.py)

A real part and its fake keep the same promises: tests/agreements runs one set of tests on both.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import NamedTuple, Protocol

import msgspec

from edge_bridge.shedding import InQuarantine, Purge, Sample
from messages.alert import Alert
from messages.errors import Reason
from messages.model import Stream
from messages.priority import Lane
from messages.state import LinkState


class Received(msgspec.Struct, frozen=True):
    """A message as it came. `delivery` is the source's own mark by which it acknowledges; None where there is nothing to acknowledge."""

    topic: str
    payload: bytes
    received_at: datetime
    delivery: tuple[int, int] | None = None  # connection, packet id
    response_topic: str | None = None
    correlation: bytes | None = None


class StreamKey(NamedTuple):
    """A sender's counter: one power-up, one stream of it."""

    drone_id: str
    boot: int
    stream: Stream


class Heard(msgspec.Struct, frozen=True):
    """What is kept of a stream: everything from 1 to `highest` except the `holes` (first, last; ascending, both included)."""

    highest: int = 0
    holes: tuple[tuple[int, int], ...] = ()

    @property
    def contiguous(self) -> int:
        """The last number up to which nothing is missing; 0 when the first is missing."""
        return self.holes[0][0] - 1 if self.holes else self.highest


class Row(NamedTuple):
    """A message in the store; `row` numbers all messages of a store in the order in which they were stored."""

    row: int
    lane: Lane
    kind: str
    id: str
    drone_id: str
    boot: int
    seq: int
    captured_at_ms: int
    received_at_ms: int
    stored_at_ms: int
    key: str | None  # of the Kafka record; None: the drone's id
    payload: bytes


class Rejected(msgspec.Struct, frozen=True):
    """A message that the bridge keeps apart. `sender` and `seq` say whose number it used, where that could be read."""

    reason: Reason
    detail: str
    topic: str
    payload: bytes  # the first 64 kB; all of it where the sender is known
    length: int  # of the whole, bytes
    received_at: datetime
    sender: StreamKey | None = None
    seq: int | None = None


class Part(NamedTuple):
    """Where one part of an evidence picture is kept."""

    evidence_id: str
    part: int
    row: int


class KeptAlert(msgspec.Struct, frozen=True):
    """An alert and the row of the decision that closed it; None while it is open."""

    alert: Alert
    decision_row: int | None = None


class Place(msgspec.Struct, frozen=True):
    """How far a historic file has been read: the next record begins at `byte_offset`."""

    fingerprint: str  # SHA-256 of the file, hexadecimal
    file_name: str
    byte_offset: int = 0
    records: int = 0
    quarantined: int = 0
    finished: bool = False


class Changes(msgspec.Struct):
    """What one batch changes; the store commits all of it or nothing."""

    rows: list[Row] = []
    rejected: list[Rejected] = []
    heard: dict[StreamKey, Heard] = {}
    alerts: dict[str, KeptAlert] = {}  # by the violation's id
    parts: list[Part] = []
    duplicates: int = 0
    place: Place | None = None
    summons: list[tuple[str, str]] = []  # (file's id, summons number) of historic tickets

    def __bool__(self) -> bool:
        return bool(self.rows or self.rejected or self.heard or self.alerts or self.duplicates or self.place)


class Source(Protocol):
    """Where messages come from."""

    def receive(self, *, limit: int, wait_s: float) -> list[Received]:
        """The messages that came, at most `limit`; waits up to `wait_s` for the first. An empty list when there was none."""

    def acknowledge(self, batch: Iterable[Received]) -> None:
        """Says that these are kept. What came over a connection that is gone is left out: it comes again."""


class Field(Protocol):
    """The way back to the field."""

    @property
    def connection(self) -> int:
        """Counts connections; 0 before the first. A new one means that retained state must be said again."""

    @property
    def connected(self) -> bool:
        """Whether something said now goes out now."""

    def publish(
        self, topic: str, payload: bytes, *, retain: bool = False, correlation: bytes | None = None
    ) -> Published:
        """Says something at QoS 1."""


class Published(Protocol):
    """Something said, of which the broker may have confirmed that it has it."""

    def is_published(self) -> bool: ...


class Store(Protocol):
    """The station's memory, seen from the receiving side. Raises StoreError when the disk does not do its part."""

    @property
    def next_row(self) -> int:
        """The number that the next stored message gets."""

    def heard(self, key: StreamKey) -> Heard:
        """What is kept of a stream; nothing, for one that was never heard."""

    def boots(self, drone_id: str) -> list[int]:
        """The power-ups of which reports are kept, the newest first, at most 8."""

    def id_at(self, key: StreamKey, seq: int) -> str | None:
        """The id of the stored message with this number; None when it is not known any more."""

    def is_quarantined(self, key: StreamKey, seq: int) -> bool:
        """Whether a refused message used this number."""

    def alert(self, violation_id: str) -> KeptAlert | None:
        """An alert, open or closed; None when there never was one."""

    def standing_alerts(self) -> list[KeptAlert]:
        """The alerts that stand on the broker: open, or closed and not yet retired."""

    def parts(self, evidence_id: str) -> dict[int, int]:
        """Which parts of a picture are kept: part -> row."""

    def payload(self, lane: Lane, row: int) -> bytes:
        """The bytes of a stored message."""

    def commit(self, changes: Changes) -> None:
        """Puts all of it on the disk, in one transaction. When it returns it survives a power cut."""

    def retire(self, violation_ids: Collection[str]) -> None:
        """These alerts no longer stand on the broker."""

    def tallies(self) -> dict[str, int]:
        """The counters of the store by name: `stored:KIND`, `quarantined:REASON`, `duplicates`."""

    def stored_at_after(self, lane: Lane, row: int) -> int | None:
        """When the first row of a lane after `row` was stored, in milliseconds; None when there is none."""

    def size_bytes(self) -> int:
        """What the store takes on the disk, with everything that belongs to it."""

    @property
    def pruning(self) -> Pruning:
        """The store, as far as room is made in it."""

    @property
    def gaps(self) -> Collection[tuple[str, int, str, int]]:
        """Drone, boot, stream and seq of messages that damage lost and that no drone has sent again."""

    def close(self) -> None: ...


class Purged(NamedTuple):
    """What a slice of purging did: rows deleted, the last row that was looked at, and whether there is nothing more to look at."""

    rows: int
    through_row: int
    done: bool


class Pruning(Protocol):
    """How room is made in a store, a slice of some milliseconds at a time. Raises StoreError."""

    def used_bytes(self) -> int:
        """What is in use: without pages that are free, with the log."""

    def file_bytes(self) -> int:
        """What the files take."""

    def first_row(self, lane: Lane, after_row: int) -> int | None:
        """The first row of a lane after `after_row`; None when there is none."""

    def nth_row(self, lane: Lane, after_row: int, nth: int) -> int | None:
        """The `nth` row (from 1) of a lane after `after_row`; None when there are fewer."""

    def last_row(self, lane: Lane) -> int:
        """The last row of a lane; 0 for an empty one."""

    def purge(self, step: Purge, keep: Collection[int]) -> Purged:
        """Deletes the next rows, except those of `keep`."""

    def purge_alerts(self, raised_before_ms: int) -> int:
        """Deletes retired alerts that were raised before; gives their number, 0 when there are none left."""

    def samples(self, after_row: int) -> list[Sample]:
        """The next telemetry rows."""

    def give_up(self, samples: Sequence[Sample]) -> None:
        """Deletes these telemetry rows and remembers that it did."""

    def refused(self, after_row: int) -> list[InQuarantine]:
        """The next messages in quarantine."""

    def empty(self, refused: Sequence[InQuarantine]) -> None:
        """Takes the bytes of these away, and counts that it did."""

    def give_back(self) -> bool:
        """Gives some free pages back to the file system; false when there are no more than may wait for reuse."""

    def settle(self) -> bool:
        """Empties the log, so that nothing deleted is left in it; false when a reader was in the way."""


class Sendings(Protocol):
    """What the receiving process sees of the sending one."""

    def sent_through(self) -> dict[Lane, int]:
        """For each lane the row up to which everything is confirmed or set aside."""

    def sent(self) -> dict[str, int]:
        """Kind -> messages confirmed."""

    def set_aside(self) -> dict[str, int]:
        """Kind -> messages that Kafka cannot take."""

    def is_set_aside(self, row: int) -> bool:
        """Whether Kafka cannot take this row."""

    def set_aside_rows(self, lane: Lane) -> set[int]:
        """The rows of a lane that Kafka cannot take."""

    def link(self) -> LinkState | None:
        """How the link stands, as the sending process said last; None before its first word."""
