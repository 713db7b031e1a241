"""The bridge is killed at the N-th system call on its files, again and again under load: what it acknowledged is kept, whole and once."""

from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from edge_bridge.storage.opening import open_store
from installers.local.kafka import Kafka
from installers.local.mosquitto import Mosquitto
from tests.real.bridge_runs import KEY, REPOSITORY, BridgeProcess, Fleet, bridge_environment
from tests.real.faults.conftest import needs
from tests.real.faults.drones import KeepingDrones
from tests.real.faults.planted import with_bug
from tests.real.faults.planting import must_have_acted
from tests.real.faults.proofs import arrives_once, broken_promises
from tests.real.faults.syscalls import SYNC, ends_by_itself, files_of, injected, started

Point = tuple[str, int]  # the calls, and the how-manieth of them

SEED = 20_261_127
PER_S = 800.0
REACHED_S = 12.0  # a point that is not reached by then is none: the sweep says how many were
ENVIRONMENT = bridge_environment()


@pytest.fixture(autouse=True)
def strace() -> None:
    needs("strace")


class Victim:
    """A bridge that is started under strace to be killed, and started whole in the end. The store stays."""

    def __init__(
        self, folder: Path, broker: str, station: str, kafka: str | None = None, bug: str | None = None
    ) -> None:
        self.bridge = BridgeProcess(folder, broker=broker, station=station, kafka=kafka)
        self.folder = folder
        self.mark = folder / "planted"
        run = [sys.executable, "-m", "edge_bridge", "run", "--broker", broker, "--station", station]
        run += ["--store", str(self.bridge.store), *(("--kafka", kafka) if kafka else ())]
        self._run = with_bug(run, bug, self.mark) if bug else run

    def killed_at(self, point: Point) -> bool:
        """Runs until it is killed there; False if it never came so far (then it is killed all the same)."""
        calls, when = point
        argv = injected(
            self._run,
            f"{calls}:signal=SIGKILL:when={when}",
            log=self.folder / "strace.log",
            only=files_of(self.bridge.store),
        )
        process = started(argv, log=self.folder / "victim.log", folder=REPOSITORY, environment=ENVIRONMENT)
        return ends_by_itself(process, REACHED_S)


