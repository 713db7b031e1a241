"""The power is cut while the bridge writes: everything that it had acknowledged is on the disk, and the store is whole."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from installers.local.kafka import Kafka
from installers.local.mosquitto import Mosquitto
from tests.real.bridge_runs import BridgeProcess, Fleet
from tests.real.faults.conftest import needs_root
from tests.real.faults.disks import Image, mounted, standing_still
from tests.real.faults.drones import KeepingDrones
from tests.real.faults.planting import PlantedBridge
from tests.real.faults.proofs import Broken, arrives_once, broken_promises

SEED = 20_261_127
PER_S = 1_000.0


@pytest.fixture(autouse=True)
def mounting() -> None:
    needs_root("mkfs.ext4", "mount")


def cut_and_look(image: Image, bridge: BridgeProcess, drones: KeepingDrones) -> tuple[Broken, int]:
    """One cut: what the store on the disk fails to keep, and how many reports it had promised to."""
    assert bridge.process is not None
    with standing_still(bridge.process.pid):
        copy = image.copied()
        promised = drones.promised()  # after the copy: an Ack that was on its way counts, too
    with mounted(copy) as place:
        return broken_promises(place / "bridge.db", promised), len(promised)


def cut_again_and_again(
    ram: Path, bridge: BridgeProcess, drones: KeepingDrones, image: Image, cuts: int
) -> tuple[int, int]:
    """So many cuts at random moments; how many reports were promised by the last, and how many cuts lost one. Fails on damage."""
    dice, moment, promised, losing = random.Random(SEED), threading.Event(), 0, 0
    for number in range(cuts):
        moment.wait(dice.uniform(0.02, 0.5))
        broken, promised = cut_and_look(image, bridge, drones)
        assert not broken.damage, f"cut {number}: {broken.damage}"
        assert not broken.halves, f"cut {number}: {broken.halves}"
        assert not broken.doubled, f"cut {number}: {broken.doubled}"
        losing += bool(broken.lost)
    return promised, losing


def survive_cuts(ram: Path, mosquitto: Mosquitto, kafka: Kafka, cuts: int) -> int:
    """Cuts, all of which must lose nothing; then a bridge starts on the disk of the last cut, and everything is in Kafka once."""
    station = f"power-cuts-{cuts}"
    drones = KeepingDrones("127.0.0.1", mosquitto.port, Fleet(f"pc{cuts}", 20), station, per_s=PER_S)
    # Large enough that room is never short: what headquarters has would be purged, as it should, and be missed here.
    with Image(ram, "2G") as image, drones:
        settings: dict[str, Any] = {"broker": mosquitto.address, "station": station, "kafka": kafka.bootstrap}
        with BridgeProcess(image.place, **settings) as bridge:
            drones.wait_for_acks(100)
            promised, losing = cut_again_and_again(ram, bridge, drones, image, cuts)
            assert not losing
            drones.per_s = 0.0
            assert bridge.process is not None
            with standing_still(bridge.process.pid):
                sender = bridge.sender
                assert sender is not None
                with standing_still(sender.pid):
                    copy = image.copied()
                    bridge.kill_sender()
                    bridge.kill()
        with mounted(copy) as place, BridgeProcess(place, **settings) as after:
            drones.land()
            arrives_once(after.store, kafka.bootstrap, station, drones.fleet)
            assert broken_promises(after.store, drones.promised()).nothing
            assert after.stop() == 0
    return promised


@pytest.mark.timeout(1_200)
@pytest.mark.parametrize("cuts", [3, pytest.param(60, marks=pytest.mark.soak)])
def test_power_cuts_lose_nothing_that_was_acknowledged(
    ram: Path, mosquitto: Mosquitto, kafka: Kafka, figures: Callable[..., None], cuts: int
):
    promised = survive_cuts(ram, mosquitto, kafka, cuts)

    figures(cuts=cuts, acknowledged=promised, lost=0, doubled=0)


@pytest.mark.timeout(300)
def test_control_a_store_that_does_not_wait_for_the_disk_loses(ram: Path, mosquitto: Mosquitto):
    station = "power-cut-volatile"
    settings: dict[str, Any] = {"broker": mosquitto.address, "station": station, "kafka": None}
    drones = KeepingDrones("127.0.0.1", mosquitto.port, Fleet("pv", 20), station, per_s=PER_S)
    with (
        Image(ram) as image,
        drones,
        PlantedBridge("volatile", image.place, mark=ram / "planted", **settings) as bridge,
    ):
        drones.wait_for_acks(100)
        _, losing = cut_again_and_again(ram, bridge, drones, image, 4)
    assert losing
