"""A real bridge in processes of its own, and a small field that speaks to it over a real broker. For the tests of this folder."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Self, cast

import paho.mqtt.client as mqtt
import psutil
from kafka import KafkaConsumer, TopicPartition
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions

from edge_bridge.storage import store
from messages.codec import encode
from messages.ids import message_id
from messages.model import Evidence, Message, Telemetry, Violation
from messages.state import DroneStatus
from messages.topics import KAFKA_TOPICS, ROOT, drone_topic, message_topic
from tests.strategies import a_sure_violation, a_telemetry, a_violation

REPOSITORY = Path(__file__).parents[2]
UNDER_WAY = 1_000  # sent and not acknowledged by the broker: paho looks through all of them at each acknowledgement
KEY = "5ea1ed" * 10 + "0123"
"""Of every store of these tests: what ships is encrypted, so that is what is tested."""
stored = partial(store.stored, key=KEY)
quarantined = partial(store.quarantined, key=KEY)
alerts = partial(store.alerts, key=KEY)


def bridge_environment(**more: str) -> dict[str, str]:
    """Of a bridge with an encrypted store."""
    return {**os.environ, "PYTHONPATH": str(REPOSITORY), "KESTREL_STORE_KEY": KEY, **more}


class BridgeProcess:
    """`python -m edge_bridge`, with its log. Killed and started again at will; ended with the test."""

    def __init__(
        self,
        folder: Path,
        *,
        broker: str,
        station: str,
        kafka: str | None,
        more: tuple[str, ...] = (),
        log: Path | None = None,
    ) -> None:
        """`log`: where what it says goes, when the disk of its folder is to fail."""
        self.store = folder / "bridge.db"
        self.log = log or folder / "bridge.log"
        self._argv = [sys.executable, "-m", "edge_bridge", "run", "--broker", broker, "--station", station]
        self._argv += ["--store", str(self.store), *(("--kafka", kafka) if kafka else ()), *more]
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Starts it and waits until it is ready."""
        seen = self.log.read_text().count("ready:") if self.log.exists() else 0
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self._argv, stderr=log, stdout=log, cwd=REPOSITORY, env=bridge_environment()
            )
        process = self.process

        def is_ready() -> bool:
            assert process.poll() is None, f"the bridge has ended: {self.log.read_text()}"
            return self.log.read_text().count("ready:") > seen

        until(is_ready, 60, f"the bridge is not ready: see {self.log}")

    @property
    def sender(self) -> psutil.Process | None:
        """The sending process; None between two."""
        assert self.process is not None
        for child in psutil.Process(self.process.pid).children():
            with contextlib.suppress(psutil.NoSuchProcess):  # it ended meanwhile, or is a zombie
                if "forward" in child.cmdline():
                    return child
        return None

    def kill(self) -> None:
        """As a power cut would."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def kill_sender(self) -> None:
        """The sending process alone."""
        if (sender := self.sender) is not None:
            sender.kill()

    def stop(self) -> int:
        """In order; the exit code."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(30)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()


class FieldClient:
    """A client on the station's broker that sends messages and remembers everything it hears."""

    def __init__(self, port: int, station: str, *filters: str) -> None:
        self.station = station
        self.heard: dict[str, list[bytes]] = {}
        self.answers: dict[bytes, dict[str, Any]] = {}
        self._filters = filters or (f"{ROOT}/{station}/#",)
        self._subscribed = threading.Event()
        self._changed = threading.Condition()
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
        self._client.max_inflight_messages_set(2_000)
        self._client.reconnect_delay_set(1, 1)
        # To hear its own messages again would cost more than sending them.
        others = SubscribeOptions(qos=1, noLocal=True)
        self._client.on_connect = lambda client, *_: client.subscribe([(name, others) for name in self._filters])
        self._client.on_subscribe = lambda *_: self._subscribed.set()
        self._client.on_message = self._on_message
        self._port = port

    def __enter__(self) -> FieldClient:
        self._client.connect("127.0.0.1", self._port)
        self._client.loop_start()
        assert self._subscribed.wait(30)
        return self

    def __exit__(self, *_: object) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def send(self, message: Message, *, qos: int = 1) -> mqtt.MQTTMessageInfo:
        """As the message's drone would."""
        return self._client.publish(message_topic(self.station, message), encode(message), qos=qos)

    def send_all(self, messages: Iterable[Message]) -> None:
        """As their drones would, as fast as the broker takes them."""
        for number, message in enumerate(messages, start=1):
            sent = self.send(message)
            if number % UNDER_WAY == 0:
                sent.wait_for_publish(60)

    def online(self, fleet: Fleet) -> None:
        """Every drone says that it is there, as it does after connecting: a bridge that starts tells it what is kept."""
        for drone_id in fleet.ids:
            status = DroneStatus(drone_id=drone_id, boot=fleet.boot, state="online", at=now())
            self._client.publish(drone_topic(self.station, drone_id, "status"), encode(status), qos=1, retain=True)

    def send_raw(self, topic: str, payload: bytes) -> mqtt.MQTTMessageInfo:
        """Any bytes, under the station's root."""
        return self._client.publish(f"{ROOT}/{self.station}/{topic}", payload, qos=1)

    def ask(self, topic: str, payload: bytes, name: bytes, answer_to: str) -> None:
        """A desk's request with a response topic; its answer gathers in `answers` under `name`."""
        properties = Properties(PacketTypes.PUBLISH)
        properties.ResponseTopic = f"{ROOT}/{self.station}/{answer_to}"
        properties.CorrelationData = name
        self._client.publish(f"{ROOT}/{self.station}/{topic}", payload, qos=1, properties=properties)

    def last(self, topic: str) -> bytes | None:
        """The last thing heard on a topic under the station's root."""
        heard = self.heard.get(f"{ROOT}/{self.station}/{topic}")
        return heard[-1] if heard else None

    def status(self) -> dict[str, Any]:
        """The bridge's last status; empty before the first."""
        found: dict[str, Any] = json.loads(self.last("bridge/status") or b"{}")
        return found

    def ack(self, drone_id: str, boot: int = 1) -> dict[str, Any]:
        """The last Ack of a drone's power-up; empty before the first."""
        for payload in reversed(self.heard.get(f"{ROOT}/{self.station}/drone/{drone_id}/ack", [])):
            ack: dict[str, Any] = json.loads(payload)
            if ack["boot"] == boot:
                return ack
        return {}

    def has_acknowledged(self, drone_id: str, seq: int) -> bool:
        """Whether the drone knows that everything up to `seq` is kept."""
        return bool(self.ack(drone_id).get("contiguous") == seq)

    def wait(self, condition: Callable[[], object], within_s: float = 60.0, why: str = "") -> None:
        """Until the condition holds; looks again after each message."""
        with self._changed:
            assert self._changed.wait_for(condition, within_s), why or f"not within {within_s} s: {self.status()}"

    def _on_message(self, _client: mqtt.Client, _data: object, message: mqtt.MQTTMessage) -> None:
        with self._changed:
            self.heard.setdefault(message.topic, []).append(bytes(message.payload))
            correlation = getattr(message.properties, "CorrelationData", None)
            if correlation is not None and not message.topic.endswith(("/claim", "/decide")):
                self.answers[bytes(correlation)] = json.loads(message.payload)
            self._changed.notify_all()


