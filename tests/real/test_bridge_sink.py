"""The stand-in for Kafka and Kafka itself agree on what the forwarder rests on."""

from __future__ import annotations

import gc
import time
import uuid
import warnings
from collections.abc import Iterator
from random import Random

import pytest

from edge_bridge.errors import SinkError
from edge_bridge.intake import row_of
from edge_bridge.kafka_sink import KafkaSink, answers
from edge_bridge.ports import Row
from edge_bridge.sending_ports import Confirmed, Refused, Sink, Ticket
from installers.local.kafka import Kafka
from messages.codec import encode
from tests.fakes.bridge_ports import Cluster, FakeSink
from tests.strategies import NOON, a_sure_violation, a_telemetry, a_violation

STORE = str(uuid.uuid4())


@pytest.fixture(params=["fake", "kafka"])
def sink(request: pytest.FixtureRequest) -> Iterator[Sink]:
    """Either of them."""
    if request.param == "fake":
        yield FakeSink(Cluster())
        return
    kafka: Kafka = request.getfixturevalue("kafka")
    real = KafkaSink(kafka.bootstrap, station="agreement", store_id=STORE)
    yield real
    real.close()


def outcome_of(sink: Sink, ticket: Ticket) -> Confirmed | Refused:
    """What becomes of a record."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        sink.flush(1.0)
        if isinstance(sink, FakeSink):
            sink.arrive(Random(1))
        if (found := ticket.outcome()) is not None:
            return found
    raise AssertionError("nothing became of it")


def a_row(number: int, message: object) -> Row:
    """A message as row `number`."""
    return row_of(message, encode(message), number, NOON, NOON)  # type: ignore[arg-type]


def test_a_sent_row_is_confirmed_with_its_place_and_found_after_the_old_end(sink: Sink):
    before = sink.ends()

    tickets = {n: sink.send(a_row(n, a_sure_violation(n, drone_id=f"nyc-{n}"))) for n in range(1, 6)}
    places = {number: outcome_of(sink, ticket) for number, ticket in tickets.items()}

    assert all(isinstance(place, Confirmed) for place in places.values())
    assert sink.found_after(before, STORE) == places
    assert sink.found_after(sink.ends(), STORE) == {}


def test_a_drones_records_of_one_topic_lie_in_one_partition_in_order(sink: Sink):
    tickets = [sink.send(a_row(10 + n, a_telemetry(n))) for n in range(1, 6)]

    places = [outcome_of(sink, ticket) for ticket in tickets]

    assert len({place.partition for place in places if isinstance(place, Confirmed)}) == 1
    offsets = [place.offset for place in places if isinstance(place, Confirmed)]
    assert offsets == sorted(offsets)


def test_another_stores_records_are_not_ours(kafka: Kafka):
    sink = KafkaSink(kafka.bootstrap, station="agreement", store_id=str(uuid.uuid4()))
    try:
        before = sink.ends()
        outcome_of(sink, sink.send(a_row(1, a_violation(1))))

        assert sink.found_after(before, STORE) == {}
    finally:
        sink.close()


def test_what_kafka_cannot_take_is_refused_as_poison(kafka: Kafka):
    """The broker of this test takes 2 MB; the client library refuses before it at 1.1."""
    sink = KafkaSink(kafka.bootstrap, station="agreement", store_id=STORE)
    try:
        row = a_row(1, a_violation(1))._replace(payload=b"x" * 1_200_000)

        outcome = outcome_of(sink, sink.send(row))

        assert isinstance(outcome, Refused)
        assert outcome.poison
    finally:
        sink.close()


def test_nobody_there_is_a_sink_error_and_does_not_answer():
    with warnings.catch_warnings():
        # kafka-python leaves a pair of sockets to the garbage collector when it cannot connect.
        warnings.simplefilter("ignore", ResourceWarning)
        with pytest.raises(SinkError):
            KafkaSink("127.0.0.1:1", station="agreement", store_id=STORE)
        gc.collect()

    assert not answers("127.0.0.1:1", 0.2)


def test_a_kafka_answers(kafka: Kafka):
    assert answers(f"127.0.0.1:1,{kafka.bootstrap}", 5.0)
