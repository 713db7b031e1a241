"""The sending process as its parent sees it: started, spoken to, started again when it ends, and ended."""

from __future__ import annotations

import contextlib
import logging
import os
import random
import subprocess
import time
from collections.abc import Mapping, Sequence

from edge_bridge.delivery import backoff_s

log = logging.getLogger(__name__)

SENDER_LOST = 75  # exit code: the producer is lost, start again at once
STORE_DAMAGED = 76  # exit code: what it read was not what was written
STEADY_S = 30.0  # one that ran so long did not fail at its start
STOPPED_S = 1.0  # Ctrl-C reaches both processes; the one that ended first need not be replaced
STOP_S = 3.5  # of the 5 s in which everything must have ended


class Child:
    """One sending process at a time. One thread."""

    def __init__(
        self, argv: Sequence[str], dice: random.Random | None = None, *, environment: Mapping[str, str] | None = None
    ) -> None:
        """`environment`: added to ours, for what must not stand in `argv`, which every user of the machine can read."""
        self._argv = list(argv)
        self._environment = {**os.environ, **(environment or {})}
        self._dice = dice or random.Random()
        self._process: subprocess.Popen[bytes] | None = None
        self._started = 0.0
        self._start_at = 0.0
        self._failures = 0
        self.starts = 0
        self.found_damage = False  # set when one ended for it
        self.look_after()

    @property
    def pid(self) -> int | None:
        """Of the process that runs; None between two."""
        return self._process.pid if self._process is not None else None

    def look_after(self) -> None:
        """Starts it, when none runs and the time has come. Returns at once."""
        now = time.monotonic()
        if self._process is not None:
            code = self._process.poll()
            if code is None:
                return
            self._ended(code, now)
        if now >= self._start_at:
            self._process = subprocess.Popen(self._argv, stdin=subprocess.PIPE, env=self._environment)
            assert self._process.stdin is not None
            os.set_blocking(self._process.stdin.fileno(), False)  # a sender that hangs must not stop the receiver
            self._started = now
            self.starts += 1

    def wake(self) -> None:
        """There are new rows."""
        self._say(b"n")

    def retry(self) -> None:
        """Headquarters should be tried now."""
        self._say(b"r")

    def again(self) -> None:
        """Ends it by force; look_after() starts the next one, which opens its files anew."""
        if self._process is not None:
            self._process.kill()

    def begin_stop(self) -> None:
        """Tells it to end, and returns."""
        if self._process is not None and self._process.stdin is not None:
            with contextlib.suppress(BrokenPipeError):
                self._process.stdin.close()

    def stop(self) -> None:
        """Ends it in order; after STOP_S by force. What it had under way is found by the next one."""
        self.begin_stop()
        if self._process is None:
            return
        try:
            self._process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def _say(self, word: bytes) -> None:
        if self._process is None or self._process.stdin is None or self._process.stdin.closed:
            return
        with contextlib.suppress(
            BlockingIOError, BrokenPipeError
        ):  # it is told already, or is gone and will look for itself
            os.write(self._process.stdin.fileno(), word)

    def _ended(self, code: int, now: float) -> None:
        assert self._process is not None
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()
        self._process = None
        self._failures = 0 if now - self._started > STEADY_S else self._failures + 1
        pause = backoff_s(self._failures, self._dice.random()) if self._failures > 1 else 0.0
        self._start_at = now + pause
        if code == 0:  # it was told to end: so will this process be, a moment later
            self._start_at = now + STOPPED_S
        elif code == STORE_DAMAGED:
            self.found_damage = True
        elif code != SENDER_LOST:
            log.error("the sending process ended with %d; the next one starts in %.1f s", code, pause)
