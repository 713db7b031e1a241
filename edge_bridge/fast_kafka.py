"""kafka-python with a faster way in, and a fence against the producer before.

A record is put into its partition's batch as ready bytes, and a batch has one future for all of them.

kafka-python checks, measures and copies each record several times in Python and makes a future with callbacks of its own for each: that was
nine tenths of what sending cost. Here a record is one join of bytes, most of them made before. Batches, retries, order, idempotence and
the connection stay kafka-python's; a record of LARGE_BYTES and more goes its own way whole.
WORKAROUND: it leans on parts of kafka-python 3.0.12 that are not public (the accumulator's batches and their locks, the record builder's
buffer); the pin in pyproject.toml holds them, tests/agreements/test_kafka_records.py compares both ways in byte for byte, and it can go
when kafka-python takes encoded records itself.

The fence is Kafka's own: producers of one `transactional.id` share a number, each beginning at the next epoch, and a partition that has
heard of an epoch refuses what is older. Empty transactions tell every partition. The records themselves travel outside transactions: as
quick as ever, and seen by every reader. WORKAROUND: kafka-python sends records of a transactional producer within transactions only, so
its transaction manager is told, once the fence stands, that it is none.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from kafka import KafkaProducer, TopicPartition
from kafka import errors as kafka_errors
from kafka.producer.producer_batch import ProducerBatch
from kafka.record.memory_records import MemoryRecordsBuilder
from kafka.record.util import decode_varint, encode_varint

from edge_bridge.sending_ports import Confirmed, Refused

LARGE_BYTES = 65_536  # such a record may be too large for Kafka, and what is copied of it is not the cost
_MESSAGE_FORMAT = 2
_FENCE_PAUSE_S = 0.01  # between two tries of a step; kafka-python's own tenth of a second would delay the first alert after an outage


def varint(value: int) -> bytes:
    """A number as Kafka's records carry it: zigzag, seven bits a byte."""
    if 0 <= value < len(_VARINTS):
        return _VARINTS[value]
    written = bytearray()
    encode_varint(value, written.append)
    return bytes(written)


_VARINTS: tuple[bytes, ...] = ()
_VARINTS = tuple(varint(number) for number in range(16_384))


def sized(value: bytes) -> bytes:
    """Bytes with their length before them."""
    return varint(len(value)) + value


def header(name: str, value: bytes) -> bytes:
    """A record's header; the number of headers stands before the first of them as varint()."""
    return sized(name.encode()) + sized(value)


def read_headers(headers: bytes) -> list[tuple[str, bytes]]:
    """The other way: what varint() and header() wrote."""
    count, position = decode_varint(headers, 0)
    found: list[bytes] = []
    for _ in range(2 * count):
        length, position = decode_varint(headers, position)
        found.append(headers[position : position + length])
        position += length
    return [(name.decode(), value) for name, value in zip(found[::2], found[1::2], strict=True)]


POISON = (
    kafka_errors.MessageSizeTooLargeError,
    kafka_errors.RecordListTooLargeError,
    kafka_errors.InvalidRecordError,
    kafka_errors.InvalidTimestampError,
)


def refused(error: Any) -> Refused:
    """What kafka-python says of a record that Kafka did not take: an exception, or only its class."""
    found = error() if isinstance(error, type) else error
    return Refused(f"{type(found).__name__}: {found}", isinstance(found, POISON))


class Handed:
    """The ticket of a record that went the faster way: the future of its batch, and its number therein. See sending_ports.Ticket."""

    __slots__ = ("_future", "_index")

    def __init__(self, future: Any, index: int) -> None:
        self._future = future
        self._index = index

    def outcome(self) -> Confirmed | Refused | None:
        future = self._future
        if not future.is_done:
            return None
        if future.exception is not None:
            return refused(future.exception)
        first, _, error_of = future.value
        if error_of is not None:
            return refused(error_of(self._index))
        topic, partition = future.topic_partition
        return Confirmed(topic, partition, first + self._index if first != -1 else -1)

    def rebind(self, future: Any, index: int) -> None:
        """From kafka-python's thread, when it splits a batch: the half where the record is now. Not done before this returns."""
        before, self._future, self._index = self._future, future, index
        before._latch.set()  # whoever waits for the old batch looks again, as with kafka-python's own futures


