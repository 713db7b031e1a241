"""The codes an officer can take with one key: the drone's guesses with their bars, the frequent codes, or what the search found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QGridLayout, QSizePolicy, QWidget

from ground_station.ui import paint
from ground_station.ui.look import BOLD, Look
from ground_station.view_model.intentions import ChooseCode, ChooseDigit, Intention
from ground_station.view_model.snapshot import CodeChoice, CodeHit

_SPAN = 6  # columns of the grid: a guess takes all, a frequent code half, or one of them when there is little room
_MIDDLE = int(Qt.AlignmentFlag.AlignVCenter)
_RIGHT = int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight)


@dataclass(frozen=True)
class Line:
    """What one row shows."""

    digit: int | None
    code: int
    title: str
    share: float | None = None
    end: str = ""  # "48 %", "$115"
    chosen: bool = False
    highlighted: bool = False
    wide: bool = True


class CodeRow(QAbstractButton):
    """One code: digit, number, title, and the drone's confidence or the fine."""

    def __init__(self, look: Look, on_press: Callable[[Line], None]):
        super().__init__()
        self._look = look
        self.line = Line(None, 0, "")
        self.tight = False
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.clicked.connect(lambda: on_press(self.line))

    def show_line(self, line: Line) -> None:
        """Show another code."""
        if line != self.line:
            self.line = line
            key = f", key {line.digit}" if line.digit else ""
            self.setAccessibleName(f"code {line.code}, {line.title}, {line.end}{key}")
            self.setChecked(line.chosen)
            self.update()

    def sizeHint(self) -> QSize:
        """Qt's: one row."""
        return QSize(120, self._look.measure.row)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Qt's: the code."""
        look, p, line = self._look, QPainter(self), self.line
        p.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(self.rect())
        if line.chosen or line.highlighted:
            p.setPen(QPen(look.colour("accent" if line.chosen else "line"), 2.0 if line.chosen else 1.0))
            p.setBrush(look.colour("selected"))
            p.drawRoundedRect(box.adjusted(1, 1, -1, -1), look.measure.field_radius - 1, look.measure.field_radius - 1)
        elif self.underMouse() and self.isEnabled():
            p.setPen(Qt.PenStyle.NoPen)
            p.setBrush(look.colour("field"))
            p.drawRoundedRect(box, look.measure.field_radius, look.measure.field_radius)
        middle = box.center().y()
        left = box.left() + 7
        if line.digit is not None:
            left = paint.key_cap(p, look, str(line.digit), left, middle, dim=not self.isEnabled()) + 9
        p.setFont(look.font(None, BOLD))
        p.setPen(look.colour("ink" if self.isEnabled() else "soft"))
        p.drawText(QRectF(left, 0, 30, box.height()), _MIDDLE, str(line.code))
        left += 30 if self.tight else (34 if not line.wide else 40)
        if self.tight and not line.wide:
            return
        right = box.right() - 10
        p.setFont(look.font())
        if line.end and line.wide:
            end_width = QFontMetricsF(p.font()).horizontalAdvance("100 %")
            p.drawText(QRectF(right - end_width, 0, end_width, box.height()), _RIGHT, line.end)
            right -= end_width + 8
            if line.share is not None:
                bar = min(88.0, box.width() * 0.13)
                paint.bar(p, look, QRectF(right - bar, middle - 3, bar, 6), line.share)
                right -= bar + 8
        p.setPen(look.colour("ink" if line.wide and self.isEnabled() else "soft"))
        p.drawText(QRectF(left, 0, right - left, box.height()), _MIDDLE, paint.elided(p, line.title, right - left))


class CodeList(QWidget):
    """All rows. It keeps its height while the search shows its hits in the same place, so that nothing below jumps."""

    def __init__(self, look: Look, send: Callable[[Intention], None]):
        super().__init__()
        self._look, self._send = look, send
        self._rows: list[CodeRow] = []
        self._shape: tuple[bool, ...] = ()
        self._tight = False
        self.highlight = 0
        """Which of the hits Enter takes; moves with Up and Down in the search field."""
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(0)
        for column in range(_SPAN):
            self._grid.setColumnStretch(column, 1)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def fold(self, *, tight: bool) -> None:
        """Show the frequent codes by their numbers only, in one line."""
        self._tight = tight
        self._shape = ()

    def show_codes(self, choices: tuple[CodeChoice, ...], hits: tuple[CodeHit, ...], *, enabled: bool) -> None:
        """Show the hits of a search if there are any, else the choices."""
        self.setEnabled(enabled)
        lines = [
            Line(c.digit, c.code, c.title, c.share, c.share_words, c.chosen, wide=c.share is not None) for c in choices
        ]
        most = self._lines_of([line.wide for line in lines])
        if hits:
            self.highlight = min(self.highlight, len(hits) - 1)
            lines = [
                Line(None, h.code, h.title, None, h.fine, h.chosen, highlighted=place == self.highlight)
                for place, h in enumerate(hits[: max(most, 3)])
            ]
        else:
            self.highlight = 0
        self.setFixedHeight(max(most, 3) * self._look.measure.row)
        self._arrange(tuple(line.wide for line in lines))
        for row, line in zip(self._rows, lines, strict=False):
            row.show_line(line)

    def _per_line(self) -> int:
        return _SPAN if self._tight else 2

    def _lines_of(self, shape: list[bool]) -> int:
        """How many lines rows of this shape (wide or not) take."""
        narrow = shape.count(False)
        return shape.count(True) + -(-narrow // self._per_line())

    def _arrange(self, shape: tuple[bool, ...]) -> None:
        if shape == self._shape:
            return
        self._shape = shape
        while len(self._rows) < len(shape):
            self._rows.append(CodeRow(self._look, self._pressed))
        for row in self._rows:
            self._grid.removeWidget(row)
            row.setVisible(False)
        line, narrow = 0, 0
        for row, wide in zip(self._rows, shape, strict=False):
            row.tight = self._tight
            if wide:
                self._grid.addWidget(row, line, 0, 1, _SPAN)
                line += 1
            else:
                per = self._per_line()
                span = _SPAN // per
                self._grid.addWidget(row, line + narrow // per, (narrow % per) * span, 1, span)
                narrow += 1
            row.setVisible(True)
        for number in range(20):
            self._grid.setRowStretch(number, 0)
        self._grid.setRowStretch(line + -(-narrow // self._per_line()), 1)

    def _pressed(self, line: Line) -> None:
        self._send(ChooseDigit(line.digit) if line.digit is not None else ChooseCode(line.code))
