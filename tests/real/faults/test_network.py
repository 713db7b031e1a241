"""The network fails in its own ways, between real hosts: cables that flap, black holes, a link of 64 kbit/s. Soaks, but for none lost."""

from __future__ import annotations

import os
import random
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from drone_sim.outbox import Patience
from installers.local.kafka import Kafka, KafkaPorts
from installers.local.mosquitto import CONFIGURATION, Mosquitto
from installers.local.ports import free_port
from installers.local.topics import headquarters_topics
from tests.real.bridge_runs import Fleet, records, stored, until
from tests.real.faults.conftest import needs_root
from tests.real.faults.drones import KeepingDrones
from tests.real.faults.networks import Network
from tests.real.faults.planting import bridge_with
from tests.real.faults.proofs import arrives_once, broken_promises

pytestmark = [pytest.mark.soak, pytest.mark.timeout(900)]

SEED = 20_261_127
FLAPS = 50
KEEPALIVE_S = 15  # the bridge's, to its broker
MUCH = 2.0  # times what goes over a calm link; sending again without an end would be many times that


class Places(NamedTuple):
    """The hosts, a Kafka in hq that the station finds at `.edge_bootstrap`, and where brokers may keep their files."""

    network: Network
    kafka: Kafka
    folder: Path


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Places]:
    needs_root("ip", "nft", "tc")
    folder = tmp_path_factory.mktemp("network")
    with Network() as network:
        with network.inside("hq"):
            plain, controller, edge = free_port(), free_port(), free_port()
            ports = KafkaPorts(plain, edge, controller, edge, edge_host=network.address("link", "hq"))
            kafka = Kafka(folder / "kafka", ports, headquarters_topics())
            kafka.start()
        try:
            yield Places(network, kafka, folder)
        finally:
            kafka.stop()


def a_broker(places: Places, host: str, name: str) -> Mosquitto:
    """A started broker on a host, which every host may reach; otherwise as shipped."""
    folder = places.folder / name
    folder.mkdir()
    configuration = folder / "open.conf"
    configuration.write_text(CONFIGURATION.read_text().replace("listener @PORT@ 127.0.0.1", "listener @PORT@ 0.0.0.0"))
    with places.network.inside(host):
        broker = Mosquitto(folder, free_port(), configuration)
        broker.start()
    return broker


def flap(network: Network, cable: str) -> None:
    """Out and in again, FLAPS times, for a moment each."""
    dice, moment = random.Random(SEED), threading.Event()
    for _ in range(FLAPS):
        network.cut(cable)
        moment.wait(dice.uniform(0.2, 3.0))
        network.mend(cable)
        moment.wait(dice.uniform(0.2, 3.0))


class Flight:
    """A bridge in the station and drones in the field, with a broker between them on one of the two hosts."""

    def __init__(
        self,
        places: Places,
        folder: Path,
        station: str,
        *,
        broker_at: str = "station",
        per_s: float = 0.0,
        bug: str | None = None,
    ) -> None:
        self.network, self.kafka = places.network, places.kafka
        self.station = station
        self.broker = a_broker(places, broker_at, station)
        far = self.network.address("radio", broker_at)
        seen = {host: "127.0.0.1" if host == broker_at else far for host in ("station", "field")}
        self.bridge = bridge_with(
            bug,
            folder,
            broker=f"{seen['station']}:{self.broker.port}",
            station=station,
            kafka=self.kafka.edge_bootstrap,
        )
        self.drones = KeepingDrones(seen["field"], self.broker.port, Fleet(station, 20), station, per_s=per_s)

    def __enter__(self) -> Flight:
        with self.network.inside("station"):
            self.bridge.start()
        with self.network.inside("field"):
            self.drones.__enter__()
        return self

    def __exit__(self, *raised: object) -> None:
        self.drones.__exit__()
        self.bridge.__exit__(*raised)
        self.broker.stop()

    def end(self, within_s: float = 120.0) -> None:
        """Everything is stored, and in Kafka once."""
        self.drones.land(within_s)
        with self.network.inside("hq"):
            arrives_once(self.bridge.store, self.kafka.bootstrap, self.station, self.drones.fleet, within_s)
        broken = broken_promises(self.bridge.store, self.drones.promised())
        assert broken.nothing, broken

    @property
    def restarts(self) -> int:
        """How often the sending process gave its connections up and was started anew."""
        return self.bridge.log.read_text().count("starting again")

    def waiting(self) -> int:
        """Reports that Kafka has not confirmed."""
        return sum(1 for row in stored(self.bridge.store) if row.sent_at is None)


