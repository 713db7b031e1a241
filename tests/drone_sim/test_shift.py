"""What happens between the parts: kept before sent, sent until acknowledged, by the real flash and a broker that is played by the test."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import NamedTuple

import pytest

from drone_sim.drone import World
from drone_sim.faults import LinkFaults
from drone_sim.flash import Flash, made
from drone_sim.fleet import Fleet
from drone_sim.mqtt_publisher import BridgeHeard, LinkChanged, Taken
from drone_sim.shift import Shift
from messages.codec import decode
from messages.model import AnyMessage, Health, Violation
from messages.state import Ack, Command
from messages.topics import DroneLeaf
from tests.drone_sim.worlds import a_world
from tests.strategies import NOON, an_id


class Sent(NamedTuple):
    leaf: str
    payload: bytes
    qos: int
    retain: bool

    @property
    def message(self) -> AnyMessage:
        return decode(self.payload)


class FakeAir:
    """Takes what is published while it is up; `look` is called before each, as a passer-by would see it."""

    def __init__(self) -> None:
        self.up = True
        self.sent: list[Sent] = []
        self.look: Callable[[], None] = lambda: None

    def publish(self, drone_id: str, leaf: DroneLeaf, payload: bytes, *, qos: int, retain: bool = False) -> int | None:
        if not self.up:
            return None
        self.look()
        self.sent.append(Sent(leaf, payload, qos, retain))
        return len(self.sent)

    def reports(self) -> list[Sent]:
        return [sent for sent in self.sent if sent.leaf != "telemetry"]


class Watch:
    """A shift at work for one drone, with a clock that the test turns."""

    def __init__(self, path: Path, world: World, *, now: datetime = NOON, faults: LinkFaults | None = None) -> None:
        self.path, self.now = path, now
        self.flash = Flash(path)
        self.air = FakeAir()
        boots = self.flash.power_up(["nyc-01"])
        fleet = Fleet(world, boots, seed=7, start=now)
        self.shift = Shift(fleet, self.flash, self.air, steady=lambda: self.now, rng=Random(1), faults=faults)

    def connect(self) -> None:
        self.shift.hear(LinkChanged("nyc-01", True), self.now)
        self.shift.hear(BridgeHeard(True), self.now)

    def disconnect(self) -> None:
        self.shift.hear(LinkChanged("nyc-01", False), self.now)

    def pass_time(self, seconds: float, *, making: bool = True, taken: bool = True) -> None:
        for _ in range(int(seconds * 10)):
            self.now += timedelta(seconds=0.1)
            before = len(self.air.sent)
            self.shift.beat(self.now, making=making)
            if taken:
                for mid in range(before + 1, len(self.air.sent) + 1):
                    self.shift.hear(Taken("nyc-01", mid), self.now)

    def acknowledge(self, boot: int = 1) -> None:
        """The bridge has stored every report of the boot that came."""
        seqs = [sent.message.seq for sent in self.air.reports() if sent.message.boot == boot]
        ack = Ack(drone_id="nyc-01", boot=boot, contiguous=max(seqs), highest=max(seqs), holes=(), stored_at=self.now)
        self.shift.hear(ack, self.now)

    def end(self) -> None:
        self.shift.finish()
        self.flash.close()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "drones.db"


def test_a_report_is_on_disk_before_it_is_handed_to_the_broker(path: Path, world: World) -> None:
    watch = Watch(path, world)
    watch.connect()
    missing: list[bytes] = []

    def look() -> None:
        on_disk = {row.id for row in made(path)}  # what another process would find after a power cut
        missing.extend(sent.payload for sent in watch.air.sent[-1:] if sent.message.id not in on_disk)

    watch.air.look = look
    watch.pass_time(10)
    look()
    assert len(watch.air.reports()) > 5
    assert missing == []
    watch.end()


def test_without_a_connection_everything_waits_and_then_goes_out_in_order(path: Path, world: World) -> None:
    watch = Watch(path, world)
    watch.air.up = False
    watch.pass_time(20)
    assert watch.air.sent == []
    watch.air.up = True
    watch.connect()
    watch.pass_time(1)
    seqs = [sent.message.seq for sent in watch.air.reports()]
    assert seqs == list(range(1, len(seqs) + 1))
    watch.end()


def test_everything_is_forgotten_once_it_is_acknowledged(path: Path, world: World) -> None:
    watch = Watch(path, world)
    watch.connect()
    watch.pass_time(20)
    assert watch.shift.unacknowledged() > 0
    watch.pass_time(1, making=False)
    watch.acknowledge()
    assert watch.shift.unacknowledged() == 0
    watch.end()
    assert all(row.acknowledged for row in made(path) if row.kind != "telemetry")
    assert Flash(path).unacknowledged() == {}


def test_telemetry_goes_once_without_a_promise_and_reports_with_one(path: Path, world: World) -> None:
    watch = Watch(path, world)
    watch.connect()
    watch.pass_time(10)
    assert {sent.qos for sent in watch.air.sent if sent.leaf == "telemetry"} == {0}
    assert {sent.qos for sent in watch.air.reports()} == {1}
    assert all(sent.leaf == sent.message.__struct_config__.tag for sent in watch.air.sent)
    watch.end()


def test_the_newest_list_of_faults_is_retained_and_nothing_else(path: Path, world: World) -> None:
    watch = Watch(path, world)
    watch.connect()
    watch.pass_time(10)
    for sent in watch.air.sent:
        assert sent.retain is isinstance(sent.message, Health)
    watch.end()


def test_while_the_bridge_is_away_reports_wait_and_telemetry_flies(path: Path, world: World) -> None:
    watch = Watch(path, world)
    watch.connect()
    watch.shift.hear(BridgeHeard(False), watch.now)
    watch.pass_time(20)
    assert watch.air.reports() == []
    assert len(watch.air.sent) >= 19
    watch.shift.hear(BridgeHeard(True), watch.now)
    watch.pass_time(1)
    assert len(watch.air.reports()) > 5
    watch.end()


def test_after_a_power_up_the_old_boots_reports_go_out_first_with_the_same_bytes(path: Path, world: World) -> None:
    first = Watch(path, world)
    first.connect()
    first.pass_time(20)
    before = list(dict.fromkeys(sent.payload for sent in first.air.reports()))
    first.flash.close()  # as a kill would: without an end of the shift
    second = Watch(path, world, now=first.now)
    second.connect()
    second.pass_time(20)
    after = list(dict.fromkeys(sent.payload for sent in second.air.reports()))
    assert after[: len(before)] == before
    assert {decode(payload).boot for payload in after[len(before) :]} == {2}
    assert [decode(payload).seq for payload in after[len(before) :]][:3] == [1, 2, 3]
    second.acknowledge(boot=1)
    second.acknowledge(boot=2)
    second.pass_time(0.1, making=False)
    assert second.shift.unacknowledged() == 0
    second.end()


def test_a_bridge_that_stays_silent_after_a_reconnect_gets_everything_again_byte_for_byte(
    path: Path, world: World
) -> None:
    watch = Watch(path, world)
    watch.connect()
    watch.pass_time(4)
    before = [sent.payload for sent in watch.air.reports()]
    watch.disconnect()
    watch.connect()
    watch.pass_time(60, making=False)
    again = [sent.payload for sent in watch.air.reports()[len(before) :]]
    assert again[:2] == [before[-1], before[-1]], "first it is asked with one report"
    assert again[2 : 2 + len(before)] == before
    watch.end()


def test_over_a_link_that_drops_half_the_holes_are_filled(path: Path, world: World) -> None:
    watch = Watch(path, world, faults=LinkFaults(drop=0.5))
    watch.connect()
    watch.pass_time(30)
    for _ in range(400):
        watch.pass_time(1, making=False)
        here = sorted({sent.message.seq for sent in watch.air.reports()})
        holes = [(seq, seq) for seq in range(1, here[-1]) if seq not in here]
        contiguous = holes[0][0] - 1 if holes else here[-1]
        ack = Ack(
            drone_id="nyc-01",
            boot=1,
            contiguous=contiguous,
            highest=here[-1],
            holes=tuple(holes),
            stored_at=watch.now,
        )
        watch.shift.hear(ack, watch.now)
        if watch.shift.unacknowledged() == 0:
            break
    assert watch.shift.unacknowledged() == 0
    watch.end()


def test_an_officer_gets_an_alerts_picture_again_with_the_same_bytes(path: Path) -> None:
    watch = Watch(path, a_world(violations_per_s=20.0, pictures="alerts"))
    watch.connect()
    watch.pass_time(30)
    sent = watch.air.reports()
    alert = next(one.message for one in sent if isinstance(one.message, Violation) and one.message.needs_human)
    of_it = (one.payload for one in sent if one.leaf == "evidence" and alert.id.encode() in one.payload)
    parts = list(dict.fromkeys(of_it))  # while no Ack comes they go out more than once
    watch.acknowledge()
    count = len(watch.air.sent)
    watch.shift.hear(
        Command(
            id=an_id(), drone_id="nyc-01", officer="duarte", action="send_picture", violation_id=alert.id, at=watch.now
        ),
        watch.now,
    )
    assert [one.payload for one in watch.air.sent[count:]] == parts
    assert len(parts) == 2
    watch.end()


def test_control_is_handed_to_the_drone(path: Path, world: World) -> None:
    watch = Watch(path, world)
    watch.connect()
    watch.pass_time(5)
    watch.shift.hear(
        Command(id=an_id(), drone_id="nyc-01", officer="duarte", action="take_control", at=watch.now), watch.now
    )
    watch.pass_time(3)
    newest = [sent.message for sent in watch.air.sent if sent.leaf == "telemetry"][-1]
    assert newest.phase == "inspect"  # type: ignore[union-attr]  # telemetry has a phase
    watch.end()


def test_the_ledger_holds_every_message_that_was_made(path: Path) -> None:
    watch = Watch(path, a_world(violations_per_s=2.0, pictures="all"))
    watch.connect()
    watch.pass_time(10)
    watch.acknowledge()
    watch.end()
    rows = {row.id: row for row in made(path)}
    assert {sent.message.id for sent in watch.air.sent} == set(rows)
    assert all(row.published_at is not None and row.published_at >= row.captured_at for row in rows.values())
