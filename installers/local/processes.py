"""Child processes that are watched, stopped by their number, and never left behind.

Rules:
1. A child leads a process group of its own: stopping it stops what it started, and a Ctrl-C meant for us does not reach it first.
2. Each child has a guard, a shell that reads from a pipe of ours. If we are gone, however we ended (`kill -9` included), the pipe
   ends and the guard ends the child's whole group. (Linux's PR_SET_PDEATHSIG would do neither: it reaches no grandchildren, such as
   the Java behind a Spark job, and fires already when the starting THREAD ends.)
3. Nothing is ever ended by name.
"""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

log = logging.getLogger(__name__)

POLL_S = 0.05
GRACE_S = 10.0  # Kafka's orderly end takes 1 to 3 s on a loaded machine
KILL_S = 5.0  # after SIGKILL only the kernel is left to work

# Reads the group's number, then waits. A second line releases it; the end of the pipe means that we are gone.
# `-s NAME`: Debian's shell takes `-NAME --` for a wrong number.
_GUARD = """
read group || exit 0
read word && exit 0
kill -s TERM -- "-$group" 2>/dev/null || exit 0
i=0
while [ $i -lt 50 ]; do kill -s 0 -- "-$group" 2>/dev/null || exit 0; sleep 0.1; i=$((i+1)); done
kill -s KILL -- "-$group" 2>/dev/null
"""


class ProcessError(Exception):
    """A child ended by itself or did not become healthy in time. One line with its name, why, its last words and its log file."""


@dataclass(frozen=True)
class Memory:
    """Main memory of some processes, in bytes. `pss` shares common pages out among their users; it equals `rss` where unknown."""

    rss: int
    pss: int


class Child:
    """A running child process. Made by start()."""

    def __init__(
        self, name: str, popen: subprocess.Popen[bytes], guard: subprocess.Popen[bytes] | None, log_path: Path
    ) -> None:
        self.name = name
        self.log_path = log_path
        self._popen = popen
        self._guard = guard

    @property
    def pid(self) -> int:
        return self._popen.pid

    @property
    def exit_code(self) -> int | None:
        """None while it runs; negative for a signal."""
        return self._popen.poll()

    def wait(self, timeout_s: float | None = None) -> int:
        """Its exit code when it ends. Raises subprocess.TimeoutExpired."""
        return self._popen.wait(timeout_s)

    def wait_healthy(self, healthy: Callable[[], bool], within_s: float) -> None:
        """Asks `healthy` until it says yes. Raises ProcessError if the child ends first or the time is over."""
        deadline = time.monotonic() + within_s
        while not healthy():
            if self.exit_code is not None:
                raise ProcessError(
                    f"{self.name} ended with code {self.exit_code}: {self.last_words()} (see {self.log_path})"
                )
            if time.monotonic() > deadline:
                raise ProcessError(
                    f"{self.name} was not ready after {within_s:.0f} s: {self.last_words()} (see {self.log_path})"
                )
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._popen.wait(POLL_S)

    def send(self, number: signal.Signals) -> None:
        """Sends a signal to the child alone, if it still runs."""
        self._popen.send_signal(number)

    def stop(self, grace_s: float = GRACE_S) -> int:
        """Ends the child and all that it started: asks, waits, then makes it. May be called again. Gives the exit code."""
        self._signal_group(signal.SIGTERM)
        try:
            code = self._popen.wait(grace_s)
        except subprocess.TimeoutExpired:
            log.warning("%s did not end within %.0f s of being asked; it is ended now", self.name, grace_s)
            code = None
        self._signal_group(signal.SIGKILL)  # the child, or stragglers of its group
        if code is None:
            code = self._popen.wait(KILL_S)
        self._release_guard()
        return code

    def kill(self) -> None:
        """Ends the child and all that it started at once, as a power cut would."""
        self._signal_group(signal.SIGKILL)
        self._popen.wait(KILL_S)
        self._release_guard()

    def last_words(self) -> str:
        """The last line that it wrote to its log."""
        if not self.log_path.exists():
            return "it said nothing"
        with self.log_path.open("rb") as file:
            file.seek(max(0, self.log_path.stat().st_size - 4_096))
            lines = [line.strip() for line in file.read().decode(errors="replace").splitlines() if line.strip()]
        return lines[-1][:300] if lines else "it said nothing"

    def _signal_group(self, number: signal.Signals) -> None:
        if os.name == "nt":
            if self._popen.poll() is None:
                self._popen.terminate()
            return
        with contextlib.suppress(ProcessLookupError, PermissionError):  # macOS: EPERM for a group of zombies
            os.killpg(self.pid, number)

    def _release_guard(self) -> None:
        if self._guard is None or self._guard.stdin is None or self._guard.stdin.closed:
            return
        with contextlib.suppress(BrokenPipeError):
            self._guard.stdin.write(b"released\n")
            self._guard.stdin.flush()
        with contextlib.suppress(BrokenPipeError):
            self._guard.stdin.close()
        self._guard.wait()


