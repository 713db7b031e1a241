"""The fleet as a table: attention first, thousands of rows, only changed rows repainted."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent, QPixmap
from PySide6.QtWidgets import QAbstractItemView, QFrame, QHeaderView, QTableView

from ground_station.ui import paint
from ground_station.ui.look import REGULAR, SEMIBOLD, Look
from ground_station.ui.rows import Rows
from ground_station.view_model.fleet_rows import SORT_PREFERENCE, next_sort
from ground_station.view_model.intentions import Intention, SelectDrone, SetPreference
from ground_station.view_model.language import later, t
from ground_station.view_model.snapshot import FleetRow, FleetView

_Index = QModelIndex | QPersistentModelIndex
_NOWHERE = QModelIndex()
_LEFT = int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft)
_RIGHT = int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight)
_END = 1 << 30
MOST_CELLS = 800
"""Pictures of cells that are kept: some 10 MB, and more than a screen full in a second."""
_STEPS = {
    Qt.Key.Key_Up: -1,
    Qt.Key.Key_Down: 1,
    Qt.Key.Key_PageUp: -1,
    Qt.Key.Key_PageDown: 1,
    Qt.Key.Key_Home: -_END,
    Qt.Key.Key_End: _END,
}
_PAGES = frozenset((Qt.Key.Key_PageUp, Qt.Key.Key_PageDown))

COLUMNS: tuple[tuple[str, int, bool, str], ...] = (
    (later("Drone"), 16, False, "drone"),
    (later("Phase"), 14, False, "phase"),
    (later("Battery"), 17, False, "battery"),
    (later("Link"), 11, True, "link"),
    (later("Temp."), 11, True, "temp"),
    (later("Last heard"), 14, True, "heard"),
    (later("Attention"), 17, False, "attention"),
)
"""(title, share of the width, whether it is a number: right by its unit, its name for fleet_rows.SORTS)."""
DRONE, PHASE, BATTERY, LINK, TEMP, HEARD, ATTENTION = range(len(COLUMNS))


_TEXTS: tuple[Callable[[FleetRow, float], str], ...] = (
    lambda row, _now_s: row.drone_id,
    lambda row, _now_s: row.phase,
    lambda row, _now_s: row.battery_text,
    lambda row, _now_s: row.link_text,
    lambda row, _now_s: row.temp_text,
    lambda row, now_s: row.heard_text(now_s),
    lambda row, _now_s: row.attention,
)


def text_of(row: FleetRow, column: int, now_s: float) -> str:
    """What stands in one cell at a Unix time."""
    return _TEXTS[column](row, now_s)


class FleetModel(QAbstractTableModel):
    """The rows of the snapshot."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: Rows[FleetRow] = Rows(self, len(COLUMNS))
        self.now_s = 0.0
        self.order = ""

    def order_by(self, sort: str) -> None:
        """Say in the titles what the rows are sorted by."""
        if sort != self.order:
            self.order = sort
            self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, len(COLUMNS) - 1)

    def rowCount(self, parent: _Index = _NOWHERE) -> int:
        """Qt's: the number of drones."""
        return 0 if parent.isValid() else len(self.rows.now)

    def columnCount(self, parent: _Index = _NOWHERE) -> int:
        """Qt's: the number of columns."""
        return 0 if parent.isValid() else len(COLUMNS)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Qt's: the row for the painter, and the cell's words for a screen reader."""
        row = self.rows.now[index.row()]
        if role == Qt.ItemDataRole.UserRole:
            return row
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return text_of(row, index.column(), self.now_s)
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Qt's: titles, aligned as their column."""
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            title, name = t(COLUMNS[section][0]), COLUMNS[section][3]
            mark = {name: " ↑", f"-{name}": " ↓"}.get(self.order, "")
            return title + mark
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _RIGHT if COLUMNS[section][2] else _LEFT
        return None


class Cell(NamedTuple):
    """All that decides how a cell looks, but for the theme."""

    column: int
    text: str
    size: tuple[int, int]
    selected: bool
    soft: bool
    battery: tuple[int, str] | None  # percent and band


