"""The demo without a window: drones fly for a set time, a scripted officer codes, everything drains, and the proof is made."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from kafka.errors import KafkaError

from cloud_pipeline.errors import ArchiveError
from edge_bridge.storage import store
from installers.local.demo.demo import Demo
from installers.local.places import station_key
from installers.local.processes import ProcessError
from installers.local.proof.census import Census, take_census
from installers.local.proof.ledger import Proof, prove
from installers.local.proof.report import as_json
from messages.alert import is_open

log = logging.getLogger(__name__)

DRAIN_S = 240.0  # Spark's first batch after a cold start has taken 40 s on two busy cores
LOOK_S = 2.0
STATION_LOOK_S = 0.2


def fly_and_prove(
    demo: Demo, stopped: threading.Event, say: Callable[[str], None], *, drain_s: float = DRAIN_S
) -> tuple[dict[str, Any], Census, Proof] | None:
    """Runs a started demo to its end and gives the report; None if it was stopped before.

    What is not in the archive `drain_s` after the landing counts as lost.

    Raises ProcessError if a part is not to be had.
    """
    seconds = demo.plan.seconds or 0
    say(f"{demo.plan.drones} drones fly for {seconds} s")
    peak = _PeakMemory(demo)
    while not demo.drones.ended.wait(LOOK_S):
        peak.look()
        if stopped.is_set():
            return None
    say(
        "the drones have landed, and every report is acknowledged"
        if demo.drones.child.exit_code == 0
        else "the drones have landed"
    )
    deadline = time.monotonic() + drain_s
    while _alerts_open(demo) and time.monotonic() < deadline:
        if stopped.wait(STATION_LOOK_S):
            return None
    say("the officer has decided every alert" if not _alerts_open(demo) else "some alerts are still open")
    found = _drained(demo, deadline, peak, stopped)
    if found is None:
        return None
    census, proof = found
    report = as_json(
        census,
        proof,
        drones=demo.plan.drones,
        seconds=seconds,
        seed=demo.plan.seed,
        offline=demo.plan.offline,
        alerts=_alerts(demo),
        ready_s=demo.ready_s,
        peak_memory_mb=peak.figures(),
        drones_exit_code=demo.drones.child.exit_code,
        restarts={name: demo.crew[name].starts - 1 for name in ("bridge", "desk", "archive", "alerts")},
    )
    return report, census, proof


def _alerts_open(demo: Demo) -> int:
    return sum(1 for alert in store.alerts(Path(demo.run.bridge), key=station_key()) if is_open(alert))


def _alerts(demo: Demo) -> dict[str, int]:
    alerts = list(store.alerts(demo.run.bridge, key=station_key()))
    still_open = sum(1 for alert in alerts if is_open(alert))
    return {"raised": len(alerts), "coded": len(alerts) - still_open, "open": still_open}


def _drained(demo: Demo, deadline: float, peak: _PeakMemory, stopped: threading.Event) -> tuple[Census, Proof] | None:
    """Looks until nothing is on its way any more, or the time is over: what is missing then is lost."""
    while True:
        peak.look()
        found: tuple[Census, Proof] | None = None
        if demo.headquarters_ready.is_set():
            try:
                census = take_census(demo.run)
            except (
                KafkaError,
                ArchiveError,
                OSError,
            ) as problem:  # headquarters is just starting again; the next look will tell
                log.warning("headquarters cannot be read yet: %s", problem)
            else:
                found = census, prove(census.kinds, census.gaps)
                if not found[1].missing:
                    return found
        if time.monotonic() > deadline:
            if found is None:
                raise ProcessError(f"headquarters was not ready within {DRAIN_S:.0f} s after the drones had landed")
            return found
        if stopped.wait(LOOK_S):
            return None


class _PeakMemory:
    """The largest memory seen of each part, and of all together at one moment."""

    def __init__(self, demo: Demo) -> None:
        self._demo = demo
        self._parts: dict[str, int] = {}
        self._total = 0

    def look(self) -> None:
        """Takes one more look."""
        found = {name: memory.pss for name, memory in self._demo.memory().items()}
        for name, size in found.items():
            self._parts[name] = max(size, self._parts.get(name, 0))
        self._total = max(self._total, sum(found.values()))

    def figures(self) -> dict[str, int]:
        """Megabytes by part, and `all` for the largest sum at one moment."""
        return {name: round(size / 1e6) for name, size in {**self._parts, "all": self._total}.items()}
