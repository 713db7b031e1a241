"""`kestrel stack up | down | status`: the servers alone."""

from __future__ import annotations

import argparse
import logging
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import msgspec

from installers.local import running
from installers.local.places import kestrel_home
from installers.local.processes import memory_of
from installers.local.running import StackState
from installers.local.stack import PARTS, READY_S, Stack, StackRunningError

POLL_S = 0.2


def main(arguments: list[str]) -> int:
    """Exit code 0; 1 if a server could not be started or ended, or (status) if nothing runs."""
    parser = argparse.ArgumentParser(prog="kestrel stack", description="Mosquitto, Kafka and HDFS on this machine.")
    parser.add_argument(
        "--folder", type=Path, default=kestrel_home() / "stack", help="where its data lives (%(default)s)"
    )
    actions = parser.add_subparsers(dest="action", required=True)
    up = actions.add_parser("up", help="start the servers, until Ctrl-C or `kestrel stack down`")
    up.add_argument("parts", nargs="*", metavar="PART", help=f"of: {' '.join(PARTS)} (all)")
    up.add_argument("--detach", action="store_true", help="give the prompt back once they are ready")
    actions.add_parser("down", help="end the servers")
    status = actions.add_parser("status", help="what runs, where, and its memory")
    status.add_argument("--json", action="store_true", help="for programs")
    given = parser.parse_args(arguments)
    folder = given.folder.absolute()
    if given.action == "up":
        parts = given.parts or list(PARTS)
        unknown = [name for name in parts if name not in PARTS]
        if unknown:
            parser.error(f"there is no part '{unknown[0]}'; there are: {', '.join(PARTS)}")
        return _up_detached(folder, parts) if given.detach else _up(folder, parts)
    return _down(folder) if given.action == "down" else _status(folder, as_json=given.json)


def _up(folder: Path, parts: list[str]) -> int:
    asked_to_end = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: asked_to_end.set())
    logging.getLogger("installers").setLevel(logging.CRITICAL)  # a failure is said once, below
    try:
        stack = Stack(folder, on_ready=lambda name, seconds: _say(f"{name} is ready after {seconds:.1f} s"))
    except StackRunningError as problem:
        _say(str(problem))
        return 1
    with stack:
        stack.up(parts)
        waiting = list(parts)
        while waiting and not asked_to_end.wait(POLL_S):
            for name in list(waiting):
                failure = stack.failure_of(name)
                if failure is not None:
                    _say(failure)
                    return 1
                if stack.is_ready(name):
                    waiting.remove(name)
        if not waiting:
            _show(stack.state())
            _say("Ctrl-C, or `kestrel stack down` in another shell, ends them")
        while not asked_to_end.wait(POLL_S):
            ended = [name for name in parts if not stack.is_ready(name)]
            if ended:
                _say(f"{ended[0]} ended by itself (see {folder / ended[0]}); the others are ended too")
                return 1
    return 0


def _up_detached(folder: Path, parts: list[str]) -> int:
    folder.mkdir(parents=True, exist_ok=True)
    log_path = folder / "stack.log"
    command = [sys.executable, "-m", "installers.local", "stack", "--folder", str(folder), "up", *parts]
    with log_path.open("wb") as log:
        child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
    deadline = time.monotonic() + READY_S
    while time.monotonic() < deadline:
        state = running.read_state(folder)
        if state and state.supervisor_pid == child.pid and running.ready_parts(state) >= set(parts):
            _show(state)
            return 0
        try:
            child.wait(POLL_S)
        except subprocess.TimeoutExpired:
            continue
        break
    child.terminate()
    child.wait()
    _say((log_path.read_text().splitlines() or ["the stack said nothing"])[-1])
    return 1


def _down(folder: Path) -> int:
    try:
        ran = running.end(folder)
    except TimeoutError as problem:
        _say(f"the stack did not end: {problem}")
        return 1
    _say("everything is ended" if ran else "nothing runs")
    return 0


def _status(folder: Path, *, as_json: bool) -> int:
    state = running.read_state(folder)
    if state is None or not any(running.running_processes(part) for part in state.parts):
        sys.stdout.write("{}\n" if as_json else "nothing runs\n")
        return 1
    if as_json:
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(state), indent=1).decode() + "\n")
    else:
        _show(state)
    return 0


def _show(state: StackState) -> None:
    for part in state.parts:
        there = running.running_processes(part)
        memory_mb = memory_of(there.values()).pss / 1e6
        title = part.name if part.ready_after_s is not None else f"{part.name} (starting)"
        numbers = ", ".join(f"{name} {pid}" for name, pid in there.items()) or "ended"
        addresses = "  ".join(f"{use} {address}" for use, address in part.addresses.items())
        sys.stdout.write(f"{title:<10} {memory_mb:5.0f} MB  {addresses}  ({numbers})\n")
    sys.stdout.flush()


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()
