"""The edge bridge alone: sustained rate MQTT -> disk -> Kafka, latencies, and how fast a backlog drains; everything on one machine at once.

Peer of the same run: a bare subscriber with paho's own reading, which keeps nothing. Reports of about 400 B, QoS 1, real Mosquitto with the
shipped configuration, store on disk with synchronous=FULL, real Kafka with acks=all.

    ./kestrel bench bridge [--reports 60000] [--rate 0 (as fast as it goes)] [--json FILE]
"""

from __future__ import annotations

import argparse
import multiprocessing
import socket
import struct
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
import psutil
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from installers.local.stack import Stack
from messages.codec import encode
from messages.ids import message_id
from messages.topics import drone_filter, message_topic
from tests.real.bridge_runs import BridgeProcess, now, records, stored, until
from tests.strategies import a_sure_violation

STATION = "bench-bridge"
DRONES = 50
UNDER_WAY = 2_000
PAUSE_REPORTS = 50
CHUNK = 100  # packets in one send of the flat-out load


def publish(port: int, station: str, reports: int, rate: float, boot: int) -> None:
    """Sends reports of a fleet; in a process of its own, so that the loader's interpreter is not the bridge's."""
    client = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
    client.max_inflight_messages_set(UNDER_WAY)
    room = threading.Semaphore(UNDER_WAY)
    client.on_publish = lambda *_: room.release()
    client.connect("127.0.0.1", port)
    client.loop_start()
    begun = time.monotonic()
    for number in range(reports):
        drone, seq = number % DRONES, number // DRONES + 1
        if rate and number % PAUSE_REPORTS == 0:
            time.sleep(max(0.0, begun + number / rate - time.monotonic()))
        room.acquire()
        at = now()
        id_ = message_id(at, (boot << 40 | number) << 20)
        violation = a_sure_violation(1, id=id_, drone_id=f"nyc-{drone}", boot=boot, seq=seq, captured_at=at)
        client.publish(message_topic(station, violation), encode(violation), qos=1)
    for _ in range(UNDER_WAY):
        room.acquire()
    client.disconnect()
    client.loop_stop()


def publish_flat_out(port: int, station: str, reports: int, boot: int, go: Any) -> None:
    """Sends reports as fast as the broker takes them, from packets made before `go`: a client in Python would be the bottleneck."""
    packets = [_packet(station, number, boot) for number in range(reports)]
    with socket.create_connection(("127.0.0.1", port)) as broker:
        name = f"loader-{boot}".encode()
        connect = b"\x00\x04MQTT\x05\x02\x00\x3c\x00" + struct.pack(">H", len(name)) + name
        broker.sendall(bytes((0x10, len(connect))) + connect)
        broker.recv(1_000)
        go.wait()
        acknowledged = threading.Semaphore(0)
        ender = threading.Thread(target=_count_acks, args=(broker, reports, acknowledged))
        ender.start()
        for number in range(0, reports, CHUNK):
            if number >= UNDER_WAY:
                for _ in range(CHUNK):
                    acknowledged.acquire()
            broker.sendall(b"".join(packets[number : number + CHUNK]))
        ender.join()


def _packet(station: str, number: int, boot: int) -> bytes:
    at = now()
    id_ = message_id(at, (boot << 40 | number) << 20)
    drone, seq = number % DRONES, number // DRONES + 1
    violation = a_sure_violation(1, id=id_, drone_id=f"nyc-{drone}", boot=boot, seq=seq, captured_at=at)
    topic = message_topic(station, violation).encode()
    body = struct.pack(">H", len(topic)) + topic + struct.pack(">HB", number % 65_535 + 1, 0) + encode(violation)
    return bytes((0x32, len(body) & 0x7F | 0x80, len(body) >> 7)) + body


