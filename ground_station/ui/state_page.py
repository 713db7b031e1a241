"""The inside of the station, one click behind the strip: everything that support asks for on the telephone."""

from __future__ import annotations

from itertools import groupby

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QScrollArea, QWidget

from ground_station.ui import paint
from ground_station.ui.look import SEMIBOLD, Look
from ground_station.view_model.language import t
from ground_station.view_model.snapshot import StateLine

_LINE_PX = 20.0
_HEAD_PX = 24.0
_COLUMN_PX = 270.0


class StatePage(QScrollArea):
    """Columns of facts by the part of the chain that they belong to; amber where something is not as it should be."""

    def __init__(self, look: Look):
        super().__init__()
        self.facts = Facts(look)
        self.setWidget(self.facts)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setFrameShape(QScrollArea.Shape.NoFrame)

    def show_lines(self, lines: tuple[StateLine, ...]) -> None:
        """Draw another moment."""
        self.facts.show_lines(lines)


class Facts(QWidget):
    """The painted facts."""

    def __init__(self, look: Look):
        super().__init__()
        self._look = look
        self._lines: tuple[StateLine, ...] = ()
        self.setAccessibleName(t("The inside of the station"))

    def show_lines(self, lines: tuple[StateLine, ...]) -> None:
        """Draw other facts."""
        if lines != self._lines:
            more = len(lines) != len(self._lines)
            self._lines = lines
            self.setAccessibleDescription(", ".join(f"{line.group} {line.label}: {line.value}" for line in lines))
            if more:
                self.updateGeometry()
            self.update()

    def _columns(self) -> list[list[tuple[str, list[StateLine]]]]:
        """The groups side by side; the longest alone, small ones below each other."""
        groups = [(name, list(lines)) for name, lines in groupby(self._lines, lambda line: line.group)]
        count = max(1, min(3, int(self.width() // _COLUMN_PX)))
        columns: list[list[tuple[str, list[StateLine]]]] = [[] for _ in range(count)]
        for name, lines in groups:
            shortest = min(columns, key=lambda column: sum(len(rows) + 2 for _, rows in column))
            shortest.append((name, lines))
        return columns

    def sizeHint(self) -> QSize:
        """Qt's: as high as the longest column."""
        heights = [sum(_HEAD_PX + len(rows) * _LINE_PX + 8 for _, rows in column) for column in self._columns()]
        return QSize(400, round(max(heights, default=0)) + 8)

    def minimumSizeHint(self) -> QSize:
        """Qt's: the same, so that the rest is scrolled to."""
        return QSize(200, self.sizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Qt's: headings, labels, values."""
        look, p = self._look, QPainter(self)
        p.setRenderHint(QPainter.RenderHint.Antialiasing)
        columns = self._columns()
        width = (self.width() - 24) / len(columns)
        for number, column in enumerate(columns):
            left, y = 12 + number * width, 6.0
            for name, lines in column:
                p.setFont(look.font(look.measure.small, SEMIBOLD))
                p.setPen(look.colour("soft"))
                p.drawText(QPointF(left, y + 15), name)
                y += _HEAD_PX
                for line in lines:
                    self._paint_line(p, line, left, y, width - 16)
                    y += _LINE_PX
                y += 8

    def _paint_line(self, p: QPainter, line: StateLine, left: float, y: float, width: float) -> None:
        look = self._look
        p.setFont(look.font(look.measure.small))
        p.setPen(look.colour("ink"))
        label = min(132.0, width * 0.45)
        middle = int(Qt.AlignmentFlag.AlignVCenter)
        p.drawText(QRectF(left, y, label, _LINE_PX), middle, paint.elided(p, line.label, label))
        if line.mark:
            paint.severity(p, look, "attention", QPointF(left + label + 8, y + _LINE_PX / 2), 8)
            p.setPen(look.colour("attention"))
        room = width - label - 18
        p.drawText(QRectF(left + label + 18, y, room, _LINE_PX), middle, paint.elided(p, line.value, room))
