"""The codes an officer can take with one key: the drone's guesses with their bars, the frequent codes, or what the search found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from ground_station.ui import paint
from ground_station.ui.grids import grid_in
from ground_station.ui.look import BOLD, Look
from ground_station.view_model.intentions import ChooseCode, ChooseDigit, Intention
from ground_station.view_model.language import t
from ground_station.view_model.snapshot import CodeChoice, CodeHit

FREQUENT_BY_NUMBER = 6
FEW = 3
"""So many frequent codes have a line each."""
_SPAN = 6  # columns of the grid: a guess takes all of them, a frequent code as many as there is room for
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


def row_height(look: Look, *, wide: bool, per_line: int) -> int:
    """A frequent code that has a line for itself takes a lower one than a guess."""
    return look.measure.row - (5 if per_line == 1 and not wide else 0)


class CodeRow(QAbstractButton):
    """One code: digit, number, title, and the drone's confidence or the fine."""

    def __init__(self, look: Look, on_press: Callable[[Line], None]):
        super().__init__()
        self._look = look
        self.line = Line(None, 0, "")
        self.per_line = 1
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.clicked.connect(lambda: on_press(self.line))

    def show_line(self, line: Line) -> None:
        """Show another code."""
        if line != self.line:
            self.line = line
            key = t(", key {digit}", digit=line.digit) if line.digit else ""
            self.setAccessibleName(
                t("code {code}, {title}, {end}{key}", code=line.code, title=line.title, end=line.end, key=key)
            )
            self.updateGeometry()
            self.update()

    def sizeHint(self) -> QSize:
        """Qt's: one row."""
        return QSize(120, row_height(self._look, wide=self.line.wide, per_line=self.per_line))

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
        left += 40 if self.per_line == 1 or line.wide else 34
        if self.per_line == FREQUENT_BY_NUMBER and not line.wide:
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
        self._per_line = self._most_per_line = 2
        self.highlight = 0
        """Which of the hits Enter takes; moves with Up and Down in the search field."""
        self._grid = grid_in(self, across=0, down=0)
        for column in range(_SPAN):
            self._grid.setColumnStretch(column, 1)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def fold(self, *, frequent_per_line: int) -> None:
        """How many frequent codes may stand on one line: 1, 2, or FREQUENT_BY_NUMBER without their titles."""
        self._most_per_line = frequent_per_line
        self._shape = ()

    def show_codes(self, choices: tuple[CodeChoice, ...], hits: tuple[CodeHit, ...], *, enabled: bool) -> None:
        """Show the hits of a search if there are any, else the choices."""
        self.setEnabled(enabled)
        lines = [
            Line(c.digit, c.code, c.title, c.share, c.share_words, c.chosen, wide=c.share is not None) for c in choices
        ]
        shape = [line.wide for line in lines]
        self._per_line = 1 if self._low_lines and shape.count(False) <= FEW else self._most_per_line
        height = sum(row_height(self._look, wide=wide, per_line=self._per_line) for wide in self._lines_of(shape))
        guess = self._look.measure.row
        if hits:
            self.highlight = min(self.highlight, len(hits) - 1)
            lines = [
                Line(None, h.code, h.title, None, h.fine, h.chosen, highlighted=place == self.highlight)
                for place, h in enumerate(hits[: max(height // guess, 3)])
            ]
        else:
            self.highlight = 0
        self.setFixedHeight(max(height, 3 * guess))
        self._arrange(tuple(line.wide for line in lines))
        for row, line in zip(self._rows, lines, strict=False):
            row.show_line(line)

    @property
    def _low_lines(self) -> bool:
        """Whether two half lines are hardly lower than a few whole ones, which have room for the titles."""
        return self._most_per_line == 2 and self._look.measure.row < self._look.measure.target

    def _lines_of(self, shape: list[bool]) -> list[bool]:
        """The lines that rows of this shape take: for each, whether it is a wide one."""
        narrow = shape.count(False)
        return [True] * shape.count(True) + [False] * -(-narrow // self._per_line)

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
            row.per_line = self._per_line
            if wide:
                self._grid.addWidget(row, line, 0, 1, _SPAN)
                line += 1
            else:
                per = self._per_line
                span = _SPAN // per
                self._grid.addWidget(row, line + narrow // per, (narrow % per) * span, 1, span)
                narrow += 1
            row.setVisible(True)
        for number in range(20):
            self._grid.setRowStretch(number, 0)
        self._grid.setRowStretch(line + -(-narrow // self._per_line), 1)

    def _pressed(self, line: Line) -> None:
        self._send(ChooseDigit(line.digit) if line.digit is not None else ChooseCode(line.code))
