"""The link that can be cut, between real sockets."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import pytest

from installers.local.link import Link
from installers.local.ports import free_port


@pytest.fixture
def echo_port() -> Iterator[int]:
    """A server that sends back what it gets."""
    listener = socket.create_server(("127.0.0.1", 0))
    threads: list[threading.Thread] = []

    def echo(connection: socket.socket) -> None:
        with connection:
            while data := connection.recv(65_536):
                connection.sendall(data)

    def accept() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threads.append(threading.Thread(target=echo, args=(connection,)))
            threads[-1].start()

    accepting = threading.Thread(target=accept)
    accepting.start()
    yield listener.getsockname()[1]
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    accepting.join()
    for thread in threads:
        thread.join()


@pytest.fixture
def link(echo_port: int) -> Iterator[Link]:
    with Link(free_port(), echo_port) as link:
        yield link


def connect(link: Link) -> socket.socket:
    return socket.create_connection(("127.0.0.1", link.listen_port), timeout=5)


def says_back(connection: socket.socket, data: bytes) -> bool:
    connection.sendall(data)
    got = b""
    while len(got) < len(data):
        part = connection.recv(65_536)
        if not part:
            return False
        got += part
    return got == data


def is_closed(connection: socket.socket) -> bool:
    try:
        return connection.recv(1) == b""
    except ConnectionResetError:
        return True


def test_a_whole_link_carries_bytes_both_ways(link: Link) -> None:
    with connect(link) as connection:
        assert says_back(connection, bytes(range(256)) * 4_000)


def test_a_cut_closes_what_is_open_and_refuses_what_is_new(link: Link) -> None:
    with connect(link) as connection:
        assert says_back(connection, b"before")

        link.cut()

        assert is_closed(connection)
        with pytest.raises(ConnectionRefusedError):
            connect(link)
        assert link.state == "cut"


def test_after_the_restore_new_connections_work_again(link: Link) -> None:
    link.cut()
    link.restore()

    with connect(link) as connection:
        assert says_back(connection, b"after")


def test_a_hanging_link_keeps_connections_open_and_loses_their_bytes(link: Link) -> None:
    with connect(link) as connection:
        assert says_back(connection, b"before")

        link.hang()
        connection.sendall(b"into the void")
        connection.settimeout(0.3)

        with pytest.raises(TimeoutError):
            connection.recv(1)


def test_a_connection_that_lost_bytes_is_closed_by_the_restore_and_an_idle_one_lives_on(link: Link) -> None:
    with connect(link) as unlucky, connect(link) as idle:
        assert says_back(unlucky, b"before")
        assert says_back(idle, b"before")
        link.hang()
        unlucky.sendall(b"into the void")
        unlucky.settimeout(0.3)
        with pytest.raises(TimeoutError):
            unlucky.recv(1)
        unlucky.settimeout(5)

        link.restore()

        assert is_closed(unlucky)
        assert says_back(idle, b"after")


def test_a_closed_link_leaves_no_thread(echo_port: int) -> None:
    before = set(threading.enumerate())
    link = Link(free_port(), echo_port)
    with connect(link) as connection:
        assert says_back(connection, b"something")
        link.close()

    assert not [thread for thread in set(threading.enumerate()) - before if thread.name.startswith("link-")]


def test_nobody_behind_the_link_reads_as_a_closed_connection() -> None:
    with Link(free_port(), free_port()) as link, connect(link) as connection:
        assert is_closed(connection)