def until(condition: Callable[[], object], within_s: float, why: str = "") -> None:
    """Looks again and again until the condition holds; for files and processes, which nobody announces."""
    deadline = time.monotonic() + within_s
    waiting = threading.Event()
    while not condition():
        assert time.monotonic() < deadline, why or f"not within {within_s} s"
        waiting.wait(0.02)


def now() -> datetime:
    """In whole milliseconds, as messages carry it."""
    found = datetime.now(UTC)
    return found.replace(microsecond=found.microsecond // 1000 * 1000)


class Fleet:
    """Numbers messages as drones do: a report and a telemetry counter for each drone."""

    def __init__(self, prefix: str, drones: int, boot: int = 1) -> None:
        self.ids = [f"{prefix}-{number}" for number in range(drones)]
        self.boot = boot
        self.made: dict[str, Message] = {}
        self._seqs: Counter[tuple[str, str]] = Counter()
        self._bits = 0

    def violation(self, drone: int = 0, *, alert: bool = False, **changes: Any) -> Violation:
        """The drone's next violation."""
        make = a_violation if alert else a_sure_violation
        return cast(Violation, self._made(make(**self._envelope(drone, "report"), **changes)))

    def telemetry(self, drone: int = 0) -> Telemetry:
        """The drone's next telemetry."""
        return cast(Telemetry, self._made(a_telemetry(**self._envelope(drone, "telemetry"))))

    def evidence(self, violation: Violation, parts: int, **fields: Any) -> Iterator[Evidence]:
        """The parts of a violation's picture."""
        drone = self.ids.index(violation.drone_id)
        for part in range(1, parts + 1):
            more = {name: value(part) if callable(value) else value for name, value in fields.items()}
            yield self._made(
                Evidence(**self._envelope(drone, "report"), violation_id=violation.id, part=part, parts=parts, **more)
            )

    def highest(self, drone: int) -> int:
        """The number of the drone's last report."""
        return self._seqs[self.ids[drone], "report"]

    def new_id(self) -> str:
        """An id that no other message has."""
        self._bits += 1
        return message_id(now(), hash((self.ids[0], self._bits, time.monotonic_ns())) & (1 << 74) - 1)

    def _envelope(self, drone: int, stream: str) -> dict[str, Any]:
        drone_id = self.ids[drone]
        self._seqs[drone_id, stream] += 1
        seq = self._seqs[drone_id, stream]
        return {"id": self.new_id(), "drone_id": drone_id, "boot": self.boot, "seq": seq, "captured_at": now()}

    def _made(self, message: Any) -> Any:
        self.made[message.id] = message
        return message


class Record(dict[str, str]):
    """The headers of a Kafka record, with `at_ms` when the broker wrote it."""

    at_ms: int
    value: bytes


def each_record(bootstrap: str, kind: str) -> Iterator[Any]:
    """Every record of a kind's topic, partition by partition, up to the ends as they are now."""
    topic = KAFKA_TOPICS[kind]
    consumer = KafkaConsumer(bootstrap_servers=bootstrap, enable_auto_commit=False)
    try:
        places = [TopicPartition(topic, number) for number in consumer.partitions_for_topic(topic)]
        consumer.assign(places)
        consumer.seek_to_beginning(*places)
        ends = consumer.end_offsets(places)
        while any(consumer.position(place) < ends[place] for place in places):
            for batch in consumer.poll(timeout_ms=1_000, max_records=5_000).values():
                yield from batch
    finally:
        consumer.close()


def records(bootstrap: str, kind: str, station: str) -> list[Record]:
    """Every record of a station in a kind's topic."""
    found: list[Record] = []
    for record in each_record(bootstrap, kind):
        headers = Record({name: bytes(value).decode() for name, value in record.headers})
        headers.at_ms, headers.value = record.timestamp, record.value
        if headers.get("station") == station:
            found.append(headers)
    return found


@contextmanager
def a_bridge(folder: Path, **settings: Any) -> Iterator[BridgeProcess]:
    """A running bridge."""
    with BridgeProcess(folder, **settings) as bridge:
        yield bridge
