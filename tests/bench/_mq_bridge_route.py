"""Runs one route of mq-bridge, from MQTT to Kafka; started by the bench with the Python that has the package.

python _mq_bridge_route.py BROKER_PORT KAFKA STATION TOPIC
"""

from __future__ import annotations

import importlib
import sys

port, kafka, station, topic = sys.argv[1:]
CONFIGURATION = {
    "input": {
        "mqtt": {
            "url": f"tcp://127.0.0.1:{port}",
            "topic": f"kestrel/v1/{station}/drone/+/health",
            "client_id": f"mq-bridge-{station}",
            "qos": 1,
            "queue_capacity": 20_000,
            "max_inflight": 4_000,
            "session_expiry_interval": 3_600,
        }
    },
    "output": {"kafka": {"url": kafka, "topic": topic, "producer_options": [["acks", "all"], ["linger.ms", "5"]]}},
    "batch_size": 1_000,
    "reconnect_interval_ms": 1_000,
}
importlib.import_module("mq_bridge").Route.from_config(CONFIGURATION).run()
