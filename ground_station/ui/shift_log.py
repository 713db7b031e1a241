"""The shift log: what happened, the newest on top. With the focus, Up and Down choose a line and Enter goes to what it is about."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QFocusEvent, QKeyEvent, QPainter
from PySide6.QtWidgets import QAbstractItemView, QFrame, QListView, QStyledItemDelegate, QStyleOptionViewItem

from ground_station.ui import paint
from ground_station.ui.look import Look
from ground_station.ui.rows import Rows
from ground_station.view_model.language import t
from ground_station.view_model.log_view import LogLine

_Index = QModelIndex | QPersistentModelIndex
_NOWHERE = QModelIndex()


class LogModel(QAbstractListModel):
    """The lines of the snapshot, turned round: row 0 is the newest."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: Rows[LogLine] = Rows(self)

    def rowCount(self, parent: _Index = _NOWHERE) -> int:
        """Qt's: the number of lines."""
        return 0 if parent.isValid() else len(self.rows.now)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Qt's: the line for the painter, and its words for a screen reader."""
        line = self.rows.now[index.row()]
        if role == Qt.ItemDataRole.UserRole:
            return line
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return f"{line.at} {line.text}"
        return None


class LinePainter(QStyledItemDelegate):
    """Paints one line: time, what kind it is, words."""

    def __init__(self, look: Look, chosen: Callable[[], int | None]):
        """`chosen`: the number of the line that the keyboard is on."""
        super().__init__()
        self._look, self._chosen = look, chosen

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        """Qt's: every line has one height."""
        return QSize(100, self._look.measure.row)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        """Qt's: the line at `index`."""
        look, line = self._look, index.data(Qt.ItemDataRole.UserRole)
        box: QRect = option.rect
        edge = look.palette.line_px
        chosen = line.number == self._chosen()
        if chosen:
            painter.fillRect(box, look.colour("selected"))
            painter.fillRect(QRect(box.left(), box.top(), 3, box.height()), look.colour("accent"))
        painter.fillRect(QRect(box.left(), box.bottom() - edge + 1, box.width(), edge), look.colour("line"))
        inner = QRectF(box).adjusted(12, 0, -12, -edge)
        painter.setFont(look.font())
        painter.setPen(look.colour("soft"))
        painter.drawText(inner, int(Qt.AlignmentFlag.AlignVCenter), line.at)
        if line.kind == "alert":
            painter.save()
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            paint.severity(painter, look, "must_decide", QPointF(inner.left() + 78, inner.center().y()), 8)
            painter.restore()
        painter.setPen(look.colour("ink"))
        words = inner.adjusted(92, 0, 0, 0)
        painter.drawText(words, int(Qt.AlignmentFlag.AlignVCenter), paint.elided(painter, line.text, words.width()))


class ShiftLog(QListView):
    """The log. A click on a line, or Enter, calls `go` with it; Escape calls `leave`."""

    def __init__(self, look: Look, go: Callable[[LogLine], None], leave: Callable[[], None] = lambda: None):
        super().__init__()
        self._go, self._leave = go, leave
        self._chosen: int | None = None
        self.model_of_lines = LogModel()
        self.setModel(self.model_of_lines)
        self._painter = LinePainter(look, lambda: self._chosen)
        self.setItemDelegate(self._painter)
        self.setAccessibleName(t("Shift log"))
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setTabKeyNavigation(False)
        self.setUniformItemSizes(True)
        self.clicked.connect(lambda index: go(self.model_of_lines.rows.now[index.row()]))
        self._lines: tuple[LogLine, ...] = ()

    def show_lines(self, lines: tuple[LogLine, ...]) -> None:
        """Draw another moment (newest last)."""
        if lines is not self._lines and lines != self._lines:
            self._lines = lines
            self.model_of_lines.rows.replace(lines[::-1])

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Qt's: Up, Down and Enter are the log's while it has the focus; every other key is the desk's."""
        step = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}.get(Qt.Key(event.key()))
        rows = self.model_of_lines.rows.now
        at = next((place for place, line in enumerate(rows) if line.number == self._chosen), None)
        if step is not None and rows:
            self._choose(rows, 0 if at is None else min(max(at + step, 0), len(rows) - 1))
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and at is not None:
            if not event.isAutoRepeat():
                self._go(rows[at])
        elif event.key() == Qt.Key.Key_Escape:
            self._leave()
        else:
            event.ignore()

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Qt's: the newest line is chosen, unless one is."""
        super().focusInEvent(event)
        rows = self.model_of_lines.rows.now
        if rows and all(line.number != self._chosen for line in rows):
            self._choose(rows, 0)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Qt's: no line is chosen any more."""
        super().focusOutEvent(event)
        self._chosen = None
        self.viewport().update()

    def _choose(self, rows: tuple[LogLine, ...], place: int) -> None:
        self._chosen = rows[place].number
        self.scrollTo(self.model_of_lines.index(place, 0), QAbstractItemView.ScrollHint.EnsureVisible)
        self.viewport().update()
