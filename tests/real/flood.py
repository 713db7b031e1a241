"""MQTT by hand, as fast as a broker takes it: a client in Python costs more than broker and bridge together.

Packets of MQTT 5, all PUBLISH at QoS 1; nothing else is understood.
"""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Iterable

UNDER_WAY = 2_000  # not yet acknowledged by the broker
CONNECT, CONNACK, DISCONNECT = 0x10, 0x20, 0xE0


def connected(port: int, name: str) -> socket.socket:
    """A connection that the broker has accepted, of a client of that name, with a keepalive of a minute."""
    broker = socket.create_connection(("127.0.0.1", port))
    broker.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    body = b"\x00\x04MQTT\x05\x02\x00\x3c\x00" + struct.pack(">H", len(name)) + name.encode()
    broker.sendall(bytes((CONNECT, len(body))) + body)
    answer = broker.recv(1_000)
    assert answer[0] == CONNACK, answer
    return broker


def packet(topic: str, number: int, payload: bytes) -> bytes:
    """The PUBLISH at QoS 1 that is the sender's `number`-th, from 0."""
    name = topic.encode()
    body = struct.pack(">H", len(name)) + name + struct.pack(">HB", number % 65_535 + 1, 0) + payload
    return bytes((0x32, len(body) & 0x7F | 0x80, len(body) >> 7)) + body


def send(broker: socket.socket, chunks: Iterable[list[bytes]], count: int) -> None:
    """Sends `count` packets, each chunk in one go, and returns when the broker has acknowledged all of them."""
    room = threading.Semaphore(UNDER_WAY)
    counter = threading.Thread(target=_count_acks, args=(broker, count, room))
    counter.start()
    for chunk in chunks:
        for _ in chunk:
            room.acquire()
        broker.sendall(b"".join(chunk))
    counter.join()


def _count_acks(broker: socket.socket, count: int, room: threading.Semaphore) -> None:
    unread, seen = b"", 0
    while seen < count:
        unread += broker.recv(65_536)
        position, before = 0, seen
        while position + 2 <= len(unread) and position + 2 + unread[position + 1] <= len(unread):
            position += 2 + unread[position + 1]
            seen += 1
        unread = unread[position:]
        if seen > before:
            room.release(seen - before)
