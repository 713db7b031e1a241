"""Four hours without headquarters, made short by speeding up the fleet: 500,000 reports wait, arrive once, and the memory stays small."""

from __future__ import annotations

import multiprocessing
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import psutil
import pytest

from installers.local.kafka import Kafka
from installers.local.link import Link
from installers.local.mosquitto import Mosquitto
from tests.real.bridge_runs import BridgeProcess, FieldClient, Fleet, each_record, stored, until
from tests.real.faults.drones import KeepingDrones, pour
from tests.real.faults.planted import BACKLOG
from tests.real.faults.planting import bridge_with

REPORTS = 500_000
OFFLINE_S = 4 * 3_600
LIVE_PER_S = REPORTS / OFFLINE_S
MEMORY_BYTES = 300_000_000


class Memory:
    """The most that each process of a bridge has taken, looked at twice a second."""

    def __init__(self, bridge: BridgeProcess) -> None:
        self.most: Counter[str] = Counter()
        self._bridge = bridge
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._look, name="memory")

    def __enter__(self) -> Memory:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._stopping.wait(0.5):
            assert self._bridge.process is not None
            found = {"receiving": psutil.Process(self._bridge.process.pid), "sending": self._bridge.sender}
            for name, process in found.items():
                try:
                    rss = process.memory_info().rss if process is not None else 0
                except psutil.NoSuchProcess:
                    continue
                self.most[name] = max(self.most[name], rss)


def ids_in_kafka(bootstrap: str, station: str) -> Counter[str]:
    """The ids of a station's violations: half a million headers, and nothing else of the records is kept."""
    found = Counter[str]()
    for record in each_record(bootstrap, "violation"):
        headers = dict(record.headers)
        if headers["station"] == station.encode():
            found[headers["id"].decode()] += 1
    return found


class Drained(NamedTuple):
    """What became of the reports of an outage."""

    ids: set[str]  # in the store
    missing: int  # reports that are not in the store, or not in Kafka
    doubled: int  # in Kafka
    foreign: int  # in Kafka, and not in the store
    memory: Counter[str]
    stored_per_s: float
    drained_per_s: float


class Outage(NamedTuple):
    """A station whose headquarters can be cut off."""

    folder: Path
    mosquitto: Mosquitto
    kafka: Kafka
    link: Link

    def of(self, reports: int, station: str, bug: str | None = None, within_s: float = 60.0) -> Drained:
        """So many reports wait for headquarters; then it is back, and drones go on reporting while all of it drains."""
        settings: dict[str, Any] = {"broker": self.mosquitto.address, "station": station}
        self.link.cut()
        with (
            bridge_with(bug, self.folder, kafka=self.kafka.edge_bootstrap, **settings) as bridge,
            FieldClient(self.mosquitto.port, station, f"kestrel/v1/{station}/bridge/status") as field,
            Memory(bridge) as memory,
        ):
            begun = time.monotonic()
            self._pour(station, reports, field, within_s)
            stored_s = time.monotonic() - begun
            with KeepingDrones(
                "127.0.0.1", self.mosquitto.port, Fleet(f"{station}-live", 20), station, per_s=LIVE_PER_S
            ) as live:
                live.wait_for_acks(20)
                self.link.restore()
                begun = time.monotonic()
                field.wait(lambda: sum(field.status()["waiting"].values()) < 5 * LIVE_PER_S, within_s)
                drained_s = time.monotonic() - begun
                live.land()
            until(lambda: all(row.sent_at for row in stored(bridge.store)), 60)
            assert bridge.stop() == 0
        ids = {row.id for row in stored(bridge.store)}
        in_kafka = ids_in_kafka(self.kafka.bootstrap, station)
        missing = max(reports + len(live.fleet.made) - len(ids), len(ids - in_kafka.keys()))
        doubled, foreign = in_kafka.total() - len(in_kafka), len(in_kafka.keys() - ids)
        return Drained(ids, missing, doubled, foreign, memory.most, reports / stored_s, reports / drained_s)

    def _pour(self, station: str, reports: int, field: FieldClient, within_s: float) -> None:
        pouring = multiprocessing.get_context("spawn").Process(
            target=pour, args=(self.mosquitto.port, station, reports)
        )
        pouring.start()
        field.wait(lambda: field.status().get("stored", {}).get("violation", 0) >= reports, within_s)
        pouring.join()


@pytest.fixture
def outage(tmp_path: Path, mosquitto: Mosquitto, kafka: Kafka, link: Link) -> Outage:
    return Outage(tmp_path, mosquitto, kafka, link)


@pytest.mark.soak
@pytest.mark.timeout(3_000)
def test_half_a_million_reports_wait_for_headquarters_and_all_arrive_once(outage: Outage, figures: Callable[..., None]):
    found = outage.of(REPORTS, "hours-offline", within_s=1_200)

    assert (found.missing, found.doubled, found.foreign) == (0, 0, 0)
    figures(
        reports=len(found.ids),
        stored_per_s=round(found.stored_per_s),
        drained_per_s=round(found.drained_per_s),
        live_per_s=round(LIVE_PER_S),
        receiving_mb=found.memory["receiving"] // 1_000_000,
        sending_mb=found.memory["sending"] // 1_000_000,
        lost=0,
        doubled=0,
    )
    assert max(found.memory.values()) <= MEMORY_BYTES


@pytest.mark.timeout(300)
@pytest.mark.parametrize("bug", ["drops-the-oldest", "skips-the-backlog"])
def test_control_a_backlog_that_is_bounded_is_found(outage: Outage, bug: str):
    assert outage.of(2 * BACKLOG, bug, bug).missing >= BACKLOG


@pytest.mark.timeout(300)
def test_what_the_controls_take_arrives_once_without_a_bug(outage: Outage):
    found = outage.of(2 * BACKLOG, "offline-briefly")

    assert (found.missing, found.doubled, found.foreign) == (0, 0, 0)
