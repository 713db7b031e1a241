"""What each part of the bridge could do at most, alone: the broker to a subscriber that keeps nothing, SQLite, kafka-python."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
from kafka import KafkaProducer
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from edge_bridge.intake import row_of
from edge_bridge.mqtt_source import MqttSource
from edge_bridge.ports import Changes
from edge_bridge.storage.store import SqliteStore
from installers.local.stack import Stack
from messages.codec import encode
from messages.topics import drone_filter
from tests.bench._bridge_load import Loader, a_report
from tests.real.bridge_runs import KEY, now

BATCH = 500
WITHIN_S = 120.0


def ceilings(stack: Stack, folder: Path, reports: int) -> dict[str, int]:
    """Reports a second of each."""
    return {
        "bare_paho_subscriber_per_s": bare_paho(stack, reports),
        "own_subscriber_that_keeps_nothing_per_s": own_subscriber(stack, reports),
        "encrypted_sqlite_full_alone_per_s": sqlite_alone(folder / "ceiling.db", reports),
        "kafka_python_alone_per_s": kafka_python_alone(stack, reports),
    }


def bare_paho(stack: Stack, reports: int) -> int:
    """paho's own reading and acknowledging, with an empty callback."""
    heard = 0
    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="bare", protocol=mqtt.MQTTv5)

    def on_message(*_: Any) -> None:
        nonlocal heard
        heard += 1

    def on_connect(*_: Any) -> None:
        client.subscribe(drone_filter("bench-bare", "health"), 1)

    subscribed: list[bool] = []
    client.on_message = on_message
    client.on_connect = on_connect
    client.on_subscribe = lambda *_: subscribed.append(True)
    properties = Properties(PacketTypes.CONNECT)
    properties.ReceiveMaximum = 4_000
    client.connect("127.0.0.1", stack.mosquitto.port, properties=properties)
    loader = Loader(stack.mosquitto.port, "bench-bare", reports, 0)
    client.loop_start()
    while not subscribed:
        time.sleep(0.01)
    begun = time.monotonic()
    loader.go()
    while heard < reports and time.monotonic() - begun < WITHIN_S:
        time.sleep(0.01)
    rate = round(heard / (time.monotonic() - begun))
    client.disconnect()
    client.loop_stop()
    loader.join()
    return rate


def own_subscriber(stack: Stack, reports: int) -> int:
    """The bridge's way in, acknowledging at once."""
    source = MqttSource(
        stack.mosquitto.address, station="bench-own", will_topic="bench/will", will=b"", had_session=False
    )
    while not source.listening:
        source.receive(limit=BATCH, wait_s=0.05)
    loader = Loader(stack.mosquitto.port, "bench-own", reports, 0)
    heard, begun = 0, time.monotonic()
    loader.go()
    while heard < reports and time.monotonic() - begun < WITHIN_S:
        batch = source.receive(limit=BATCH, wait_s=0.05)
        source.acknowledge(batch)
        heard += len(batch)
    rate = round(heard / (time.monotonic() - begun))
    source.close()
    loader.join()
    return rate


def sqlite_alone(path: Path, reports: int) -> int:
    """Rows into the bridge's store, each batch durable, with nothing else to do."""
    store, at = SqliteStore(path, key=KEY), now()
    made = [a_report(number, 1) for number in range(reports)]
    rows = [row_of(report, encode(report), number, at, at) for number, report in enumerate(made, 1)]
    begun = time.monotonic()
    for first in range(0, reports, BATCH):
        store.commit(Changes(rows=rows[first : first + BATCH]))
    rate = round(reports / (time.monotonic() - begun))
    store.close()
    return rate


def kafka_python_alone(stack: Stack, reports: int) -> int:
    """kafka-python's send() with acks=all, idempotence, lz4, 256 kB batches and the partition given: no disk, no MQTT."""
    producer = KafkaProducer(
        bootstrap_servers=stack.kafka.bootstrap, acks="all", batch_size=262_144, linger_ms=5, compression_type="lz4"
    )
    value = encode(a_report(1, 1))
    begun = time.monotonic()
    for number in range(reports):
        producer.send("bench.naive", value=value, key=b"nyc-1", partition=number % 2)
        if number % 10_000 == 9_999:
            producer.flush()  # it bounds no memory itself
    producer.flush()
    rate = round(reports / (time.monotonic() - begun))
    producer.close()
    return rate
