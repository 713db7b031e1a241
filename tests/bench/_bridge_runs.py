"""One contender's run in the bridge's bench: a load through it, timed by what stands in Kafka; the same way for all."""

from __future__ import annotations

import contextlib
import json
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import psutil
from kafka import KafkaConsumer, TopicPartition

from installers.local.stack import Stack
from tests.bench._bridge_load import Loader, PatientPublisher
from tests.bench._bridge_peers import Contender

GATHERED_PER_S = 8_000.0  # of the backlog
LOOK_S = 0.05  # between two looks at the ends of a topic
SETTLED_S = 12.0  # nothing came for so long: nothing more will


class NothingPasses(RuntimeError):
    """A contender was started, and no report that was sent came through it."""


class KafkaTopic:
    """The ends and the records of one topic, read beside everything else."""

    def __init__(self, bootstrap: str, topic: str) -> None:
        self._consumer: Any = KafkaConsumer(
            bootstrap_servers=bootstrap, group_id=None, enable_auto_commit=False, metrics_enabled=False
        )
        self._places = [TopicPartition(topic, number) for number in self._consumer.partitions_for_topic(topic)]
        self._consumer.assign(self._places)
        self._start: dict[TopicPartition, int] = {}
        self.begin()

    def begin(self) -> None:
        """Counts and reads from here."""
        self._start = dict(self._consumer.end_offsets(self._places))

    def count(self) -> int:
        """Offsets since begin(): records, and the few markers of a bridge that begins to send."""
        ends: dict[TopicPartition, int] = self._consumer.end_offsets(self._places)
        return sum(ends.values()) - sum(self._start.values())

    def values(self) -> list[tuple[float, bytes]]:
        """(when the broker wrote it, in Unix seconds; the value) of each record since begin()."""
        found: list[tuple[float, bytes]] = []
        ends = self._consumer.end_offsets(self._places)
        for place in self._places:
            self._consumer.seek(place, self._start[place])
        while any(self._consumer.position(place) < ends[place] for place in self._places):
            for records in self._consumer.poll(timeout_ms=1_000, max_records=10_000).values():
                found += [(record.timestamp / 1000, record.value) for record in records]
        return found

    def wait(self, wanted: int, within_s: float, settled_s: float = SETTLED_S) -> float:
        """Until so many records are there, or nothing came for `settled_s`; when the last one came, by the monotonic clock."""
        last, changed_at = self.count(), time.monotonic()
        deadline = changed_at + within_s
        while last < wanted and time.monotonic() < deadline and time.monotonic() - changed_at < settled_s:
            time.sleep(LOOK_S)
            if (found := self.count()) != last:
                last, changed_at = found, time.monotonic()
        return changed_at

    def close(self) -> None:
        """Ends its connections."""
        self._consumer.close()


class Meter:
    """Processor time and the largest memory of named groups of processes, from start() to stop()."""

    def __init__(self, groups: dict[str, list[psutil.Process]]) -> None:
        self._groups = groups
        self._before = {name: _cpu_s(group) for name, group in groups.items()}
        self._cpu_s = dict(self._before)
        self._rss = dict.fromkeys(groups, 0)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="meter")
        self._thread.start()

    def stop(self, reports: int) -> dict[str, dict[str, float]]:
        """`us` of processor time a report and `mb` of memory at most, for each group."""
        self._over.set()
        self._thread.join()
        self._look()
        return {
            name: {
                "cpu_us_per_report": round((self._cpu_s[name] - self._before[name]) / reports * 1e6, 1),
                "rss_mb": round(self._rss[name] / 1e6, 1),
            }
            for name in self._groups
        }

    def _watch(self) -> None:
        while not self._over.wait(0.25):
            self._look()

    def _look(self) -> None:
        for name, group in self._groups.items():
            with contextlib.suppress(psutil.NoSuchProcess):  # the loader ends before the last record is in Kafka
                self._rss[name] = max(self._rss[name], sum(one.memory_info().rss for one in group))
                self._cpu_s[name] = max(self._cpu_s[name], _cpu_s(group))


def _cpu_s(group: list[psutil.Process]) -> float:
    return sum(sum(one.cpu_times()[:2]) for one in group)


