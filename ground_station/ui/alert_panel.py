"""The alert list: what wants the officer. It persists, it is never a pop-up, and a new card slides in where it belongs."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, Qt, QTimer, QVariantAnimation
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QAbstractItemView, QFrame, QHBoxLayout, QListView, QStyle, QVBoxLayout

from ground_station.ui.alert_card import SLIDE_PX, AlertCardPainter
from ground_station.ui.look import SEMIBOLD, Look
from ground_station.ui.parts import Cap, HintLine, PlainLabel, Rule
from ground_station.ui.pictures import Pictures
from ground_station.ui.rows import Rows
from ground_station.view_model import wording
from ground_station.view_model.intentions import AlertsOnScreen, Intention, SelectAlert, ToggleGroup
from ground_station.view_model.language import t
from ground_station.view_model.snapshot import AlertCard, AlertGroup, AlertRow, StationView

SLIDE_MS = 150
WIDTH_PX = 300
FOLDED_WIDTH_PX = 112
_Index = QModelIndex | QPersistentModelIndex
_NOWHERE = QModelIndex()


class AlertModel(QAbstractListModel):
    """The cards of the snapshot as rows."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: Rows[AlertRow] = Rows(self)

    def rowCount(self, parent: _Index = _NOWHERE) -> int:
        """Qt's: the number of cards."""
        return 0 if parent.isValid() else len(self.rows.now)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Qt's: the card for the painter, and its words for a screen reader."""
        card = self.rows.now[index.row()]
        if role == Qt.ItemDataRole.UserRole:
            return card
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            kind = t("must decide") if card.severity == "must_decide" else t("attention")
            words = f"{kind}: {card.title}, {card.line}, {card.age}, {card.whose}"
            if isinstance(card, AlertGroup):
                return f"{words}, {t('group open') if card.is_open else t('group closed')}"
            return words
        return None


class AlertList(QListView):
    """The cards, scrolled by the pixel. It tells `on_painted` after each painting."""

    def __init__(self, on_painted: Callable[[], None]):
        super().__init__()
        self._on_painted = on_painted
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setUniformItemSizes(True)
        self.setAccessibleName(t("Alerts"))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Qt's: the cards in sight."""
        super().paintEvent(event)
        self._on_painted()


