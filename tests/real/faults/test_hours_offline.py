"""Four hours without headquarters, made short by speeding up the fleet: 500,000 reports wait, arrive once, and the memory stays small."""

from __future__ import annotations

import multiprocessing
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest
from kafka import KafkaConsumer, TopicPartition

from installers.local.kafka import Kafka
from installers.local.link import Link
from installers.local.mosquitto import Mosquitto
from messages.topics import KAFKA_TOPICS
from tests.real.bridge_runs import BridgeProcess, FieldClient, Fleet, stored, until
from tests.real.faults.drones import KeepingDrones, pour

pytestmark = [pytest.mark.soak, pytest.mark.timeout(1_200)]

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
    topic, found = KAFKA_TOPICS["violation"], Counter[str]()
    consumer = KafkaConsumer(bootstrap_servers=bootstrap, enable_auto_commit=False)
    try:
        places = [TopicPartition(topic, number) for number in consumer.partitions_for_topic(topic)]
        consumer.assign(places)
        consumer.seek_to_beginning(*places)
        ends = consumer.end_offsets(places)
        while any(consumer.position(place) < ends[place] for place in places):
            for batch in consumer.poll(timeout_ms=1_000, max_records=5_000).values():
                for record in batch:
                    headers = dict(record.headers)
                    if headers["station"] == station.encode():
                        found[headers["id"].decode()] += 1
    finally:
        consumer.close()
    return found


def test_half_a_million_reports_wait_for_headquarters_and_all_arrive_once(
    tmp_path: Path, mosquitto: Mosquitto, kafka: Kafka, link: Link, figures: Callable[..., None]
):
    station = "hours-offline"
    settings: dict[str, Any] = {"broker": mosquitto.address, "station": station, "kafka": kafka.edge_bootstrap}
    link.cut()
    with (
        BridgeProcess(tmp_path, **settings) as bridge,
        FieldClient(mosquitto.port, station, f"kestrel/v1/{station}/bridge/status") as field,
        Memory(bridge) as memory,
    ):
        pouring = multiprocessing.get_context("spawn").Process(target=pour, args=(mosquitto.port, station, REPORTS))
        begun = time.monotonic()
        pouring.start()
        field.wait(lambda: field.status().get("stored", {}).get("violation", 0) >= REPORTS, 600)
        pouring.join()
        stored_per_s = REPORTS / (time.monotonic() - begun)
        live = KeepingDrones("127.0.0.1", mosquitto.port, Fleet("live", 20), station, per_s=LIVE_PER_S)
        with live:
            live.wait_for_acks(20)
            link.restore()
            begun = time.monotonic()
            field.wait(lambda: sum(field.status()["waiting"].values()) < 5 * LIVE_PER_S, 600)
            drained_per_s = REPORTS / (time.monotonic() - begun)
            live.land()
        until(lambda: all(row.sent_at for row in stored(bridge.store)), 60)
        assert bridge.stop() == 0
    ids = {row.id for row in stored(bridge.store)}
    assert len(ids) == REPORTS + len(live.fleet.made)
    assert ids_in_kafka(kafka.bootstrap, station) == dict.fromkeys(ids, 1)
    figures(
        reports=len(ids),
        stored_per_s=round(stored_per_s),
        drained_per_s=round(drained_per_s),
        live_per_s=round(LIVE_PER_S),
        receiving_mb=memory.most["receiving"] // 1_000_000,
        sending_mb=memory.most["sending"] // 1_000_000,
        lost=0,
        doubled=0,
    )
    assert drained_per_s >= 5 * LIVE_PER_S
    assert max(memory.most.values()) <= MEMORY_BYTES