class FastProducer(KafkaProducer):  # type: ignore[misc]  # kafka-python has no types
    """A producer that also takes encoded records. One thread hands over; none may use it after close()."""

    def fence(self, places: Sequence[TopicPartition], within_s: float) -> None:
        """From its return on, those partitions refuse whatever an earlier producer of the same `transactional_id` still has on its way.

        Once, before anything is sent. Raises KafkaError where Kafka does not allow it, KafkaTimeoutError after `within_s`; then this
        producer is of no use.
        """
        deadline = time.monotonic() + within_s
        manager, settings = self._transaction_manager, self._sender.config
        usual = settings["retry_backoff_ms"]
        settings["retry_backoff_ms"] = _FENCE_PAUSE_S * 1000
        self._told(manager.initialize_transactions(), deadline)
        # Kafka tells the partitions after it has answered; the next transaction begins when all of them are told.
        for told in (places, places[:1]):
            manager.begin_transaction()
            for place in told:
                manager.maybe_add_partition_to_transaction(place)
            self._told(manager.begin_commit(), deadline)
        manager.transactional_id = None
        settings["retry_backoff_ms"] = usual
        # A producer that was fenced itself ends here. kafka-python would take a new number and send what waits under that, past the fence.
        manager.bump_producer_id_and_epoch = manager.reset_producer_id = lambda: manager.transition_to_fatal_error(
            kafka_errors.ProducerFencedError("another sending process has taken over")
        )

    def _told(self, result: Any, deadline: float) -> None:
        self._sender.wakeup()
        if not result.wait(max(0.0, deadline - time.monotonic()) * 1000):
            raise kafka_errors.KafkaTimeoutError("the fence was not up in time")

    def hand_over(self, place: Any, key: bytes, value: bytes, headers: bytes) -> Handed:
        """Puts a record behind those handed over before to its partition; returns at once.

        `place`: a TopicPartition. `headers`: their number as varint(), then each as header(). At most LARGE_BYTES in all. Raises
        KafkaError when the topic is unknown to Kafka.
        """
        accumulator = self._accumulator
        fields = b"".join((varint(len(key)), key, varint(len(value)), value, headers))
        now_ms = int(time.time() * 1000)  # noqa: TID251  (a shell)
        with accumulator._tp_lock(place):
            batches = accumulator._batches[place]
            handed = put(batches[-1], now_ms, fields) if batches else None
        if handed is None:
            self.partitions_for(place.topic)  # at the first record it waits until Kafka has told where the topic is
            batch = self._new_batch(place)
            handed = put(batch, now_ms, fields)
            assert handed is not None
            with accumulator._tp_lock(place):
                accumulator._batches[place].append(batch)
                accumulator._incomplete.add(batch)
            self._sender.wakeup()
        return handed

    def _new_batch(self, place: TopicPartition) -> ProducerBatch:
        settings = self._accumulator.config
        records = MemoryRecordsBuilder(_MESSAGE_FORMAT, settings["compression_attrs"], settings["batch_size"])
        return ProducerBatch(place, records)


def put(batch: ProducerBatch, now_ms: int, fields: bytes) -> Handed | None:
    """Adds a record (key, value and headers as they stand in it) to a batch, under its partition's lock; None if that is closed or full."""
    records = batch.records
    if records._closed:
        return None
    builder, index = records._builder, records._next_offset
    if builder._first_timestamp is None:
        builder._first_timestamp = builder._max_timestamp = now_ms
    # attributes, always 0; time after the batch's first record; number in the batch
    body = b"".join((b"\0", varint(now_ms - builder._first_timestamp), varint(index), fields))
    record = varint(len(body)) + body
    buffer = builder._buffer
    if index and len(buffer) + len(record) > builder._batch_size:
        return None
    buffer += record
    builder._max_timestamp = max(builder._max_timestamp, now_ms)
    builder._num_records += 1
    builder._last_offset = index
    records._next_offset = index + 1
    handed = Handed(batch.produce_future, index)
    batch._record_futures.append(handed)
    return handed
