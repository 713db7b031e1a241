"""The stand-in for Kafka and Kafka itself agree on what the forwarder rests on."""

from __future__ import annotations

import gc
import time
import uuid
import warnings
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from edge_bridge.errors import SinkError
from edge_bridge.intake import row_of
from edge_bridge.kafka_sink import KafkaSink, answers
from edge_bridge.ports import Row
from edge_bridge.sending_ports import Confirmed, Refused, Sink, Ticket
from installers.local.kafka import Kafka, server_properties
from installers.local.stack import Stack
from messages.codec import encode
from tests.fakes.bridge_ports import Cluster, FakeSink
from tests.real.bridge_runs import records, until
from tests.real.late_link import LateLink
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


@pytest.fixture
def late_link(idle_stack: Stack, kafka: Kafka) -> Iterator[LateLink]:
    """In the place of the field's link."""
    assert idle_stack.link is not None
    idle_stack.link.cut()
    link = LateLink(idle_stack.link.listen_port, idle_stack.link.target_port)
    yield link
    link.close()
    idle_stack.link.restore()


def taken_over(kafka: Kafka, link: LateLink) -> tuple[str, list[Ticket]]:
    """A sink sends five rows that stay under way; another takes over, finds none of them and sends them; then the first five arrive.

    The store, and the first sink's tickets, settled.
    """
    store = str(uuid.uuid4())
    first = KafkaSink(kafka.edge_bootstrap, station=store, store_id=store, compression=None)
    before = first.ends()
    assert isinstance(outcome_of(first, first.send(a_row(1, a_sure_violation(1)))), Confirmed)
    link.hold()
    late: list[Ticket] = [first.send(a_row(number, a_sure_violation(number))) for number in range(2, 7)]
    until(lambda: link.held_bytes > 300, 30, "nothing was sent")

    second = KafkaSink(kafka.edge_bootstrap, station=store, store_id=store)
    assert second.found_after(before, store).keys() == {1}
    again = [second.send(a_row(number, a_sure_violation(number))) for number in range(2, 7)]
    assert all(isinstance(outcome_of(second, ticket), Confirmed) for ticket in again)
    link.release()
    for ticket in late:
        outcome_of(first, ticket)
    first.close()
    second.close()
    return store, late


def test_what_a_sink_before_it_had_on_its_way_is_refused_when_it_arrives_at_last(kafka: Kafka, late_link: LateLink):
    store, late = taken_over(kafka, late_link)

    assert all(isinstance(ticket.outcome(), Refused) for ticket in late)
    assert sorted(int(record["row"]) for record in records(kafka.bootstrap, "violation", store)) == [1, 2, 3, 4, 5, 6]


def test_control_without_the_fence_it_is_there_twice(
    kafka: Kafka, late_link: LateLink, monkeypatch: pytest.MonkeyPatch
):
    connect = KafkaSink._connect
    monkeypatch.setattr(KafkaSink, "_connect", lambda sink, bulk, fenced: connect(sink, bulk, fenced=False))

    store, late = taken_over(kafka, late_link)

    assert all(isinstance(ticket.outcome(), Confirmed) for ticket in late)
    assert len(records(kafka.bootstrap, "violation", store)) == 11


def test_a_kafka_that_fences_nobody_is_sent_to_all_the_same(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    """Its log of transactions wants three brokers, and there is one: it can give no number."""
    with Stack(tmp_path) as stack:
        settings = server_properties(tmp_path / "kafka" / "data", stack.kafka.ports)
        one = "transaction.state.log.replication.factor=1"
        assert one in settings
        with pytest.MonkeyPatch.context() as patch:
            three = settings.replace(one, one.replace("=1", "=3"))
            patch.setattr("installers.local.kafka.server_properties", lambda *_: three)
            stack.up(["kafka"])
            stack.wait_ready("kafka")

        sink = KafkaSink(stack.kafka.bootstrap, station="unfenced", store_id=STORE)
        outcome = outcome_of(sink, sink.send(a_row(1, a_sure_violation(1))))
        sink.close()

    assert isinstance(outcome, Confirmed)
    assert "fences nobody" in caplog.text
