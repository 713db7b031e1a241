"""A small working bridge for tests of drones: it keeps what it hears in memory, acknowledges it as the real one does, and can misbehave."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from messages.codec import decode, encode
from messages.model import AnyMessage, Telemetry
from messages.state import Ack, BridgeStatus, Command
from messages.topics import bridge_status_topic, drone_filter, drone_topic, parse_drone_topic


class FakeBridge:
    """Hears a station's drones on a real broker. `bytes_of` maps (drone, boot, seq) to each payload that came, in order."""

    def __init__(self, port: int, station: str) -> None:
        self.port, self.station = port, station
        self.bytes_of: dict[tuple[str, int, int], list[bytes]] = {}
        self.telemetry: list[Telemetry] = []
        self.statuses: list[bytes] = []
        self.deaf_to: Callable[[AnyMessage], bool] = lambda _message: False  # heard, but neither kept nor acknowledged
        self.acknowledges = True
        self.changed = threading.Condition()
        self._acknowledge_now = threading.Event()
        self._stop = threading.Event()
        self._connected = threading.Event()
        self._touched: set[tuple[str, int]] = set()
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=f"bridge-{station}", protocol=mqtt.MQTTv5)
        self._client.max_queued_messages_set(0)
        self._client.reconnect_delay_set(1, 1)
        self._client.on_connect = self._on_connect
        self._client.on_message = self._on_message
        self._client.will_set(bridge_status_topic(station), self._status("offline"), qos=1, retain=True)
        self._acker = threading.Thread(target=self._acknowledge, name="fake-bridge-acks")

    def start(self) -> None:
        properties = Properties(PacketTypes.CONNECT)
        properties.SessionExpiryInterval = 3_600
        properties.ReceiveMaximum = 4_000
        self._client.connect("127.0.0.1", self.port, clean_start=False, properties=properties)
        self._client.loop_start()
        self._acker.start()
        assert self._connected.wait(10)

    def stop(self) -> None:
        self._stop.set()
        self._acknowledge_now.set()
        self._acker.join()
        self._client.publish(bridge_status_topic(self.station), self._status("offline"), qos=1, retain=True)
        self._client.disconnect()
        self._client.loop_stop()

    def say(self, state: str) -> None:
        """Publishes the bridge's retained status."""
        self._client.publish(bridge_status_topic(self.station), self._status(state), qos=1, retain=True)

    def command(self, command: Command) -> None:
        """Sends an officer's command to its drone."""
        topic = drone_topic(self.station, command.drone_id, "command")
        self._client.publish(topic, encode(command), qos=1)

    def forget(self) -> dict[tuple[str, int, int], list[bytes]]:
        """Loses everything kept so far, as if it had never come; returns it."""
        with self.changed:
            lost, self.bytes_of = self.bytes_of, {}
            self._touched.clear()
        return lost

    def wait_for(self, condition: Callable[[], bool], timeout_s: float = 30.0) -> bool:
        """Waits until the condition holds, looking again after each message."""
        with self.changed:
            return self.changed.wait_for(condition, timeout_s)

    def _on_connect(self, client: mqtt.Client, *_: Any) -> None:
        reports = [(drone_filter(self.station, leaf), 1) for leaf in ("violation", "evidence", "health", "status")]
        client.subscribe([*reports, (drone_filter(self.station, "telemetry"), 0)])
        self.say("online")
        self._connected.set()

    def _on_message(self, _client: mqtt.Client, _data: object, received: mqtt.MQTTMessage) -> None:
        place = parse_drone_topic(received.topic)
        assert place is not None
        payload = bytes(received.payload)
        with self.changed:
            if place.leaf == "status":
                self.statuses.append(payload)
            else:
                self._keep(decode(payload, topic=received.topic), payload)
            self.changed.notify_all()
        if self.acknowledges:
            self._acknowledge_now.set()

    def _keep(self, message: AnyMessage, payload: bytes) -> None:
        if isinstance(message, Telemetry):
            self.telemetry.append(message)
        elif not self.deaf_to(message):
            self.bytes_of.setdefault((message.drone_id, message.boot, message.seq), []).append(payload)
            self._touched.add((message.drone_id, message.boot))

    def _acknowledge(self) -> None:
        while not self._stop.is_set():
            self._acknowledge_now.wait()
            self._acknowledge_now.clear()
            with self.changed:
                touched, self._touched = self._touched, set()
                acks = [self._ack(drone_id, boot) for drone_id, boot in touched]
            for ack in acks:
                self._client.publish(drone_topic(self.station, ack.drone_id, "ack"), encode(ack), qos=1)
            self._stop.wait(0.02)  # one batch gathers for so long

    def _ack(self, drone_id: str, boot: int) -> Ack:
        here = sorted(seq for drone, its_boot, seq in self.bytes_of if (drone, its_boot) == (drone_id, boot))
        holes, expected = [], 1
        for seq in here:
            if seq > expected:
                holes.append((expected, seq - 1))
            expected = seq + 1
        contiguous = holes[0][0] - 1 if holes else here[-1]
        now = datetime.now(UTC)
        return Ack(
            drone_id=drone_id, boot=boot, contiguous=contiguous, highest=here[-1], holes=tuple(holes), stored_at=now
        )

    def _status(self, state: Any) -> bytes:
        now = datetime.now(UTC)
        return encode(BridgeStatus(station=self.station, state=state, boot=1, at=now))


@contextmanager
def a_bridge(port: int, station: str) -> Iterator[FakeBridge]:
    """A running bridge."""
    bridge = FakeBridge(port, station)
    bridge.start()
    try:
        yield bridge
    finally:
        bridge.stop()
