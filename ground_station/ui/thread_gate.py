"""The one place where anything crosses into the window's thread: a queue that one timer empties a few times a second.

The network's thread puts what came, however fast it comes; the window takes all of it in one go. There is no signal per message, so a
flood costs the window one batch and never one event each. An alert waits here for at most one period.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import Generic, TypeVar

from PySide6.QtCore import QObject, Qt, QTimer

log = logging.getLogger(__name__)

PERIOD_MS = 100
"""An alert is on screen at most this long after it came (plus the drawing)."""
BATCH_LIMIT = 5_000
"""No batch is larger, so that a flood of thousands is taken in over several turns and the window stays alive between them."""

T = TypeVar("T")


class ThreadGate(QObject, Generic[T]):
    """Takes values from any thread and hands them in batches, in order, to `on_batch` on the thread it was made on.

    `on_batch` is called on every period, also with an empty list: that is the window's one clock.
    """

    def __init__(
        self, on_batch: Callable[[list[T]], None], *, period_ms: int = PERIOD_MS, parent: QObject | None = None
    ):
        super().__init__(parent)
        self._queue: SimpleQueue[T] = SimpleQueue()
        self._on_batch = on_batch
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(period_ms)
        self._timer.timeout.connect(self.open)

    def put(self, value: T) -> None:
        """Leave a value for the window's thread. Called from any thread; never waits."""
        self._queue.put(value)

    def start(self) -> None:
        """Begin to empty the queue periodically. Window's thread only."""
        self._timer.start()

    def stop(self) -> None:
        """Empty the queue no more; what is in it stays there. Window's thread only."""
        self._timer.stop()

    def open(self) -> None:
        """Hand over what waits now, at most BATCH_LIMIT values. Window's thread only."""
        batch: list[T] = []
        while len(batch) < BATCH_LIMIT:
            try:
                batch.append(self._queue.get_nowait())
            except Empty:
                break
        self._on_batch(batch)