def receiving_points(count: int, seed: int, most_writes: int) -> list[Point]:
    """Where the receiving process is killed: most in the midst of commits, some while it opens the store."""
    dice = random.Random(seed)
    return [
        *(("pwrite64", dice.randrange(1, most_writes)) for _ in range(count * 5 // 8)),
        *((SYNC, dice.randrange(1, most_writes // 12)) for _ in range(count // 4)),
        *(("openat", dice.randrange(1, 9)) for _ in range(count // 12)),
        *(("ftruncate", dice.randrange(1, 4)) for _ in range(count // 24)),
    ]


def sweep(victim: Victim, drones: KeepingDrones, points: Sequence[Point]) -> int:
    """Kills it at each point in turn and looks at the store after each; how many were reached."""
    reached = 0
    for point in points:
        reached += victim.killed_at(point)
        broken = broken_promises(victim.bridge.store, drones.promised())
        assert broken.nothing, f"killed at {point}: {broken}"
    return reached


def receive_and_die(
    folder: Path, mosquitto: Mosquitto, kafka: Kafka, count: int, most_writes: int
) -> tuple[int, KeepingDrones]:
    """The whole sweep of the receiving process; at its end everything is in Kafka once."""
    station = f"killed-receiving-{count}"
    victim = Victim(folder, mosquitto.address, station)
    drones = KeepingDrones("127.0.0.1", mosquitto.port, Fleet(f"kr{count}", 20), station, per_s=PER_S)
    points = receiving_points(count, SEED, most_writes)
    random.Random(SEED).shuffle(points)
    with victim.bridge:  # once in order, so that there is a store
        victim.bridge.stop()
    with drones:
        reached = sweep(victim, drones, points)
        drones.per_s = 0.0
        whole = BridgeProcess(folder, broker=mosquitto.address, station=station, kafka=kafka.bootstrap)
        with whole:
            drones.land()
            arrives_once(whole.store, kafka.bootstrap, station, drones.fleet)
            assert whole.stop() == 0
    return reached, drones


@pytest.mark.timeout(1_800)
@pytest.mark.parametrize(("count", "most_writes"), [(8, 400), pytest.param(112, 1_500, marks=pytest.mark.soak)])
def test_a_receiving_process_killed_in_the_midst_of_its_commits_keeps_what_it_acknowledged(
    tmp_path: Path, mosquitto: Mosquitto, kafka: Kafka, figures: Callable[..., None], count: int, most_writes: int
):
    reached, drones = receive_and_die(tmp_path, mosquitto, kafka, count, most_writes)

    assert reached >= count / 4  # what a slow machine does not reach in time is no failure
    figures(points=reached, acknowledged=len(drones.acknowledged), lost=0, doubled=0, halves=0)


@pytest.mark.timeout(300)
def test_control_a_bridge_that_acknowledges_before_the_commit_is_found(tmp_path: Path, mosquitto: Mosquitto):
    station = "killed-late"
    victim = Victim(tmp_path, mosquitto.address, station, bug="commits-late")
    with (
        victim.bridge,
        KeepingDrones("127.0.0.1", mosquitto.port, Fleet("kl", 20), station, per_s=PER_S) as drones,
    ):
        victim.bridge.stop()
        with pytest.raises(AssertionError, match="killed at"):
            sweep(victim, drones, [("pwrite64", 600), ("pwrite64", 700), (SYNC, 40), (SYNC, 50)])
        assert broken_promises(victim.bridge.store, drones.promised()).lost
    must_have_acted(victim.mark)


def new_store_points(step: int) -> list[Point]:
    """Where a bridge is killed while it makes its store."""
    counts = {"pwrite64": 160, SYNC: 24, "openat": 9, "ftruncate": 4}
    return [(calls, when) for calls, most in counts.items() for when in range(1, most + 1, step if most > 20 else 1)]


def die_at_birth(folder: Path, mosquitto: Mosquitto, points: Sequence[Point]) -> int:
    """Kills a bridge at each point of making its store; the next start makes it whole. How many were reached."""
    reached = 0
    for number, point in enumerate(points):
        place = folder / str(number)
        place.mkdir()
        victim = Victim(place, mosquitto.address, "killed-at-birth")
        reached += victim.killed_at(point)
        open_store(victim.bridge.store, KEY).close()
        broken = broken_promises(victim.bridge.store, ())
        assert broken.nothing, f"killed at {point}: {broken}"
    return reached


@pytest.mark.soak
@pytest.mark.timeout(900)
def test_a_bridge_killed_while_it_makes_its_store_makes_it_at_the_next_start(
    tmp_path: Path, mosquitto: Mosquitto, figures: Callable[..., None]
):
    points = new_store_points(9)

    reached = die_at_birth(tmp_path, mosquitto, points)

    figures(points=reached)
    assert reached >= len(points) / 2


class Sender:
    """The sending process of a store, alone and under strace: the shipped command, with our hand as its parent's."""

    def __init__(self, folder: Path, store: Path, kafka: str, station: str) -> None:
        self._folder, self._store = folder, store
        self._argv = [sys.executable, "-m", "edge_bridge", "forward", "--store", str(store), "--kafka", kafka]
        self._argv += ["--station", station, "--compression", "lz4"]

    def killed_at(self, point: Point) -> bool:
        """Runs until it is killed there; False if it ended its work, or the time, before."""
        calls, when = point
        only = () if calls == "sendto" else files_of(self._store)
        argv = injected(self._argv, f"{calls}:signal=SIGKILL:when={when}", log=self._folder / "strace.log", only=only)
        process = started(
            argv, log=self._folder / "sender.log", folder=REPOSITORY, environment=ENVIRONMENT, stdin=subprocess.PIPE
        )
        return ends_by_itself(process, REACHED_S / 2)


def sending_points(count: int, seed: int) -> list[Point]:
    """Where the sending process is killed: between what it sends to Kafka and what it marks."""
    dice = random.Random(seed)
    return [
        *(("pwrite64", dice.randrange(1, 400)) for _ in range(count // 2)),
        *(("sendto", dice.randrange(1, 60)) for _ in range(count // 4)),
        *((SYNC, dice.randrange(1, 4)) for _ in range(count // 12)),
        *(("openat", dice.randrange(1, 9)) for _ in range(count // 6)),
    ]


@pytest.fixture
def loaded(tmp_path: Path, mosquitto: Mosquitto) -> Iterator[tuple[BridgeProcess, KeepingDrones, str]]:
    """A bridge without headquarters that stores what drones report."""
    station = "killed-sending"
    fleet = Fleet(station, 20)
    with (
        BridgeProcess(tmp_path, broker=mosquitto.address, station=station, kafka=None) as bridge,
        KeepingDrones("127.0.0.1", mosquitto.port, fleet, station, per_s=PER_S) as drones,
    ):
        yield bridge, drones, station


def send_and_die(loaded: tuple[BridgeProcess, KeepingDrones, str], folder: Path, kafka: Kafka, count: int) -> int:
    """The whole sweep of the sending process; at its end everything is in Kafka once."""
    bridge, drones, station = loaded
    drones.wait_for_acks(200)
    sender = Sender(folder, bridge.store, kafka.bootstrap, station)
    points = sending_points(count, SEED)
    random.Random(SEED).shuffle(points)
    reached = sum(sender.killed_at(point) for point in points)
    drones.land()
    assert bridge.stop() == 0
    broken = broken_promises(bridge.store, drones.promised())
    assert broken.nothing, broken
    address = bridge._argv[bridge._argv.index("--broker") + 1]
    with BridgeProcess(folder, broker=address, station=station, kafka=kafka.bootstrap) as whole:
        arrives_once(whole.store, kafka.bootstrap, station, drones.fleet)
        assert whole.stop() == 0
    return reached


@pytest.mark.soak
@pytest.mark.timeout(1_800)
def test_the_sending_process_killed_at_fifty_points(loaded, tmp_path: Path, kafka: Kafka, figures: Callable[..., None]):
    reached = send_and_die(loaded, tmp_path, kafka, 60)

    assert reached >= 30
    figures(points=reached, reports=len(loaded[1].fleet.made), lost=0, doubled=0)


def test_the_calls_that_are_counted_are_those_that_sqlite_makes(tmp_path: Path):
    """A kill at a call that is never made would prove nothing: SQLite may be built to sync with one call or the other."""
    script = (
        "from edge_bridge.storage.store import SqliteStore; from pathlib import Path; "
        f"SqliteStore(Path({str(tmp_path / 'b.db')!r})).close()"
    )
    log = tmp_path / "strace.log"
    calls = f"{SYNC},pwrite64,openat,ftruncate"
    argv = [
        "strace",
        "-f",
        "-qq",
        "-o",
        str(log),
        "-e",
        f"trace={calls}",
        "-P",
        str(tmp_path / "b.db"),
        sys.executable,
        "-c",
        script,
    ]
    subprocess.run(argv, check=True, cwd=REPOSITORY, env=ENVIRONMENT)
    made = {line.split()[1].split("(")[0] for line in log.read_text().splitlines()}
    assert {"pwrite64", "openat"} <= made
    assert made & {"fsync", "fdatasync"}
