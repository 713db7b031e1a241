"""The shift log: what happened, the newest on top."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QAbstractItemView, QFrame, QListView, QStyledItemDelegate, QStyleOptionViewItem

from ground_station.ui import paint
from ground_station.ui.look import Look
from ground_station.ui.rows import Rows
from ground_station.view_model.intentions import Intention, SelectAlert, SelectDrone
from ground_station.view_model.snapshot import LogLine

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
    """Paints one line: time and words."""

    def __init__(self, look: Look):
        super().__init__()
        self._look = look

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        """Qt's: every line has one height."""
        return QSize(100, self._look.measure.row)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        """Qt's: the line at `index`."""
        look, line = self._look, index.data(Qt.ItemDataRole.UserRole)
        box: QRect = option.rect
        edge = look.palette.line_px
        painter.fillRect(QRect(box.left(), box.bottom() - edge + 1, box.width(), edge), look.colour("line"))
        inner = QRectF(box).adjusted(12, 0, -12, -edge)
        painter.setFont(look.font())
        painter.setPen(look.colour("soft"))
        painter.drawText(inner, int(Qt.AlignmentFlag.AlignVCenter), line.at)
        painter.setPen(look.colour("ink"))
        words = inner.adjusted(76, 0, 0, 0)
        painter.drawText(words, int(Qt.AlignmentFlag.AlignVCenter), paint.elided(painter, line.text, words.width()))


class ShiftLog(QListView):
    """The log. A click on a line goes to its alert or drone."""

    def __init__(self, look: Look, send: Callable[[Intention], None]):
        super().__init__()
        self._send = send
        self.model_of_lines = LogModel()
        self.setModel(self.model_of_lines)
        self.setItemDelegate(LinePainter(look))
        self.setAccessibleName("Shift log")
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setUniformItemSizes(True)
        self.clicked.connect(self._clicked)
        self._lines: tuple[LogLine, ...] = ()

    def show_lines(self, lines: tuple[LogLine, ...]) -> None:
        """Draw another moment (newest last)."""
        if lines is not self._lines and lines != self._lines:
            self._lines = lines
            self.model_of_lines.rows.replace(lines[::-1])

    def _clicked(self, index: QModelIndex) -> None:
        line = self.model_of_lines.rows.now[index.row()]
        if line.violation_id is not None:
            self._send(SelectAlert(line.violation_id))
        elif line.drone_id is not None:
            self._send(SelectDrone(line.drone_id))
