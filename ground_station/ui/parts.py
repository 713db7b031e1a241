"""Small widgets of the desk: plain labels, lines of key hints, tabs, rules. Buttons that show their key are in key_button.py.

Every text is drawn as it stands. Qt's own labels and tips guess whether a text is markup; nothing here may guess, because plates, streets
and reasons come from outside.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QFont, QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QFrame, QLabel, QSizePolicy, QWidget

from ground_station.ui import paint
from ground_station.ui.keys import shown
from ground_station.ui.look import REGULAR, SEMIBOLD, Look
from ground_station.view_model.language import t


def set_tip(widget: QWidget, text: str) -> None:
    """Give the widget a tip that shows exactly `text`."""
    tip = (
        f"<qt>{escape(text)}</qt>" if text else ""
    )  # a tip guesses markup and has no switch: said to be markup, and escaped
    if widget.toolTip() != tip:
        widget.setToolTip(tip)


class PlainLabel(QLabel):
    """A label that never reads its text as markup, and shortens it with an ellipsis where there is no room.

    `tone` is a role of the style sheet ("", "soft", "accent", "attention", "must_decide").
    """

    def __init__(
        self,
        look: Look,
        text: str = "",
        *,
        tone: str = "",
        size_px: int | None = None,
        weight: QFont.Weight = REGULAR,
        wraps: bool = False,
        whole: bool = False,
    ):
        """`whole`: never shortened; its neighbours give way."""
        super().__init__()
        self._look, self._whole = look, whole
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setTextInteractionFlags(Qt.TextInteractionFlag.NoTextInteraction)
        self.setProperty("tone", tone)
        self.setFont(look.font(size_px, weight))
        self.setWordWrap(wraps)
        if whole:
            self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)
        self.say(text)

    def say(self, text: str) -> None:
        """Show another text; nothing is repainted when it is the same."""
        if text != self.text():
            self.setText(text)
            set_tip(self, "")
            self.updateGeometry()

    def set_tone(self, tone: str) -> None:
        """Another role for the colour."""
        if self.property("tone") != tone:
            self.setProperty("tone", tone)
            self.style().unpolish(self)
            self.style().polish(self)

    def minimumSizeHint(self) -> QSize:
        """Qt's: small, because the text may be shortened."""
        hint = super().minimumSizeHint()
        return hint if self.wordWrap() or self._whole else QSize(8, hint.height())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Qt's: the text, shortened if need be; the whole text is then in the tip."""
        metrics = QFontMetricsF(self.font())
        text = self.text()
        if self.wordWrap() or metrics.horizontalAdvance(text) <= self.contentsRect().width() + 1:
            super().paintEvent(event)
            return
        set_tip(self, text)
        p = QPainter(self)
        p.setPen(self.palette().color(self.foregroundRole()))
        p.drawText(
            QRectF(self.contentsRect()),
            int(self.alignment() | Qt.AlignmentFlag.AlignVCenter),
            self.fitting(text, self.contentsRect().width()),
        )

    def fitting(self, text: str, width: float) -> str:
        """The text as it is drawn where there are only `width` pixels for it."""
        return QFontMetricsF(self.font()).elidedText(text, Qt.TextElideMode.ElideRight, width)


class PlaceLabel(PlainLabel):
    """A place in words, with the words of street signs ("E 42nd St") where there is no room for the whole ones."""

    def fitting(self, text: str, width: float) -> str:
        """As much of the place as fits into `width` pixels."""
        return paint.shortened(QFontMetricsF(self.font()), text, width)


class Rule(QFrame):
    """A line across a panel."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("rule")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)


class Tab(QAbstractButton):
    """One of the tabs above the lower panel: bold with a line under it when it is open."""

    def __init__(self, look: Look, text: str):
        super().__init__()
        self._look = look
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.relabel(text)

    def relabel(self, text: str) -> None:
        """Another text on the tab."""
        if text != self.text():
            self.setText(text)
            self.setAccessibleName(text)
            self.updateGeometry()
            self.update()

    def sizeHint(self) -> QSize:
        """Qt's: room for the bold text."""
        width = self._look.width(self.text(), None, SEMIBOLD)
        return QSize(round(width + 2 * self._look.measure.pad), max(36, self._look.measure.target + 4))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Qt's: the text, and the line of the open tab."""
        look, p = self._look, QPainter(self)
        is_open = self.isChecked()
        p.setFont(look.font(None, SEMIBOLD if is_open else REGULAR))
        p.setPen(look.colour("ink" if is_open or self.underMouse() else "soft"))
        p.drawText(self.rect(), int(Qt.AlignmentFlag.AlignCenter), self.text())
        if is_open:
            p.fillRect(QRectF(0, self.height() - 2, self.width(), 2), look.colour("accent"))


