"""The strip on top: whether the chain from drones to headquarters is whole, who sits here, and what time it is."""

from __future__ import annotations

import re
from collections.abc import Callable

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QFont, QFontMetricsF, QHelpEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QFrame, QHBoxLayout, QSizePolicy, QToolTip, QWidget

from ground_station.ui import paint
from ground_station.ui.keys import shown
from ground_station.ui.look import BOLD, REGULAR, SEMIBOLD, Look
from ground_station.ui.parts import PlainLabel, SeverityMark, set_tip
from ground_station.view_model.intentions import Intention, SetSound, TryNow
from ground_station.view_model.language import later, t
from ground_station.view_model.snapshot import ChainPart, Pill, Standing, StationView

_GAP_PX = 30.0  # between two parts: room for the arrow
_NARROW_GAP_PX = 22.0
_STATES = {"well": later("well"), "away": later("away"), "unknown": later("unknown")}


def _said(part: ChainPart) -> str:
    """A part of the chain for a screen reader: its word, and its state where the word does not say it."""
    state = t(_STATES[part.state])
    return part.word if part.word.endswith(state) else f"{part.word} {state}"


class ChainLine(QWidget):
    """drones -> broker -> bridge -> headquarters, each with its mark and word."""

    def __init__(self, look: Look, on_click: Callable[[], None] = lambda: None):
        super().__init__()
        self._look, self._on_click = look, on_click
        self._standing: tuple[Standing, ...] = ()
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self._narrow = self._brief = False
        self._parts: tuple[ChainPart, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)

    def fold(self, *, narrow: bool) -> None:
        """Draw the parts closer together, or not."""
        self._narrow = narrow
        self.updateGeometry()
        self.update()

    def show_parts(
        self, parts: tuple[ChainPart, ...], standing: tuple[Standing, ...] = (), *, brief: bool = False
    ) -> None:
        """Draw other parts, and the facts after them: backlog and disk. `brief`: the pill needs the room."""
        if (parts, standing, brief) != (self._parts, self._standing, self._brief):
            self._parts, self._standing, self._brief = parts, standing, brief
            self.setAccessibleName(", ".join([*map(_said, parts), *(fact.word for fact in standing)]))
            self.updateGeometry()
            self.update()

    def _gap_px(self) -> float:
        return _NARROW_GAP_PX if self._narrow or self._brief else _GAP_PX

    def _places(self) -> list[tuple[ChainPart, float, float]]:
        """(part, where its mark begins, where its word ends)."""
        metrics, x, places = QFontMetricsF(self._look.font()), 0.0, []
        for part in self._parts:
            end = x + 16 + metrics.horizontalAdvance(part.word)
            places.append((part, x, end))
            x = end + self._gap_px()
        return places

    def _facts(self) -> list[tuple[Standing, str, float, float]]:
        """(fact, its words, where they begin and end); beside a pill its short words, in a narrow window the first of them."""
        places = self._places()
        metrics, x, found = QFontMetricsF(self._look.font()), (places[-1][2] if places else 0.0), []
        for fact in self._standing:
            words = fact.short.split(" · ", 1)[0] if self._narrow else fact.short if self._brief else fact.word
            begin = x + (_NARROW_GAP_PX if self._narrow else 18.0)
            x = begin + metrics.horizontalAdvance(words) + (13 if fact.mark else 0)
            found.append((fact, words, begin, x))
        return found

    def sizeHint(self) -> QSize:
        """Qt's: all parts on one line."""
        facts, places = self._facts(), self._places()
        right = facts[-1][3] if facts else places[-1][2] if places else -2.0
        return QSize(round(right) + 2, self._look.measure.target)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Qt's: a click shows the inside."""
        self._on_click()

    def event(self, event: QEvent) -> bool:
        """Qt's: the inside of a part, for support, is in its tip."""
        if isinstance(event, QHelpEvent):
            for part, left, right in self._places():
                if left - 4 <= event.pos().x() <= right + 4:
                    set_tip(self, part.detail)
                    QToolTip.showText(event.globalPos(), self.toolTip(), self)
            for fact, _words, left, right in self._facts():
                if left - 4 <= event.pos().x() <= right + 4:
                    set_tip(self, fact.detail)
                    QToolTip.showText(event.globalPos(), self.toolTip(), self)
            return True
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Qt's: marks, words, arrows."""
        look, p = self._look, QPainter(self)
        p.setRenderHint(QPainter.RenderHint.Antialiasing)
        middle = self.height() / 2
        for number, (part, left, right) in enumerate(self._places()):
            if number:
                paint.arrow(p, look.colour("soft"), QPointF(left - self._gap_px() / 2, middle), 9)
            paint.chain_mark(p, look, part.state, QPointF(left + 5, middle))
            p.setFont(look.font())
            p.setPen(look.colour("ink"))
            p.drawText(QRectF(left + 16, 0, right - left, self.height()), int(Qt.AlignmentFlag.AlignVCenter), part.word)
        for fact, words, left, right in self._facts():
            if fact.mark:
                paint.severity(p, look, "attention", QPointF(left + 4, middle), 8)
                left += 13
            p.setPen(look.colour("attention" if fact.mark else "soft"))
            p.drawText(QRectF(left, 0, right - left + 2, self.height()), int(Qt.AlignmentFlag.AlignVCenter), words)


