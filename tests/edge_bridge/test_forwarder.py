"""Sending lane by lane: the order, poison, and what a restart finds."""

from __future__ import annotations

from random import Random

import pytest

from edge_bridge.delivery import Window
from edge_bridge.errors import SinkError, SinkLost
from edge_bridge.forwarder import Forwarder, reconciled
from edge_bridge.intake import row_of
from edge_bridge.ports import Changes, Row
from edge_bridge.sending_ports import Refused
from messages.codec import encode
from messages.model import AnyMessage
from messages.priority import Lane
from tests.fakes.bridge_ports import Cluster, Disk, FakeSink, FakeTicket, MemoryOutbox, MemoryStore
from tests.strategies import NOON, a_sure_violation, a_telemetry, a_violation

ROOMY = {lane: Window(rows=100, size_bytes=10_000_000) for lane in Lane}


def a_disk(*messages: AnyMessage) -> Disk:
    """A disk with these stored in this order."""
    disk = Disk()
    store = MemoryStore(disk)
    for message in messages:
        store.commit(Changes(rows=[row_of(message, encode(message), store.next_row, NOON, NOON)]))
    return disk


def a_forwarder(disk: Disk, cluster: Cluster, windows: dict[Lane, Window] = ROOMY) -> tuple[Forwarder, FakeSink]:
    """A new sending process."""
    outbox, sink = MemoryOutbox(disk), FakeSink(cluster)
    already, tails = reconciled(outbox, sink)
    return Forwarder(outbox, sink, already, tails, lambda: NOON, windows), sink


def all_arrives(sink: FakeSink) -> None:
    """Everything under way is written and confirmed."""
    for seed in range(50):
        sink.arrive(Random(seed))


def test_lanes_leave_in_their_order_whatever_was_stored_first():
    disk = a_disk(a_telemetry(1), a_sure_violation(2), a_violation(3), a_telemetry(4), a_sure_violation(5))
    forwarder, sink = a_forwarder(disk, Cluster())

    forwarder.turn()

    assert [row.row for row in sink.sent] == [3, 2, 5, 1, 4]


def test_nothing_of_a_later_lane_leaves_while_an_earlier_one_is_full():
    disk = a_disk(*(a_violation(number) for number in range(1, 6)), a_telemetry(6))
    forwarder, sink = a_forwarder(disk, Cluster(), {lane: Window(rows=2, size_bytes=10**9) for lane in Lane})

    forwarder.turn()
    assert [row.row for row in sink.sent] == [1, 2]
    all_arrives(sink)
    forwarder.turn()
    all_arrives(sink)
    forwarder.turn()

    assert [row.row for row in sink.sent] == [1, 2, 3, 4, 5, 6]


def test_an_alert_does_not_wait_for_the_bulk_under_way():
    disk = a_disk(*(a_sure_violation(number) for number in range(1, 90)))
    forwarder, sink = a_forwarder(disk, Cluster())
    forwarder.turn()

    alert = a_violation(100)
    MemoryStore(disk).commit(Changes(rows=[row_of(alert, encode(alert), 90, NOON, NOON)]))
    forwarder.turn()

    assert sink.sent[-1].id == alert.id


def test_nothing_is_handed_over_while_headquarters_is_away():
    forwarder, sink = a_forwarder(a_disk(a_violation(1)), Cluster())

    assert forwarder.turn(fill=False) == (0, 0)
    assert sink.sent == []


def test_what_arrived_without_being_marked_is_not_sent_again():
    disk, cluster = a_disk(*(a_sure_violation(number) for number in range(1, 11))), Cluster()
    forwarder, sink = a_forwarder(disk, cluster)
    forwarder.turn()
    for seed in range(50):
        sink.arrive(Random(seed), answered=False)  # and the process is killed

    again, second = a_forwarder(disk, cluster)
    again.turn()
    again.turn()

    assert second.sent == []
    assert disk.through[Lane.VIOLATION] == 10
    assert len(cluster.rows()) == 10


def test_what_a_second_process_found_and_had_no_room_for_is_found_by_the_third():
    """The second marks the alerts, which lie behind violations that it has not come to yet."""
    disk, cluster = a_disk(*(a_sure_violation(number) for number in range(1, 11))), Cluster()
    first, sink = a_forwarder(disk, cluster)
    first.turn()
    alert = a_violation(11)
    MemoryStore(disk).commit(Changes(rows=[row_of(alert, encode(alert), 11, NOON, NOON)]))
    first.turn()
    for seed in range(50):
        sink.arrive(Random(seed), answered=False)
    assert len(cluster.rows()) == 11
    narrow = {lane: Window(rows=3, size_bytes=10**9) for lane in Lane}
    second, _ = a_forwarder(disk, cluster, narrow)
    second.turn()
    second.turn()

    third, sink = a_forwarder(disk, cluster)
    third.turn()
    third.turn()

    assert sink.sent == []
    assert disk.through[Lane.VIOLATION] == 10


def test_poison_is_found_among_its_fellows_and_set_aside_with_its_reason():
    disk, cluster = a_disk(*(a_sure_violation(number) for number in range(1, 6))), Cluster(poison={3})
    for _ in range(10):
        forwarder, sink = a_forwarder(disk, cluster)
        try:
            for _ in range(10):
                forwarder.turn()
                all_arrives(sink)
            break
        except SinkLost:
            continue

    assert disk.set_aside == {3: ("violation", "too large")}
    assert sorted(row.row for row in cluster.rows()) == [1, 2, 4, 5]
    assert disk.through[Lane.VIOLATION] == 5


def test_a_refusal_that_is_not_the_rows_fault_leaves_every_row_pending():
    disk, cluster = a_disk(a_violation(1), a_violation(2)), Cluster()
    forwarder, sink = a_forwarder(disk, cluster)
    forwarder.turn()
    _refuse_all(sink, "not enough replicas")

    with pytest.raises(SinkLost, match="not enough replicas"):
        forwarder.turn()

    assert disk.through[Lane.ALERT] == 0
    assert disk.set_aside == {}
    assert disk.suspects == set()


def _refuse_all(sink: FakeSink, reason: str) -> None:
    for records in sink._under_way.values():
        for _, ticket in records:
            assert isinstance(ticket, FakeTicket)
            ticket.result = Refused(reason, poison=False)


def test_a_missing_topic_holds_up_its_own_lane_only():
    class WithoutViolations(FakeSink):
        def send(self, row: Row) -> FakeTicket:
            if row.kind == "violation":
                raise SinkError("headquarters has no topic kestrel.violations")
            return super().send(row)

    disk = a_disk(a_sure_violation(1), a_telemetry(2))
    outbox, sink = MemoryOutbox(disk), WithoutViolations(Cluster())
    forwarder = Forwarder(outbox, sink, {}, {}, lambda: NOON, ROOMY)

    forwarder.turn()

    assert [row.row for row in sink.sent] == [2]
    assert "kestrel.violations" in forwarder.problem


def test_the_first_start_looks_at_nothing_and_remembers_the_ends():
    cluster = Cluster()
    cluster.log["kestrel.telemetry", 0].extend(a_disk(a_telemetry(1)).rows[Lane.TELEMETRY])
    disk = Disk()

    already, tails = reconciled(MemoryOutbox(disk), FakeSink(cluster))

    assert already == {}
    assert disk.tails == tails
    assert tails["kestrel.telemetry", 0] == 0
