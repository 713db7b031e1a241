"""The simulator as a process against a real broker: everything made arrives, whoever is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic

import pytest

from drone_sim.flash import Made, made
from installers.local.mosquitto import Mosquitto
from installers.local.ports import free_port
from messages.codec import decode, decode_state
from messages.model import AnyMessage, Evidence, Violation
from messages.state import Command, DroneStatus
from tests.fakes.bridge import FakeBridge, a_bridge
from tests.strategies import NOON, an_id

ROOT = Path(__file__).parents[2]
QUICK = ("--drones", "5", "--violations-per-min", "120", "--pictures", "alerts")


class Sim:
    """A running simulator."""

    def __init__(self, folder: Path, broker: str, station: str, *flags: str) -> None:
        self.flash, self.log = folder / "drones.db", folder / "sim.log"
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "drone_sim", "--broker", broker, "--station", station),
                    *("--flash", str(self.flash), *flags),
                ],
                cwd=ROOT,
                env={**os.environ, "PYTHONPATH": str(ROOT)},
                stderr=log,
            )

    def end(self, number: signal.Signals = signal.SIGTERM, within_s: float = 5.0) -> int:
        self.process.send_signal(number)
        return self.process.wait(within_s)

    def reports(self) -> dict[tuple[str, int, int], Made]:
        return {(row.drone_id, row.boot, row.seq): row for row in made(self.flash) if row.kind != "telemetry"}


@contextmanager
def a_sim(folder: Path, broker: str, station: str, *flags: str) -> Iterator[Sim]:
    sim = Sim(folder, broker, station, *flags)
    try:
        yield sim
    finally:
        if sim.process.poll() is None:
            sim.process.kill()
        sim.process.wait()


@pytest.fixture
def own_broker(tmp_path: Path) -> Iterator[Mosquitto]:
    """A broker that the test may kill."""
    broker = Mosquitto(tmp_path / "broker", free_port())
    broker.start()
    yield broker
    broker.stop()


def assert_whole(sim: Sim, bridge: FakeBridge) -> None:
    """Every report that was made is at the bridge, always with the same bytes, and under the id that the ledger knows."""
    reports = sim.reports()
    assert reports
    assert set(bridge.bytes_of) == set(reports)
    for key, payloads in bridge.bytes_of.items():
        assert len(set(payloads)) == 1
        assert decode(payloads[0]).id == reports[key].id


def test_everything_made_is_stored_once_and_the_simulator_ends_by_itself(mosquitto: Mosquitto, tmp_path: Path) -> None:
    with (
        a_bridge(mosquitto.port, "once") as bridge,
        a_sim(tmp_path, mosquitto.address, "once", *QUICK, "--seconds", "6") as sim,
    ):
        assert sim.process.wait(60) == 0
    assert_whole(sim, bridge)
    assert all(len(payloads) == 1 for payloads in bridge.bytes_of.values())
    assert all(row.acknowledged and row.published_at for row in sim.reports().values())
    assert 20 <= len(bridge.telemetry) <= 35
    assert "ready: 5 drones of once" in sim.log.read_text()


def test_a_simulator_killed_in_flight_goes_on_with_the_next_boot_and_the_same_bytes(
    mosquitto: Mosquitto, tmp_path: Path
) -> None:
    with a_bridge(mosquitto.port, "killed") as bridge:
        bridge.acknowledges = False  # so that everything is still kept when the power fails
        with a_sim(tmp_path, mosquitto.address, "killed", *QUICK) as sim:
            assert bridge.wait_for(lambda: len(bridge.bytes_of) > 30)
            sim.end(signal.SIGKILL)
        before = sim.reports()
        assert not any(row.acknowledged for row in before.values())
        first = bridge.forget()
        bridge.acknowledges = True
        with a_sim(tmp_path, mosquitto.address, "killed", *QUICK, "--seconds", "3") as sim:
            assert sim.process.wait(60) == 0
    assert_whole(sim, bridge)
    assert {boot for _, boot, _ in sim.reports()} == {1, 2}
    assert len(first) > 30
    assert set(first) <= set(before) <= set(bridge.bytes_of)
    assert all(bridge.bytes_of[key][0] == payloads[0] for key, payloads in first.items()), "the same bytes again"
    offline = [decode_state(payload, DroneStatus) for payload in bridge.statuses]
    assert {(status.state, status.boot) for status in offline} >= {("online", 1), ("offline", 1), ("online", 2)}


def test_a_broker_killed_in_flight_loses_nothing(own_broker: Mosquitto, tmp_path: Path) -> None:
    with (
        a_bridge(own_broker.port, "broker") as bridge,
        a_sim(tmp_path, own_broker.address, "broker", *QUICK, "--seconds", "12") as sim,
    ):
        for count in (20, 60):
            assert bridge.wait_for(lambda wanted=count: len(bridge.bytes_of) > wanted)  # type: ignore[misc]  # a default
            own_broker.children[-1].kill()
            own_broker.start()
        assert sim.process.wait(90) == 0
    assert_whole(sim, bridge)


def test_holes_are_filled(mosquitto: Mosquitto, tmp_path: Path) -> None:
    refused: set[str] = set()

    def every_third_once(message: AnyMessage) -> bool:
        first = message.seq % 3 == 0 and message.id not in refused
        refused.add(message.id)
        return first

    with a_bridge(mosquitto.port, "holes") as bridge:
        bridge.deaf_to = every_third_once
        with a_sim(tmp_path, mosquitto.address, "holes", *QUICK, "--seconds", "6") as sim:
            assert sim.process.wait(60) == 0
    assert_whole(sim, bridge)


def test_a_bad_radio_link_loses_nothing(mosquitto: Mosquitto, tmp_path: Path) -> None:
    bad = ("--link-drop", "0.2", "--link-duplicate", "0.1", "--link-reorder", "0.2", "--link-delay-s", "0.5")
    with (
        a_bridge(mosquitto.port, "bad") as bridge,
        a_sim(tmp_path, mosquitto.address, "bad", *QUICK, *bad, "--seconds", "6") as sim,
    ):
        assert sim.process.wait(90) == 0
    assert_whole(sim, bridge)


def test_while_the_bridge_is_away_reports_wait_on_the_drones(mosquitto: Mosquitto, tmp_path: Path) -> None:
    with a_bridge(mosquitto.port, "away") as bridge:
        bridge.say("offline")
        with a_sim(tmp_path, mosquitto.address, "away", *QUICK, "--seconds", "60") as sim:
            assert bridge.wait_for(lambda: len(bridge.telemetry) > 25)
            heard = len(bridge.bytes_of)
            assert heard == 0
            bridge.say("online")
            assert bridge.wait_for(lambda: len(bridge.bytes_of) > 40)
            assert sim.end() == 0


def test_without_acknowledgements_it_says_what_is_left_and_ends_with_code_1(
    mosquitto: Mosquitto, tmp_path: Path
) -> None:
    """The control: it is the bridge's word that counts, and not the broker's."""
    with a_bridge(mosquitto.port, "mute") as bridge:
        bridge.acknowledges = False
        with a_sim(tmp_path, mosquitto.address, "mute", *QUICK, "--seconds", "3", "--drain-s", "2") as sim:
            assert sim.process.wait(30) == 1
        assert len(bridge.bytes_of) == len(sim.reports())
    last = sim.log.read_text().splitlines()[-1]
    assert last == (
        f"drone_sim: {len(sim.reports())} reports are not acknowledged after 2 s; "
        f"they stay in {sim.flash} and go out at the next start"
    )


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_cleanly_and_says_so_to_the_station(
    mosquitto: Mosquitto, tmp_path: Path, number: signal.Signals
) -> None:
    station = number.name.lower()
    with a_bridge(mosquitto.port, station) as bridge, a_sim(tmp_path, mosquitto.address, station, *QUICK) as sim:
        assert bridge.wait_for(lambda: len(bridge.telemetry) > 10)
        began = monotonic()
        assert sim.end(number) == 0
        assert monotonic() - began < 5
        stopped = 'state":"stopped"'
        assert bridge.wait_for(lambda: sum(stopped in str(payload) for payload in bridge.statuses) == 5)


def test_without_a_broker_it_flies_on_and_stops_when_told(tmp_path: Path) -> None:
    with a_sim(tmp_path, f"127.0.0.1:{free_port()}", "alone", *QUICK) as sim:
        deadline = monotonic() + 30
        while not (sim.flash.exists() and "broker=away" in sim.log.read_text()) and monotonic() < deadline:
            with pytest.raises(subprocess.TimeoutExpired):
                sim.process.wait(0.1)
        with pytest.raises(subprocess.TimeoutExpired):
            sim.process.wait(2)
        assert sim.end() == 0
    assert len(sim.reports()) > 10


def test_an_officer_takes_control_and_asks_for_a_picture_again(mosquitto: Mosquitto, tmp_path: Path) -> None:
    flags = ("--drones", "2", "--violations-per-min", "1200", "--pictures", "alerts")
    with a_bridge(mosquitto.port, "asks") as bridge, a_sim(tmp_path, mosquitto.address, "asks", *flags):

        def alert_with_picture() -> tuple[str, str] | None:
            for payloads in bridge.bytes_of.values():
                message = decode(payloads[0])
                if isinstance(message, Evidence) and message.part == message.parts:
                    return message.drone_id, message.violation_id
            return None

        assert bridge.wait_for(lambda: alert_with_picture() is not None)
        found = alert_with_picture()
        assert found is not None
        drone_id, violation_id = found
        asked = {"id": an_id(), "drone_id": drone_id, "officer": "duarte", "at": NOON}
        bridge.command(Command(action="send_picture", violation_id=violation_id, **asked))  # type: ignore[arg-type]  # by name

        def again() -> bool:
            parts = [
                payloads
                for payloads in bridge.bytes_of.values()
                if isinstance(message := decode(payloads[0]), Evidence) and message.violation_id == violation_id
            ]
            return all(len(payloads) == 2 and len(set(payloads)) == 1 for payloads in parts)

        assert bridge.wait_for(again)
        bridge.command(Command(action="take_control", **asked))  # type: ignore[arg-type]  # by name
        assert bridge.wait_for(
            lambda: [one.phase for one in bridge.telemetry if one.drone_id == drone_id][-3:] == ["inspect"] * 3
        )


def test_fifty_drones_have_a_connection_and_a_status_each(mosquitto: Mosquitto, tmp_path: Path) -> None:
    flags = ("--drones", "50", "--seconds", "4")
    with (
        a_bridge(mosquitto.port, "fifty") as bridge,
        a_sim(tmp_path, mosquitto.address, "fifty", *flags) as sim,
    ):
        assert sim.process.wait(60) == 0
        assert_whole(sim, bridge)
        online = {decode_state(payload, DroneStatus).drone_id for payload in bridge.statuses}
        assert len(online) == 50
        violations = [m for p in bridge.bytes_of.values() if isinstance(m := decode(p[0]), Violation)]
        assert len({violation.drone_id for violation in violations}) > 20
