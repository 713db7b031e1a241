"""The bar of a replay: that this is the past, how fast it goes, and the whole shift as a line on which one can go anywhere."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy, QWidget

from ground_station.ui import paint
from ground_station.ui.key_button import KeyButton
from ground_station.ui.look import SEMIBOLD, Look
from ground_station.ui.parts import PlainLabel, SeverityMark
from ground_station.view_model.intentions import Intention, ReplayGoTo, ReplayJump, ReplayPause, ReplaySpeed
from ground_station.view_model.language import t
from ground_station.view_model.snapshot import ReplayView

STEP_S = 30.0
LEAP_S = 300.0


class TimeLine(QWidget):
    """The shift from its first to its last moment, with a triangle for each alert. A click goes there."""

    def __init__(self, look: Look, go_to: Callable[[float], None]):
        super().__init__()
        self._look, self._go_to = look, go_to
        self._view: ReplayView | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAccessibleName(t("The shift's time"))

    def show_replay(self, view: ReplayView) -> None:
        """Draw another moment."""
        if view != self._view:
            self._view = view
            self.setAccessibleDescription(t("{at}, from {start} to {end}", at=view.at, start=view.start, end=view.end))
            self.update()

    def sizeHint(self) -> QSize:
        """Qt's: as much as there is."""
        return QSize(300, self._look.measure.target)

    def minimumSizeHint(self) -> QSize:
        """Qt's: it may be short."""
        return QSize(80, self._look.measure.target)

    def place_of(self, at_s: float) -> float:
        """Where a time is, in pixels from the left."""
        view = self._view
        if view is None or view.end_s <= view.start_s:
            return 8.0
        return 8.0 + (self.width() - 16.0) * (at_s - view.start_s) / (view.end_s - view.start_s)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Qt's: go to the time under the pointer."""
        view = self._view
        if view is not None and self.width() > 16:
            share = min(1.0, max(0.0, (event.position().x() - 8.0) / (self.width() - 16.0)))
            self._go_to(view.start_s + share * (view.end_s - view.start_s))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Qt's: the line, what is gone of it, the alerts, where it is."""
        view, look = self._view, self._look
        if view is None:
            return
        p = QPainter(self)
        p.setRenderHint(QPainter.RenderHint.Antialiasing)
        y, here = self.height() / 2 + 4, self.place_of(view.at_s)
        p.setPen(QPen(look.colour("bar"), 4, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        p.drawLine(QPointF(8, y), QPointF(self.width() - 8, y))
        p.setPen(QPen(look.colour("accent"), 4, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        p.drawLine(QPointF(8, y), QPointF(here, y))
        last = -10.0
        for mark_s in view.marks_s:
            x = self.place_of(mark_s)
            if x - last >= 6:  # alerts that lie upon each other are one mark
                paint.severity(p, look, "must_decide", QPointF(x, y - 11), 8)
                last = x
        p.setPen(QPen(look.colour("panel"), 2))
        p.setBrush(look.colour("accent"))
        p.drawEllipse(QPointF(here, y), 6, 6)
        p.setFont(look.font(look.measure.small))
        p.setPen(look.colour("soft"))
        if not view.marks_s or self.place_of(view.marks_s[0]) > 70:
            p.drawText(QRectF(8, 0, 70, y - 4), int(Qt.AlignmentFlag.AlignVCenter), view.start)


class ReplayStrip(QFrame):
    """The bar below the strip; only in a replay."""

    def __init__(self, look: Look, send: Callable[[Intention], None]):
        super().__init__()
        self._look = look
        self.setObjectName("strip")
        self.setFixedHeight(look.measure.strip)
        row = QHBoxLayout(self)
        row.setContentsMargins(14, 0, 14, 0)
        row.setSpacing(6)
        mark = SeverityMark(look, 12)
        mark.show_kind("attention")
        self.banner = PlainLabel(look, tone="attention", weight=SEMIBOLD, whole=True)
        self.pause = KeyButton(look, t("Pause"), "Space")
        self.back = KeyButton(look, t("−30 s"), "←", quiet=True, does=t("30 s back"))
        self.on = KeyButton(look, t("+30 s"), "→", quiet=True, does=t("30 s on"))
        self.slower = KeyButton(look, t("slower"), "[", quiet=True, does=t("Replay slower"))
        self.faster = KeyButton(look, t("faster"), "]", quiet=True, does=t("Replay faster"))
        self.speed = PlainLabel(look, weight=SEMIBOLD, whole=True)
        self.at = PlainLabel(look, weight=SEMIBOLD, whole=True)
        self.state = PlainLabel(look, tone="soft", whole=True)
        self.line = TimeLine(look, lambda at_s: send(ReplayGoTo(at_s)))
        self.end = PlainLabel(look, tone="soft", whole=True)
        for button, intention in (
            (self.pause, ReplayPause()),
            (self.back, ReplayJump(-STEP_S)),
            (self.on, ReplayJump(STEP_S)),
            (self.slower, ReplaySpeed(-1)),
            (self.faster, ReplaySpeed(1)),
        ):
            button.clicked.connect(lambda _checked=False, asks=intention: send(asks))
        for widget, gap in (
            (mark, 2), (self.banner, 12), (self.pause, 0), (self.back, 0), (self.on, 10), (self.slower, 0),
            (self.speed, 0), (self.faster, 10), (self.at, 4), (self.state, 6),
        ):  # fmt: skip
            row.addWidget(widget)
            row.addSpacing(gap)
        row.addWidget(self.line, 1)
        row.addWidget(self.end)
        self.hide()

    def fold(self, *, narrow: bool) -> None:
        """In a narrow window the state's word and the shift's end are left out; both are on the line."""
        self.state.setVisible(not narrow)
        self.end.setVisible(not narrow)
        self.slower.setVisible(not narrow)
        self.faster.setVisible(not narrow)

    def show_replay(self, view: ReplayView | None) -> None:
        """Draw another moment; nothing for None."""
        self.setVisible(view is not None)
        if view is None:
            return
        self.banner.say(view.banner)
        self.pause.relabel(t("Go on") if view.paused or view.state == t("at the end") else t("Pause"))
        self.speed.say(view.speed_words)
        self.at.say(view.at)
        self.state.say(view.state)
        self.end.say(view.end)
        self.line.show_replay(view)
        self.setAccessibleName(f"{view.banner}, {view.at}, {view.speed_words}, {view.state}")
