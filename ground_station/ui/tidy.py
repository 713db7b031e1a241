"""Python's search for garbage, at moments of our own choosing.

By itself Python searches whenever enough objects were made, which is in the middle of drawing, on any thread, and takes tens of
milliseconds once the whole program is searched. Here it happens between two turns: often for what is young, seldom for everything, and
what was there when the window had settled is never searched again.
"""

from __future__ import annotations

import gc

from PySide6.QtCore import QObject, QTimer

YOUNG_EVERY_MS = 250  # so that there is never much to look through: below a millisecond with 1,000 drones
MIDDLE_EVERY = 40  # of those: 10 s
WHOLE_EVERY = 1_200  # of those: 5 minutes
SETTLED_AFTER = 80  # of those: the map is drawn, the first alerts are on screen


class Tidy(QObject):
    """Takes the search over from Python between `start` and `stop`. Window's thread only."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._rounds = 0
        self._timer = QTimer(self, interval=YOUNG_EVERY_MS)
        self._timer.timeout.connect(self.round)

    def start(self) -> None:
        """No search by itself any more."""
        gc.disable()
        self._timer.start()

    def stop(self) -> None:
        """As Python does it."""
        self._timer.stop()
        gc.unfreeze()
        gc.enable()

    def round(self) -> None:
        """One search, as large as it is due."""
        self._rounds += 1
        if self._rounds == SETTLED_AFTER or self._rounds % WHOLE_EVERY == 0:
            gc.collect()
            gc.freeze()  # what has lived so long is not looked through again; it still goes when nobody holds it
        else:
            gc.collect(1 if self._rounds % MIDDLE_EVERY == 0 else 0)
