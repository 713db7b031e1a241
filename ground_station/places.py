"""Places in words, looked up in a process of its own.

The first look-up reads the city and makes an index of 200,000 pieces of street: 0.4 s in which this process's other threads, the window's
among them, would hardly get the interpreter. So it is done while the desk is opened. Each later one takes 25 us and a line each way.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import subprocess
import sys
from collections.abc import Callable

log = logging.getLogger(__name__)

GIVES_WAY_BY = 5
"""So many steps (of 19) behind the window stand its helpers when both want the processor: a map may come a moment later, a key may not."""
Words = tuple[str | None, int | None]
"""The place in words and its precinct, where known."""


class Places:
    """Answers questions from one thread. A process that ended is started again at the next question; if it can't be, `here` answers."""

    def __init__(self, here: Callable[[float, float], Words]) -> None:
        self._here = here
        self._process: subprocess.Popen[str] | None = None
        self._asks_here = self._closed = False

    def begin(self) -> None:
        """Let the process read the city already, so that no officer waits for the place of the first alert. Before the first question."""
        with contextlib.suppress(OSError):  # the first question will find that out too, and say so
            self._running()

    def words(self, lat_deg: float, lon_deg: float) -> Words:
        """The place as people say it. May take a second; not to be called on the window's thread."""
        if not self._asks_here:
            try:
                return self._asked(lat_deg, lon_deg)
            except (OSError, ValueError) as problem:
                if self._closed:
                    return None, None
                log.warning("places are looked up here: no process for it (%s)", problem)
                self._asks_here = True
        return self._here(lat_deg, lon_deg)

    def close(self) -> None:
        """End the process: its questions end."""
        self._closed = True
        self._let_go()

    def _let_go(self) -> None:
        process, self._process = self._process, None
        if process is None or process.stdin is None or process.stdout is None:
            return
        with contextlib.suppress(OSError):  # what was not sent to a process that is gone
            process.stdin.close()
        process.terminate()  # it may still be reading the city, and has nothing to lose
        process.wait(5.0)
        process.stdout.close()

    def _asked(self, lat_deg: float, lon_deg: float) -> Words:
        process = self._running()
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(f"{lat_deg!r} {lon_deg!r}\n")
        process.stdin.flush()
        words, precinct = json.loads(process.stdout.readline())
        return words, precinct

    def _running(self) -> subprocess.Popen[str]:
        if self._closed:
            raise ValueError("closed")
        if self._process is None or self._process.poll() is not None:
            self._let_go()
            path = os.pathsep.join(part for part in sys.path if part)
            self._process = subprocess.Popen(
                [sys.executable, "-m", "maps", "places"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env={**os.environ, "PYTHONPATH": path},
                text=True,
                start_new_session=True,  # a Ctrl-C in the terminal is the desk's; this one ends when its questions do
            )
            if hasattr(os, "setpriority"):  # behind the window; Windows has no such call
                with contextlib.suppress(OSError):
                    os.setpriority(os.PRIO_PROCESS, self._process.pid, GIVES_WAY_BY)
        return self._process
