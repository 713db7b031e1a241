"""paho-mqtt with a faster way in: many packets from one read, messages taken apart without paho's tables, all acknowledgements in one send.

paho reads each packet with three recv() and one select(), and builds two tables for every MQTT 5 message (`Properties.__init__`). This
subclass reads what is there at once and hands messages of QoS 0 and 1 over as Received; every other packet goes paho's own way.
WORKAROUND: it leans on parts of paho 2.2.0 that are not public (`_packet_handle`, `_in_packet`, `_packet_queue`); the pin in
pyproject.toml holds them, tests/real/test_bridge_paho.py compares both ways in, and it can go when paho reads in blocks itself.
"""

from __future__ import annotations

import struct
import time
from collections import deque
from collections.abc import Callable, Iterable
from datetime import datetime

from paho.mqtt import client as paho
from paho.mqtt import exception
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode

from edge_bridge.ports import Received
from messages.packets import MalformedPacket, Packets, Publish

READ_BYTES = 1_048_576
_PUBACK = 0x40


class FastClient(paho.Client):
    """A paho client without its own thread. Messages gather in `arrived`; `connection` tags them with the connection they came over."""

    def __init__(self, client_id: str, clock: Callable[[], datetime]) -> None:
        super().__init__(CallbackAPIVersion.VERSION2, client_id=client_id, protocol=paho.MQTTv5, manual_ack=True)
        self.arrived: deque[Received] = deque()
        self.arrived_bytes = 0
        self.connection = 0
        self._clock = clock
        self._packets = Packets()

    def reconnect(self) -> MQTTErrorCode:
        """As paho's; half a packet of the old connection is forgotten."""
        self._packets.forget()
        return super().reconnect()

    def is_connected(self) -> bool:
        """As paho's, which thinks itself connected still after it has closed the connection for a packet that cannot be read."""
        return self._sock is not None and super().is_connected()

    def loop_read(self, max_packets: int = 1) -> MQTTErrorCode:
        """Reads what there is, once, and handles every whole packet."""
        if self._sock is None:
            return MQTTErrorCode.MQTT_ERR_NO_CONN
        try:
            data = self._sock.recv(READ_BYTES)
        except BlockingIOError:
            return MQTTErrorCode.MQTT_ERR_SUCCESS
        except OSError:
            data = b""
        if not data:
            return self._loop_rc_handle(MQTTErrorCode.MQTT_ERR_CONN_LOST)
        self._last_bytes_received = time.monotonic()
        try:
            problem = self._handle_all(data)
        except (MalformedPacket, exception.MalformedPacket):  # ours in a message, paho's in anything else
            return self._loop_rc_handle(MQTTErrorCode.MQTT_ERR_PROTOCOL)
        if self._sock is not None and problem is not MQTTErrorCode.MQTT_ERR_SUCCESS:
            return self._loop_rc_handle(problem)
        return problem

    def acknowledge(self, batch: Iterable[Received]) -> int:
        """Sends the PUBACKs of all that came over this connection, together; gives their number."""
        numbers = [
            message.delivery[1]
            for message in batch
            if message.delivery is not None and message.delivery[0] == self.connection
        ]
        if numbers and self._sock is not None:
            packets = b"".join(struct.pack(">BBH", _PUBACK, 2, number) for number in numbers)
            self._packet_queue(_PUBACK, packets, 0, 0)
        return len(numbers)

    def _handle_all(self, data: bytes) -> MQTTErrorCode:
        """The first error."""
        now = self._clock()
        for packet in self._packets.take(data):
            if isinstance(packet, Publish):
                number, payload = packet.number, packet.payload
                delivery = None if number is None else (self.connection, number)
                told = (packet.response_topic, packet.correlation)
                self.arrived.append(Received(packet.topic, payload, now, delivery, *told))
                self.arrived_bytes += len(payload)
                continue
            own = self._in_packet
            own["command"], own["remaining_length"], own["pos"] = packet.command, len(packet.body), 0
            own["packet"] = bytearray(packet.body)
            problem = self._packet_handle()
            if problem != MQTTErrorCode.MQTT_ERR_SUCCESS or self._sock is None:
                return problem
        return MQTTErrorCode.MQTT_ERR_SUCCESS