class CellPainter:
    """Paints cells: text, battery or mark of attention, upon the row's ground and line. Most cells of a fleet say what another has said a
    moment ago, so what was drawn is kept as a picture, and a cell is one copy."""

    def __init__(self, look: Look):
        self._look = look
        self._kept: dict[Cell, QPixmap] = {}
        look.changed.connect(self._kept.clear)

    def paint(self, painter: QPainter, box: QRect, row: FleetRow, column: int, now_s: float) -> None:
        """The cell of a column in its place."""
        cell = self.cell(box, row, column, now_s)
        ratio = painter.device().devicePixelRatioF()
        if not ratio.is_integer():  # an edge between two pixels would be blurred twice
            self._draw(painter, box, cell)
            return
        kept = self._kept.get(cell)
        if kept is None or kept.devicePixelRatio() != ratio:
            kept = self._keep(cell, ratio)
        painter.drawPixmap(box.topLeft(), kept)

    def cell(self, box: QRect, row: FleetRow, column: int, now_s: float) -> Cell:
        """What is to be drawn of a row in a column."""
        with_bar = column == BATTERY and row.battery_pct is not None
        return Cell(
            column,
            text_of(row, column, now_s),
            (box.width(), box.height()),
            row.selected,
            row.freshness == "lost" and column != DRONE,
            (round(row.battery_pct or 0.0), row.battery_band) if with_bar else None,
        )

    @property
    def count(self) -> int:
        """How many pictures of cells are kept."""
        return len(self._kept)

    def _keep(self, cell: Cell, ratio: float) -> QPixmap:
        while len(self._kept) >= MOST_CELLS:
            del self._kept[next(iter(self._kept))]
        box = QRect(0, 0, *cell.size)
        kept = QPixmap(box.size() * ratio)
        kept.setDevicePixelRatio(ratio)
        painter = QPainter(kept)
        self._draw(painter, box, cell)
        painter.end()
        self._kept[cell] = kept
        return kept

    def _draw(self, painter: QPainter, box: QRect, cell: Cell) -> None:
        look, column, text = self._look, cell.column, cell.text
        line = look.palette.line_px
        painter.fillRect(box, look.colour("selected" if cell.selected else "panel"))
        if cell.selected and column == DRONE:
            painter.fillRect(QRect(box.left(), box.top(), 3, box.height()), look.colour("accent"))
        painter.fillRect(QRect(box.left(), box.bottom() - line + 1, box.width(), line), look.colour("line"))
        inner = QRectF(box).adjusted(12, 0, -12, -line)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if cell.battery is not None:
            bar = QRectF(inner.left(), inner.center().y() - 4.5, 44, 9)
            paint.battery(painter, look, bar, *cell.battery)
            inner = QRectF(inner.left() + 44, inner.top(), 44, inner.height())  # the number ends at one place
        elif column == ATTENTION and text:
            paint.severity(painter, look, "attention", QPointF(inner.left() + 5, inner.center().y()), 9)
            inner = inner.adjusted(14, 0, 0, 0)
        weight = SEMIBOLD if column == DRONE else REGULAR
        painter.setFont(look.font(None, weight))
        painter.setPen(look.colour("soft" if cell.soft else "ink"))
        right = COLUMNS[column][2] or cell.battery is not None
        if look.width(text, None, weight) > inner.width():
            text = paint.elided(painter, text, inner.width())
        painter.drawText(inner, _RIGHT if right else _LEFT, text)
        painter.restore()