def start(
    name: str,
    command: Sequence[str],
    *,
    log_path: Path,
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
) -> Child:
    """Starts a program with its output at the end of a log file, `environment` added to ours.

    Raises ProcessError if it cannot be started at all.
    """
    log_path.parent.mkdir(parents=True, exist_ok=True)
    guard = _start_guard()
    try:
        with log_path.open("ab") as output:
            popen = subprocess.Popen(
                [str(word) for word in command],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**os.environ, **(environment or {})},
                cwd=folder,
                start_new_session=True,
            )
    except OSError as problem:
        if guard is not None and guard.stdin is not None:
            guard.stdin.close()
            guard.wait()
        raise ProcessError(f"{name} cannot be started: {problem}") from problem
    if guard is not None and guard.stdin is not None:
        guard.stdin.write(b"%d\n" % popen.pid)
        guard.stdin.flush()
    return Child(name, popen, guard, log_path)


class Family:
    """The children of one part: none can be started once it is stopping, so a stop in the middle of a start leaves none behind."""

    def __init__(self, on_start: Callable[[], None] = lambda: None) -> None:
        """`on_start` is called after each start, on the thread that started."""
        self._on_start = on_start
        self._lock = threading.Lock()
        self._children: list[Child] = []
        self._stopping = False

    def start(
        self, name: str, command: Sequence[str], *, log_path: Path, environment: Mapping[str, str] | None = None
    ) -> Child:
        """As start() of this module. Raises ProcessError if the family is stopping."""
        with self._lock:
            if self._stopping:
                raise ProcessError(f"{name} is not started any more: everything is being stopped")
            child = start(name, command, log_path=log_path, environment=environment)
            self._children.append(child)
        self._on_start()
        return child

    @property
    def children(self) -> list[Child]:
        """Those that still run."""
        with self._lock:
            return [child for child in self._children if child.exit_code is None]

    def stop(self, grace_s: float = GRACE_S) -> None:
        """Stops every child, the youngest first, and lets no new one start."""
        with self._lock:
            self._stopping = True
            children = list(reversed(self._children))
        for child in children:
            child.stop(grace_s)


def memory_of(pids: Iterable[int]) -> Memory:
    """Main memory of these processes and all that they started; those that are gone count nothing."""
    rss = pss = 0
    seen: set[int] = set()
    for pid in pids:
        with contextlib.suppress(psutil.NoSuchProcess):
            top = psutil.Process(pid)
            for process in (top, *top.children(recursive=True)):
                if process.pid in seen:
                    continue
                seen.add(process.pid)
                with contextlib.suppress(psutil.NoSuchProcess, psutil.AccessDenied):
                    full = process.memory_full_info()
                    rss += full.rss
                    pss += getattr(full, "pss", full.rss)
    return Memory(rss, pss)


def is_same_process(pid: int, created: float) -> bool:
    """Whether the process of this number is still the one that was created then (numbers are given again)."""
    try:
        process = psutil.Process(pid)
        return abs(process.create_time() - created) < 2.0 and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def all_gone(processes: Iterable[tuple[int, float]], within_s: float) -> bool:
    """Waits until none of these (number, creation time) runs; False if one still does when the time is over."""
    deadline = time.monotonic() + within_s
    while any(is_same_process(pid, created) for pid, created in processes):
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL_S)
    return True


def created_at(pid: int) -> float:
    """Creation time of a process as is_same_process compares it; 0.0 if it is gone."""
    try:
        return psutil.Process(pid).create_time()
    except psutil.NoSuchProcess:
        return 0.0


def _start_guard() -> subprocess.Popen[bytes] | None:
    if os.name == "nt":  # no process groups or signals there: a stop from outside ends what runs (stack down)
        return None
    return subprocess.Popen(
        ["/bin/sh", "-c", _GUARD],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        cwd="/",
    )
