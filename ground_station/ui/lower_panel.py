"""The panel below the map: fleet, drone, shift log and keys as tabs. In a low window it folds to the tabs themselves."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QButtonGroup, QFrame, QHBoxLayout, QStackedWidget, QVBoxLayout

from ground_station.ui.drone_panel import DronePage
from ground_station.ui.fleet_table import FleetTable
from ground_station.ui.key_button import KeyButton
from ground_station.ui.key_sheet import KeySheet
from ground_station.ui.keys import key_map
from ground_station.ui.look import Look
from ground_station.ui.parts import PlainLabel, Rule, Tab
from ground_station.ui.shift_log import ShiftLog
from ground_station.ui.state_page import StatePage
from ground_station.ui.typing_line import TypingLine
from ground_station.view_model.intentions import FilterFleet, FilterLog, Intention, LogKind
from ground_station.view_model.language import t
from ground_station.view_model.log_view import LogLine, LogView
from ground_station.view_model.snapshot import StationView

FLEET, DRONE, LOG, STATE, KEYS = range(5)
_KINDS: tuple[LogKind, ...] = ("", "alert", "drone", "station")
HEIGHT_PX = 232
LEAST_ROWS = 4  # of the fleet, below its titles, where they are high
LEAST_FILTER_PX = 64  # of the log, beside its buttons in the smallest window
ROOMY_PX = 780  # from this width on there is room to say how many lines of the log were found


class LowerPanel(QFrame):
    """Tabs and pages. `leave` gives the focus back to the desk."""

    def __init__(
        self,
        look: Look,
        send: Callable[[Intention], None],
        leave: Callable[[], None],
        *,
        go: Callable[[LogLine], None],
        save: Callable[[], None],
    ):
        """`go` shows what a line of the log is about, `save` asks where the shift is to be saved."""
        super().__init__()
        self._send = send
        self.setObjectName("panel")
        self._look, self._leave = look, leave
        self._folds = False
        self.fleet = FleetTable(look, send, lambda: self.open(DRONE))
        self.drone = DronePage(look, send)
        self.log = ShiftLog(look, go, leave)
        self.state = StatePage(look)
        self.keys = KeySheet(look)
        self.filter = TypingLine(look, t("Filter of the fleet"), hint=t("Filter"), key="/")
        self.filter.textEdited.connect(lambda text: send(FilterFleet(text)))
        self.filter.on_enter = self.fleet.setFocus
        self.filter.on_step = lambda _by: self.fleet.setFocus()
        self.filter.on_leave = leave
        self.filter.setFixedWidth(170)
        self._log_kind: LogKind = ""
        self.log_filter = TypingLine(look, t("Search in the shift log"), hint=t("Search"), key="/")
        self.log_filter.textEdited.connect(lambda text: send(FilterLog(text, self._log_kind)))
        self.log_filter.on_enter = self.log.setFocus
        self.log_filter.on_step = lambda _by: self.log.setFocus()
        self.log_filter.on_leave = leave
        self.log_filter.setMinimumWidth(LEAST_FILTER_PX)
        self.log_filter.setMaximumWidth(140)
        self.log_words = PlainLabel(look, tone="soft", whole=True)
        self.log_kind = KeyButton(look, "", "V", quiet=True)
        self.log_kind.clicked.connect(self.next_kind)
        self.save = KeyButton(look, t("Save shift"), "X", quiet=True)
        self.save.clicked.connect(save)
        words = (t("Fleet"), t("Drone"), t("Shift log"), t("State"), t("Keys"))
        self.tabs = [Tab(look, each) for each in words]
        self._group = QButtonGroup(self)
        self._pages = QStackedWidget()
        self._rule = Rule()
        self._lay_out()
        self._group.setExclusive(False)
        self._group.idClicked.connect(self._clicked)
        self._is_open = True
        self.open(FLEET)

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.setContentsMargins(0, 0, 4, 0)
        head.setSpacing(0)
        for number, tab in enumerate(self.tabs):
            self._group.addButton(tab, number)
            head.addWidget(tab)
        head.addStretch(1)
        for widget in (self.log_words, self.log_kind, self.save, self.log_filter, self.filter):
            head.addWidget(widget)
            head.addSpacing(6)
        for page in (self.fleet, self.drone, self.log, self.state, self.keys):
            self._pages.addWidget(page)
        column = QVBoxLayout(self)
        column.setContentsMargins(1, 1, 1, 1)
        column.setSpacing(0)
        column.addLayout(head)
        column.addWidget(self._rule)
        column.addWidget(self._pages, 1)

    @property
    def page(self) -> int:
        """Which page is in sight: FLEET, DRONE, LOG, STATE or KEYS."""
        return self._pages.currentIndex()

    @property
    def is_open(self) -> bool:
        """Whether the page is in sight at all."""
        return self._is_open

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Qt's: what a narrow panel has no room for is left out."""
        super().resizeEvent(event)
        self.log_words.setVisible(self.page == LOG and self._is_open and self.width() >= ROOMY_PX)

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
        for widget in (self.log_kind, self.save, self.log_filter):
            widget.setVisible(page == LOG and is_open)
        self.log_words.setVisible(page == LOG and is_open and self.width() >= ROOMY_PX)
        measure = self._look.measure
        folded = max(40, measure.target + 8)
        self.setFixedHeight(max(HEIGHT_PX, folded + LEAST_ROWS * measure.row + 32) if is_open else folded)

    def next_kind(self) -> None:
        """The log's next kind of line: all, alerts, drones, the station."""
        kind = _KINDS[(_KINDS.index(self._log_kind) + 1) % len(_KINDS)]
        self._send(FilterLog(self.log_filter.text(), kind))

    def _show_log(self, log: LogView) -> None:
        self._log_kind = log.kind
        self.log.show_lines(log.lines)
        self.log_filter.say(log.text)
        self.log_words.say(log.words if log.text or log.kind else "")
        words = {"": t("all lines"), "alert": t("alerts"), "drone": t("drones"), "station": t("the station")}[log.kind]
        self.log_kind.relabel(words, does=t("The log shows {kind}: show the next kind", kind=words))
        self.log_kind.set_primary(bool(log.kind))

    def show_view(self, view: StationView) -> None:
        """Draw another moment; pages out of sight are not worked on."""
        self.tabs[FLEET].relabel(view.fleet.title)
        self.tabs[DRONE].relabel(view.drone.drone_id if view.drone else t("Drone"))
        self.tabs[LOG].relabel(t("Shift log {count}", count=view.log_count))
        self.filter.say(view.fleet.filter)
        if not self._is_open:
            return
        if self.page == FLEET:
            self.fleet.show_fleet(view.fleet)
        elif self.page == DRONE:
            self.drone.show_drone(view.drone)
        elif self.page == LOG:
            self._show_log(view.log_view)
        elif self.page == STATE:
            self.state.show_lines(view.inside)
        else:
            self.keys.show_keys(key_map(view.preferences))
