"""The empty desk: nothing to decide, and whether anybody can know that."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from ground_station.ui import paint
from ground_station.ui.look import SEMIBOLD, Look


class Calm(QWidget):
    """The empty desk: a tick, and the words that there is nothing to decide; an empty ring while nobody can know that."""

    def __init__(self, look: Look):
        super().__init__()
        self._look = look
        self._words = ""
        self._sure = True

    def say(self, words: str, *, sure: bool) -> None:
        """Other words; the first sentence is the large one. `sure`: the station is heard."""
        if (words, sure) != (self._words, self._sure):
            self._words, self._sure = words, sure
            self.setAccessibleName(words)
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Qt's: ring, tick and words in the middle."""
        look, p = self._look, QPainter(self)
        p.setRenderHint(QPainter.RenderHint.Antialiasing)
        middle = QPointF(self.width() / 2, self.height() / 2 - 24)
        ring = QPen(look.colour("line" if self._sure else "attention"), 2)
        if not self._sure:
            ring.setDashPattern([1.5, 2.0])
        p.setPen(ring)
        p.setBrush(Qt.BrushStyle.NoBrush)
        p.drawEllipse(middle, 22, 22)
        if self._sure:
            paint.check_mark(p, look.colour("well"), middle, 20, 2.4)
        first, _, rest = self._words.partition(". ")
        p.setFont(look.font(15, SEMIBOLD))
        p.setPen(look.colour("ink"))
        line = QRectF(0, middle.y() + 34, self.width(), 24)
        p.drawText(line, int(Qt.AlignmentFlag.AlignCenter), first + ("." if rest else ""))
        p.setFont(look.font())
        p.setPen(look.colour("soft"))
        p.drawText(line.translated(0, 24), int(Qt.AlignmentFlag.AlignCenter), rest)
