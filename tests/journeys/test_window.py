"""The demo with its window, as a user starts it and ends it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from installers.local.demo.headquarters import runs_folder
from installers.local.places import ROOT
from installers.local.screen import screen
from tests.ground_station.bridge_double import wait_for

pytestmark = [pytest.mark.real, pytest.mark.timeout(300)]

RUN = "test-window"
END_S = 90.0  # Spark may be in the middle of its start, on two busy cores; the README has the usual figure


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """A demo on a screen of its own, not yet looked at."""
    command = [sys.executable, str(ROOT / "kestrel"), "demo", "--run", RUN, "--fresh", "--drones", "5"]
    with (
        screen(tmp_path / "xvfb.log") as variables,
        subprocess.Popen(command, env={**os.environ, **variables}, stderr=subprocess.PIPE, text=True) as process,
    ):
        yield process
        if process.poll() is None:
            process.kill()


def read_until(process: subprocess.Popen[str], words: str, within_s: float) -> str:
    """What the command says up to the line with these words; ends the command if it does not come in time."""
    assert process.stderr is not None
    said = ""
    alarm = threading.Timer(within_s, process.kill)
    alarm.start()
    try:
        for line in process.stderr:
            said += line
            if words in line:
                return said
    finally:
        alarm.cancel()
    raise AssertionError(f"{words!r} was not said within {within_s:.0f} s: {said}")


def left_running() -> list[str]:
    """The command lines of processes that work in the folder of this run."""
    folder = str(runs_folder() / RUN)
    lines = (" ".join(process.info["cmdline"] or ()) for process in psutil.process_iter(["cmdline"]))
    return [line for line in lines if folder in line]


def the_window() -> psutil.Process | None:
    """The desk's process, once it hears signals: its engine's helpers are there."""
    journal = f"{runs_folder() / RUN}/desk-duarte.db"
    for process in psutil.process_iter(["cmdline"]):
        if journal in (process.info["cmdline"] or ()) and process.children():
            return process
    return None


def test_the_window_opens_everything_comes_up_behind_it_and_ctrl_c_leaves_nothing_running(demo: subprocess.Popen[str]):
    read_until(demo, "the window opens", 60)
    read_until(demo, "everything runs after", 180)
    assert any("ground_station" in line for line in left_running())

    demo.send_signal(signal.SIGINT)

    assert demo.wait(END_S) == 0
    assert left_running() == []


def test_closing_the_window_ends_everything_even_while_headquarters_comes_up(demo: subprocess.Popen[str]):
    read_until(demo, "the window opens", 60)
    wait_for(lambda: the_window() is not None, "the window is not there", 60.0)
    window = the_window()
    assert window is not None

    window.terminate()  # what the window manager's cross does: Qt ends the program with code 0

    assert demo.wait(END_S) == 0
    assert left_running() == []
