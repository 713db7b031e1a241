"""The load of the bridge's bench: reports of 300 B as a fleet sends them, from a process of its own."""

from __future__ import annotations

import itertools
import multiprocessing
import time
from collections.abc import Iterator
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from messages.codec import encode
from messages.ids import message_id
from messages.model import Fault, Health
from messages.topics import message_topic
from tests.real import flood
from tests.real.bridge_runs import now

DRONES = 50
CHUNK = 100  # packets in one send of the flat-out load
TICK_S = 0.01  # of the rated load


_boots = itertools.count(1)


def new_boot() -> int:
    """A power-up that no other load of this run has."""
    return next(_boots)


def a_report(number: int, boot: int) -> Health:
    """Report `number` (from 0) of a fleet that counts its power-ups in `boot`: a drone's two faults, 300 B of JSON."""
    at = now()
    return Health(
        id=message_id(at, (boot << 40 | number) << 20),
        drone_id=f"nyc-{number % DRONES}",
        boot=boot,
        seq=number // DRONES + 1,
        captured_at=at,
        faults=(Fault("battery_low", "warning", at), Fault("vibration_high", "notice", at)),
    )


def _packet(station: str, number: int, boot: int) -> bytes:
    report = a_report(number, boot)
    return flood.packet(message_topic(station, report), number, encode(report))


def offer(port: int, station: str, reports: int, rate: float, boot: int, made: Any, go: Any) -> None:
    """Sends the reports; without a rate as fast as the broker takes them, from packets made before (a client in Python is slower)."""
    packets = [] if rate else [_packet(station, number, boot) for number in range(reports)]
    with flood.connected(port, f"loader-{station}-{boot}") as broker:
        made.set()
        go.wait()
        flood.send(broker, _rated(station, reports, rate, boot) if rate else _in_chunks(packets), reports)


def _in_chunks(packets: list[bytes]) -> Iterator[list[bytes]]:
    for first in range(0, len(packets), CHUNK):
        yield packets[first : first + CHUNK]


def _rated(station: str, reports: int, rate: float, boot: int) -> Iterator[list[bytes]]:
    """What is due at each tick, made at that moment."""
    begun, sent = time.monotonic(), 0
    while sent < reports:
        due = min(reports, int((time.monotonic() - begun) * rate) + 1)
        yield [_packet(station, number, boot) for number in range(sent, due)]
        sent = due
        time.sleep(TICK_S)


class Loader:
    """offer() beside everything else: made and connected when it returns, sends when told."""

    def __init__(self, port: int, station: str, reports: int, rate: float) -> None:
        self.boot = new_boot()
        context = multiprocessing.get_context("spawn")
        made, self._go = context.Event(), context.Event()
        self._process = context.Process(target=offer, args=(port, station, reports, rate, self.boot, made, self._go))
        self._process.start()
        if not made.wait(120):
            raise RuntimeError("the loader made no packets")

    @property
    def pid(self) -> int:
        """Of its process."""
        assert self._process.pid is not None
        return self._process.pid

    def go(self) -> None:
        """Lets it send."""
        self._go.set()

    def join(self) -> None:
        """Waits until the broker has acknowledged everything."""
        self._process.join()


class PatientPublisher:
    """A publisher as a user would write it: paho, QoS 1, which sends again after a reconnection. For the faults."""

    def __init__(self, port: int, station: str) -> None:
        self._station, self.boot, self.sent = station, new_boot(), 0
        name = f"patient-{station}-{self.boot}"
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=name, protocol=mqtt.MQTTv5)
        self._client.max_inflight_messages_set(flood.UNDER_WAY)
        self._client.reconnect_delay_set(1, 1)
        self._acknowledged = 0
        self._client.on_publish = self._count
        self._client.connect("127.0.0.1", port, clean_start=False)
        self._client.loop_start()

    def send(self, reports: int, rate: float) -> None:
        """So many more, at a rate."""
        begun = time.monotonic()
        for number in range(reports):
            time.sleep(max(0.0, begun + number / rate - time.monotonic()))
            report = a_report(self.sent, self.boot)
            self._client.publish(message_topic(self._station, report), encode(report), qos=1)
            self.sent += 1

    def finish(self, within_s: float = 60.0) -> bool:
        """Waits until the broker has acknowledged everything; whether it did."""
        deadline = time.monotonic() + within_s
        while time.monotonic() < deadline and self._acknowledged < self.sent:
            time.sleep(0.1)
        self._client.disconnect()
        self._client.loop_stop()
        return self._acknowledged >= self.sent

    def _count(self, *_: Any) -> None:
        self._acknowledged += 1
