"""Children are watched, ended whole, and never left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from installers.local.places import ROOT
from installers.local.processes import (
    Family,
    ProcessError,
    all_gone,
    created_at,
    is_same_process,
    memory_of,
    start,
)

WAIT_S = 15.0
SLEEPER = [sys.executable, "-c", "import signal; signal.pause()"]
DEAF = [
    sys.executable,
    "-c",
    "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True)\nwhile True: signal.pause()",
]
PARENT = """
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"])
print(child.pid, flush=True)
child.wait()
"""


def grandchild_of(log_path: Path) -> int:
    return int(log_path.read_text().split()[0])


def test_a_stop_asks_first_and_ends_what_the_child_started_too(tmp_path: Path) -> None:
    log_path = tmp_path / "log"
    child = start("parent", [sys.executable, "-c", PARENT], log_path=log_path)
    child.wait_healthy(lambda: log_path.read_text().strip().isdigit(), WAIT_S)
    grandchild = grandchild_of(log_path)
    created = created_at(grandchild)

    assert child.stop() == -signal.SIGTERM
    assert all_gone([(grandchild, created)], WAIT_S)


def test_a_child_that_does_not_listen_is_ended_all_the_same(tmp_path: Path) -> None:
    child = start("deaf", DEAF, log_path=tmp_path / "log")
    child.wait_healthy(lambda: "deaf" in (tmp_path / "log").read_text(), WAIT_S)

    assert child.stop(grace_s=0.2) == -signal.SIGKILL


def test_a_child_that_ends_by_itself_is_reported_with_its_last_words(tmp_path: Path) -> None:
    child = start("broken", [sys.executable, "-c", "raise SystemExit('no disk left')"], log_path=tmp_path / "log")

    with pytest.raises(ProcessError, match="broken ended with code 1: no disk left"):
        child.wait_healthy(lambda: False, WAIT_S)
    child.stop()


def test_a_child_that_is_not_ready_in_time_is_reported(tmp_path: Path) -> None:
    child = start("slow", SLEEPER, log_path=tmp_path / "log")
    try:
        with pytest.raises(ProcessError, match="slow was not ready after 0 s: it said nothing"):
            child.wait_healthy(lambda: False, 0.1)
    finally:
        child.stop()


def test_a_program_that_does_not_exist_is_one_plain_line(tmp_path: Path) -> None:
    with pytest.raises(ProcessError, match=r"nothing cannot be started: .*No such file"):
        start("nothing", ["/no/such/program"], log_path=tmp_path / "log")


def test_a_family_that_is_stopping_starts_no_more_children(tmp_path: Path) -> None:
    family = Family()
    child = family.start("first", SLEEPER, log_path=tmp_path / "log")

    family.stop()

    assert child.exit_code == -signal.SIGTERM
    with pytest.raises(ProcessError, match="everything is being stopped"):
        family.start("late", SLEEPER, log_path=tmp_path / "log")


@pytest.mark.parametrize("guarded", [True, False])
def test_only_a_guarded_child_ends_with_a_parent_that_is_killed(tmp_path: Path, guarded: bool) -> None:
    """The control without a guard shows that nothing else ends it."""
    how = (
        "processes.start('c', command, log_path=pathlib.Path('log')).pid"
        if guarded
        else "subprocess.Popen(command).pid"
    )
    program = f"""
import pathlib, signal, subprocess
from installers.local import processes
command = {SLEEPER!r}
print({how}, flush=True)
signal.pause()
"""
    parent = subprocess.Popen(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())
    created = created_at(pid)

    parent.kill()
    parent.wait()
    parent.stdout.close()

    if guarded:
        assert all_gone([(pid, created)], WAIT_S)
    else:
        assert is_same_process(pid, created)
        os.kill(pid, signal.SIGKILL)


def test_memory_counts_what_a_child_started_too(tmp_path: Path) -> None:
    log_path = tmp_path / "log"
    child = start("parent", [sys.executable, "-c", PARENT], log_path=log_path)
    try:
        child.wait_healthy(lambda: log_path.read_text().strip().isdigit(), WAIT_S)
        both, one = memory_of([child.pid]), memory_of([grandchild_of(log_path)])
        assert both.rss > one.rss > 1_000_000
        assert both.pss <= both.rss
    finally:
        child.stop()
