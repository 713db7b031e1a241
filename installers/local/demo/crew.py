"""Keeps Kestrel's own programs running: starts each, starts it again when it dies, and says so in one plain line."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from installers.local.processes import Child, start

log = logging.getLogger(__name__)

LOOK_S = 0.25
AGAIN_AFTER_S = 1.0  # the first start again; doubled each time it dies within STEADY_S, up to AGAIN_CAP_S
AGAIN_CAP_S = 15.0
STEADY_S = 60.0


class Member:
    """One program of the crew. `keep`: it is started again whenever it ends by itself."""

    def __init__(
        self, name: str, argv: Sequence[str], log_path: Path, environment: dict[str, str], *, keep: bool
    ) -> None:
        self.name = name
        self.keep = keep
        self.ended = threading.Event()  # set when it ended and is not started again
        self.starts = 0
        self._argv = argv
        self._log_path = log_path
        self._environment = environment
        self._started_at = 0.0
        self._wait_s = AGAIN_AFTER_S
        self._again_at: float | None = None
        self.child = self._start()

    def _start(self) -> Child:
        self.starts += 1
        self._started_at = time.monotonic()
        return start(self.name, self._argv, log_path=self._log_path, environment=self._environment)

    def look(self) -> None:
        """Starts it again if it died and the time has come. Called often by the crew's thread."""
        code = self.child.exit_code
        if code is None or self.ended.is_set():
            return
        now = time.monotonic()
        if not self.keep:
            self.ended.set()
        elif self._again_at is None:
            self._wait_s = AGAIN_AFTER_S if now - self._started_at > STEADY_S else min(2 * self._wait_s, AGAIN_CAP_S)
            self._again_at = now + self._wait_s
            log.warning(
                "%s ended with code %d and is started again in %.0f s: %s",
                self.name,
                code,
                self._wait_s,
                self.child.last_words(),
            )
        elif now >= self._again_at:
            self._again_at = None
            self.child.kill()  # what the dead one had started itself, such as the Java behind a Spark job
            self.child = self._start()


class Crew:
    """All programs of a demo and the thread that watches them."""

    def __init__(self, logs: Path, environment: dict[str, str]) -> None:
        self._logs = logs
        self._environment = environment
        self._members: dict[str, Member] = {}
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._watch = threading.Thread(target=self._look, name="crew", daemon=True)
        self._watch.start()

    def hire(
        self, name: str, argv: Sequence[str], *, keep: bool = True, secrets: Mapping[str, str] | None = None
    ) -> Member:
        """Starts a program and watches it from now on. `secrets`: environment that no other program gets.

        Raises ProcessError if it cannot be started at all.
        """
        with self._lock:
            environment = {**self._environment, **(secrets or {})}
            member = Member(name, argv, self._logs / f"{name}.log", environment, keep=keep)
            self._members[name] = member
            return member

    def __getitem__(self, name: str) -> Member:
        return self._members[name]

    def pids(self) -> dict[str, int]:
        """Name -> process id of those that run."""
        with self._lock:
            return {name: member.child.pid for name, member in self._members.items() if member.child.exit_code is None}

    def stop(self) -> None:
        """Stops everything, all at the same time: each is made to be stopped at any moment."""
        self._stopping.set()
        self._watch.join()
        stoppers = [
            threading.Thread(target=member.child.stop, name=f"stop-{name}") for name, member in self._members.items()
        ]
        for stopper in stoppers:
            stopper.start()
        for stopper in stoppers:
            stopper.join()

    def _look(self) -> None:
        while not self._stopping.wait(LOOK_S):
            with self._lock:
                members = list(self._members.values())
            for member in members:
                _guarded(member.look)


def _guarded(action: Callable[[], None]) -> None:
    try:
        action()
    except Exception:  # the top of a thread: a program that cannot start must not end the watch of the others
        log.exception("a program could not be looked after")
