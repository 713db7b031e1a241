"""The sending process as its parent sees it, with small programs in its place."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

from edge_bridge.child import SENDER_LOST, Child

ECHO = "import sys; out = open(sys.argv[1], 'ab', 0)\nwhile said := sys.stdin.buffer.read1(9): out.write(said)\nout.write(b'.')"


def until(condition: Callable[[], object], child: Child) -> None:
    """Looks after the child until the condition holds."""
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        child.look_after()


def test_it_is_told_of_rows_and_retries_and_ends_when_its_parent_lets_go(tmp_path: Path):
    heard = tmp_path / "heard"
    child = Child([sys.executable, "-c", ECHO, str(heard)])

    child.wake()
    child.retry()
    child.stop()

    assert heard.read_bytes() == b"nr."
    assert child.pid is None
    child.stop()
    child.wake()


def test_one_that_lost_its_producer_is_replaced_at_once(tmp_path: Path):
    marker = tmp_path / "lost-once"
    program = (
        f"import os, sys, pathlib; p = pathlib.Path({str(marker)!r})\n"
        f"if not p.exists(): p.touch(); os._exit({SENDER_LOST})\n"
        "sys.stdin.read()"
    )
    child = Child([sys.executable, "-c", program])

    until(lambda: child.starts == 2 and marker.exists(), child)

    child.stop()


def test_one_that_fails_at_its_start_is_replaced_less_and_less_often():
    child = Child([sys.executable, "-c", "raise SystemExit(1)"])
    begun = time.monotonic()

    until(lambda: child.starts == 4, child)

    assert time.monotonic() - begun > 0.25 / 2 + 0.5 / 2
    child.stop()


def test_one_that_does_not_listen_holds_nobody_up():
    child = Child([sys.executable, "-c", "import time; time.sleep(60)"])

    begun = time.monotonic()
    for _ in range(100_000):
        child.wake()

    assert time.monotonic() - begun < 5
    child.stop()
