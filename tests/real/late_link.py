"""A link that can keep back what clients have sent, beyond the life of their process: as a Kafka that hangs does in its own socket."""

from __future__ import annotations

import contextlib
import socket
import threading
from typing import Any

from installers.local.link import CHUNK_BYTES, Link


class LateLink(Link):
    """A Link; hold() keeps back what the connections that are open send to Kafka, release() delivers it."""

    def __init__(self, listen_port: int, target_port: int) -> None:
        self._held: dict[Any, list[bytes]] = {}
        self._changed = threading.Condition()
        super().__init__(listen_port, target_port)

    @property
    def held_bytes(self) -> int:
        """What is kept back now."""
        with self._changed:
            return sum(len(part) for parts in self._held.values() for part in parts)

    def hold(self) -> None:
        """From now on nothing of the present connections reaches Kafka; new connections are carried."""
        with self._changed:
            self._held.update({pipe: [] for pipe in self._open_pipes()})

    def release(self) -> None:
        """Delivers what was kept back, also of clients that are gone."""
        with self._changed:
            for pipe, parts in self._held.items():
                for part in parts:
                    with contextlib.suppress(OSError):
                        pipe.server.sendall(part)
            self._held.clear()

    def _pump(self, pipe: Any, source: socket.socket, sink: socket.socket) -> None:
        if sink is not pipe.server:
            super()._pump(pipe, source, sink)
            return
        with contextlib.suppress(OSError):
            while part := source.recv(CHUNK_BYTES):
                with self._changed:
                    if (parts := self._held.get(pipe)) is not None:
                        parts.append(part)
                        continue
                sink.sendall(part)
        with self._changed:
            if pipe in self._held:  # the client is gone, what it sent is still on its way
                return
        pipe.close()
