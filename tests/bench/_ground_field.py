"""A field for the desk's figures: real Mosquitto, the real bridge, drones in a process of their own, and a bare subscriber as peer.

drones (process) ──▶ Mosquitto ──▶ bridge (process) ──alert, retained──▶ the desk's window (process)
                         └────────────────────────────violation────────▶ bare subscriber (here)
"""

from __future__ import annotations

import contextlib
import multiprocessing
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from math import cos, radians, sin
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from installers.local.mosquitto import Mosquitto
from installers.local.ports import free_port
from messages import topics
from messages.codec import encode
from messages.ids import message_id
from messages.model import Guess, Telemetry, Violation
from tests.ground_station.given import a_telemetry, a_violation
from tests.real.bridge_runs import BridgeProcess

STATION = "midtown"
SLICES = 20  # of a second: a twentieth of the fleet speaks every 50 ms
PLACES = ((40.7527, -73.9772), (40.7484, -73.9857), (40.7580, -73.9855), (40.7614, -73.9776), (40.7421, -73.9890))


class Field:
    """A running field. `published` says when each violation was handed to the client that sends it, by the wall clock."""

    def __init__(self, folder: Path, drones: int, alert_every_s: float) -> None:
        self.folder = folder
        self.broker = Mosquitto(folder / "broker", free_port())
        self.broker.start()
        self.bridge = BridgeProcess(folder, broker=self.broker.address, station=STATION, kafka=None)
        self.bridge.start()
        self.peer = BareSubscriber(self.broker.port)
        self._context = multiprocessing.get_context("spawn")
        self._raise, self._stop = self._context.Event(), self._context.Event()
        self._told: Any = self._context.SimpleQueue()
        self._drones = self._context.Process(
            target=fly, args=(self.broker.port, drones, alert_every_s, self._raise, self._stop, self._told)
        )
        self._drones.start()

    def let_alerts_come(self, *, come: bool) -> None:
        """From now on, or no longer."""
        self._raise.set() if come else self._raise.clear()

    def stop(self) -> dict[str, datetime]:
        """End everything; when each violation was published."""
        self._stop.set()
        published: dict[str, datetime] = self._told.get()
        self._drones.join(10.0)
        self.peer.close()
        self.bridge.stop()
        self.broker.stop()
        return published


@contextlib.contextmanager
def field(folder: Path, drones: int, alert_every_s: float) -> Iterator[Field]:
    """A field for as long as the block lasts."""
    folder.mkdir(parents=True, exist_ok=True)
    running = Field(folder, drones, alert_every_s)
    published: list[object] = []
    try:
        yield running
    finally:
        if running._drones.is_alive():
            published.append(running.stop())


class BareSubscriber:
    """Notes when each violation arrives, and nothing else. Its callback runs on paho's thread."""

    def __init__(self, port: int) -> None:
        self.arrived: dict[str, datetime] = {}
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="bare-subscriber", protocol=mqtt.MQTTv5)
        self._client.on_connect = lambda client, *_: client.subscribe(
            f"{topics.ROOT}/{STATION}/drone/+/violation", qos=1
        )
        self._client.on_message = self._note
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()

    def _note(self, _client: mqtt.Client, _data: object, message: mqtt.MQTTMessage) -> None:
        arrived_at = datetime.now(UTC)
        self.arrived[msgspec.json.decode(bytes(message.payload))["id"]] = arrived_at

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


def fly(port: int, drones: int, alert_every_s: float, may_raise: Any, stop: Any, told: Any) -> None:
    """The drones' process: telemetry of each once a second along a circle, and a violation that needs an officer every so often."""
    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="drones", protocol=mqtt.MQTTv5)
    client.connect("127.0.0.1", port)
    client.loop_start()
    published: dict[str, datetime] = {}
    rng = Random(7)
    began = time.monotonic()
    turn, next_alert = 0, began
    while not stop.is_set():
        alerts = may_raise.is_set()
        next_turn = began + (turn + 1) / SLICES
        until = min(next_turn, next_alert) if alerts else next_turn
        time.sleep(max(0.0, until - time.monotonic()))  # a drone's own beat, not a wait for anything
        now = time.monotonic()
        if now >= next_turn:
            turn += 1
            for number in range(turn % SLICES, drones, SLICES):
                telemetry = telemetry_of(number, turn // SLICES + 1, datetime.now(UTC), drones)
                client.publish(topics.message_topic(STATION, telemetry), encode(telemetry), qos=0)
        # At any moment: in step with the telemetry an alert would meet the window always alike.
        if alerts and now >= next_alert:
            next_alert = now + alert_every_s * rng.uniform(0.7, 1.3)
            violation = violation_of(len(published), datetime.now(UTC), rng)
            published[violation.id] = datetime.now(UTC)
            client.publish(topics.message_topic(STATION, violation), encode(violation), qos=1)
    told.put(published)
    client.disconnect()
    client.loop_stop()


def telemetry_of(number: int, second: int, at: datetime, drones: int) -> Telemetry:
    """A drone on its circle over Manhattan, with a battery that goes down and a link that trembles."""
    angle = radians(second * 6 + number * 37)
    across, along = number % 25 / 25, number // 25 / max(1, drones // 25)
    return a_telemetry(
        f"nyc-{number:04d}",
        seq=second,
        at=at,
        lat_deg=40.706 + 0.075 * along + 0.0015 * cos(angle) + 0.012 * across,
        lon_deg=-74.008 + 0.033 * along + 0.002 * sin(angle) + 0.028 * across,
        heading_deg=(second * 6 + number * 37 + 90) % 360.0,
        battery_pct=max(8.0, 96.0 - number % 70 - second / 60),
        link_pct=90.0 + (number + second) % 10,
        temp_c=24.0 + (number + second // 5) % 9,
    )


def violation_of(number: int, at: datetime, rng: Random) -> Violation:
    """One that no drone is sure of; each of another drone, at another place, so that nothing gathers them."""
    lat_deg, lon_deg = PLACES[number % len(PLACES)]
    return a_violation(
        number,
        id=message_id(at, rng.getrandbits(70)),
        drone_id=f"nyc-{number * 7 % 200:04d}",
        boot=2,
        seq=number + 1,
        at=at,
        lat_deg=lat_deg + rng.uniform(-0.004, 0.004),
        lon_deg=lon_deg + rng.uniform(-0.004, 0.004),
        guesses=(Guess(14, 0.48), Guess(19, 0.44), Guess(40, 0.05)),
        plate=f"KJH {number % 9000 + 1000}",
    )