def _count_acks(broker: socket.socket, reports: int, acknowledged: threading.Semaphore) -> None:
    unread, seen = b"", 0
    while seen < reports:
        unread += broker.recv(65_536)
        position = 0
        while position + 2 <= len(unread) and position + 2 + unread[position + 1] <= len(unread):
            position += 2 + unread[position + 1]
            seen += 1
            acknowledged.release()
        unread = unread[position:]


class Loader:
    """publish() or, without a rate, publish_flat_out() beside everything else; starts sending when told."""

    def __init__(self, port: int, station: str, reports: int, rate: float, boot: int) -> None:
        context = multiprocessing.get_context("spawn")
        self._go = context.Event()
        if rate:
            self._process = context.Process(target=publish, args=(port, station, reports, rate, boot))
        else:
            self._process = context.Process(target=publish_flat_out, args=(port, station, reports, boot, self._go))
            self._process.start()
            time.sleep(1 + reports / 20_000)  # it makes its packets

    def go(self) -> None:
        self._go.set()
        if not self._process.is_alive():
            self._process.start()

    def join(self) -> None:
        self._process.join()


def bare_subscriber_per_s(port: int, reports: int) -> float:
    """What paho's own reading hears of a backlog, keeping nothing."""
    heard, first, last = 0, 0.0, 0.0
    done, subscribed = threading.Event(), threading.Event()
    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="bare", protocol=mqtt.MQTTv5)

    def on_message(*_: Any) -> None:
        nonlocal heard, first, last
        last = time.monotonic()
        first, heard = first or last, heard + 1
        if heard == reports:
            done.set()

    def on_connect(*_: Any) -> None:
        client.subscribe(drone_filter("bench-bare", "violation"), 1)

    client.on_message, client.on_connect = on_message, on_connect
    client.on_subscribe = lambda *_: subscribed.set()
    properties = Properties(PacketTypes.CONNECT)
    properties.SessionExpiryInterval, properties.ReceiveMaximum = 600, 4_000
    for connection in range(2):
        client.connect("127.0.0.1", port, clean_start=False, properties=properties)
        client.loop_start()
        if connection == 0:
            subscribed.wait(10)
            client.disconnect()
            client.loop_stop()
            publish(port, "bench-bare", reports, 0, 1)
    done.wait(120)
    client.disconnect()
    client.loop_stop()
    return (heard - 1) / max(last - first, 1e-9)


def percentile(values: list[float], share: float) -> float:
    """Of at least one value."""
    ordered = sorted(values)
    return round(ordered[min(len(ordered) - 1, int(len(ordered) * share))], 1)


def latencies(bridge: BridgeProcess, kafka: str, boot: int) -> dict[str, float]:
    """Of one load's reports, in milliseconds from their making, which is when they are handed to the client."""
    made = {row.id: row.captured_at.timestamp() for row in stored(bridge.store) if row.boot == boot}
    to_disk = [(row.stored_at.timestamp() - made[row.id]) * 1000 for row in stored(bridge.store) if row.boot == boot]
    found = [record for record in records(kafka, "violation", STATION) if record["id"] in made]
    to_kafka = [record.at_ms - made[record["id"]] * 1000 for record in found]
    return {
        "in_kafka": float(len(found)),
        "in_kafka_distinct": float(len({record["id"] for record in found})),
        "publish_to_stored_p50_ms": percentile(to_disk, 0.5),
        "publish_to_stored_p99_ms": percentile(to_disk, 0.99),
        "publish_to_kafka_p50_ms": percentile(to_kafka, 0.5),
        "publish_to_kafka_p99_ms": percentile(to_kafka, 0.99),
    }


