"""Small working stand-ins for what the bridge hears from, keeps in and sends to. Each may crash before or after any effect of its own.

They share no state with the process that "dies": a Disk, a Broker and a Cluster live on, a MemoryStore, a FakeField and a FakeSink do not.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random

import msgspec

from edge_bridge.errors import SinkError, StoreError
from edge_bridge.ports import Changes, Heard, KeptAlert, Place, Purged, Received, Rejected, Row, StreamKey
from edge_bridge.sending_ports import Confirmed, Mark, Refused
from edge_bridge.shedding import InQuarantine, Purge, Sample
from messages.priority import Lane
from messages.state import LinkState
from messages.topics import KAFKA_TOPICS
from tests.strategies import NOON


class Crash(BaseException):
    """The process is gone, in the middle of what it did."""


@dataclass
class Fuse:
    """Ends the process after so many steps; None: never."""

    steps: int | None = None

    def burn(self) -> None:
        """One step of anything that outlives the process."""
        if self.steps is None:
            return
        self.steps -= 1
        if self.steps <= 0:
            self.steps = None
            raise Crash


@dataclass
class Disk:
    """What a store has committed, and what the sending side has marked."""

    rows: dict[Lane, list[Row]] = field(default_factory=lambda: {lane: [] for lane in Lane})
    heard: dict[StreamKey, Heard] = field(default_factory=dict)
    alerts: dict[str, KeptAlert] = field(default_factory=dict)
    retired: set[str] = field(default_factory=set)
    parts: dict[str, dict[int, int]] = field(default_factory=dict)
    rejected: dict[tuple[str, bytes], Rejected] = field(default_factory=dict)
    tally: Counter[str] = field(default_factory=Counter)
    place: Place | None = None
    last_row: int = 0
    through: dict[Lane, int] = field(default_factory=lambda: dict.fromkeys(Lane, 0))
    sent: Counter[str] = field(default_factory=Counter)
    tails: dict[tuple[str, int], int] | None = None
    suspects: set[int] = field(default_factory=set)
    set_aside: dict[int, tuple[str, str]] = field(default_factory=dict)
    link: LinkState | None = None

    def ids(self) -> list[str]:
        """Every stored message."""
        return [row.id for rows in self.rows.values() for row in rows]


class MemoryStore:
    """See ports.Store."""

    def __init__(self, disk: Disk, fuse: Fuse | None = None) -> None:
        self.disk = disk
        self.refuses = False  # the disk takes nothing
        self.gaps: set[tuple[str, int, str, int]] = set()
        self._fuse = fuse or Fuse()

    @property
    def next_row(self) -> int:
        return self.disk.last_row + 1

    def heard(self, key: StreamKey) -> Heard:
        return self.disk.heard.get(key, Heard())

    def boots(self, drone_id: str) -> list[int]:
        keys = self.disk.heard
        return sorted((key.boot for key in keys if key.drone_id == drone_id and key.stream == "report"), reverse=True)[
            :8
        ]

    def id_at(self, key: StreamKey, seq: int) -> str | None:
        if key.stream != "report":
            return None
        for lane in (Lane.ALERT, Lane.VIOLATION, Lane.EVIDENCE):
            for row in self.disk.rows[lane]:
                if (row.drone_id, row.boot, row.seq) == (key.drone_id, key.boot, seq) and row.kind != "correction":
                    return row.id
        return None

    def is_quarantined(self, key: StreamKey, seq: int) -> bool:
        return any((one.sender, one.seq) == (key, seq) for one in self.disk.rejected.values())

    def alert(self, violation_id: str) -> KeptAlert | None:
        return self.disk.alerts.get(violation_id)

    def standing_alerts(self) -> list[KeptAlert]:
        standing = [kept for id_, kept in self.disk.alerts.items() if id_ not in self.disk.retired]
        return sorted(standing, key=lambda kept: kept.alert.raised_at)

    def parts(self, evidence_id: str) -> dict[int, int]:
        return dict(self.disk.parts.get(evidence_id, {}))

    def payload(self, lane: Lane, row: int) -> bytes:
        for kept in self.disk.rows[lane]:
            if kept.row == row:
                return kept.payload
        raise KeyError(row)

    def commit(self, changes: Changes) -> None:
        if self.refuses:
            raise StoreError("the disk is full")
        self._fuse.burn()
        disk = self.disk
        for row in changes.rows:
            disk.rows[row.lane].append(row)
            disk.tally[f"stored:{row.kind}"] += 1
            disk.last_row = row.row
        disk.heard.update(changes.heard)
        for id_, kept in changes.alerts.items():
            before = disk.alerts.get(id_)
            row_before = before.decision_row if before else None
            disk.alerts[id_] = KeptAlert(kept.alert, kept.decision_row or row_before)
        for part in changes.parts:
            disk.parts.setdefault(part.evidence_id, {}).setdefault(part.part, part.row)
        for rejected in changes.rejected:
            if (rejected.topic, rejected.payload) not in disk.rejected:
                disk.rejected[rejected.topic, rejected.payload] = rejected
                disk.tally[f"quarantined:{rejected.reason}"] += 1
        if changes.duplicates:
            disk.tally["duplicates"] += changes.duplicates
        disk.place = changes.place or disk.place
        self._fuse.burn()

    def retire(self, violation_ids: Collection[str]) -> None:
        self._fuse.burn()
        self.disk.retired.update(violation_ids)

    def tallies(self) -> dict[str, int]:
        return dict(self.disk.tally)

    def stored_at_after(self, lane: Lane, row: int) -> int | None:
        return next((kept.stored_at_ms for kept in self.disk.rows[lane] if kept.row > row), None)

    def size_bytes(self) -> int:
        return sum(len(row.payload) for rows in self.disk.rows.values() for row in rows)

    @property
    def pruning(self) -> MemoryPruning:
        return MemoryPruning(self.disk, self._fuse)

    def close(self) -> None:
        pass


class MemoryPruning:
    """See ports.Pruning. A row takes as many bytes as its payload."""

    SLICE = 3

    def __init__(self, disk: Disk, fuse: Fuse) -> None:
        self.disk = disk
        self._fuse = fuse

    def used_bytes(self) -> int:
        return sum(len(row.payload) for rows in self.disk.rows.values() for row in rows)

    def file_bytes(self) -> int:
        return self.used_bytes()

    def first_row(self, lane: Lane, after_row: int) -> int | None:
        return self.nth_row(lane, after_row, 1)

    def nth_row(self, lane: Lane, after_row: int, nth: int) -> int | None:
        rows = [row.row for row in self.disk.rows[lane] if row.row > after_row]
        return rows[nth - 1] if len(rows) >= nth else None

    def last_row(self, lane: Lane) -> int:
        return max((row.row for row in self.disk.rows[lane]), default=0)

    def purge(self, step: Purge, keep: Collection[int]) -> Purged:
        rows = [row for row in self.disk.rows[step.lane] if step.after_row < row.row <= step.through_row][: self.SLICE]
        due = [row for row in rows if step.stored_before_ms is None or row.stored_at_ms < step.stored_before_ms]
        gone = {row.row for row in due} - set(keep)
        self._fuse.burn()
        self._drop(step.lane, gone)
        through = due[-1].row if due else step.after_row
        return Purged(len(gone), through, len(rows) < self.SLICE or len(due) < len(rows))

    def purge_alerts(self, raised_before_ms: int) -> int:
        gone = [
            id_
            for id_, kept in self.disk.alerts.items()
            if id_ in self.disk.retired and kept.alert.raised_at.timestamp() * 1000 < raised_before_ms
        ]
        for id_ in gone:
            del self.disk.alerts[id_]
        return len(gone)

    def samples(self, after_row: int) -> list[Sample]:
        rows = [row for row in self.disk.rows[Lane.TELEMETRY] if row.row > after_row][: self.SLICE]
        return [Sample(row.row, row.drone_id, row.boot, row.seq, row.captured_at_ms) for row in rows]

    def give_up(self, samples: Sequence[Sample]) -> None:
        self._fuse.burn()
        self._drop(Lane.TELEMETRY, {sample.row for sample in samples})
        self.disk.tally["thinned:telemetry"] += len(samples)

    def refused(self, after_row: int) -> list[InQuarantine]:
        found = enumerate(self.disk.rejected.values(), start=1)
        return [InQuarantine(row, len(one.payload), one.sender is None) for row, one in found if row > after_row][
            : self.SLICE
        ]

    def empty(self, refused: Sequence[InQuarantine]) -> None:
        self._fuse.burn()
        rows = {one.row for one in refused}
        for row, (name, one) in enumerate(list(self.disk.rejected.items()), start=1):
            if row in rows:
                self.disk.rejected[name] = msgspec.structs.replace(one, payload=b"")
        self.disk.tally["emptied"] += len(rows)

    def give_back(self) -> bool:
        return False

    def settle(self) -> bool:
        return True

    def _drop(self, lane: Lane, rows: Collection[int]) -> None:
        self.disk.rows[lane] = [row for row in self.disk.rows[lane] if row.row not in rows]
        for parts in self.disk.parts.values():
            for number in [number for number, row in parts.items() if row in rows]:
                del parts[number]


class MemoryOutbox:
    """See sending_ports.Outbox; and ports.Sendings, which sees the same."""

    store_id = "the-store"

    def __init__(self, disk: Disk, fuse: Fuse | None = None) -> None:
        self.disk = disk
        self._fuse = fuse or Fuse()

    def pending(self, lane: Lane, after_row: int, limit: int) -> list[Row]:
        return [row for row in self.disk.rows[lane] if row.row > after_row][:limit]

    def sent_through(self) -> dict[Lane, int]:
        return dict(self.disk.through)

    def tails(self) -> dict[tuple[str, int], int] | None:
        return None if self.disk.tails is None else dict(self.disk.tails)

    def begin(self, tails: Mapping[tuple[str, int], int]) -> None:
        self._fuse.burn()
        self.disk.tails = dict(tails)
        self._fuse.burn()

    def suspects(self) -> set[int]:
        return set(self.disk.suspects)

    def mark(self, marks: Sequence[Mark], tails: Mapping[tuple[str, int], int]) -> None:
        self._fuse.burn()
        for mark in marks:
            self.disk.through[mark.lane] = mark.last
            self.disk.sent.update(mark.kinds)
        self.disk.tails = {**(self.disk.tails or {}), **tails}
        self._fuse.burn()

    def suspect(self, rows: Collection[int]) -> None:
        self._fuse.burn()
        self.disk.suspects.update(rows)

    def set_aside(self, row: Row, reason: str) -> None:
        self._fuse.burn()
        self.disk.set_aside[row.row] = (row.kind, reason)
        self.disk.suspects.discard(row.row)
        self.disk.through[row.lane] = row.row

    def say_link(self, link: LinkState) -> None:
        self.disk.link = link


class MemorySendings:
    """See ports.Sendings."""

    def __init__(self, disk: Disk) -> None:
        self._disk = disk

    def sent_through(self) -> dict[Lane, int]:
        return dict(self._disk.through)

    def sent(self) -> dict[str, int]:
        return dict(self._disk.sent)

    def set_aside(self) -> dict[str, int]:
        return dict(Counter(kind for kind, _ in self._disk.set_aside.values()))

    def is_set_aside(self, row: int) -> bool:
        return row in self._disk.set_aside

    def set_aside_rows(self, lane: Lane) -> set[int]:
        return {row.row for row in self._disk.rows[lane]} & self._disk.set_aside.keys()

    def link(self) -> LinkState | None:
        return self._disk.link


@dataclass
class Broker:
    """A broker's session of one bridge: what was published and not acknowledged is delivered again over the next connection."""

    waiting: list[tuple[int, Received]] = field(default_factory=list)
    retained: dict[str, bytes] = field(default_factory=dict)
    said: list[tuple[str, bytes]] = field(default_factory=list)
    acknowledged: list[Received] = field(default_factory=list)
    connections: int = 0
    _number: int = 0

    def publish(self, topic: str, payload: bytes, **more: str | bytes | None) -> None:
        """A drone or desk sends something at QoS 1."""
        self._number += 1
        received = Received(topic, payload, NOON, (0, self._number), **more)  # type: ignore[arg-type]
        self.waiting.append((self._number, received))


