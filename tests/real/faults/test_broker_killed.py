"""The station's broker is killed under load, again and again: what it had taken and forgot comes again from the drones, which keep it."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from installers.local.kafka import Kafka
from installers.local.mosquitto import Mosquitto
from installers.local.ports import free_port
from tests.real.bridge_runs import BridgeProcess, Fleet, until
from tests.real.faults import drones as keeping
from tests.real.faults.disks import standing_still
from tests.real.faults.drones import KeepingDrones
from tests.real.faults.proofs import arrives_once, broken_promises

BURST = 8_000  # more than what may be under way to the bridge: the rest waits in the broker's memory
EVERY_S = 3.0


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    """A broker of this test's own, with the shipped configuration."""
    made = Mosquitto(tmp_path / "mosquitto", free_port())
    made.start()
    yield made
    made.stop()


def kill(broker: Mosquitto) -> None:
    """As a power cut would; then it is started again as its keeper would."""
    for child in broker.children:
        child.kill()
    broker.start()


def kill_again_and_again(folder: Path, broker: Mosquitto, kafka: Kafka, kills: int, per_s: float) -> KeepingDrones:
    """A kill every EVERY_S under load; at the end everything is in Kafka once."""
    station, moment = f"broker-killed-{kills}", threading.Event()
    settings: dict[str, Any] = {"broker": broker.address, "station": station, "kafka": kafka.bootstrap}
    drones = KeepingDrones("127.0.0.1", broker.port, Fleet(f"bk{kills}", 20), station, per_s=per_s)
    with BridgeProcess(folder, **settings) as bridge, drones:
        for _ in range(kills):
            moment.wait(EVERY_S)
            kill(broker)
        drones.land()
        arrives_once(bridge.store, kafka.bootstrap, station, drones.fleet, 120)
        assert bridge.stop() == 0
    broken = broken_promises(bridge.store, drones.promised())
    assert broken.nothing, broken
    return drones


@pytest.mark.timeout(1_200)
@pytest.mark.parametrize(("kills", "per_s"), [(2, 1_000.0), pytest.param(200, 200.0, marks=pytest.mark.soak)])
def test_a_broker_killed_every_three_seconds_loses_nothing(
    tmp_path: Path, broker: Mosquitto, kafka: Kafka, figures: Callable[..., None], kills: int, per_s: float
):
    drones = kill_again_and_again(tmp_path, broker, kafka, kills, per_s)

    figures(kills=kills, reports=len(drones.fleet.made), handed=drones.handed, lost=0, doubled=0)


def forget_a_burst(
    folder: Path, broker: Mosquitto, station: str, within_s: float
) -> tuple[BridgeProcess, KeepingDrones]:
    """The broker takes a burst that the bridge cannot read yet, and is killed with it. The drones have `within_s` to land then."""
    bridge = BridgeProcess(folder, broker=broker.address, station=station, kafka=None)
    drones = KeepingDrones("127.0.0.1", broker.port, Fleet(station, 50), station, per_s=0.0)
    with bridge, drones:
        drones.wait_for_state("online")
        assert bridge.process is not None
        with standing_still(bridge.process.pid):
            drones.make(BURST)
            until(lambda: drones.taken >= BURST, 60)
            kill(broker)
        with contextlib.suppress(AssertionError):  # whoever calls looks at what is still kept
            drones.land(within_s)
    return bridge, drones


@pytest.mark.soak
@pytest.mark.timeout(300)
def test_a_burst_that_only_the_broker_had_comes_again_from_the_drones(tmp_path: Path, broker: Mosquitto):
    bridge, drones = forget_a_burst(tmp_path, broker, "burst-kept", 60)

    assert drones.kept == 0
    broken = broken_promises(bridge.store, drones.fleet.made)
    assert broken.nothing, broken
    assert drones.handed > BURST  # it really was forgotten


@pytest.mark.soak
@pytest.mark.timeout(300)
def test_control_drones_that_trust_the_brokers_word_lose_it(
    tmp_path: Path, broker: Mosquitto, monkeypatch: pytest.MonkeyPatch
):
    never = 1e6
    trusting = msgspec.structs.replace(keeping.HASTY, after_reconnect_s=never, quiet_s=never, hole_s=never)
    monkeypatch.setattr(keeping, "HASTY", trusting)

    bridge, drones = forget_a_burst(tmp_path, broker, "burst-trusted", 5)

    assert drones.kept
    assert broken_promises(bridge.store, drones.fleet.made).lost