def test_a_link_to_headquarters_that_flaps_loses_and_doubles_nothing(
    places: Places, tmp_path: Path, figures: Callable[..., None]
):
    with Flight(places, tmp_path, "flap-link", per_s=300.0) as flight:
        until(lambda: any(row.sent_at for row in stored(flight.bridge.store)), 60)
        flap(flight.network, "link")
        flight.end()
        figures(flaps=FLAPS, reports=len(flight.drones.fleet.made), restarts=flight.restarts, lost=0, doubled=0)


def dies_while_the_link_is_out(flight: Flight) -> None:
    """The sending process, with what it has handed over."""
    dies_between(flight, flight.network.cut, flight.network.mend)


def dies_in_a_black_hole(flight: Flight) -> None:
    """The same, and nobody is told that the link is out."""
    dies_between(flight, flight.network.deafen, flight.network.restore)


def dies_between(flight: Flight, fail: Callable[[str], None], work: Callable[[str], None]) -> None:
    """The sending process is killed as soon as it misses headquarters."""
    fail("link")
    try:
        until(lambda: "headquarters is away" in flight.bridge.log.read_text(), 60)
        flight.bridge.kill_sender()
    finally:
        work("link")


FAULTS = pytest.mark.parametrize("fault", [dies_while_the_link_is_out, dies_in_a_black_hole])


def suffer(flight: Flight, fault: Callable[[Flight], None]) -> None:
    """The fault, and the end of its work: what the last producer has goes out."""
    until(lambda: any(row.sent_at for row in stored(flight.bridge.store)), 60)
    fault(flight)
    flight.drones.land()
    until(lambda: not flight.waiting(), 60)
    assert flight.bridge.stop() == 0


@FAULTS
def test_what_was_under_way_when_the_sender_dies_arrives_once(
    places: Places, tmp_path: Path, fault: Callable[[Flight], None]
):
    with Flight(places, tmp_path, fault.__name__.replace("_", "-")[:32], per_s=300.0) as flight:
        suffer(flight, fault)
        flight.end()


@FAULTS
def test_control_a_bridge_that_marks_at_hand_over_loses_it(
    places: Places, tmp_path: Path, fault: Callable[[Flight], None]
):
    station = "c-" + fault.__name__.replace("_", "-")[:30]
    with Flight(places, tmp_path, station, per_s=300.0, bug="marks-at-hand-over") as flight:
        suffer(flight, fault)
        with pytest.raises(AssertionError, match=r"\([1-9]\d*, 0, 0\)"):
            flight.end()


def test_a_radio_that_flaps_loses_and_doubles_nothing(places: Places, tmp_path: Path, figures: Callable[..., None]):
    with Flight(places, tmp_path, "flap-radio", per_s=300.0) as flight:
        flight.drones.wait_for_acks(100)
        flap(flight.network, "radio")
        flight.end()
        made = len(flight.drones.fleet.made)
        figures(flaps=FLAPS, reports=made, sent_again=round(flight.drones.handed / made - 1, 3), lost=0, doubled=0)


def test_a_black_hole_before_the_broker_is_found_and_nothing_is_sent_again_for_long(
    places: Places, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, figures: Callable[..., None]
):
    monkeypatch.setattr("tests.real.faults.drones.HASTY", Patience())  # the drones' own
    with Flight(places, tmp_path, "hole-radio", broker_at="field", per_s=100.0) as flight:
        flight.drones.wait_for_acks(1_000)
        flight.network.deafen("radio")
        begun = time.monotonic()
        try:
            until(lambda: "the connection to the broker ended" in flight.bridge.log.read_text(), 12 * KEEPALIVE_S)
            found_s = time.monotonic() - begun
        finally:
            flight.network.restore("radio")
        flight.end(240)
        made = len(flight.drones.fleet.made)
        factor = flight.drones.handed / made
        figures(found_after_s=round(found_s, 1), reports=made, handed_over=round(factor, 3), lost=0, doubled=0)
        assert factor <= MUCH


