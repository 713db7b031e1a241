"""The inside of the station, one click behind the strip: everything that support asks for on the telephone."""

from __future__ import annotations

from itertools import groupby

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPaintEvent, QResizeEvent
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
        columns = self._columns()
        room = (self.width() - 24) / len(columns) - 16
        heights = [
            sum(_HEAD_PX + sum(self._height(line, room) for line in rows) + 8 for _, rows in column)
            for column in columns
        ]
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
                    y += self._height(line, width - 16)
                y += 8

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Qt's: in other columns the facts have another height."""
        super().resizeEvent(event)
        self.updateGeometry()

    def _height(self, line: StateLine, width: float) -> float:
        """A line is as high as its longer half needs."""
        font, label = self._look.font(self._look.measure.small), _label_px(width)
        metrics = QFontMetricsF(font)
        high = max(
            metrics.boundingRect(QRectF(0, 0, room, 1000), _wrapping(metrics, text, room), text).height()
            for text, room in ((line.label, label), (line.value, width - label - 18))
        )
        return max(_LINE_PX, high + 4)

    def _paint_line(self, p: QPainter, line: StateLine, left: float, y: float, width: float) -> None:
        look = self._look
        p.setFont(look.font(look.measure.small))
        p.setPen(look.colour("ink"))
        label, high = _label_px(width), self._height(line, width) - 2
        metrics, room = QFontMetricsF(p.font()), width - label - 18
        p.drawText(QRectF(left, y + 2, label, high), _wrapping(metrics, line.label, label), line.label)
        if line.mark:
            paint.severity(p, look, "attention", QPointF(left + label + 8, y + _LINE_PX / 2), 8)
            p.setPen(look.colour("attention"))
        box = QRectF(left + label + 18, y + 2, room, high)
        p.drawText(box, _wrapping(metrics, line.value, room), line.value)


def _wrapping(metrics: QFontMetricsF, text: str, room: float) -> int:
    """Between words, and within one only where it is longer than a line."""
    fits = all(metrics.horizontalAdvance(word) <= room for word in text.split())
    return int(Qt.TextFlag.TextWordWrap if fits else Qt.TextFlag.TextWrapAnywhere)


def _label_px(width: float) -> float:
    return min(132.0, width * 0.45)
