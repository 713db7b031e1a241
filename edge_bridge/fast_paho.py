"""paho-mqtt with a faster way in: many packets from one read, messages taken apart without paho's tables, all acknowledgements in one send.

paho reads each packet with three recv() and one select(), and builds two tables for every MQTT 5 message (`Properties.__init__`). This
subclass reads what is there at once and hands messages of QoS 0 and 1 over as Received; every other packet goes paho's own way.
WORKAROUND: it leans on parts of paho 2.2.0 that are not public (`_packet_handle`, `_in_packet`, `_packet_queue`); the pin in
pyproject.toml holds them, tests/agreements/test_paho.py compares both ways in, and it can go when paho reads in blocks itself.
"""

from __future__ import annotations

import struct
import time
from collections import deque
from collections.abc import Callable, Iterable
from datetime import datetime

from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode

from edge_bridge.ports import Received

READ_BYTES = 1_048_576
_PUBLISH, _PUBACK = 0x30, 0x40
_RESPONSE_TOPIC, _CORRELATION = 8, 9
# Properties that a PUBLISH may carry, [MQTT-3.3.2.3]: how long each value is, or how it tells.
_FIXED = {1: 1, 2: 4, 35: 2}
_TEXT = frozenset((3, 8, 9))


class MalformedPublish(Exception):
    """The bytes of a PUBLISH contradict themselves; the connection is closed."""


class FastClient(paho.Client):
    """A paho client without its own thread. Messages gather in `arrived`; `connection` tags them with the connection they came over."""

    def __init__(self, client_id: str, clock: Callable[[], datetime]) -> None:
        super().__init__(CallbackAPIVersion.VERSION2, client_id=client_id, protocol=paho.MQTTv5, manual_ack=True)
        self.arrived: deque[Received] = deque()
        self.arrived_bytes = 0
        self.connection = 0
        self._clock = clock
        self._unread = bytearray()

    def reconnect(self) -> MQTTErrorCode:
        """As paho's; half a packet of the old connection is forgotten."""
        self._unread.clear()
        return super().reconnect()

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
        self._unread += data
        try:
            used, problem = self._handle_all(self._unread)
        except MalformedPublish:
            return self._loop_rc_handle(MQTTErrorCode.MQTT_ERR_PROTOCOL)
        del self._unread[:used]
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

    def _handle_all(self, data: bytearray) -> tuple[int, MQTTErrorCode]:
        """How many bytes are used up, and the first error."""
        position, size = 0, len(data)
        now = self._clock()
        while position + 2 <= size:
            length, body = _length_at(data, position + 1, size)
            if length < 0 or body + length > size:
                break
            command, end = data[position], body + length
            position = end
            if command & 0xF0 == _PUBLISH and command & 0x06 != 0x04:
                self._handle_message(command, bytes(data[body:end]), now)
                continue
            packet = self._in_packet
            packet["command"], packet["remaining_length"], packet["pos"] = command, length, 0
            packet["packet"] = bytearray(data[body:end])
            problem = self._packet_handle()
            if problem != MQTTErrorCode.MQTT_ERR_SUCCESS or self._sock is None:
                return position, problem
        return position, MQTTErrorCode.MQTT_ERR_SUCCESS

    def _handle_message(self, command: int, body: bytes, now: datetime) -> None:
        try:
            topic_end = 2 + (body[0] << 8 | body[1])
            position, delivery = topic_end, None
            if command & 0x06:
                delivery = (self.connection, body[position] << 8 | body[position + 1])
                position += 2
            response_topic: str | None = None
            correlation: bytes | None = None
            if body[position]:
                length, position = _length_at(body, position, len(body))
                end = position + length
                if length < 0 or end > len(body):
                    raise MalformedPublish
                response_topic, correlation = _properties(body, position, end)
                position = end
            else:
                position += 1
        except IndexError:
            raise MalformedPublish from None
        topic = body[2:topic_end].decode(errors="backslashreplace")
        self.arrived.append(Received(topic, body[position:], now, delivery, response_topic, correlation))
        self.arrived_bytes += len(body) - position


def _length_at(data: bytes | bytearray, position: int, size: int) -> tuple[int, int]:
    """A variable byte integer and where it ends; -1 when it is not all there. [MQTT-1.5.5]"""
    value = shift = 0
    while position < size:
        byte = data[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, position
        shift += 7
        if shift > 21:
            raise MalformedPublish
    return -1, position


def _properties(body: bytes, position: int, end: int) -> tuple[str | None, bytes | None]:
    """Response topic and correlation data; the others are passed over."""
    response_topic: str | None = None
    correlation: bytes | None = None
    while position < end:
        name = body[position]
        position += 1
        if name in _FIXED:
            position += _FIXED[name]
        elif name in _TEXT or name == 38:
            for _ in range(2 if name == 38 else 1):
                length = body[position] << 8 | body[position + 1]
                value = body[position + 2 : position + 2 + length]
                position += 2 + length
            if name == _RESPONSE_TOPIC:
                response_topic = value.decode(errors="backslashreplace")
            elif name == _CORRELATION:
                correlation = value
        elif name == 11:
            _, position = _length_at(body, position, end)
        else:
            raise MalformedPublish
    if position != end:
        raise MalformedPublish
    return response_topic, correlation
