"""The disk refuses: nothing is acknowledged that is not on it, the status says so, and the bridge goes on by itself when the disk does."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from installers.local.mosquitto import Mosquitto
from messages.state import BridgeState
from tests.real.bridge_runs import BridgeProcess, Fleet, until
from tests.real.faults.conftest import needs, needs_root
from tests.real.faults.disks import Image, fill, small_disk
from tests.real.faults.drones import KeepingDrones, acknowledged_between
from tests.real.faults.planted import with_bug
from tests.real.faults.planting import PlantedBridge, must_have_acted
from tests.real.faults.proofs import broken_promises
from tests.real.faults.syscalls import SYNC, injected, moments

PER_S = 500.0
FAILING = f"{SYNC}:error=EIO:when=60..67"
FULL = "pwrite64:error=ENOSPC:when=600..607"
NO_ROOM = "database or disk is full"  # SQLite's words
REFUSING: tuple[BridgeState, ...] = ("full", "failing")


class OnABadDisk(BridgeProcess):
    """A bridge of which some system calls on the store fail: `fault` as strace spells it."""

    def __init__(self, folder: Path, fault: str, bug: str | None = None, **settings: Any) -> None:
        super().__init__(folder, **settings, kafka=None)
        self.mark = folder / "planted"
        if bug is not None:
            self._argv = with_bug(self._argv, bug, self.mark)
        self.calls = folder / "strace.log"
        self._argv = injected(
            self._argv,
            fault,
            log=self.calls,
            only=[self.store, Path(f"{self.store}-wal")],
        )

    def __exit__(self, *_: object) -> None:
        if self.process is not None and self.process.poll() is None:
            for traced in psutil.Process(self.process.pid).children():  # strace itself takes no signals while it traces
                traced.terminate()
            self.process.wait(30)


@pytest.mark.timeout(300)
def test_a_sync_that_fails_is_never_acknowledged_and_the_bridge_goes_on_when_the_disk_does(
    tmp_path: Path, mosquitto: Mosquitto, figures: Callable[..., None]
):
    needs("strace")
    station = "eio"
    fleet = Fleet("eio", 20)
    with (
        OnABadDisk(tmp_path, FAILING, broker=mosquitto.address, station=station) as bridge,
        KeepingDrones("127.0.0.1", mosquitto.port, fleet, station, per_s=PER_S) as drones,
    ):
        said_at = drones.wait_for_state(*REFUSING)
        drones.wait_for_state("online")
        drones.wait_for_acks(200)
        drones.land()
    errors = moments(bridge.calls)
    assert len(errors) == 8
    assert acknowledged_between(drones, said_at, errors[-1]) == 0
    broken = broken_promises(bridge.store, drones.promised())
    assert broken.nothing, broken
    figures(
        errors=len(errors),
        refused_s=round(errors[-1] - errors[0], 1),
        in_the_status_after_s=round(said_at - errors[0], 3),
        lost=0,
        doubled=0,
    )


def promised_before_and_kept(
    bridge: BridgeProcess, drones: KeepingDrones, refuse: Callable[[], object], mend: Callable[[], object]
) -> int:
    """The disk refuses for a while under full load; every promise is kept. Gives how many there were when it refused."""
    drones.wait_for_acks(500)
    refuse()
    drones.wait_for_state(*REFUSING)
    promised = drones.promised()
    drones.make(500)
    mend()
    drones.wait_for_state("online")
    drones.land()
    assert bridge.stop() == 0
    broken = broken_promises(bridge.store, drones.promised())
    assert broken.nothing, broken
    return len(promised)


@pytest.mark.timeout(300)
def test_a_disk_that_turns_read_only_is_not_written_around_and_work_goes_on_when_it_is_back(
    ram: Path, mosquitto: Mosquitto, figures: Callable[..., None]
):
    needs_root("mkfs.ext4", "mount")
    station = "read-only"
    fleet = Fleet("ro", 20)
    with (
        Image(ram) as image,
        BridgeProcess(
            image.place, broker=mosquitto.address, station=station, kafka=None, log=ram / "bridge.log"
        ) as bridge,
        KeepingDrones("127.0.0.1", mosquitto.port, fleet, station, per_s=PER_S) as drones,
    ):
        promised = promised_before_and_kept(bridge, drones, image.refuse, image.repair)
    figures(acknowledged_before=promised, reports=len(fleet.made), lost=0, doubled=0)


@pytest.mark.timeout(300)
def test_control_a_bridge_that_overlooks_a_read_only_disk_loses(ram: Path, mosquitto: Mosquitto):
    needs_root("mkfs.ext4", "mount")
    settings: dict[str, Any] = {"broker": mosquitto.address, "station": "read-only-overlooked", "kafka": None}
    with (
        Image(ram) as image,
        PlantedBridge("overlooks-errors", image.place, mark=ram / "planted", **settings) as bridge,
        KeepingDrones("127.0.0.1", mosquitto.port, Fleet("rc", 20), settings["station"], per_s=PER_S) as drones,
    ):
        drones.wait_for_acks(500)
        image.refuse()
        drones.wait_for_acks(1_000)
        bridge.kill()
        image.repair()
        broken = broken_promises(bridge.store, drones.promised())
    assert broken.lost


@pytest.mark.timeout(300)
def test_a_full_disk_is_not_acknowledged_onto_and_work_goes_on_when_there_is_room(
    ram: Path, mosquitto: Mosquitto, figures: Callable[..., None]
):
    """Others fill the disk. Whether the bridge sees that first, or SQLite is refused, is chance; the next test leaves none."""
    needs_root("mount")
    station = "small-disk"
    settings: dict[str, Any] = {"broker": mosquitto.address, "station": station, "kafka": None}
    others: list[Path] = []
    with (
        small_disk(ram / "mounted-small", "80m") as place,
        BridgeProcess(place, **settings, more=("--keep-free-mb", "0"), log=ram / "bridge.log") as bridge,
        KeepingDrones("127.0.0.1", mosquitto.port, Fleet("sd", 20), station, per_s=PER_S) as drones,
    ):
        promised = promised_before_and_kept(
            bridge, drones, lambda: others.append(fill(place)), lambda: others[0].unlink()
        )
    by = "SQLite" if NO_ROOM in bridge.log.read_text() else "bridge"
    figures(acknowledged_when_full=promised, reports=len(drones.fleet.made), found_by=by, lost=0, doubled=0)


@pytest.mark.timeout(300)
def test_a_write_that_finds_no_room_is_never_acknowledged(
    tmp_path: Path, mosquitto: Mosquitto, figures: Callable[..., None]
):
    needs("strace")
    station = "no-room"
    with (
        OnABadDisk(tmp_path, FULL, broker=mosquitto.address, station=station) as bridge,
        KeepingDrones("127.0.0.1", mosquitto.port, Fleet("nr", 20), station, per_s=PER_S) as drones,
    ):
        drones.wait_for_state("full")
        drones.wait_for_state("online")
        drones.wait_for_acks(200)
        drones.land()
    assert NO_ROOM in bridge.log.read_text()
    broken = broken_promises(bridge.store, drones.promised())
    assert broken.nothing, broken
    figures(errors=len(moments(bridge.calls)), reports=len(drones.fleet.made), lost=0, doubled=0)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("fault", [FAILING, FULL], ids=["EIO", "ENOSPC"])
def test_control_a_bridge_that_overlooks_the_error_acknowledges_all_the_same(
    tmp_path: Path, mosquitto: Mosquitto, fault: str
):
    needs("strace")
    station = f"overlooked-{len(fault)}"
    with (
        OnABadDisk(tmp_path, fault, "overlooks-errors", broker=mosquitto.address, station=station) as bridge,
        KeepingDrones("127.0.0.1", mosquitto.port, Fleet("eo", 20), station, per_s=PER_S) as drones,
    ):
        until(lambda: len(moments(bridge.calls)) >= 8, 60)
        drones.wait_for_acks(500)
    must_have_acted(bridge.mark)
    assert broken_promises(bridge.store, drones.promised()).lost


def test_a_planted_bug_that_never_acts_fails_its_control(tmp_path: Path, mosquitto: Mosquitto):
    bridge = PlantedBridge(
        "overlooks-errors", tmp_path, mark=tmp_path / "planted", broker=mosquitto.address, station="works", kafka=None
    )
    with (
        pytest.raises(AssertionError, match="never acted"),
        bridge,
    ):  # on a disk that works there is nothing to overlook
        assert bridge.stop() == 0
