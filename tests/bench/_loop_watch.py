"""How long the window's thread is held up: looked at from inside its event loop every 2 ms, excluding nothing.

A timer that should fire every 2 ms fires late by as long as the thread could not take anything in, whatever the reason: its own work,
another thread that holds the interpreter, a search for garbage, or other programs on the processors. A key pressed then would have
waited as long. For each such block the parts are told apart: the thread's own processor time, and (Linux) its wait for a processor.
"""

from __future__ import annotations

import gc
import os
import sys
import threading
from array import array
from pathlib import Path
from time import monotonic, perf_counter, thread_time
from typing import Any

from PySide6.QtCore import QObject, Qt, QTimer

PERIOD_MS = 2
BLOCK_MS = 1.0  # shorter ones are the timer's own inaccuracy
WORST = 12


class LoopWatch(QObject):
    """Watches the thread it is made on, from `begin` on."""

    def __init__(self, blame_over_ms: float = 0.0) -> None:
        super().__init__()
        self._starts, self._blocks = array("d"), array("d")  # s since the beginning, ms
        self._own, self._queued = array("d"), array("d")  # ms of the same blocks
        self._timer = QTimer(self, timerType=Qt.TimerType.PreciseTimer, interval=PERIOD_MS)
        self._timer.timeout.connect(self._looked)
        self._schedstat = _open_schedstat()
        self._began = self._last = 0.0
        self._gc_ms: list[float] = []
        self._gc_began = 0.0
        gc.callbacks.append(self._searched)
        self._blame = Blame(blame_over_ms) if blame_over_ms else None

    def begin(self) -> None:
        """Forget everything and watch from now on."""
        self._gc_ms.clear()
        for kept in (self._starts, self._blocks, self._own, self._queued):
            del kept[:]
        self._began = self._last = perf_counter()
        self._last_own, self._last_queued = thread_time(), self._waited_s()
        self._timer.start()
        if self._blame is not None:
            self._blame.start()

    def _searched(self, phase: str, _info: dict[str, int]) -> None:
        if phase == "start":
            self._gc_began = perf_counter()
        else:
            self._gc_ms.append((perf_counter() - self._gc_began) * 1000)

    def _looked(self) -> None:
        now, own, queued = perf_counter(), thread_time(), self._waited_s()
        block_ms = (now - self._last) * 1000 - PERIOD_MS
        if block_ms > BLOCK_MS:
            self._starts.append(self._last - self._began)
            self._blocks.append(block_ms)
            self._own.append((own - self._last_own) * 1000)
            self._queued.append((queued - self._last_queued) * 1000)
        self._last, self._last_own, self._last_queued = now, own, queued
        if self._blame is not None:
            self._blame.beat()

    def _waited_s(self) -> float:
        """How long this thread was ready to run and got no processor; 0 where the system does not say."""
        if self._schedstat is None:
            return 0.0
        return int(os.pread(self._schedstat, 64, 0).split()[1]) / 1e9

    def end(self) -> dict[str, Any]:
        """Watch no longer; what was seen since `begin`, see `figures`."""
        self._timer.stop()
        gc.callbacks.remove(self._searched)
        return self.figures()

    def figures(self) -> dict[str, Any]:
        """What was seen since `begin`: how often, how long, the share of time a key would have waited, and the worst with their parts."""
        blocks = sorted(self._blocks)
        span_s = self._last - self._began
        if not blocks:
            return {"span_s": span_s, "blocks": 0}
        worst = sorted(range(len(self._blocks)), key=lambda at: -self._blocks[at])[:WORST]
        return {
            "span_s": round(span_s, 1),
            "blocks": len(blocks),
            "p50_ms": _share(blocks, 50),
            "p95_ms": _share(blocks, 95),
            "p99_ms": _share(blocks, 99),
            "max_ms": round(blocks[-1], 1),
            "own_p99_ms": _share(sorted(self._own), 99),  # the thread's own processor time alone
            "own_over_16_ms": sum(own > 16 for own in self._own),  # what would be left on a machine without other work
            "over_16_ms": sum(block > 16 for block in blocks),
            "over_50_ms": sum(block > 50 for block in blocks),
            "key_waits_p99_ms": _waiting(blocks, span_s * 1000, 0.99),
            "garbage_searches": len(self._gc_ms),
            "garbage_longest_ms": round(max(self._gc_ms, default=0.0), 1),
            "worst": [
                {
                    "at_s": round(self._starts[at], 1),
                    "ms": round(self._blocks[at], 1),
                    "own_ms": round(self._own[at], 1),
                    "waiting_for_a_processor_ms": round(self._queued[at], 1),
                }
                for at in worst
            ],
            **({"blamed": self._blame.found[-40:]} if self._blame is not None else {}),
        }


class Blame:
    """Notes, from a thread of its own, where the watched thread is when it is held up. Costs a little; for finding causes only."""

    def __init__(self, over_ms: float) -> None:
        self.found: list[str] = []
        self._over_s = over_ms / 1000
        self._beat_at = monotonic()
        self._watched = threading.get_ident()
        self._thread = threading.Thread(target=self._look, name="blame", daemon=True)

    def start(self) -> None:
        if not self._thread.is_alive():
            self._thread.start()

    def beat(self) -> None:
        self._beat_at = monotonic()

    def _look(self) -> None:
        pause = threading.Event()
        told = 0.0
        while not pause.wait(0.003):
            beat_at = self._beat_at
            if monotonic() - beat_at > self._over_s and beat_at != told:
                told = beat_at
                self.found.append(_where(self._watched))


def _where(thread: int) -> str:
    """The innermost functions of a thread. Quick: a frame that is held keeps alive what its function holds, such as a painter."""
    frame = sys._current_frames().get(thread)
    lines: list[str] = []
    while frame is not None and len(lines) < 5:
        lines.append(f"{Path(frame.f_code.co_filename).name}:{frame.f_lineno} {frame.f_code.co_name}")
        frame = frame.f_back
    return " < ".join(lines)


def _waiting(blocks: list[float], span_ms: float, share: float) -> float:
    """What a key pressed at any moment waits at most in `share` of all cases: within a block of b ms evenly from 0 to b."""
    allowed_ms = (1 - share) * span_ms
    low, high = 0.0, blocks[-1]
    for _ in range(40):
        middle = (low + high) / 2
        if sum(block - middle for block in blocks if block > middle) > allowed_ms:
            low = middle
        else:
            high = middle
    return round(high, 2)


def _share(ordered: list[float], percent: int) -> float:
    return round(ordered[min(len(ordered) - 1, -(-len(ordered) * percent // 100) - 1)], 2)


def _open_schedstat() -> int | None:
    try:
        return os.open(f"/proc/self/task/{threading.get_native_id()}/schedstat", os.O_RDONLY)
    except OSError:
        return None
