"""The fast way into kafka-python and its own write the same bytes, end a batch at the same record, and tell the same outcomes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kafka import TopicPartition
from kafka.errors import InvalidRecordError, RecordListTooLargeError, UnknownTopicOrPartitionError
from kafka.producer.producer_batch import ProducerBatch
from kafka.producer.record_accumulator import RecordAccumulator
from kafka.record.memory_records import MemoryRecords, MemoryRecordsBuilder

from edge_bridge.fast_kafka import Handed, header, put, read_headers, sized, varint
from edge_bridge.sending_ports import Confirmed, Refused

PLACE = TopicPartition("kestrel.telemetry", 3)
TOPIC, PARTITION = "kestrel.telemetry", 3
BATCH_BYTES = 2_000
CODECS = {"none": 0, "lz4": 3}

Record = tuple[int, bytes, bytes, list[tuple[str, bytes]]]

texts = st.text(min_size=1, max_size=40)
records = st.tuples(
    st.integers(min_value=0, max_value=2**42),
    st.binary(max_size=40),
    st.binary(max_size=1_500),
    st.lists(st.tuples(texts, st.binary(max_size=200)), max_size=6),
)


def as_fields(record: Record) -> bytes:
    """A record's key, value and headers as hand_over() joins them."""
    _, key, value, headers = record
    return sized(key) + sized(value) + varint(len(headers)) + b"".join(header(*pair) for pair in headers)


def a_batch(codec: int = 0, size: int = BATCH_BYTES) -> ProducerBatch:
    return ProducerBatch(PLACE, MemoryRecordsBuilder(2, codec, size))


def filled(batch: ProducerBatch, found: list[Record], add: Callable[[ProducerBatch, Record], Any]) -> list[Any]:
    """What adding each record gave."""
    return [add(batch, record) for record in found]


def fast(batch: ProducerBatch, record: Record) -> Handed | None:
    return put(batch, record[0], as_fields(record))


def slow(batch: ProducerBatch, record: Record) -> Any:
    at_ms, key, value, headers = record
    return batch.try_append(at_ms, key, value, headers)


@pytest.mark.parametrize("codec", CODECS.values(), ids=CODECS)
@given(found=st.lists(records, min_size=1, max_size=12))
def test_both_ways_fill_a_batch_with_the_same_bytes(codec: int, found: list[Record]):
    ours, theirs = a_batch(codec), a_batch(codec)

    taken_by_ours = [handed is not None for handed in filled(ours, found, fast)]
    taken_by_theirs = [future is not None for future in filled(theirs, found, slow)]
    for batch in (ours, theirs):
        batch.records.set_producer_state(7, 1, 40, False)
        batch.records.close()

    assert taken_by_ours == taken_by_theirs
    assert bytes(ours.records.buffer()) == bytes(theirs.records.buffer())
    assert ours.record_count == theirs.record_count
    assert put(ours, 0, as_fields(found[0])) is None  # it is closed


@given(st.lists(st.tuples(texts, st.binary(max_size=200)), max_size=6))
def test_headers_are_read_back(pairs: list[tuple[str, bytes]]):
    assert read_headers(varint(len(pairs)) + b"".join(header(*pair) for pair in pairs)) == pairs


@given(st.integers(min_value=-(2**62), max_value=2**62))
def test_a_number_is_written_as_kafka_python_writes_it(number: int):
    from kafka.record.util import decode_varint

    written = varint(number)

    assert decode_varint(written) == (number, len(written))


def three() -> tuple[ProducerBatch, list[Handed], list[Any]]:
    """A batch with three records of each way in turn."""
    batch = a_batch(size=10_000)
    record: Record = (1, b"k", b"v" * 50, [("row", b"1")])
    handed, futures = [], []
    for _ in range(3):
        handed.append(fast(batch, record))
        futures.append(slow(batch, record))
    assert None not in handed
    return batch, handed, futures  # type: ignore[return-value]


def test_nothing_is_told_before_kafka_answers():
    _, handed, _ = three()

    assert [ticket.outcome() for ticket in handed] == [None, None, None]


def test_a_confirmed_batch_tells_each_record_its_offset():
    batch, handed, futures = three()

    batch.complete(100, -1)

    assert [ticket.outcome() for ticket in handed] == [
        Confirmed(TOPIC, PARTITION, offset) for offset in (100, 102, 104)
    ]
    assert [future.value.offset for future in futures] == [101, 103, 105]


def test_a_batch_that_fails_tells_each_record_why():
    batch, handed, futures = three()

    batch.complete_exceptionally(UnknownTopicOrPartitionError(), lambda _: UnknownTopicOrPartitionError())

    outcomes = [ticket.outcome() for ticket in handed]
    assert all(isinstance(outcome, Refused) and not outcome.poison for outcome in outcomes)
    assert all(future.failed() for future in futures)


def test_the_one_record_that_kafka_refuses_for_itself_is_poison():
    batch, handed, _ = three()

    batch.complete_exceptionally(
        InvalidRecordError(), lambda index: InvalidRecordError() if index == 2 else RecordListTooLargeError
    )

    outcomes = [ticket.outcome() for ticket in handed]
    assert all(isinstance(outcome, Refused) and outcome.poison for outcome in outcomes)
    assert "InvalidRecordError" in outcomes[1].reason  # type: ignore[union-attr]


def test_when_a_batch_is_split_each_record_hears_from_its_own_half():
    """kafka-python does so when a batch is too large for the topic."""
    accumulator = RecordAccumulator(batch_size=10_000)
    batch, handed, futures = three()
    batch.records.close()

    assert accumulator.split_and_reenqueue(batch) == 2
    first, second = accumulator._batches[PLACE]
    second.complete(500, -1)

    assert [ticket.outcome() for ticket in handed] == [None, None, Confirmed(TOPIC, PARTITION, 501)]
    assert [future.is_done for future in futures] == [False, True, True]

    first.complete(300, -1)

    assert handed[1].outcome() == Confirmed(TOPIC, PARTITION, 302)
    for half, offset in ((first, 0), (second, 0)):
        half.records.close()
        assert len([record for found in MemoryRecords(half.records.buffer()) for record in found]) == 3 + offset