def one_load(stack: Stack, bridge: BridgeProcess, reports: int, rate: float, boot: int) -> dict[str, float]:
    """Sends reports and waits until the last is confirmed by Kafka."""
    assert bridge.process is not None
    sender = bridge.sender
    assert sender is not None
    receiver = psutil.Process(bridge.process.pid)
    before = [sum(one.cpu_times()[:2]) for one in (receiver, sender)]
    loader = Loader(stack.mosquitto.port, STATION, reports, rate, boot)
    begun = time.monotonic()
    loader.go()
    until(lambda: _count(bridge, boot, sent=False) >= reports, 300)
    stored_s = time.monotonic() - begun
    until(lambda: _count(bridge, boot, sent=True) >= reports, 300)
    sent_s = time.monotonic() - begun
    loader.join()
    after = [sum(one.cpu_times()[:2]) for one in (receiver, sender)]
    rows = [row for row in stored(bridge.store) if row.boot == boot]
    span_s = (max(row.stored_at for row in rows) - min(row.stored_at for row in rows)).total_seconds()
    last_sent = max(row.sent_at for row in rows if row.sent_at is not None)
    whole_s = (last_sent - min(row.received_at for row in rows)).total_seconds()
    return {
        "stored_per_s": round(reports / max(span_s, 0.001)),
        "whole_way_per_s": round(reports / max(whole_s, 0.001)),
        "stored_after_s": round(stored_s, 1),
        "sent_after_s": round(sent_s, 1),
        "receiver_cpu_us_per_report": round((after[0] - before[0]) / reports * 1e6, 1),
        "sender_cpu_us_per_report": round((after[1] - before[1]) / reports * 1e6, 1),
        "receiver_rss_mb": round(receiver.memory_info().rss / 1e6, 1),
        "sender_rss_mb": round(sender.memory_info().rss / 1e6, 1),
        **(latencies(bridge, stack.kafka.bootstrap, boot) if rate else {}),  # flat out they tell how long the queue was
    }


def _count(bridge: BridgeProcess, boot: int, *, sent: bool) -> int:
    time.sleep(0.2)  # reading the whole store is work for the same two cores
    return sum(1 for row in stored(bridge.store) if row.boot == boot and (row.sent_at is not None or not sent))


def drain(stack: Stack, bridge: BridgeProcess, reports: int, boot: int) -> dict[str, float]:
    """A backlog gathered while headquarters was away, sent once it is back."""
    assert stack.link is not None
    stack.link.cut()
    loader = Loader(stack.mosquitto.port, STATION, reports, 0, boot)
    loader.go()
    loader.join()
    until(lambda: _count(bridge, boot, sent=False) >= reports, 300)
    stack.link.restore()
    until(lambda: _count(bridge, boot, sent=True) >= reports, 300)
    times = [row.sent_at for row in stored(bridge.store) if row.boot == boot and row.sent_at is not None]
    return {"drained_per_s": round(reports / max((max(times) - min(times)).total_seconds(), 0.001))}


def main(arguments: list[str]) -> dict[str, Any]:
    """Figures by name, with units in the names."""
    parser = argparse.ArgumentParser(prog="kestrel bench bridge")
    parser.add_argument("--reports", type=int, default=60_000)
    parser.add_argument("--rate", type=float, default=2_000.0, help="of the second, measured load; reports a second")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="kestrel-bench-") as folder, Stack(Path(folder), cuttable=True) as stack:
        stack.up(("mosquitto", "kafka"))
        stack.wait_ready("mosquitto")
        stack.wait_ready("kafka")
        bare = bare_subscriber_per_s(stack.mosquitto.port, options.reports)
        broker, kafka = stack.mosquitto.address, stack.kafka.edge_bootstrap
        with BridgeProcess(Path(folder), broker=broker, station=STATION, kafka=kafka) as bridge:
            until(lambda: bridge.sender is not None and "headquarters is there" in bridge.log.read_text(), 30)
            full = one_load(stack, bridge, options.reports, 0, 1)
            steady = one_load(stack, bridge, int(options.rate * 20), options.rate, 2)
            drained = drain(stack, bridge, options.reports, 3)
            bridge.stop()
    return {
        "bare_subscriber_per_s": round(bare),
        "flat_out": full,
        f"at_{options.rate:.0f}_per_s": steady,
        "backlog": drained,
        "ratio_whole_way_to_bare_subscriber": round(full["whole_way_per_s"] / bare, 2),
    }