class Said:
    """Everything said to this broker arrives at once."""

    def is_published(self) -> bool:
        return True


class FakeField:
    """One connection to a Broker. See ports.Source and ports.Field."""

    connected = True

    def __init__(self, broker: Broker, fuse: Fuse | None = None) -> None:
        self._broker = broker
        self._fuse = fuse or Fuse()
        broker.connections += 1
        self.connection = broker.connections
        self._delivered: set[int] = set()
        self.stays: list[float] = []

    def receive(self, *, limit: int, wait_s: float) -> list[Received]:
        fresh = [(number, received) for number, received in self._broker.waiting if number not in self._delivered][
            :limit
        ]
        self._delivered.update(number for number, _ in fresh)
        return [
            Received(
                received.topic,
                received.payload,
                received.received_at,
                (self.connection, number),
                received.response_topic,
                received.correlation,
            )
            for number, received in fresh
        ]

    def acknowledge(self, batch: Iterable[Received]) -> None:
        for received in batch:
            self._fuse.burn()
            if received.delivery is not None and received.delivery[0] == self.connection:
                number = received.delivery[1]
                self._broker.waiting = [kept for kept in self._broker.waiting if kept[0] != number]
                self._broker.acknowledged.append(received)

    def publish(self, topic: str, payload: bytes, *, retain: bool = False, correlation: bytes | None = None) -> Said:
        self._fuse.burn()
        self._broker.said.append((topic, payload))
        if retain:
            self._broker.retained[topic] = payload
        return Said()

    def stay(self, wait_s: float) -> None:
        self.stays.append(wait_s)


