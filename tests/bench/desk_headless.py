"""The desk without a window: from the publishing of an alert to its being shown, among many flying drones; and its rules alone.

Peer of the same run: a bare paho subscriber to the same alerts, which does nothing with them. The ratio says what the desk adds.

    ./kestrel bench desk_headless [--drones 200] [--alerts 60] [--json FILE]
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import threading
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from typing import Any

import paho.mqtt.client as mqtt
import psutil
from paho.mqtt.enums import CallbackAPIVersion

from ground_station.journal import shown
from ground_station.view_model.events import TelemetryCame, Tick
from ground_station.view_model.features import changes_between
from ground_station.view_model.snapshot import MapScene
from ground_station.view_model.view import view
from installers.local.mosquitto import Mosquitto
from installers.local.places import ROOT
from installers.local.ports import free_port
from installers.local.proof.ledger import percentiles
from messages import topics
from messages.codec import encode
from tests.ground_station.bridge_double import BridgeDouble, wait_for
from tests.ground_station.given import a_connected_desk, a_telemetry, a_violation, an_alert

STATION = "midtown"
BETWEEN_ALERTS_S = 0.3
WARM_S = 3.0  # every drone has spoken, and the desk has written its first lines
RULES_DRONES = 1_000
RULES_TURNS = 100


def main(arguments: list[str]) -> dict[str, Any]:
    """Figures by name, with units in the names."""
    parser = argparse.ArgumentParser(prog="kestrel bench desk_headless")
    parser.add_argument("--drones", type=int, default=200)
    parser.add_argument("--alerts", type=int, default=60)
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="kestrel-bench-") as folder:
        shown_figures = _shown(Path(folder), options.drones, options.alerts)
    return {"drones": options.drones, "alerts": options.alerts, **shown_figures, **_rules()}


def _shown(folder: Path, drones: int, alerts: int) -> dict[str, Any]:
    broker = Mosquitto(folder / "broker", free_port())
    broker.start()
    bridge = BridgeDouble(broker.port, STATION)
    bridge.start()
    peer = _Peer(broker.port)
    journal = folder / "desk.db"
    command = ["--broker", broker.address, "--station", STATION, "--officer", "duarte", "--journal", str(journal)]
    with (folder / "desk.txt").open("wb") as out:
        desk = subprocess.Popen(
            [sys.executable, "-m", "ground_station", *command, "--headless"], stdout=out, stderr=out, cwd=ROOT
        )
    flying = threading.Event()
    flight = threading.Thread(target=_fly, args=(broker.port, drones, flying))
    flight.start()
    pause = threading.Event()
    try:
        wait_for(lambda: "log: Connected" in (folder / "desk.txt").read_text(), "the desk is not connected")
        pause.wait(WARM_S)
        process = psutil.Process(desk.pid)
        busy_s, began = sum(process.cpu_times()[:2]), perf_counter()
        at = datetime.now(UTC).replace(microsecond=0)
        for number in range(alerts):
            bridge.raise_alert(a_violation(number, at=at))
            pause.wait(BETWEEN_ALERTS_S)
        wait_for(lambda: len(list(shown(journal))) == alerts, "not every alert was shown")
        busy_s, took_s = sum(process.cpu_times()[:2]) - busy_s, perf_counter() - began
        memory_mb = process.memory_info().rss / 1e6
    finally:
        flying.set()
        flight.join()
        desk.terminate()
        desk.wait(10.0)
        peer.close()
        bridge.stop()
        broker.stop()
    raised = {key: alert.raised_at for key, alert in bridge.alerts.items()}
    ours = percentiles([_ms(raised[each.violation_id], each.shown_at) for each in shown(journal)]) or {}
    bare = percentiles([_ms(raised[key], arrived) for key, arrived in peer.arrived.items()]) or {}
    return {
        **{f"published_to_shown_{name}_ms": value for name, value in ours.items() if name != "count"},
        **{f"published_to_bare_subscriber_{name}_ms": value for name, value in bare.items() if name != "count"},
        "desk_processor_pct": 100 * busy_s / took_s,
        "desk_memory_mb": memory_mb,
        "load_of_the_machine": os.getloadavg()[0],
    }


def _rules() -> dict[str, Any]:
    """What the front end's thread does in one turn with 1,000 drones at 1 Hz: a quarter of them spoke."""
    desk = a_connected_desk(*(an_alert(number) for number in range(10)))
    handling, viewing, changing = [], [], []
    before: MapScene | None = None
    for turn in range(1, RULES_TURNS):
        desk.waits(0.25)
        speaking = range(turn % 4, RULES_DRONES, 4)
        events = [
            TelemetryCame(a_telemetry(f"nyc-{number}", seq=turn, at=desk.now, lat_deg=40.7 + turn * 1e-5))
            for number in speaking
        ]
        began = perf_counter()
        desk.hears(*events, Tick())
        handled = perf_counter()
        snapshot = view(desk.state, desk.now)
        viewed = perf_counter()
        changes_between(before, snapshot.scene)
        changed = perf_counter()
        before = snapshot.scene
        handling.append((handled - began) * 1000)
        viewing.append((viewed - handled) * 1000)
        changing.append((changed - viewed) * 1000)
    return {
        f"{name}_{share}_ms": value
        for name, spans in (
            ("rules_250_messages", handling),
            ("snapshot_1000_drones", viewing),
            ("map_changes_1000_drones", changing),
        )
        for share, value in (percentiles(spans) or {}).items()
        if share != "count"
    }


def _fly(port: int, drones: int, stop: threading.Event) -> None:
    """Telemetry of every drone once a second, a twentieth of them every 50 ms."""
    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="drones", protocol=mqtt.MQTTv5)
    client.connect("127.0.0.1", port)
    client.loop_start()
    turn = 0
    while not stop.wait(0.05):
        turn += 1
        for number in range(turn % 20, drones, 20):
            telemetry = a_telemetry(f"nyc-{number}", seq=turn, at=datetime.now(UTC))
            client.publish(topics.message_topic(STATION, telemetry), encode(telemetry), qos=0)
    client.disconnect()
    client.loop_stop()


class _Peer:
    """Notes when each alert arrives, and nothing else. Its callback runs on paho's thread."""

    def __init__(self, port: int) -> None:
        self.arrived: dict[str, datetime] = {}
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="bare-subscriber", protocol=mqtt.MQTTv5)
        self._client.on_connect = lambda client, *_: client.subscribe(topics.alert_filter(STATION), qos=1)
        self._client.on_message = self._note
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()

    def _note(self, _client: mqtt.Client, _data: object, message: mqtt.MQTTMessage) -> None:
        arrived_at = datetime.now(UTC)
        place = topics.parse_alert_topic(message.topic)
        if place is not None:
            self.arrived.setdefault(place.violation_id, arrived_at)

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


def _ms(begin: datetime, end: datetime) -> float:
    return (end - begin).total_seconds() * 1000