def test_a_black_hole_before_headquarters_is_found_and_little_is_sent_again(
    places: Places, tmp_path: Path, figures: Callable[..., None]
):
    with Flight(places, tmp_path, "hole-link", per_s=300.0) as flight:
        until(lambda: any(row.sent_at for row in stored(flight.bridge.store)), 60)
        calm = _bytes_a_report(flight, lambda: threading.Event().wait(15))
        found: list[float] = []

        def hole() -> None:
            flight.network.deafen("link")
            begun = time.monotonic()
            try:
                until(lambda: "headquarters is away" in flight.bridge.log.read_text(), 60)
                found.append(time.monotonic() - begun)
                threading.Event().wait(20 - min(20, found[0]))
            finally:
                flight.network.restore("link")
            until(lambda: flight.waiting() < 300, 60)
            threading.Event().wait(5)

        before = flight.bridge.log.read_text().count("headquarters is away")
        assert not before
        stormy = _bytes_a_report(flight, hole)
        flight.end()
        factor = stormy / calm
        figures(
            found_after_s=round(found[0], 1),
            bytes_a_report=round(calm),
            factor=round(factor, 2),
            restarts=flight.restarts,
            lost=0,
            doubled=0,
        )
        assert factor <= MUCH


def _bytes_a_report(flight: Flight, during: Callable[[], object]) -> float:
    made, sent = len(flight.drones.fleet.made), flight.network.sent_bytes("link", "station")
    during()
    return (flight.network.sent_bytes("link", "station") - sent) / (len(flight.drones.fleet.made) - made)


def test_on_a_link_of_64_kbit_alerts_pass_the_pictures_and_nothing_runs_into_its_timeout(
    places: Places, tmp_path: Path, figures: Callable[..., None]
):
    pictures, size = 10, 30_000
    with Flight(places, tmp_path, "slow-link") as flight:
        until(lambda: "headquarters is there" in flight.bridge.log.read_text(), 60)
        flight.network.slow("link", "64kbit")
        try:
            sent = flight.network.sent_bytes("link", "station")
            fleet = flight.drones.fleet
            violation = fleet.violation(0)
            flight.drones.carry(violation)
            for part in fleet.evidence(
                violation,
                pictures,
                evidence_id=fleet.new_id(),
                media_type="image/jpeg",
                sha256="0" * 64,
                data=lambda _: os.urandom(size),
            ):
                flight.drones.carry(part)
            flight.drones.make(1_000, alerts=0.0)
            until(lambda: flight.waiting() > 1_000, 60)
            threading.Event().wait(5)  # the pictures are on their way
            flight.drones.carry(alert := fleet.violation(1, alert=True))
            begun = time.monotonic()
            with flight.network.inside("hq"):
                until(
                    lambda: any(
                        one["id"] == alert.id for one in records(flight.kafka.bootstrap, "violation", "slow-link")
                    ),
                    120,
                )
            alert_s, behind = time.monotonic() - begun, flight.waiting()
            until(lambda: not flight.waiting(), 600, f"{flight.waiting()} still wait")
            factor = (flight.network.sent_bytes("link", "station") - sent) / flight.drones.made_bytes
        finally:
            flight.network.quicken("link")
        flight.drones.land()
        with flight.network.inside("hq"):
            for kind in ("violation", "evidence"):
                ids = [one["id"] for one in records(flight.kafka.bootstrap, kind, "slow-link")]
                assert len(ids) == len(set(ids))
        figures(
            alert_s=round(alert_s, 1), behind_it=behind, bytes_over_payload=round(factor, 2), restarts=flight.restarts
        )
        assert behind > pictures / 2
        assert flight.restarts == 0
