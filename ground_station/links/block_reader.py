"""paho-mqtt with a faster way in: all that has come is taken from one read, and messages are taken apart without paho's tables.

paho reads each packet with three recv() and one select(); at a thousand messages a second its thread then asks for the interpreter some
thousand times a second, and the window's thread waits for it as often. Everything but messages goes paho's own way, in paho's own thread.
WORKAROUND: it leans on parts of paho 2.2.0 that are not public (`_packet_handle`, `_in_packet`, `_send_puback`), as
edge_bridge/fast_paho.py does, which keeps messages until they are on disk; it can go when paho reads in blocks itself.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from paho.mqtt import client as paho
from paho.mqtt import exception
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion

from messages.packets import MalformedPacket, Packet, Packets, Publish

READ_BYTES = 65_536


class BlockReader(paho.Client):
    """A paho client. Each message is told to `on_arrived(topic, payload)`, in paho's thread, instead of to `on_message`."""

    def __init__(self, client_id: str, on_arrived: Callable[[str, bytes], None]) -> None:
        super().__init__(
            CallbackAPIVersion.VERSION2,
            client_id=client_id,
            protocol=MQTTProtocolVersion.MQTTv5,
            reconnect_on_failure=False,
        )
        self._on_arrived = on_arrived
        self._packets = Packets()

    def reconnect(self) -> MQTTErrorCode:
        """As paho's; half a packet of the old connection is forgotten."""
        self._packets.forget()
        return super().reconnect()

    def is_connected(self) -> bool:
        """As paho's, which thinks itself connected still after it has closed the connection for a packet that cannot be read."""
        return self._sock is not None and super().is_connected()

    def loop_read(self, max_packets: int = 1) -> MQTTErrorCode:
        """As paho's, but reads what there is and handles every whole packet."""
        if self._sock is None:
            return MQTTErrorCode.MQTT_ERR_NO_CONN
        try:
            data = self._sock.recv(READ_BYTES)
        except BlockingIOError:
            return MQTTErrorCode.MQTT_ERR_SUCCESS
        except OSError:
            data = b""
        problem = self._handle(data) if data else MQTTErrorCode.MQTT_ERR_CONN_LOST
        return self._loop_rc_handle(problem) if problem != MQTTErrorCode.MQTT_ERR_SUCCESS else problem

    def _handle(self, data: bytes) -> MQTTErrorCode:
        """The first error."""
        self._last_bytes_received = time.monotonic()
        try:
            for packet in self._packets.take(data):
                problem = self._told(packet) if isinstance(packet, Publish) else self._as_paho(packet)
                if problem != MQTTErrorCode.MQTT_ERR_SUCCESS or self._sock is None:
                    return problem
        except (MalformedPacket, exception.MalformedPacket):  # ours in a message, paho's in anything else
            return MQTTErrorCode.MQTT_ERR_PROTOCOL
        return MQTTErrorCode.MQTT_ERR_SUCCESS

    def _told(self, message: Publish) -> MQTTErrorCode:
        self._on_arrived(message.topic, message.payload)
        return MQTTErrorCode.MQTT_ERR_SUCCESS if message.number is None else self._send_puback(message.number)

    def _as_paho(self, packet: Packet) -> MQTTErrorCode:
        own = self._in_packet
        own["command"], own["remaining_length"], own["pos"] = packet.command, len(packet.body), 0
        own["packet"] = bytearray(packet.body)
        return self._packet_handle()