@dataclass(frozen=True)
class Cap:
    """A key in a line of hints."""

    key: str


class HintLine(QWidget):
    """Words and key caps in a flow that wraps between hints: ("2 more ·", Cap("C"), "claim")."""

    def __init__(self, look: Look, hints: Sequence[Sequence[str | Cap]] = ()):
        super().__init__()
        self._look = look
        self._hints: tuple[tuple[str | Cap, ...], ...] = ()
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.set_hints(hints)

    def set_hints(self, hints: Sequence[Sequence[str | Cap]]) -> None:
        """Other hints; each inner sequence stays together on one line."""
        frozen = tuple(tuple(hint) for hint in hints)
        if frozen != self._hints:
            self._hints = frozen
            self.name_key()
            self.updateGeometry()
            self.update()

    def name_key(self) -> None:
        """Tell a screen reader the hints, with the keys in force."""
        words = [" ".join(shown(part.key) if isinstance(part, Cap) else part for part in hint) for hint in self._hints]
        self.setAccessibleName(", ".join(words))

    def _width(self, part: str | Cap) -> float:
        if isinstance(part, Cap):
            return paint.cap_width(self._look, part.key)
        return self._look.width(part, self._look.measure.small)

    def _flow(self, width: float) -> list[tuple[str | Cap, float, float]]:
        """Where each part goes: (part, left, middle)."""
        placed: list[tuple[str | Cap, float, float]] = []
        x, line = 0.0, 0
        for hint in self._hints:
            whole = sum(self._width(part) + 5 for part in hint) - 5
            if x > 0 and x + whole > width:
                x, line = 0.0, line + 1
            for part in hint:
                placed.append((part, x, line * 24 + 12.0))
                x += self._width(part) + 5
            x += 9
        return placed

    def heightForWidth(self, width: int) -> int:
        """Qt's: 24 px a line."""
        placed = self._flow(width)
        return round(placed[-1][2] + 12) if placed else 0

    def sizeHint(self) -> QSize:
        """Qt's: everything on one line."""
        placed = self._flow(1e6)
        return QSize(round(placed[-1][1] + self._width(placed[-1][0])) + 2, 24) if placed else QSize(0, 0)

    def minimumSizeHint(self) -> QSize:
        """Qt's: it may wrap."""
        return QSize(40, 24 if self._hints else 0)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Qt's: words and caps."""
        look, p = self._look, QPainter(self)
        p.setRenderHint(QPainter.RenderHint.Antialiasing)
        for part, left, middle in self._flow(self.width()):
            if isinstance(part, Cap):
                paint.key_cap(p, look, part.key, left, middle)
            else:
                p.setFont(look.font(look.measure.small))
                p.setPen(look.colour("soft"))
                p.drawText(
                    QRectF(left, middle - 12, self._width(part) + 2, 24), int(Qt.AlignmentFlag.AlignVCenter), part
                )


class SeverityMark(QWidget):
    """The triangle or diamond of an alert."""

    def __init__(self, look: Look, size: int = 12):
        super().__init__()
        self._look, self._size, self._kind = look, size, ""
        self.setFixedSize(size + 2, size + 2)

    def show_kind(self, kind: str) -> None:
        """`must_decide`, `attention`, or nothing for an empty text."""
        if kind != self._kind:
            self._kind = kind
            self.setAccessibleName({"must_decide": t("must decide"), "attention": t("attention")}.get(kind, ""))
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Qt's: the mark."""
        if self._kind:
            p = QPainter(self)
            p.setRenderHint(QPainter.RenderHint.Antialiasing)
            paint.severity(p, self._look, self._kind, QPointF(self.width() / 2, self.height() / 2), self._size)
