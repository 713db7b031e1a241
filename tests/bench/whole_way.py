"""The whole way on one machine: latencies and rates from a drone's report to the archive, with everything running at once.

Peer of the same run: a bare paho subscriber on the same broker, which keeps nothing. What it needs from the first hand-over to the callback
is what the broker and the loaded machine cost anybody; the ratios say how many times that our stored, shown and archived take.

    ./kestrel bench whole_way [--drones 50] [--seconds 60] [--json FILE]
"""

from __future__ import annotations

import argparse
import json
import tempfile
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from installers.local.demo.demo import Demo
from installers.local.demo.headless import fly_and_prove
from installers.local.demo.plan import STATION, DemoPlan
from installers.local.proof.ledger import percentiles
from messages.topics import drone_filter


class BareSubscriber:
    """Notes when each violation arrives. Its callback runs on paho's thread."""

    def __init__(self, port: int) -> None:
        self.arrived: dict[str, datetime] = {}
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="bare-subscriber", protocol=mqtt.MQTTv5)
        self._client.on_connect = lambda client, *_: client.subscribe(drone_filter(STATION, "violation"), qos=1)
        self._client.on_message = self._note
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()

    def _note(self, _client: mqtt.Client, _data: object, message: mqtt.MQTTMessage) -> None:
        arrived_at = datetime.now(UTC)
        self.arrived.setdefault(json.loads(message.payload)["id"], arrived_at)

    def close(self) -> None:
        """Ends the connection and its thread."""
        self._client.disconnect()
        self._client.loop_stop()


def main(arguments: list[str]) -> dict[str, Any]:
    """Figures by name, with units in the names."""
    parser = argparse.ArgumentParser(prog="kestrel bench whole_way")
    parser.add_argument("--drones", type=int, default=50)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--violations-per-min", type=float, default=15.0)
    options = parser.parse_args(arguments)
    plan = DemoPlan(
        drones=options.drones, seconds=options.seconds, violations_per_min=options.violations_per_min, think_s=0.5
    )
    with tempfile.TemporaryDirectory(prefix="kestrel-bench-") as folder:
        demo = Demo(Path(folder), plan, window=False, say=lambda line: None)
        bare: BareSubscriber | None = None
        try:
            demo.start()
            bare = BareSubscriber(demo.stack.mosquitto.port)
            found = fly_and_prove(demo, threading.Event(), lambda line: None)
        finally:
            if bare is not None:
                bare.close()
            demo.stop()
    if found is None or bare is None:
        raise RuntimeError("the run was stopped")
    report, census, proof = found
    published = census.times.published
    seen = [(at - published[id_]).total_seconds() * 1000 for id_, at in bare.arrived.items() if id_ in published]
    floor = percentiles(seen) or {}
    figures: dict[str, Any] = {
        "drones": plan.drones,
        "seconds": plan.seconds,
        "lost": proof.lost,
        "doubled": proof.doubled,
        "messages": sum(kind.stored for kind in proof.kinds.values()),
        "stored_per_s": round(sum(kind.stored for kind in proof.kinds.values()) / options.seconds, 1),
        "peak_memory_mb": report["peak_memory_mb"],
        "ready_s": report["ready_s"],
        "bare_subscriber_ms": floor,
    }
    for name, latency in report["latency_ms"].items():
        figures[f"{name}_ms"] = latency
        if latency and floor:
            figures[f"{name}_p50_ratio_to_bare_subscriber"] = round(latency["p50"] / max(floor["p50"], 0.1), 1)
            figures[f"{name}_p95_ratio_to_bare_subscriber"] = round(latency["p95"] / max(floor["p95"], 0.1), 1)
    return figures