@dataclass
class Cluster:
    """A Kafka that outlives every producer: two partitions for each topic. `poison` are rows it does not take."""

    log: dict[tuple[str, int], list[Row]] = field(
        default_factory=lambda: {(topic, number): [] for topic in KAFKA_TOPICS.values() for number in (0, 1)}
    )
    poison: set[int] = field(default_factory=set)
    away: bool = False

    def rows(self) -> list[Row]:
        """Every record, partition by partition."""
        return [row for records in self.log.values() for row in records]


class FakeTicket:
    """See sending_ports.Ticket."""

    def __init__(self) -> None:
        self.result: Confirmed | Refused | None = None

    def outcome(self) -> Confirmed | Refused | None:
        return self.result


class FakeSink:
    """One producer on a Cluster. What is sent is under way until arrive() or lose(). See sending_ports.Sink."""

    def __init__(self, cluster: Cluster, fuse: Fuse | None = None) -> None:
        if cluster.away:
            raise SinkError("nobody answers")
        self.cluster = cluster
        self.sent: list[Row] = []  # in the order of sending
        self._fuse = fuse or Fuse()
        self._under_way: dict[tuple[str, int], list[tuple[Row, FakeTicket]]] = {}

    def ends(self) -> dict[tuple[str, int], int]:
        return {place: len(records) - 1 for place, records in self.cluster.log.items()}

    def found_after(self, tails: Mapping[tuple[str, int], int], store_id: str) -> dict[int, Confirmed]:
        return {
            row.row: Confirmed(*place, offset)
            for place, records in self.cluster.log.items()
            for offset, row in enumerate(records)
            if offset > tails.get(place, -1)
        }

    def send(self, row: Row) -> FakeTicket:
        self._fuse.burn()
        place = (KAFKA_TOPICS[row.kind], sum(row.drone_id.encode()) % 2)
        ticket = FakeTicket()
        # Alerts travel on a connection of their own: they pass what is under way in the same partition.
        lane = self._under_way.setdefault((f"{place[0]}/{row.lane is Lane.ALERT}", place[1]), [])
        lane.append((row, ticket))
        self.sent.append(row)
        return ticket

    def arrive(self, dice: Random, *, answered: bool = True) -> None:
        """Some of what is under way is written, front first; `answered`: and the producer hears of it."""
        if self.cluster.away:
            return
        for (name, number), records in self._under_way.items():
            place = (name.partition("/")[0], number)
            for _ in range(dice.randint(0, len(records))):
                row, ticket = records.pop(0)
                if row.row in self.cluster.poison:
                    ticket.result = Refused("too large", poison=True)
                    continue
                self.cluster.log[place].append(row)
                if answered:
                    ticket.result = Confirmed(*place, len(self.cluster.log[place]) - 1)

    def flush(self, within_s: float) -> None:
        self.arrive(Random(0))
