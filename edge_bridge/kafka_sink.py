"""Headquarters' Kafka through kafka-python: sends rows, tells what became of them, and finds what an earlier process had sent.

What this file obeys (measured, see README.md):
- kafka-python bounds no memory: the forwarder's windows do.
- A batch that reaches `delivery_timeout_ms` wedges the producer: the timeout is out of reach, and a failed future ends the process.
- A failed producer is never closed and never used again; its process ends, so that none of its threads can still send.
- close() on a socket would go on sending what is queued: SO_LINGER 0 drops it.
- What Kafka's own socket holds of a process that was killed it still appends, seconds later if it hung: the fence makes it refuse
  that, so that nothing arrives after a restart has looked.
"""

from __future__ import annotations

import contextlib
import logging
import socket
import struct
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

from kafka import KafkaConsumer, TopicPartition
from kafka import errors as kafka_errors
from kafka.partitioner.default import murmur2

from edge_bridge.errors import SinkError, SinkLost
from edge_bridge.fast_kafka import LARGE_BYTES, FastProducer, Handed, header, read_headers, refused, sized, varint
from edge_bridge.ports import Row
from edge_bridge.sending_ports import Confirmed, Refused
from messages.codec import SCHEMA_VERSION
from messages.priority import Lane
from messages.topics import KAFKA_TOPICS

# Its own words on every failed connection would fill the log for hours; the link's changes are logged by the sending process.
logging.getLogger("kafka").setLevel(logging.CRITICAL)
log = logging.getLogger(__name__)

BATCH_BYTES = 262_144  # a partition has one batch under way at a time: 256 kB per round trip instead of 16
LINGER_MS = 5  # for company; an alert's producer does not wait
MAX_REQUEST_BYTES = 1_048_576 + 65_536  # an evidence part and its headers; what the broker takes is the broker's to say
NEVER_MS = 30 * 86_400_000  # longer than any outage: a batch must not expire, see above
# Until an answer that does not come is given up with its connection: a picture's largest part at 64 kbit/s takes two minutes. A dead
# headquarters is found much earlier, by the sending process.
REQUEST_MS = 300_000
RECONNECT_MAX_MS = 400  # quick, so that the first alert follows the link's return at once; one small packet each
BOOTSTRAP_MS = 5_000
FENCE_S = 5.0  # a tenth of a second usually; a Kafka that has just started needs some for its transactions' log
KEYS_REMEMBERED = 20_000

