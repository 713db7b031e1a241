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

pytestmark = [pytest.mark.real, pytest.mark.timeout(600)]

SEED = 20_261_122
VIOLATIONS = 10_000


class Killer:
    """Kills one of the three every few seconds, as a power cut would, until told to stop; each is started again by its keeper."""

    def __init__(self, demo: Demo, seed: int) -> None:
        self._demo = demo
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
        while not self._stopping.wait(self._rng.uniform(3.0, 7.0)):
            victim = self._rng.choice(("bridge", "mosquitto", "archive"))
            if victim == "mosquitto":
                for child in self._demo.stack.mosquitto.children:
                    child.kill()
                self._demo.stack.restart("mosquitto")
            elif victim == "archive" and not self._demo.headquarters_ready.is_set():
                continue
            else:
                self._demo.crew[victim].child.kill()
            self.killed.append(victim)


def test_ten_thousand_violations_survive_kills_of_every_part(tmp_path: Path):
    plan = DemoPlan(
        drones=50, seed=SEED, seconds=60, violations_per_min=VIOLATIONS / 50, pictures="alerts", think_s=0.2
    )

    with flying(tmp_path, plan) as demo, Killer(demo, SEED) as killer:
        found = fly_and_prove(demo, threading.Event(), print)

    assert found is not None
    report, _, proof = found
    assert proof.kinds["violation"].made >= 0.9 * VIOLATIONS
    assert {"bridge", "mosquitto"} <= set(killer.killed)
    assert report["restarts"]["bridge"] >= 1
    assert [one for one in proof.missing if one.kind != "telemetry"] == []
    assert proof.lost == 0
    assert proof.doubled == 0
    assert report["alerts"]["raised"] >= 1
    assert report["alerts"]["open"] == 0
