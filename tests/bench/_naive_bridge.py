"""A bridge as many would write it in an afternoon: paho's loop, one SQLite row and commit for each message, kafka-python with its defaults.

A peer of the bench. It keeps on disk and paho acknowledges after the callback, but a row is marked as sent whatever became of it.

    python _naive_bridge.py BROKER_PORT KAFKA STATION TOPIC FILE
"""

from __future__ import annotations

import sqlite3
import sys
import threading
import time
from typing import Any

import paho.mqtt.client as mqtt
from kafka import KafkaProducer
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties


def keep(port: int, station: str, file: str) -> None:
    """MQTT -> SQLite, until the process ends."""
    db = sqlite3.connect(file, check_same_thread=False)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = FULL")
    db.execute("CREATE TABLE IF NOT EXISTS message (id INTEGER PRIMARY KEY, topic TEXT, payload BLOB, sent INTEGER)")

    def on_message(_client: mqtt.Client, _data: object, message: mqtt.MQTTMessage) -> None:
        with db:
            db.execute("INSERT INTO message (topic, payload, sent) VALUES (?, ?, 0)", (message.topic, message.payload))

    def on_connect(client: mqtt.Client, *_: Any) -> None:
        client.subscribe(f"kestrel/v1/{station}/drone/+/health", qos=1)

    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=f"naive-{station}", protocol=mqtt.MQTTv5)
    client.on_connect, client.on_message = on_connect, on_message
    session = Properties(PacketTypes.CONNECT)
    session.SessionExpiryInterval = 3_600
    client.connect("127.0.0.1", port, clean_start=False, properties=session)
    client.loop_start()


def forward(kafka: str, topic: str, file: str) -> None:
    """SQLite -> Kafka, for ever."""
    producer = KafkaProducer(bootstrap_servers=kafka, acks="all")
    db = sqlite3.connect(file, timeout=30)
    while True:
        rows = db.execute("SELECT id, topic, payload FROM message WHERE sent = 0 ORDER BY id LIMIT 500").fetchall()
        for _, name, payload in rows:
            producer.send(topic, value=payload, key=name.encode())
        producer.flush()
        with db:
            db.executemany("UPDATE message SET sent = 1 WHERE id = ?", [(row[0],) for row in rows])
        if not rows:
            time.sleep(0.05)


if __name__ == "__main__":
    broker_port, bootstrap, of_station, to_topic, path = sys.argv[1:]
    keep(int(broker_port), of_station, path)
    threading.current_thread().name = "forward"
    forward(bootstrap, to_topic, path)
