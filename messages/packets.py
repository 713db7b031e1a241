"""The bytes of an MQTT 5 connection taken apart into packets, for a reader that takes many of them from one read.

Sections in brackets are those of the MQTT 5.0 standard (OASIS, 2019). Nothing here reads or answers: bytes in, packets out.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

_PUBLISH, _QOS_2 = 0x30, 0x04
_RESPONSE_TOPIC, _CORRELATION = 8, 9
# Properties that a PUBLISH may carry, [MQTT-3.3.2.3]: how long each value is, or how it tells.
_FIXED = {1: 1, 2: 4, 35: 2}
_TEXT = frozenset((3, 8, 9))


class MalformedPacket(Exception):
    """The bytes of a packet contradict themselves; the connection is to be closed."""


class Publish(msgspec.Struct, frozen=True, gc=False):
    """A message as it came, of QoS 0 or 1."""

    topic: str
    payload: bytes
    number: int | None  # by which it is acknowledged; None for QoS 0, which is not
    response_topic: str | None
    correlation: bytes | None


class Packet(msgspec.Struct, frozen=True, gc=False):
    """Any other packet: its first byte, and all that follows the length."""

    command: int
    body: bytes


class Packets:
    """One connection's way in. What is not a whole packet yet waits for the next read."""

    def __init__(self) -> None:
        self._unread = bytearray()

    def forget(self) -> None:
        """Another connection begins: half a packet of the last one means nothing any more."""
        self._unread.clear()

    def take(self, data: bytes) -> Iterator[Publish | Packet]:
        """The whole packets there are with `data`, in their order. Raises MalformedPacket."""
        unread, position = self._unread, 0
        unread += data
        try:
            while position + 2 <= (size := len(unread)):  # whoever takes a packet may make us forget the rest
                length, begin = _length_at(unread, position + 1, size)
                end = begin + length
                if length < 0 or end > size:
                    return
                command, body = unread[position], bytes(unread[begin:end])
                position = end
                if command & 0xF0 == _PUBLISH and command & 0x06 != _QOS_2:
                    yield publish_of(command, body)
                else:
                    yield Packet(command, body)
        finally:
            del unread[:position]


def publish_of(command: int, body: bytes) -> Publish:
    """The message in a PUBLISH of QoS 0 or 1; raises MalformedPacket. [MQTT-3.3]"""
    try:
        topic_end = 2 + (body[0] << 8 | body[1])
        position, number = topic_end, None
        if command & 0x06:
            number = body[position] << 8 | body[position + 1]
            position += 2
        response_topic: str | None = None
        correlation: bytes | None = None
        if body[position]:
            length, position = _length_at(body, position, len(body))
            end = position + length
            if length < 0 or end > len(body):
                raise MalformedPacket
            response_topic, correlation = _properties(body, position, end)
            position = end
        else:
            position += 1
    except IndexError:
        raise MalformedPacket from None
    topic = body[2:topic_end].decode(errors="backslashreplace")
    return Publish(topic, body[position:], number, response_topic, correlation)


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
            raise MalformedPacket
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
            raise MalformedPacket
    if position != end:
        raise MalformedPacket
    return response_topic, correlation
