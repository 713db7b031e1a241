"""Bridge, broker and archive are killed at random while 10,000 violations flow, and nothing is lost or doubled."""

from __future__ import annotations

import random
import threading
from pathlib import Path

import pytest

from installers.local.demo.demo import Demo
from installers.local.demo.headless import fly_and_prove
from installers.local.demo.plan import DemoPlan
from tests.journeys.flight import flying

pytestmark = [
    pytest.mark.real,
    pytest.mark.timeout(900),
    # kafka-python 3.0.12 drops the socket of a connection that ended under it without closing it.
    pytest.mark.filterwarnings("ignore:.*unclosed <socket.socket:ResourceWarning"),
    pytest.mark.filterwarnings("ignore:.*<socket.socket:pytest.PytestUnraisableExceptionWarning"),
]

SEED = 20_261_122
VIOLATIONS = 10_000
DRAIN_S = 420.0  # Spark starts again after each kill, on two cores


class Killer:
    """Kills one of the three every few seconds while the drones fly, as a power cut would; each is started again by its keeper.

    The archive is killed only when it has committed a batch since its last start, and once more after the landing if need be: a job
    that is killed while it starts proves little.
    """

    def __init__(self, demo: Demo, seed: int, archive_kills: int) -> None:
        self._demo = demo
        self._archive_kills = archive_kills
        self._rng = random.Random(seed)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="killer")
        self.killed: list[str] = []

    def __enter__(self) -> Killer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopping.wait(self._rng.uniform(2.0, 5.0)):
            landed = self._demo.drones.ended.is_set()
            archive_kills = self.killed.count("archive")
            if archive_kills < self._archive_kills and self._archive_works():
                self._kill("archive")
            elif landed and archive_kills == self._archive_kills:
                return
            elif not landed:
                self._kill(self._rng.choice(("bridge", "mosquitto")))

    def _kill(self, victim: str) -> None:
        if victim == "mosquitto":
            for child in self._demo.stack.mosquitto.children:
                child.kill()
            self._demo.stack.restart("mosquitto")
        else:
            self._demo.crew[victim].child.kill()
        self.killed.append(victim)

    def _archive_works(self) -> bool:
        log = self._demo.run.logs / "archive.log"
        return log.exists() and " batch=" in log.read_text(errors="replace").rpartition(" ready: ")[2]


@pytest.mark.parametrize("archive_kills", [1, pytest.param(2, marks=pytest.mark.soak)])
def test_ten_thousand_violations_survive_kills_of_every_part(tmp_path: Path, archive_kills: int):
    """The archive's death between any two of its steps is in real/test_archive.py: here once is enough, a start of Spark each."""
    plan = DemoPlan(
        drones=50, seed=SEED, seconds=60, violations_per_min=VIOLATIONS / 50, pictures="alerts", think_s=0.2
    )

    with flying(tmp_path, plan) as demo, Killer(demo, SEED, archive_kills) as killer:
        found = fly_and_prove(demo, threading.Event(), print, drain_s=DRAIN_S)

    assert found is not None
    report, _, proof = found
    assert proof.kinds["violation"].made >= 0.9 * VIOLATIONS
    assert {"bridge", "mosquitto"} <= set(killer.killed)
    assert killer.killed.count("archive") == archive_kills
    assert proof.missing == ()
    assert proof.lost == 0
    assert proof.doubled == 0
    assert report["alerts"]["raised"] >= 1
    assert report["alerts"]["open"] == 0
