"""The one place where anything crosses into the window's thread: a word "something came", looked at by one timer.

What came itself waits in the desk's plain queue, which the window empties in one go at each turn. There is no signal per message, so a
flood costs the window one turn and never one event each. An alert waits here for at most one period.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import Event

from PySide6.QtCore import QObject, Qt, QTimer

PERIOD_MS = 50
"""What asked for a turn gets it at most this much later."""
MORE_MS = 8
"""Where there is more to do between two turns, so long is left for keys and paintings before the next part of it."""
CALM_PERIODS = 5
"""Without a word from outside there is a turn at every fifth period (250 ms): ages count, the map moves."""


class ThreadGate(QObject):
    """Calls `on_turn` on the thread it was made on: soon after `wake`, and otherwise every CALM_PERIODS x PERIOD_MS; and `between` at each
    of the other periods, for work that the next turn then has not to do; again every MORE_MS as long as that says there is more."""

    def __init__(
        self, on_turn: Callable[[], None], parent: QObject | None = None, *, between: Callable[[], bool] = lambda: False
    ):
        super().__init__(parent)
        self._on_turn, self._between = on_turn, between
        self._woken = Event()
        self._idle_periods = 0
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(PERIOD_MS)
        self._timer.timeout.connect(self.period)
        self._has_more = False
        self._more = QTimer(self, singleShot=True, interval=MORE_MS, timerType=Qt.TimerType.PreciseTimer)
        self._more.timeout.connect(self._go_between)

    def wake(self) -> None:
        """Ask for a turn soon. From any thread; never waits."""
        self._woken.set()

    def start(self) -> None:
        """Let turns happen. Window's thread only."""
        self._timer.start()

    def stop(self) -> None:
        """No turns any more. Window's thread only."""
        self._timer.stop()
        self._more.stop()

    def period(self) -> None:
        """One period went by: a turn if one was asked for or is due. Window's thread only."""
        self._idle_periods += 1
        if self._woken.is_set() or self._idle_periods >= CALM_PERIODS:
            self._woken.clear()  # before the turn: what comes during the turn asks for the next one
            self._idle_periods = 0
            self._on_turn()
            if self._has_more:
                self._more.start()
        else:
            self._go_between()

    def _go_between(self) -> None:
        self._has_more = self._between()
        if self._has_more:
            self._more.start()
