"""The panel below the map: fleet, drone, shift log and keys as tabs. In a low window it folds to the tabs themselves."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QButtonGroup, QFrame, QHBoxLayout, QStackedWidget, QVBoxLayout

from ground_station.ui.drone_panel import DronePage
from ground_station.ui.fleet_table import FleetTable
from ground_station.ui.key_sheet import KeySheet
from ground_station.ui.keys import key_map
from ground_station.ui.look import Look
from ground_station.ui.parts import Rule, Tab
from ground_station.ui.shift_log import ShiftLog
from ground_station.ui.typing_line import TypingLine
from ground_station.view_model.intentions import FilterFleet, Intention
from ground_station.view_model.snapshot import StationView

FLEET, DRONE, LOG, KEYS = range(4)
HEIGHT_PX = 232


class LowerPanel(QFrame):
    """Tabs and pages. `leave` gives the focus back to the desk."""

    def __init__(self, look: Look, send: Callable[[Intention], None], leave: Callable[[], None]):
        super().__init__()
        self.setObjectName("panel")
        self._look, self._leave = look, leave
        self._folds = False
        self.fleet = FleetTable(look, send, lambda: self.open(DRONE))
        self.drone = DronePage(look, send)
        self.log = ShiftLog(look, send)
        self.keys = KeySheet(look)
        self.filter = TypingLine(look, "Filter of the fleet", hint="Filter", key="/")
        self.filter.textEdited.connect(lambda text: send(FilterFleet(text)))
        self.filter.on_enter = self.fleet.setFocus
        self.filter.on_step = lambda _by: self.fleet.setFocus()
        self.filter.on_leave = leave
        self.filter.setFixedWidth(170)
        self.tabs = [Tab(look, words) for words in ("Fleet", "Drone", "Shift log", "Keys")]
        self._group = QButtonGroup(self)
        self._pages = QStackedWidget()
        self._rule = Rule()
        head = QHBoxLayout()
        head.setContentsMargins(0, 0, 4, 0)
        head.setSpacing(0)
        for number, tab in enumerate(self.tabs):
            self._group.addButton(tab, number)
            head.addWidget(tab)
        head.addStretch(1)
        head.addWidget(self.filter)
        for page in (self.fleet, self.drone, self.log, self.keys):
            self._pages.addWidget(page)
        column = QVBoxLayout(self)
        column.setContentsMargins(1, 1, 1, 1)
        column.setSpacing(0)
        column.addLayout(head)
        column.addWidget(self._rule)
        column.addWidget(self._pages, 1)
        self._group.setExclusive(False)
        self._group.idClicked.connect(self._clicked)
        self._is_open = True
        self.open(FLEET)

    @property
    def page(self) -> int:
        """Which page is in sight: FLEET, DRONE, LOG or KEYS."""
        return self._pages.currentIndex()

    @property
    def is_open(self) -> bool:
        """Whether the page is in sight at all."""
        return self._is_open

    def fold(self, *, folds: bool) -> None:
        """In a low window the panel is only its tabs until one is opened."""
        if folds != self._folds:
            self._folds = folds
            self._show(self.page, is_open=not folds)

    def open(self, page: int) -> None:
        """Show a page."""
        self._show(page, is_open=True)

    def toggle(self, page: int) -> None:
        """Show a page; the fleet (or the folded panel) when it is already in sight."""
        if self._is_open and self.page == page:
            self._show(FLEET, is_open=not self._folds)
        else:
            self._show(page, is_open=True)

    def _clicked(self, page: int) -> None:
        if self._folds and self._is_open and self.page == page:
            self._show(page, is_open=False)
        else:
            self._show(page, is_open=True)
        self._leave()

    def _show(self, page: int, *, is_open: bool) -> None:
        self._is_open = is_open
        self._pages.setCurrentIndex(page)
        for number, tab in enumerate(self.tabs):
            tab.setChecked(is_open and number == page)
        self._pages.setVisible(is_open)
        self._rule.setVisible(is_open)
        self.filter.setVisible(page == FLEET and is_open)
        self.setFixedHeight(HEIGHT_PX if is_open else 40)

    def show_view(self, view: StationView) -> None:
        """Draw another moment; pages out of sight are not worked on."""
        self.tabs[FLEET].relabel(view.fleet.title)
        self.tabs[DRONE].relabel(view.drone.drone_id if view.drone else "Drone")
        self.tabs[LOG].relabel(f"Shift log {view.log_count}")
        self.filter.say(view.fleet.filter)
        if not self._is_open:
            return
        if self.page == FLEET:
            self.fleet.show_fleet(view.fleet)
        elif self.page == DRONE:
            self.drone.show_drone(view.drone)
        elif self.page == LOG:
            self.log.show_lines(view.log)
        else:
            self.keys.show_keys(key_map(view.preferences))