class AlertPanel(QFrame):
    """Title and rate, the cards, the keys, and the day's counters."""

    def __init__(self, look: Look, pictures: Pictures, send: Callable[[Intention], None]):
        super().__init__()
        self.setObjectName("panel")
        self._send, self._look = send, look
        self._known: frozenset[str] = frozenset()
        self._reported: set[str] = set()
        self._selected: str | None = None
        self._title = PlainLabel(look, weight=SEMIBOLD)
        self._rate = PlainLabel(look, tone="soft")
        self.model = AlertModel()
        self.painter = AlertCardPainter(look, pictures)
        self.list = AlertList(self._painted)
        self.list.setModel(self.model)
        self.list.setItemDelegate(self.painter)
        self.list.clicked.connect(self._clicked)
        self._hints = HintLine(look)
        self._counters = PlainLabel(look, tone="soft", size_px=look.measure.small)
        self._slide = QVariantAnimation(self, startValue=0.0, endValue=1.0, duration=SLIDE_MS)
        self._slide.valueChanged.connect(self._slid)
        self._slide.finished.connect(self.painter.arriving.clear)
        self._report = QTimer(self, singleShot=True, interval=0)
        self._report.timeout.connect(self._tell_what_was_drawn)
        self._lay_out()

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.setContentsMargins(12, 0, 12, 0)
        head.addWidget(self._title, 1)
        head.addWidget(self._rate, 0)
        column = QVBoxLayout(self)
        column.setContentsMargins(1, 1, 1, 1)
        column.setSpacing(0)
        column.addLayout(head)
        head.setSpacing(8)
        self._title.setFixedHeight(36)
        column.addWidget(Rule())
        column.addWidget(self.list, 1)
        self._foot = QFrame()
        foot = QVBoxLayout(self._foot)
        foot.setContentsMargins(12, 8, 12, 8)
        foot.addWidget(self._hints)
        column.addWidget(self._foot)
        self._last_rule = Rule()
        column.addWidget(self._last_rule)
        self._counters.setContentsMargins(12, 10, 12, 10)
        column.addWidget(self._counters)
        self._rate_below = PlainLabel(self._look, tone="soft", size_px=self._look.measure.small)
        self._rate_below.setContentsMargins(12, 8, 12, 8)
        column.addWidget(self._rate_below)
        self.fold(folded=False)

    def fold(self, *, folded: bool) -> None:
        """Fold to pictures and ages, or unfold."""
        self.setFixedWidth(FOLDED_WIDTH_PX if folded else WIDTH_PX)
        for widget in (self._rate, self._foot, self._last_rule, self._counters):
            widget.setVisible(not folded)
        self._rate_below.setVisible(folded)
        if folded != self.painter.folded:
            self.painter.folded = folded
            self.list.scheduleDelayedItemsLayout()

    def show_view(self, view: StationView) -> None:
        """Draw another moment."""
        self._title.say(
            t("{count} open", count=wording.count(len(view.cards))) if self.painter.folded else view.alerts_title
        )
        self._rate.say(t("{rate}, grouped", rate=view.rate) if view.flood else view.rate)
        self._rate_below.say(view.rate)
        for rate in (self._rate, self._rate_below):
            rate.set_tone("attention" if view.flood else "soft")
        self._counters.say(view.counters)
        self._hints.set_hints(
            (
                (Cap("↑"), Cap("↓"), t("move")),
                (Cap("C"), t("claim")),
                (Cap("M"), t("show on map")),
                *self._group_hint(view),
            )
            if view.cards
            else ()
        )
        self._foot.setVisible(bool(view.cards) and not self.painter.folded)
        before = self._known
        self.model.rows.replace(view.rows)
        self._known = frozenset(card.violation_id for card in view.cards)
        if before:
            self._let_slide(self._known - before)
        self._reported &= self._known
        self._keep_in_sight(view.rows, view.desk.violation_id if view.desk else None)

    def _let_slide(self, new: frozenset[str]) -> None:
        moves = self.style().styleHint(QStyle.StyleHint.SH_Widget_Animation_Duration, None, self) > 0
        if new and moves:
            self.painter.arriving.update(dict.fromkeys(new, 0.0))
            self._slide.stop()
            self._slide.start()

    def _slid(self, progress: float) -> None:
        for violation_id in self.painter.arriving:
            self.painter.arriving[violation_id] = progress
        for place, row in enumerate(self.model.rows.now):
            if isinstance(row, AlertCard) and row.violation_id in self.painter.arriving:
                box = self.list.visualRect(self.model.index(place))
                self.list.viewport().update(box.adjusted(0, -SLIDE_PX, 0, 0))

    def _group_hint(self, view: StationView) -> tuple[tuple[str | Cap, ...], ...]:
        """The key that opens or closes the group that the officer is in."""
        there = [row for row in view.rows if isinstance(row, AlertGroup)]
        if not there:
            return ()
        desk = view.desk
        within = next((row for row in there if desk is not None and desk.violation_id in row.violation_ids), None)
        return ((Cap("O"), t("close group") if within is not None and within.is_open else t("open group")),)

    def _keep_in_sight(self, rows: tuple[AlertRow, ...], violation_id: str | None) -> None:
        selected = next((place for place, row in enumerate(rows) if row.selected), None)
        if selected is not None and violation_id != self._selected:
            self.list.scrollTo(self.model.index(selected), QAbstractItemView.ScrollHint.EnsureVisible)
        self._selected = violation_id

    def _clicked(self, index: QModelIndex) -> None:
        row = self.model.rows.now[index.row()]
        self._send(ToggleGroup(row.key) if isinstance(row, AlertGroup) else SelectAlert(row.violation_id))

    def _painted(self) -> None:
        if self.painter.drawn - self._reported:
            self._report.start()

    def _tell_what_was_drawn(self) -> None:
        new = (self.painter.drawn - self._reported) & self._known
        self.painter.drawn.clear()
        if new:
            self._reported |= new
            self._send(AlertsOnScreen(tuple(sorted(new))))