_LINGER_ZERO = (socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
_NO_DELAY = (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


class KafkaTicket:
    """A record that went kafka-python's own way; see sending_ports.Ticket."""

    __slots__ = ("_future",)

    def __init__(self, future: Any) -> None:
        self._future = future

    def outcome(self) -> Confirmed | Refused | None:
        future = self._future
        if not future.is_done:
            return None
        if future.failed():
            return refused(future.exception)
        value = future.value
        return Confirmed(value.topic, value.partition, value.offset)


class _TooLarge:
    """The ticket of a record that the client library does not even try."""

    def __init__(self, reason: str) -> None:
        self._reason = reason

    def outcome(self) -> Refused:
        return Refused(self._reason, poison=True)


class KafkaSink:
    """One process's way to Kafka. Alerts travel on a connection of their own, so that no bulk is before them. See sending_ports.Sink."""

    def __init__(self, bootstrap: str, *, station: str, store_id: str, compression: str | None = "lz4") -> None:
        """Connects. Raises SinkError if nobody answers within BOOTSTRAP_MS or Kafka refuses."""
        self._bootstrap = bootstrap
        self._station = station.encode()
        self._store_id = store_id.encode()
        self._partitions: dict[str, int] = {}
        self._place_of: dict[tuple[str, str], TopicPartition] = {}
        # Every record's headers, as far as they are the same for all: see _headers().
        self._head = b"".join((varint(6), header("schema", SCHEMA_VERSION.encode()), sized(b"id")))
        self._middle = b"".join((header("station", self._station), sized(b"row")))
        self._stored_at: tuple[int, bytes] = (-1, b"")
        self._producers: list[Any] = []
        self._reader: Any = None
        bulk = {"linger_ms": LINGER_MS, "compression_type": compression}
        try:
            self.refresh()
            try:
                self._connect(bulk, fenced=True)
            except (kafka_errors.KafkaError, OSError) as error:
                self._end_producers()
                if not answers(bootstrap, BOOTSTRAP_MS / 1000):
                    raise SinkError(f"{type(error).__name__}: {error}") from error
                log.warning(
                    "headquarters' Kafka fences nobody (%s): after a crash a few reports may be in it twice", error
                )
                with _translated():
                    self._connect(bulk, fenced=False)
        except SinkError:
            self.close()
            raise
        self._urgent, self._bulk = self._producers

    def _connect(self, bulk: Mapping[str, object], *, fenced: bool) -> None:
        """Makes both producers; `fenced`: nothing of a process before this one is appended from now on. Raises KafkaError."""
        lanes: tuple[tuple[str, Mapping[str, object]], ...] = (("alerts", {"linger_ms": 0}), ("bulk", bulk))
        for name, more in lanes:
            number = {"transactional_id": f"kestrel-{self._store_id.decode()}-{name}"} if fenced else {}
            self._producers.append(FastProducer(**self._settings(name, **more, **number)))
        if fenced:
            places = self._places()
            with ThreadPoolExecutor(len(lanes)) as side_by_side:
                list(side_by_side.map(lambda producer: producer.fence(places, FENCE_S), self._producers))

    def refresh(self) -> None:
        """Asks again which topics there are and how many partitions they have. Raises SinkError."""
        with _translated():
            consumer = self._consumer()
            there = consumer.topics()
            wanted = [topic for topic in KAFKA_TOPICS.values() if topic in there]
            self._partitions = {topic: len(consumer.partitions_for_topic(topic) or ()) for topic in wanted}
            self._place_of.clear()

    def ends(self) -> dict[tuple[str, int], int]:
        with _translated():
            ends = self._consumer().end_offsets(self._places())
        self._looked()
        return {(place.topic, place.partition): end - 1 for place, end in ends.items()}

    def found_after(self, tails: Mapping[tuple[str, int], int], store_id: str) -> dict[int, Confirmed]:
        found: dict[int, Confirmed] = {}
        with _translated():
            consumer, places = self._consumer(), self._places()
            ends, begins = consumer.end_offsets(places), consumer.beginning_offsets(places)
            starts = {place: max(tails.get((place.topic, place.partition), -1) + 1, begins[place]) for place in places}
            # A topic that was made anew counts from 0 again: its old tail says nothing.
            starts = {place: start if start <= ends[place] else begins[place] for place, start in starts.items()}
            left = {place for place in places if starts[place] < ends[place]}
            consumer.assign(list(left))
            for place in left:
                consumer.seek(place, starts[place])
            while left:
                for place, records in consumer.poll(timeout_ms=1_000).items():
                    for record in records:
                        headers = dict(record.headers)
                        if headers.get("store") == store_id.encode() and "row" in headers:
                            found[int(headers["row"])] = Confirmed(place.topic, place.partition, record.offset)
                left = {place for place in left if consumer.position(place) < ends[place]}
        self._looked()
        return found

    def send(self, row: Row) -> Handed | KafkaTicket | _TooLarge:
        place = self._place(KAFKA_TOPICS[row.kind], key := row.key or row.drone_id)
        producer = self._urgent if row.lane is Lane.ALERT else self._bulk
        try:
            if len(row.payload) < LARGE_BYTES:
                handed: Handed = producer.hand_over(place, key.encode(), row.payload, self._headers(row))
                return handed
            headers = read_headers(self._headers(row))
            future = producer.send(
                place.topic, value=row.payload, key=key.encode(), headers=headers, partition=place.partition
            )
        except kafka_errors.MessageSizeTooLargeError as error:
            return _TooLarge(str(error))
        except kafka_errors.KafkaError as error:
            raise SinkLost(f"{type(error).__name__}: {error}") from error
        return KafkaTicket(future)

    def flush(self, within_s: float) -> None:
        deadline = time.monotonic() + within_s
        for producer in self._producers:
            with contextlib.suppress(kafka_errors.KafkaError):  # what is not settled then is found by the next process
                producer.flush(timeout=max(0.01, deadline - time.monotonic()))

    def close(self) -> None:
        """Ends the connections of a sink that works. One that is lost is left to the end of its process."""
        self._end_producers()
        self._looked()

    def _end_producers(self) -> None:
        for producer in self._producers:
            with contextlib.suppress(kafka_errors.KafkaError):
                producer.close(timeout=1)
        self._producers.clear()

    def _settings(self, name: str, **more: object) -> dict[str, object]:
        return {
            "bootstrap_servers": self._bootstrap.split(","),
            "client_id": f"bridge-{self._station.decode()}-{name}",
            "acks": "all",
            "enable_idempotence": True,
            "batch_size": BATCH_BYTES,
            "max_request_size": MAX_REQUEST_BYTES,
            "delivery_timeout_ms": NEVER_MS,
            "request_timeout_ms": REQUEST_MS,
            "reconnect_backoff_ms": 50,
            "reconnect_backoff_max_ms": RECONNECT_MAX_MS,
            "bootstrap_timeout_ms": BOOTSTRAP_MS,
            "max_block_ms": BOOTSTRAP_MS,
            "allow_auto_create_topics": False,
            "metrics_enabled": False,
            "socket_options": [_NO_DELAY, _LINGER_ZERO],
            **more,
        }

    def _consumer(self) -> Any:
        """The connection that looks, kept from the first question to the last: making one takes longer than what it is asked."""
        if self._reader is None:
            self._reader = KafkaConsumer(
                bootstrap_servers=self._bootstrap.split(","),
                client_id=f"bridge-{self._station.decode()}-tails",
                group_id=None,
                enable_auto_commit=False,
                bootstrap_timeout_ms=BOOTSTRAP_MS,
                metrics_enabled=False,
            )
        return self._reader

    def _looked(self) -> None:
        if self._reader is not None:
            self._reader.close()
            self._reader = None

    def _places(self) -> list[TopicPartition]:
        return [TopicPartition(topic, number) for topic, count in self._partitions.items() for number in range(count)]

    def _place(self, topic: str, key: str) -> TopicPartition:
        """By Kafka's own hash of the key: as every other client would place it. Raises SinkError when there is no such topic."""
        found = self._place_of.get((topic, key))
        if found is None:
            count = self._partitions.get(topic)
            if not count:
                raise SinkError(f"headquarters has no topic {topic}")
            if len(self._place_of) >= KEYS_REMEMBERED:
                self._place_of.clear()
            found = TopicPartition(topic, (murmur2(key.encode()) & 0x7FFFFFFF) % count)
            self._place_of[topic, key] = found
        return found

    def _headers(self, row: Row) -> bytes:
        """schema, id, station, row, stored_at, store; those that rows share are encoded once."""
        if self._stored_at[0] != row.stored_at_ms:  # the rows of a commit share it
            at = datetime.fromtimestamp(row.stored_at_ms / 1000, UTC).isoformat(timespec="milliseconds")
            self._stored_at = row.stored_at_ms, header("stored_at", at.encode()) + header("store", self._store_id)
        parts = self._head, sized(row.id.encode()), self._middle, sized(b"%d" % row.row), self._stored_at[1]
        return b"".join(parts)


def answers(bootstrap: str, within_s: float) -> bool:
    """Whether a Kafka answers at one of the addresses: one question of 30 bytes (ApiVersions), no client library, no login."""
    question = struct.pack(">hhih", 18, 0, 1, 6) + b"bridge"
    for address in bootstrap.split(","):
        host, _, port = address.rpartition(":")
        try:
            with socket.create_connection((host.strip("[]"), int(port)), within_s) as asked:
                asked.settimeout(within_s)
                asked.sendall(struct.pack(">i", len(question)) + question)
                if asked.recv(4):
                    return True
        except OSError:
            continue
    return False


@contextlib.contextmanager
def _translated() -> Any:
    try:
        yield
    except (kafka_errors.KafkaError, OSError) as error:
        raise SinkError(f"{type(error).__name__}: {error}") from error
