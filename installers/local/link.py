"""A network link that can be cut: a TCP proxy on loopback between a client and a server.

    link = Link(listen_port, target_port)
    link.cut()       every connection is closed, new ones are refused: the cable is out
    link.hang()      connections stay open and new ones are taken, but every byte is lost: the mast is on, the network is not
    link.restore()   as before; connections that lost bytes are closed, for their streams can never be right again

One thread waits for connections, two carry bytes for each of them.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterable

CHUNK_BYTES = 65_536
CONNECT_S = 5.0


class _Pipe:
    """The two sockets of one connection and whether bytes of it were lost."""

    def __init__(self, client: socket.socket, server: socket.socket) -> None:
        self.client = client
        self.server = server
        self.lost_bytes = False
        self.threads: list[threading.Thread] = []

    def close(self) -> None:
        for end in (self.client, self.server):
            with contextlib.suppress(OSError):  # the other side was quicker
                end.shutdown(socket.SHUT_RDWR)
            end.close()


class Link:
    """Carries bytes between 127.0.0.1:`listen_port` and 127.0.0.1:`target_port` from the moment it is made until close()."""

    def __init__(self, listen_port: int, target_port: int) -> None:
        """Raises OSError if the port is taken."""
        self.listen_port = listen_port
        self.target_port = target_port
        self._lock = threading.Lock()
        self._pipes: set[_Pipe] = set()
        self._listener: socket.socket | None = None
        self._accepting: threading.Thread | None = None
        self._hanging = False
        self._listen()

    @property
    def state(self) -> str:
        """`up`, `cut` or `hanging`."""
        with self._lock:
            if self._listener is None:
                return "cut"
            return "hanging" if self._hanging else "up"

    def cut(self) -> None:
        """Closes every connection and refuses new ones, until restore()."""
        with self._lock:
            listener, self._listener = self._listener, None
            accepting, self._accepting = self._accepting, None
            self._hanging = False
        if listener is not None:
            with contextlib.suppress(OSError):  # wakes the thread that waits in accept
                listener.shutdown(socket.SHUT_RDWR)
            listener.close()
        if accepting is not None:
            accepting.join()
        self._close(self._open_pipes())

    def hang(self) -> None:
        """Loses every byte from now on while connections stay as they are, until restore()."""
        self._listen()
        with self._lock:
            self._hanging = True

    def restore(self) -> None:
        """Carries bytes again."""
        self._listen()
        with self._lock:
            self._hanging = False
            broken = [pipe for pipe in self._pipes if pipe.lost_bytes]
        self._close(broken)

    def close(self) -> None:
        """Ends the link and its threads."""
        self.cut()

    def __enter__(self) -> Link:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _listen(self) -> None:
        with self._lock:
            if self._listener is not None:
                return
            self._listener = socket.create_server(("127.0.0.1", self.listen_port), backlog=64)
            self._accepting = threading.Thread(
                target=self._accept, args=(self._listener,), name=f"link-{self.listen_port}", daemon=True
            )
            self._accepting.start()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:  # cut
                return
            try:
                server = socket.create_connection(("127.0.0.1", self.target_port), CONNECT_S)
            except OSError:  # nobody is there behind the link; the client sees it as such
                client.close()
                continue
            server.settimeout(None)
            self._carry(_Pipe(client, server), listener)

    def _carry(self, pipe: _Pipe, listener: socket.socket) -> None:
        for end in (pipe.client, pipe.server):
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        ways = ((pipe.client, pipe.server), (pipe.server, pipe.client))
        pipe.threads = [
            threading.Thread(target=self._pump, args=(pipe, *way), name=f"link-{self.listen_port}-{index}", daemon=True)
            for index, way in enumerate(ways)
        ]
        with self._lock:
            still_up = self._listener is listener
            if still_up:
                self._pipes.add(pipe)
                for thread in pipe.threads:
                    thread.start()
        if not still_up:
            pipe.close()

    def _pump(self, pipe: _Pipe, source: socket.socket, sink: socket.socket) -> None:
        buffer = bytearray(CHUNK_BYTES)
        view = memoryview(buffer)
        with contextlib.suppress(OSError):  # either side closed, or the link was cut
            while count := source.recv_into(buffer):
                if self._hanging:
                    pipe.lost_bytes = True
                else:
                    sink.sendall(view[:count])
        if not self._hanging:
            pipe.close()
            with self._lock:
                self._pipes.discard(pipe)
        else:
            pipe.lost_bytes = True  # not even the end of the stream gets through; restore() or cut() closes it

    def _open_pipes(self) -> list[_Pipe]:
        with self._lock:
            return list(self._pipes)

    def _close(self, pipes: Iterable[_Pipe]) -> None:
        for pipe in pipes:
            pipe.close()
            for thread in pipe.threads:
                thread.join()
            with self._lock:
                self._pipes.discard(pipe)