class LinkButton(QAbstractButton):
    """A word that can be pressed, with its key before it; underlined where it must be seen to be a button.

    `unseen_key` is the key of a word that has no room for its cap: a screen reader tells it all the same.
    """

    def __init__(
        self, look: Look, text: str, key: str = "", *, role: str = "soft", strong: bool = False, unseen_key: str = ""
    ):
        super().__init__()
        self._look, self._key, self._role, self._strong = look, key, role, strong
        self._named_key = key or unseen_key
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.relabel(text)

    def relabel(self, text: str, does: str = "") -> None:
        """Another word. `does`: what pressing it does, for a screen reader, where the word does not say it."""
        if text != self.text():
            self.setText(text)
            self.setAccessibleName(does or text)
            self.name_key()
            self.updateGeometry()
            self.update()

    def name_key(self) -> None:
        """Tell a screen reader the key in force."""
        self.setAccessibleDescription(t("key {key}", key=shown(self._named_key)) if self._named_key else "")

    def sizeHint(self) -> QSize:
        """Qt's: cap and word."""
        font = self._look.font(None, SEMIBOLD if self._strong else REGULAR)
        cap = paint.cap_width(self._look, self._key) + 6 if self._key else 0
        return QSize(round(QFontMetricsF(font).horizontalAdvance(self.text()) + cap) + 2, self._look.measure.target)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Qt's: cap and word."""
        look, p = self._look, QPainter(self)
        p.setRenderHint(QPainter.RenderHint.Antialiasing)
        left = 0.0
        if self._key:
            left = paint.key_cap(p, look, self._key, 0, self.height() / 2) + 6
        font = QFont(look.font(None, SEMIBOLD if self._strong else REGULAR))  # a copy: the look's own is everybody's
        font.setUnderline(self._strong or self.underMouse())
        p.setFont(font)
        p.setPen(look.colour(self._role))
        p.drawText(QRectF(left, 0, self.width() - left, self.height()), int(Qt.AlignmentFlag.AlignVCenter), self.text())


class PartsLabel(PlainLabel):
    """A label that leaves out whole parts of its text from the end where there is no room ("a · b, c · d" -> "a · b")."""

    def fitting(self, text: str, width: float) -> str:
        """As much of the text as fits into `width` pixels."""
        metrics = QFontMetricsF(self.font())
        ends = [found.start() for found in re.finditer(r" · |, ", text)]
        for end in (len(text), *reversed(ends)):
            if metrics.horizontalAdvance(text[:end]) <= width:
                return text[:end]
        return super().fitting(text, width)


