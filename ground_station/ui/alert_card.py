"""One card of the alert list as a painting: picture, severity, place, doubt, age, and whose it is."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetricsF, QPainter
from PySide6.QtWidgets import QStyledItemDelegate, QStyleOptionViewItem

from ground_station.ui import paint
from ground_station.ui.look import MEDIUM, SEMIBOLD, Look
from ground_station.ui.pictures import CORNER_PX, Pictures
from ground_station.view_model import wording
from ground_station.view_model.language import later, t
from ground_station.view_model.snapshot import AlertCard, AlertGroup, AlertRow

CARD_PX = 76
FOLDED_PX = 96
PICTURE = QSize(72, 48)
SLIDE_PX = 24
"""So far above its place a new card begins."""
_EDGE_PX = 4
_INDENT_PX = 14  # of a card below that of its group
_RAIL_PX = 8
_NO_PICTURE = {"coming": later("picture\ncoming"), "damaged": later("picture\ndamaged")}
_Index = QModelIndex | QPersistentModelIndex


class AlertCardPainter(QStyledItemDelegate):
    """Paints cards, whole or folded to picture and age. `drawn` collects which alerts have been on screen."""

    def __init__(self, look: Look, pictures: Pictures):
        super().__init__()
        self._look, self._pictures = look, pictures
        self.folded = False
        self.drawn: set[str] = set()
        self.arriving: dict[str, float] = {}
        """How far a new card has slid in, 0 to 1, by violation id."""

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        """Qt's: every card has one height."""
        return QSize(100, FOLDED_PX if self.folded else CARD_PX)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        """Qt's: the card at `index`."""
        card: AlertRow = index.data(Qt.ItemDataRole.UserRole)
        box: QRect = option.rect
        look = self._look
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(box, look.colour("selected" if card.selected else "panel"))
        line = look.palette.line_px
        painter.fillRect(QRect(box.left(), box.bottom() - line + 1, box.width(), line), look.colour("line"))
        arrived = self.arriving.get(card.violation_id, 1.0) if isinstance(card, AlertCard) else 1.0
        if arrived < 1.0:
            painter.setOpacity(arrived)
            painter.translate(0, (arrived - 1.0) * SLIDE_PX)
        if card.selected or card.unseen:
            # The twin of the sound: an alert that nobody has looked at yet has an edge of its own.
            edge = "accent" if card.selected else ("must_decide" if card.severity == "must_decide" else "attention")
            painter.fillRect(QRect(box.left(), box.top(), _EDGE_PX, box.height() - line), look.colour(edge))
        inside = isinstance(card, AlertCard) and card.inside
        if inside:
            painter.fillRect(QRect(box.left() + _RAIL_PX, box.top(), 2, box.height()), look.colour("line"))
        if self.folded:
            self._paint_folded(painter, card, QRectF(box))
        else:
            self._paint_whole(painter, card, QRectF(box).adjusted(_INDENT_PX if inside else 0, 0, 0, 0))
        painter.restore()
        # A group's card says of all its alerts that they are there, and where.
        self.drawn.update(card.violation_ids if isinstance(card, AlertGroup) else (card.violation_id,))

    def _paint_count(self, p: QPainter, group: AlertGroup, picture: QRectF) -> None:
        """How many stand behind the card, at the corner of the picture of one of them, and whether they are folded away."""
        look = self._look
        p.setFont(look.font(look.measure.small, SEMIBOLD))
        words = f"{group.count} {'▾' if group.is_open else '▸'}"
        width = QFontMetricsF(p.font()).horizontalAdvance(words) + 10
        badge = QRectF(picture.right() - width + 4, picture.bottom() - 14, width, 18)
        p.setPen(Qt.PenStyle.NoPen)
        p.setBrush(look.colour("accent"))
        p.drawRoundedRect(badge, 4, 4)
        p.setPen(look.colour("on_accent"))
        p.drawText(badge, int(Qt.AlignmentFlag.AlignCenter), words)

    def _paint_picture(self, p: QPainter, card: AlertRow, box: QRectF) -> None:
        look = self._look
        pixmap = self._pictures.thumbnail(card.picture, box.size().toSize(), p.device().devicePixelRatio())
        if pixmap is not None:
            p.drawPixmap(box.topLeft(), pixmap)
        else:
            p.setPen(look.colour("line"))
            p.setBrush(look.colour("field"))
            p.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), CORNER_PX, CORNER_PX)
            p.setPen(look.colour("soft"))
            p.setFont(look.font(11))
            words = t(_NO_PICTURE.get(card.picture.state, later("no\npicture")))
            p.drawText(box, int(Qt.AlignmentFlag.AlignCenter), words)
        if isinstance(card, AlertGroup):
            self._paint_count(p, card, box)

    def _paint_whole(self, p: QPainter, card: AlertRow, box: QRectF) -> None:
        look = self._look
        self._paint_picture(p, card, QRectF(box.left() + 16, box.top() + 13, PICTURE.width(), PICTURE.height()))
        left, right = box.left() + 98, box.right() - 12
        paint.severity(p, look, card.severity, QPointF(left + 6, box.top() + 20), 12)
        p.setFont(look.font(None, SEMIBOLD))
        p.setPen(look.colour("ink"))
        title = paint.shortened(QFontMetricsF(p.font()), card.title, right - left - 18)
        p.drawText(QRectF(left + 18, box.top() + 10, right - left - 18, 20), int(Qt.AlignmentFlag.AlignVCenter), title)
        p.setFont(look.font())
        p.setPen(look.colour("soft"))
        line = paint.elided(p, card.line, right - left)
        p.drawText(QRectF(left, box.top() + 29, right - left, 19), int(Qt.AlignmentFlag.AlignVCenter), line)
        p.drawText(QRectF(left, box.top() + 48, right - left, 19), int(Qt.AlignmentFlag.AlignVCenter), card.age)
        age_width = QFontMetricsF(p.font()).horizontalAdvance(card.age)
        mine = isinstance(card, AlertCard) and card.mine
        strong = mine or card.unseen
        p.setFont(look.font(None, SEMIBOLD if strong else MEDIUM))
        p.setPen(look.colour("accent" if mine else ("ink" if card.unseen else "soft")))
        whose = paint.elided(p, card.whose, right - left - age_width - 10)
        p.drawText(
            QRectF(left, box.top() + 48, right - left, 19),
            int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight),
            whose,
        )

    def _paint_folded(self, p: QPainter, card: AlertRow, box: QRectF) -> None:
        look = self._look
        left = box.left() + (box.width() - PICTURE.width()) / 2 + 2
        self._paint_picture(p, card, QRectF(left, box.top() + 12, PICTURE.width(), PICTURE.height()))
        middle = box.top() + 76
        paint.severity(p, look, card.severity, QPointF(left + 6, middle), 12)
        mine = isinstance(card, AlertCard) and card.mine
        p.setFont(look.font(look.measure.small, SEMIBOLD if mine else MEDIUM))
        p.setPen(look.colour("accent" if mine else "ink"))
        age = wording.bare_age(card.age)
        p.drawText(
            QRectF(left + 16, middle - 10, PICTURE.width() - 16, 20),
            int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight),
            age,
        )