class FleetTable(QTableView):
    """The table. With the focus, Up, Down, Home, End and the page keys select drones and Enter opens the selected one; Left and Right sort
    by another column, Space turns its order round. A click on a title sorts by it: up, down, and back to attention first."""

    def __init__(self, look: Look, send: Callable[[Intention], None], on_open: Callable[[], None]):
        super().__init__()
        self._send, self._on_open = send, on_open
        self.fleet = FleetModel()
        self._cells = CellPainter(look)
        self._ages: dict[int, str] = {}  # of the rows in sight, by place, as they were last painted
        self.setModel(self.fleet)
        self.setAccessibleName(t("Fleet"))
        self.setAccessibleDescription(
            t("Arrow keys left and right sort by another column, Space turns the order round")
        )
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setShowGrid(False)
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTabKeyNavigation(False)
        rows = self.verticalHeader()
        rows.hide()
        rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        rows.setMinimumSectionSize(look.measure.row)
        rows.setDefaultSectionSize(look.measure.row)
        head = self.horizontalHeader()
        head.setFont(look.font(look.measure.small))
        head.setFixedHeight(28)
        head.setAccessibleName(t("Columns of the fleet"))
        head.setSectionsClickable(True)
        head.sectionClicked.connect(lambda column: self._order(next_sort(self.fleet.order, COLUMNS[column][3])))
        head.setHighlightSections(False)
        head.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        head.setMinimumSectionSize(30)
        self.clicked.connect(lambda index: send(SelectDrone(self.fleet.rows.now[index.row()].drone_id)))
        self.doubleClicked.connect(lambda _index: on_open())

    def show_fleet(self, fleet: FleetView) -> None:
        """Draw another moment; only rows that changed are repainted, and of the others in sight an age that reads otherwise."""
        self.fleet.now_s = fleet.now_s
        self.fleet.order_by(fleet.sort)
        first, end = self._in_sight()
        self.fleet.rows.replace(fleet.rows, (first, end))
        ages = {place: row.heard_text(fleet.now_s) for place, row in enumerate(fleet.rows[first:end], first)}
        left, width = self.columnViewportPosition(HEARD), self.columnWidth(HEARD)
        for place, age in ages.items():
            if age != self._ages.get(place):
                self.viewport().update(QRect(left, self.rowViewportPosition(place), width, self.rowHeight(place)))
        self._ages = ages

    def paintEvent(self, event: QPaintEvent) -> None:
        """Qt's: the cells that are to be painted, without Qt's own way to each of them, which takes longer than the cell."""
        painter, rows, now_s = QPainter(self.viewport()), self.fleet.rows.now, self.fleet.now_s
        height = self.verticalHeader().defaultSectionSize()
        columns = [(self.columnViewportPosition(at), self.columnWidth(at)) for at in range(len(COLUMNS))]
        region = event.region()
        first, end = self._in_sight()
        for place in range(first, min(end, len(rows))):
            row, top = rows[place], self.rowViewportPosition(place)
            for column, (left, width) in enumerate(columns):
                box = QRect(left, top, width, height)
                if region.intersects(box):
                    self._cells.paint(painter, box, row, column, now_s)
        painter.end()

    def _in_sight(self) -> tuple[int, int]:
        """The places of the first row in sight and of the one after the last."""
        height = self.verticalHeader().defaultSectionSize()
        top = self.verticalOffset()
        return top // height, -(-(top + self.viewport().height()) // height) + 1

    def resizeEvent(self, event: object) -> None:
        """Qt's: the columns share the width."""
        super().resizeEvent(event)  # type: ignore[arg-type]
        width, whole = self.viewport().width(), sum(share for _, share, _, _ in COLUMNS)
        left = 0
        for column, (_, share, _, _) in enumerate(COLUMNS):
            size = width - left if column == len(COLUMNS) - 1 else width * share // whole
            self.setColumnWidth(column, size)
            left += size

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Qt's: the table's keys while it has the focus; every other key is the desk's."""
        key = Qt.Key(event.key())
        if key in _STEPS and self.fleet.rows.now:
            self._step(_STEPS[key] * (self._page() if key in _PAGES else 1))
        elif key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            self._order(self._next_column(1 if key == Qt.Key.Key_Right else -1))
        elif key == Qt.Key.Key_Space and self.fleet.order:
            flipped = self.fleet.order.removeprefix("-") if self.fleet.order.startswith("-") else f"-{self.fleet.order}"
            self._order(flipped)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and any(r.selected for r in self.fleet.rows.now):
            self._on_open()
        else:
            event.ignore()

    def _page(self) -> int:
        return max(1, self.viewport().height() // self.verticalHeader().defaultSectionSize() - 1)

    def _next_column(self, by: int) -> str:
        """The order after the next column to the left or right; beyond the edge it is attention first again."""
        names = ["", *(name for _, _, _, name in COLUMNS)]
        at = names.index(self.fleet.order.removeprefix("-")) if self.fleet.order.removeprefix("-") in names else 0
        return names[(at + by) % len(names)]

    def _order(self, sort: str) -> None:
        self._send(SetPreference(SORT_PREFERENCE, sort))

    def _step(self, by: int) -> None:
        rows = self.fleet.rows.now
        at = next((place for place, row in enumerate(rows) if row.selected), -1 if by > 0 else len(rows))
        place = min(max(at + by, 0), len(rows) - 1)
        self._send(SelectDrone(rows[place].drone_id))
        self.scrollTo(self.fleet.index(place, 0), QAbstractItemView.ScrollHint.EnsureVisible)
