"""What the first start stands on: the kept profile, and one try of a broker over real sockets."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Thread

import pytest

from ground_station import profile
from ground_station.links.broker_trial import try_broker
from ground_station.settings import MissingSetting, read, wants_window


def test_the_profile_is_where_the_platform_keeps_such_files() -> None:
    home = Path("/home/d")

    assert profile.place("linux", {}, home) == home / ".config/kestrel/desk.json"
    assert profile.place("linux", {"XDG_CONFIG_HOME": "/x"}, home) == Path("/x/kestrel/desk.json")
    assert profile.place("win32", {"APPDATA": "/r"}, home) == Path("/r/kestrel/desk.json")
    assert profile.place("darwin", {}, home) == home / "Library/Preferences/kestrel/desk.json"


def test_what_is_kept_is_found_again_and_a_spoilt_file_is_as_none(tmp_path: Path) -> None:
    file = tmp_path / "kestrel" / "desk.json"
    assert profile.load(file) == {}

    profile.save(file, {"station": "midtown", "officer": "duarte", "other": "x"})
    profile.save(file, {"language": "fr"})
    assert profile.load(file) == {"station": "midtown", "officer": "duarte", "language": "fr"}

    file.write_text("{half", encoding="utf-8")
    assert profile.load(file) == {}


def test_flags_and_environment_win_over_the_profile() -> None:
    kept = {"station": "midtown", "officer": "duarte", "broker": "10.0.0.9:1884"}

    settings = read(["--station", "harlem"], {"KESTREL_OFFICER": "moreno"}, kept)

    assert (settings.station, settings.officer, settings.broker_host) == ("harlem", "moreno", "10.0.0.9")
    with pytest.raises(MissingSetting, match="--officer is missing"):
        read(["--station", "harlem"], {}, {})


@pytest.mark.parametrize(
    ("arguments", "environment", "asks"),
    [
        ([], {}, True),
        (["--headless"], {}, False),
        (["--scripted-officer"], {}, False),
        ([], {"KESTREL_HEADLESS": "yes"}, False),
        ([], {"KESTREL_HEADLESS": "no"}, True),
        (["--screenshot", "x.png"], {}, False),
    ],
)
def test_only_somebody_before_a_window_is_asked(arguments: list[str], environment: dict[str, str], asks: bool) -> None:
    assert wants_window(arguments, environment) is asks


@contextmanager
def somebody_answering(answer: bytes | None) -> Iterator[int]:
    """A listener that reads a first packet and answers (None: accepts, and says nothing)."""
    server = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        line, _ = server.accept()
        with line:
            line.recv(64)
            if answer is not None:
                line.sendall(answer)
            line.settimeout(5)
            with suppress(ConnectionResetError):
                line.recv(64)

    thread = Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield server.getsockname()[1]
    finally:
        server.close()
        thread.join(5)


@pytest.mark.parametrize(
    ("answer", "word"),
    [
        (b"\x20\x02\x00\x00", "ok"),
        (b"\x20\x02\x00\x05", "denied"),
        (b"HTTP/1.1 400 Bad Request", "no_broker"),
        (None, "silent"),
    ],
)
def test_a_try_says_what_answers(answer: bytes | None, word: str) -> None:
    with somebody_answering(answer) as port:
        assert try_broker("127.0.0.1", port, wait_s=0.5 if answer is None else 5.0) == word


def test_a_try_says_that_nobody_listens_or_that_there_is_no_such_name() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        free = server.getsockname()[1]

    assert try_broker("127.0.0.1", free) == "refused"
    assert try_broker("no such name.invalid", 1883) == "no_name"