class PillWidget(QWidget):
    """The one amber pill. It shortens itself from the end, never pushes its neighbours."""

    def __init__(self, look: Look, send: Callable[[Intention], None]):
        super().__init__()
        self._look = look
        self._text = ""
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 0, 12, 0)
        row.setSpacing(9)
        mark = SeverityMark(look, 10)
        mark.show_kind("attention")
        self._words = PartsLabel(look, "", tone="attention", weight=SEMIBOLD)
        self._try = LinkButton(look, t("Try now"), role="attention", strong=True, unseen_key="Y")
        self._try.clicked.connect(lambda: send(TryNow()))
        row.addWidget(mark)
        row.addWidget(self._words, 1)
        row.addWidget(self._try)
        self.hide()

    def show_pill(self, pill: Pill | None) -> None:
        """Another state of things; nothing for None."""
        self.setVisible(pill is not None)
        if pill is not None:
            counts = pill.try_now and bool(pill.next_try_in)  # on the button, where no narrow window leaves it out
            self._words.say(pill.brief if counts else pill.text)
            self._try.relabel(
                t("Try now · {span}", span=pill.next_try_in) if counts else t("Try now"),
                t("Try now, else in {span}", span=pill.next_try_in) if counts else "",
            )
            self._try.setVisible(pill.try_now)
            self.setAccessibleName(pill.text)

    def sizeHint(self) -> QSize:
        """Qt's: the whole text."""
        return QSize(super().sizeHint().width() + 4, 30)

    def minimumSizeHint(self) -> QSize:
        """Qt's: little; the text is then shortened."""
        return QSize(60, 30)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Qt's: the pill's ground and edge."""
        look, p = self._look, QPainter(self)
        p.setRenderHint(QPainter.RenderHint.Antialiasing)
        edge = look.palette.line_px
        p.setPen(QPen(look.colour("attention"), edge))
        p.setBrush(look.colour("attention_ground"))
        box = QRectF(self.rect()).adjusted(edge / 2, edge / 2, -edge / 2, -edge / 2)
        p.drawRoundedRect(box, look.measure.field_radius, look.measure.field_radius)


class ChainStrip(QFrame):
    """The whole strip. `on_keys` opens the key sheet, `on_inside` (a click on the chain) the inside of the station."""

    def __init__(
        self,
        look: Look,
        send: Callable[[Intention], None],
        on_keys: Callable[[], None],
        *,
        on_inside: Callable[[], None] = lambda: None,
    ):
        super().__init__()
        self.setObjectName("strip")
        self.setFixedHeight(look.measure.strip)
        self._sound_on = True
        row = QHBoxLayout(self)
        row.setContentsMargins(14, 0, 14, 0)
        row.setSpacing(0)
        self._station_word = PlainLabel(look, t("Station"), tone="soft", whole=True)
        self._station = PlainLabel(look, weight=SEMIBOLD, whole=True)
        self.chain = ChainLine(look, on_inside)
        self.pill = PillWidget(look, send)
        self._officer = PlainLabel(look, tone="soft", whole=True)
        self._sound = LinkButton(look, "", unseen_key="S")
        self._show_sound()
        self._sound.clicked.connect(lambda: send(SetSound(not self._sound_on)))
        self._keys = LinkButton(look, "", "?")
        self._keys.relabel(t("keys"), t("Show all keys"))
        self._keys.clicked.connect(on_keys)
        self._clock = PlainLabel(look, weight=SEMIBOLD, whole=True)
        for widget, gap in (
            (PlainLabel(look, "Kestrel", size_px=15, weight=BOLD, whole=True), 18),
            (self._station_word, 4),
            (self._station, 18),
            (self.chain, 18),
        ):
            row.addWidget(widget)
            row.addSpacing(gap)
        row.addWidget(self.pill, 0)
        row.addStretch(1)
        row.addSpacing(12)
        for part, gap in ((self._officer, 14), (self._sound, 14), (self._keys, 18), (self._clock, 0)):
            row.addWidget(part)
            row.addSpacing(gap)

    def fold(self, *, narrow: bool) -> None:
        """Leave out what a narrow window has no room for: the word before the station and the officer's name."""
        self._station_word.setVisible(not narrow)
        self._officer.setVisible(not narrow)
        self.chain.fold(narrow=narrow)

    def _show_sound(self) -> None:
        if self._sound_on:
            self._sound.relabel(t("sound on"), t("Sound is on: switch it off"))
        else:
            self._sound.relabel(t("sound off"), t("Sound is off: switch it on"))

    def show_view(self, view: StationView) -> None:
        """Draw another moment."""
        self._station.say(view.station)
        told = view.pill is not None and view.pill.tells_backlog
        self.chain.show_parts(view.chain, view.standing[told:], brief=view.pill is not None)
        self.pill.show_pill(view.pill)
        self._officer.say(view.officer)
        self._sound_on = view.sound_on
        self._show_sound()
        self._clock.say(view.clock)
