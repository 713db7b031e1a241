"""What runs of a stack, told by its `stack.json`, for another shell: to show it, to use its addresses, to end it."""

from __future__ import annotations

import contextlib
import os
import signal
from dataclasses import dataclass
from pathlib import Path

import msgspec

from installers.local.processes import KILL_S, all_gone, is_same_process

FILE = "stack.json"
DOWN_S = 30.0


@dataclass(frozen=True)
class PartState:
    """One part: its addresses by use, its processes by name with number and creation time, its log files."""

    name: str
    addresses: dict[str, str]
    processes: dict[str, tuple[int, float]]
    logs: list[str]
    ready_after_s: float | None  # None while it starts


@dataclass(frozen=True)
class StackState:
    """A stack and the process that watches over it."""

    supervisor_pid: int
    supervisor_created: float
    parts: list[PartState]

    def address(self, part: str, use: str) -> str | None:
        """An address of a part that runs, or None."""
        return next((each.addresses.get(use) for each in self.parts if each.name == part), None)


def read_state(folder: Path) -> StackState | None:
    """The state that a stack of this folder wrote last, or None if it ended in order, never ran, or the file is damaged."""
    try:
        return msgspec.json.decode((folder / FILE).read_bytes(), type=StackState)
    except (FileNotFoundError, msgspec.DecodeError):
        return None


def write_state(folder: Path, state: StackState) -> None:
    """Writes it whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    fresh = folder / f"{FILE}.new"
    fresh.write_bytes(msgspec.json.format(msgspec.json.encode(state), indent=1))
    fresh.replace(folder / FILE)


def supervisor_runs(state: StackState) -> bool:
    """Whether the process that started the stack is still there."""
    return is_same_process(state.supervisor_pid, state.supervisor_created)


def running_processes(part: PartState) -> dict[str, int]:
    """Name -> number of the part's processes that still run."""
    return {name: pid for name, (pid, created) in part.processes.items() if is_same_process(pid, created)}


def ready_parts(state: StackState) -> set[str]:
    """The parts that take work."""
    return {part.name for part in state.parts if part.ready_after_s is not None}


def end(folder: Path) -> bool:
    """Ends the stack of this folder and waits until it is gone; False if none ran.

    Raises TimeoutError if it is still there after 30 s.
    """
    state = read_state(folder)
    if state is None:
        return False
    ran = False
    if supervisor_runs(state):
        ran = True
        with contextlib.suppress(ProcessLookupError):
            os.kill(state.supervisor_pid, signal.SIGTERM)
        if not all_gone([(state.supervisor_pid, state.supervisor_created)], DOWN_S):
            raise TimeoutError(f"process {state.supervisor_pid} is still there after {DOWN_S:.0f} s")
    ran = end_leftovers(state) or ran
    (folder / FILE).unlink(missing_ok=True)
    return ran


def end_leftovers(state: StackState) -> bool:
    """Ends processes of a stack whose supervisor is gone; whether there were any."""
    left = [pair for part in state.parts for pair in part.processes.values() if is_same_process(*pair)]
    for number in (signal.SIGTERM, getattr(signal, "SIGKILL", signal.SIGTERM)):
        still = [pair for pair in left if is_same_process(*pair)]
        for pid, _ in still:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)
        all_gone(still, KILL_S)
    return bool(left)
