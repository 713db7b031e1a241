"""The button that shows its key."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QEnterEvent, QFontMetricsF, QPainter, QPaintEvent, QPen, QPixmap
from PySide6.QtWidgets import QAbstractButton, QSizePolicy

from ground_station.ui import paint
from ground_station.ui.keys import shown
from ground_station.ui.look import SEMIBOLD, Look
from ground_station.ui.theme import CLEAR
from ground_station.view_model.language import t


class KeyButton(QAbstractButton):
    """A button with its key on it. It never takes the focus: its key works everywhere, and Enter stays the desk's."""

    def __init__(self, look: Look, text: str, key: str, *, primary: bool = False, quiet: bool = False, does: str = ""):
        """`does`: what pressing it does, for a screen reader, where the text is too short to say it."""
        super().__init__()
        self._look, self._key, self._primary, self._quiet = look, key, primary, quiet
        self._hover = False
        self._drawn, self._drawn_as = QPixmap(), tuple[object, ...]()  # the last painting, and what it says
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Minimum, QSizePolicy.Policy.Fixed)
        self.relabel(text, does=does)

    def relabel(self, text: str, key: str | None = None, *, does: str = "") -> None:
        """Another text, and perhaps another key."""
        if key is not None and key != self._key:
            self._key = key
            self.name_key()
            self.update()
        if text != self.text():
            self.setText(text)
            self.setAccessibleName(does or text)
            self.name_key()
            self.updateGeometry()
            self.update()

    def name_key(self) -> None:
        """Tell a screen reader the key in force."""
        self.setAccessibleDescription(t("key {key}", key=shown(self._key)) if self._key else "")

    def set_primary(self, primary: bool) -> None:
        """Whether the button is the one that the officer most likely wants."""
        if primary != self._primary:
            self._primary = primary
            self.update()

    def sizeHint(self) -> QSize:
        """Qt's: room for text and key cap."""
        text = self._look.width(self.text(), None, SEMIBOLD)
        cap = paint.cap_width(self._look, self._key) + 8 if self._key else 0
        return QSize(round(text + cap + 2 * self._look.measure.pad), self._look.measure.target + 2)

    def minimumSizeHint(self) -> QSize:
        """Qt's: the text may be shortened, the key cap not."""
        cap = paint.cap_width(self._look, self._key) + 8 if self._key else 0
        return QSize(round(40 + cap), self._look.measure.target + 2)

    def enterEvent(self, event: QEnterEvent) -> None:
        """Qt's: the edge answers the mouse."""
        self._hover = True
        self.update()

    def leaveEvent(self, event: object) -> None:
        """Qt's: the edge comes to rest."""
        self._hover = False
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Qt's: a copy of what was drawn last, if that is still so. The buttons upon the map are painted again with each of its frames."""
        ratio = self.devicePixelRatioF()
        if not ratio.is_integer():  # an edge between two pixels would be blurred twice
            self._draw(QPainter(self))
            return
        says = (self.text(), shown(self._key), self._primary, self._quiet, self._hover, self.isEnabled(), self.isDown())
        drawn_as = (*says, self._look.theme, self.width(), self.height(), ratio)
        if drawn_as != self._drawn_as:
            self._drawn = QPixmap(self.size() * ratio)
            self._drawn.setDevicePixelRatio(ratio)
            self._drawn.fill(QColor(CLEAR))
            painter = QPainter(self._drawn)
            self._draw(painter)
            painter.end()
            self._drawn_as = drawn_as
        QPainter(self).drawPixmap(0, 0, self._drawn)

    def _draw(self, p: QPainter) -> None:
        look = self._look
        p.setRenderHint(QPainter.RenderHint.Antialiasing)
        primary = self._primary and self.isEnabled()
        edge = look.palette.line_px
        box = QRectF(self.rect()).adjusted(edge / 2, edge / 2, -edge / 2, -edge / 2)
        ground = "accent" if primary else ("panel" if self._quiet else "field")
        if self.isDown() and not primary:
            ground = "selected"
        line = "accent" if primary or (self._hover and self.isEnabled()) else "line"
        p.setPen(QPen(look.colour(line), edge))
        p.setBrush(look.colour(ground))
        p.drawRoundedRect(box, look.measure.field_radius, look.measure.field_radius)
        font = look.font(None, SEMIBOLD)
        metrics = QFontMetricsF(font)
        cap = paint.cap_width(look, self._key) if self._key else 0.0
        room = box.width() - 2 * 8 - (cap + 8 if cap else 0)
        text = metrics.elidedText(self.text(), Qt.TextElideMode.ElideRight, room)
        width = metrics.horizontalAdvance(text)
        left = box.left() + (box.width() - width - (cap + 8 if cap else 0)) / 2
        p.setFont(font)
        p.setPen(look.colour("on_accent" if primary else ("ink" if self.isEnabled() else "soft")))
        p.drawText(QRectF(left, box.top(), width + 2, box.height()), Qt.AlignmentFlag.AlignVCenter, text)
        if cap:
            paint.key_cap(
                p, look, self._key, left + width + 8, box.center().y(), on_accent=primary, dim=not self.isEnabled()
            )
