"""Waits until a station's bridge says on the broker that it listens."""

from __future__ import annotations

import threading

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from messages.codec import decode_state
from messages.errors import DecodeError
from messages.state import BridgeStatus
from messages.topics import bridge_status_topic


def bridge_is_heard(port: int, station: str, within_s: float) -> bool:
    """Whether the bridge's retained status on 127.0.0.1:`port` says, within that time, that it is online."""
    heard = threading.Event()

    def on_message(_client: mqtt.Client, _data: object, message: mqtt.MQTTMessage) -> None:
        """Runs on paho's thread."""
        try:
            status = decode_state(bytes(message.payload), BridgeStatus)
        except DecodeError:  # an emptied topic
            return
        if status.state == "online":
            heard.set()

    client = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
    client.on_connect = lambda client, *_: client.subscribe(bridge_status_topic(station))
    client.on_message = on_message
    client.connect("127.0.0.1", port)
    client.loop_start()
    try:
        return heard.wait(within_s)
    finally:
        client.disconnect()
        client.loop_stop()
