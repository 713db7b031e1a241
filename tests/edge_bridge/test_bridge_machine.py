"""Store, bridge and headquarters as one machine that may crash between any two steps: what was acknowledged is kept, and arrives once.

The three planted bugs at the end are the controls: the same machine must find each of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from random import Random
from typing import Any

import msgspec
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from edge_bridge.delivery import Window
from edge_bridge.errors import SinkLost
from edge_bridge.forwarder import Forwarder, reconciled
from edge_bridge.intake import Rules
from edge_bridge.ports import Changes, Received, Row
from edge_bridge.receiver import Receiver
from edge_bridge.sending_ports import Mark
from messages.alert import is_open
from messages.codec import decode, decode_state, encode
from messages.model import Correction, Message, Violation
from messages.priority import Lane
from messages.state import DeskAnswer
from messages.topics import answer_topic, decide_topic, message_topic
from tests.edge_bridge.searching import must_find
from tests.fakes.bridge_ports import (
    Broker,
    Cluster,
    Crash,
    Disk,
    FakeField,
    FakeSink,
    Fuse,
    MemoryOutbox,
    MemorySendings,
    MemoryStore,
)
from tests.strategies import NOON, STATION, a_correction, a_sure_violation, a_telemetry, a_violation, an_id

WINDOWS = {lane: Window(rows=2 if lane is Lane.ALERT else 3, size_bytes=1_000_000) for lane in Lane}


class BridgeMachine(RuleBasedStateMachine):
    """Two drones, a broker, a bridge of two processes, a Kafka."""

    store_type: type[MemoryStore] = MemoryStore
    field_type: type[FakeField] = FakeField
    forwarder_type: type[Forwarder] = Forwarder

    @initialize(seed=st.integers(0, 2**32))
    def begin(self, seed: int) -> None:
        self.dice = Random(seed)
        self.disk, self.broker, self.cluster = Disk(), Broker(), Cluster()
        self.fuse = Fuse()
        self.made: list[Message] = []
        self.seqs: Counter[tuple[str, str]] = Counter()
        self.start_receiver()
        self.sink: FakeSink | None = None
        self.start_sender()

    def start_receiver(self) -> None:
        self.fuse.steps = None
        store, self.field = self.store_type(self.disk, self.fuse), self.field_type(self.broker, self.fuse)
        self.receiver = Receiver(
            self.field,
            lambda: store,
            MemorySendings(self.disk),
            Rules(station=STATION),
            boot=1,
            clock=lambda: NOON,
            retry=lambda: None,
            wake=lambda: None,
        )

    def start_sender(self) -> None:
        """What the killed producer had under way arrives in part, and nothing more of it ever does."""
        self.fuse.steps = None
        if self.sink is not None:
            self.sink.arrive(self.dice, answered=False)
        outbox, self.sink = MemoryOutbox(self.disk, self.fuse), FakeSink(self.cluster, self.fuse)
        already, tails = reconciled(outbox, self.sink)
        self.forwarder = self.forwarder_type(outbox, self.sink, already, tails, lambda: NOON, WINDOWS)

    @rule(drone=st.sampled_from(["nyc-1", "nyc-2"]), kind=st.sampled_from(["alert", "violation", "telemetry"]))
    def a_drone_reports(self, drone: str, kind: str) -> None:
        stream = "telemetry" if kind == "telemetry" else "report"
        self.seqs[drone, stream] += 1
        make = {"alert": a_violation, "violation": a_sure_violation, "telemetry": a_telemetry}[kind]
        number = len(self.made) + 1
        message: Message = make(number, id=an_id(number), drone_id=drone, seq=self.seqs[drone, stream])
        self.made.append(message)
        self.broker.publish(message_topic(STATION, message), encode(message))

    @rule(index=st.integers(0, 100))
    def a_drone_sends_again(self, index: int) -> None:
        if self.made:
            message = self.made[index % len(self.made)]
            self.broker.publish(message_topic(STATION, message), encode(message))

    @rule(index=st.integers(0, 100), officer=st.sampled_from(["duarte", "moreno"]))
    def an_officer_decides(self, index: int, officer: str) -> None:
        """Of any alert, also one that the other has decided; the same decision each time that it is said again."""
        alerts = [message for message in self.made if isinstance(message, Violation) and message.needs_human]
        if alerts:
            violation = alerts[index % len(alerts)]
            number = 10_000 + 2 * violation.seq + (officer == "moreno") + 1_000 * (violation.drone_id == "nyc-1")
            decision = a_correction(violation, 1, id=an_id(number), officer=officer)
            answers = answer_topic(STATION, officer, "one")
            self.broker.publish(decide_topic(STATION, officer), encode(decision), response_topic=answers)

    @rule(crash_after=st.none() | st.integers(1, 12))
    def the_bridge_receives(self, crash_after: int | None) -> None:
        self.fuse.steps = crash_after
        try:
            self.receiver.turn(0.0)
        except Crash:
            self.start_receiver()
        self.fuse.steps = None

    @rule(crash_after=st.none() | st.integers(1, 10))
    def the_bridge_sends(self, crash_after: int | None) -> None:
        assert self.sink is not None
        before, through = len(self.sink.sent), dict(self.disk.through)
        self.fuse.steps = crash_after
        crashed = False
        try:
            self.forwarder.turn()
        except (Crash, SinkLost):
            crashed = True
        self.fuse.steps = None
        self.check_lanes(self.sink.sent[before:])
        if crashed:
            self.start_sender()
        assert all(self.disk.through[lane] >= row for lane, row in through.items())

    @rule()
    def records_arrive(self) -> None:
        assert self.sink is not None
        self.sink.arrive(self.dice)

    def check_lanes(self, sent: list[Row]) -> None:
        lanes = [row.lane for row in sent]
        assert lanes == sorted(lanes), f"a later lane left first: {lanes}"

    @invariant()
    def what_is_acknowledged_is_kept(self) -> None:
        if hasattr(self, "disk"):
            kept = set(self.disk.ids())
            for received in self.broker.acknowledged:
                message = decode(received.payload)
                assert isinstance(message, Correction) or message.id in kept

    @invariant()
    def an_officer_who_was_told_yes_has_decided_and_nobody_else_has(self) -> None:
        if hasattr(self, "disk"):
            kept = [decode(row.payload) for row in self.disk.rows[Lane.ALERT] if row.kind == "correction"]
            decided = {message.violation_id: message.id for message in kept if isinstance(message, Correction)}
            assert len(decided) == len(kept)
            for topic, payload in self.broker.said:
                if "/answer/" in topic and (answer := decode_state(payload, DeskAnswer)).ok:
                    assert decided.get(answer.violation_id) == answer.id

    @invariant()
    def what_is_marked_is_in_kafka(self) -> None:
        if hasattr(self, "disk"):
            arrived = {row.row for row in self.cluster.rows()}
            for lane, rows in self.disk.rows.items():
                assert {row.row for row in rows if row.row <= self.disk.through[lane]} <= arrived

    @invariant()
    def nothing_is_doubled(self) -> None:
        if hasattr(self, "disk"):
            assert max(Counter(self.disk.ids()).values(), default=1) == 1
            assert max(Counter(row.id for row in self.cluster.rows()).values(), default=1) == 1

    def teardown(self) -> None:
        if not hasattr(self, "disk"):
            return
        assert self.sink is not None
        for _ in range(200):
            self.receiver.turn(0.0)
            self.forwarder.turn()
            self.sink.arrive(self.dice)
        self.start_receiver()  # its first turn looks at what is confirmed, without waiting for the clock
        self.receiver.turn(0.0)
        reports = [row.id for rows in self.disk.rows.values() for row in rows if row.kind != "correction"]
        assert Counter(reports) == Counter(message.id for message in self.made)
        for kept in self.disk.alerts.values():
            assert is_open(kept.alert) or kept.alert.violation.id in self.disk.retired
        assert Counter(row.id for row in self.cluster.rows()) == Counter(self.disk.ids())
        for lane in Lane:
            for records in self.cluster.log.values():
                for drone in ("nyc-1", "nyc-2"):
                    numbers = [row.row for row in records if row.lane is lane and row.drone_id == drone]
                    assert numbers == sorted(numbers)


TestBridgeMachine = BridgeMachine.TestCase
TestBridgeMachine.settings = settings(max_examples=80, stateful_step_count=40, deadline=None)


class _AcknowledgesTooEarly(FakeField):
    """Planted: what is received is acknowledged before it is committed."""

    def receive(self, *, limit: int, wait_s: float) -> list[Received]:
        batch = super().receive(limit=limit, wait_s=wait_s)
        super().acknowledge(batch)
        return batch

    def acknowledge(self, batch: Iterable[Received]) -> None:
        pass


class _MarksTooEarly(Forwarder):
    """Planted: a row counts as sent as soon as it is handed over."""

    def _fill(self) -> int:
        moved = super()._fill()
        outbox: Any = self._outbox
        for lane, flight in self._flights.items():
            if flight.handed_through > outbox.disk.through[lane]:
                outbox.mark([Mark(lane, 0, flight.handed_through, {}, 0)], {})
        return moved


class _InvertsLanes(Forwarder):
    """Planted: the last lane goes first."""

    def _fill(self) -> int:
        self._flights = dict(reversed(self._flights.items()))
        try:
            return super()._fill()
        finally:
            self._flights = dict(reversed(self._flights.items()))


class _ForgetsTheTails(Forwarder):
    """Planted: a restart trusts its marks and does not look at what Kafka has."""

    def __init__(self, outbox: Any, sink: Any, already: Any, tails: Any, *more: Any) -> None:
        super().__init__(outbox, sink, {}, tails, *more)


class _AnswersTooEarly(MemoryStore):
    """Planted: the step of an alert is kept, its decision is lost when the process ends in between."""

    def commit(self, changes: Changes) -> None:
        super().commit(Changes(alerts=changes.alerts))
        super().commit(msgspec.structs.replace(changes, alerts={}))


class _CommitsInHalves(MemoryStore):
    """Planted: rows and what is heard of them are two transactions."""

    def commit(self, changes: Changes) -> None:
        super().commit(Changes(rows=changes.rows))
        super().commit(
            Changes(rejected=changes.rejected, heard=changes.heard, alerts=changes.alerts, parts=changes.parts)
        )


@pytest.mark.parametrize(
    ("name", "planted"),
    [
        ("field_type", _AcknowledgesTooEarly),
        ("forwarder_type", _MarksTooEarly),
        ("forwarder_type", _InvertsLanes),
        ("forwarder_type", _ForgetsTheTails),
        ("store_type", _CommitsInHalves),
        ("store_type", _AnswersTooEarly),
    ],
)
def test_control_the_machine_finds_a_planted_bug(name: str, planted: type):
    machine = type("Planted", (BridgeMachine,), {name: planted})

    must_find(machine, 5_000)