def groups_of(stack: Stack, contender: Contender, loader: Loader | None) -> dict[str, list[psutil.Process]]:
    """The processes of a run by what they are."""
    own = contender.processes()
    groups = {"receiving": own[:1], "sending": own[1:]} if contender.name.startswith("kestrel") else {"bridge": own}
    groups["mosquitto"] = [psutil.Process(child.pid) for child in stack.mosquitto.children]
    groups["kafka"] = [psutil.Process(child.pid) for child in stack.kafka.children]
    if loader is not None:
        groups["loader"] = [psutil.Process(loader.pid)]
    return groups


@contextmanager
def running(stack: Stack, contender: Contender) -> Iterator[KafkaTopic]:
    """A contender through which reports pass, and its topic with nothing in it yet."""
    with contender:
        topic = KafkaTopic(stack.kafka.bootstrap, contender.topic)
        try:
            until_it_passes(stack, contender, topic)
            yield topic
        finally:
            topic.close()


def until_it_passes(stack: Stack, contender: Contender, topic: KafkaTopic) -> None:
    """Sends reports until all that were sent are in Kafka. Raises NothingPasses when that does not come about."""
    topic.begin()
    publisher = PatientPublisher(stack.mosquitto.port, contender.station)
    for _ in range(100):
        publisher.send(1, 1_000)
        time.sleep(0.2)
        if topic.values():
            break
    else:
        raise NothingPasses(f"{contender.name} lets nothing pass: {contender.log.read_text()[-2_000:]}")
    publisher.finish()
    before = -1
    while before != (before := topic.count()):  # those that came while it subscribed
        time.sleep(0.5)
    topic.begin()


def flat_out(stack: Stack, contender: Contender, topic: KafkaTopic, reports: int) -> dict[str, Any]:
    """Everything at once as fast as it goes: messages a second from the first that is sent to the last in Kafka."""
    loader = Loader(stack.mosquitto.port, contender.station, reports, 0)
    topic.begin()
    meter = Meter(groups_of(stack, contender, loader))
    begun = time.monotonic()
    loader.go()
    ended = topic.wait(reports, 180)
    figures: dict[str, Any] = {"per_s": round(topic.count() / max(ended - begun, 0.001))}
    loader.join()
    return figures | {"in_kafka": topic.count(), "processes": meter.stop(reports)}


def at_a_rate(stack: Stack, contender: Contender, topic: KafkaTopic, seconds: float, rate: float) -> dict[str, Any]:
    """The time from making a report to Kafka having written it, at a rate that everybody keeps up with."""
    reports = int(seconds * rate)
    loader = Loader(stack.mosquitto.port, contender.station, reports, rate)
    topic.begin()
    meter = Meter(groups_of(stack, contender, loader))
    loader.go()
    topic.wait(reports, seconds + 60)
    loader.join()
    figures = meter.stop(reports)
    took = [(at_s - made_at(value)) * 1000 for at_s, value in topic.values()]
    return {"boot": loader.boot, "in_kafka": len(took), **spread("to_kafka", took), "processes": figures}


def drain(stack: Stack, contender: Contender, topic: KafkaTopic, reports: int) -> dict[str, Any]:
    """A backlog gathered while headquarters was away, sent once it is back, and the first alert behind it; from the link's return."""
    assert stack.link is not None
    stack.link.cut()
    topic.begin()
    # Slower than the contender takes them: what is more than 128 MB waits on the drones, and this load has none to keep it.
    loader = Loader(stack.mosquitto.port, contender.station, reports, GATHERED_PER_S)
    loader.go()
    loader.join()
    time.sleep(reports / 20_000)  # it takes the rest from the broker meanwhile
    assert not topic.count(), "the link is not cut"
    begun_s = time.time()  # Kafka's own times are by this clock
    stack.link.restore()
    topic.wait(sys.maxsize, 180)
    written_s = sorted(at_s for at_s, _ in topic.values())
    return {
        "reports": reports,
        "first_in_kafka_after_s": round(written_s[0] - begun_s, 2),
        "per_s": round(len(written_s) / max(written_s[-1] - written_s[0], 0.001)),
        "in_kafka": len(written_s),
    }


def made_at(value: bytes) -> float:
    """When a report was made, in Unix seconds."""
    return datetime.fromisoformat(json.loads(value)["captured_at"]).timestamp()


def spread(name: str, took_ms: list[float]) -> dict[str, float]:
    """p50 and p99 in milliseconds; empty for no values."""
    ordered = sorted(took_ms)
    if not ordered:
        return {}
    shares = (("p50", 0.5), ("p99", 0.99))
    return {
        f"{name}_{word}_ms": round(ordered[min(len(ordered) - 1, int(len(ordered) * share))], 1)
        for word, share in shares
    }
