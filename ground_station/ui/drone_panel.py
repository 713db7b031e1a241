"""One drone in words: where it is, how it feels, its active faults; and its last hour as lines."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from ground_station.ui.hour_charts import HourCharts
from ground_station.ui.key_button import KeyButton
from ground_station.ui.look import SEMIBOLD, Look
from ground_station.ui.parts import PlainLabel
from ground_station.view_model.intentions import Intention, ReleaseControl, TakeControl
from ground_station.view_model.language import t
from ground_station.view_model.snapshot import DronePanel

_MOST_DETAILS = 12
_MOST_FAULTS = 4


class DroneDetails(QWidget):
    """The details in two columns, and the faults below them. Hides itself when no drone is selected."""

    def __init__(self, look: Look):
        super().__init__()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        self._name = PlainLabel(look, weight=SEMIBOLD)
        column.addWidget(self._name)
        grid = QGridLayout()
        grid.setHorizontalSpacing(10)
        grid.setVerticalSpacing(4)
        self._cells: list[tuple[PlainLabel, PlainLabel]] = []
        for place in range(_MOST_DETAILS):
            label, value = PlainLabel(look, tone="soft", whole=True), PlainLabel(look)
            value.setAlignment(Qt.AlignmentFlag.AlignRight)
            grid.addWidget(label, place // 2, (place % 2) * 3)
            grid.addWidget(value, place // 2, (place % 2) * 3 + 1)
            self._cells.append((label, value))
        grid.setColumnMinimumWidth(2, 16)
        grid.setColumnStretch(1, 1)
        grid.setColumnStretch(4, 1)
        column.addLayout(grid)
        self._faults = [PlainLabel(look, tone="attention") for _ in range(_MOST_FAULTS)]
        for fault in self._faults:
            column.addWidget(fault)
        self.hide()

    def show_drone(self, drone: DronePanel | None) -> None:
        """Draw another drone or moment; nothing for None."""
        self.setVisible(drone is not None)
        if drone is None:
            return
        self._name.say(drone.drone_id)
        for place, (label, value) in enumerate(self._cells):
            there = place < len(drone.details)
            label.setVisible(there)
            value.setVisible(there)
            if there:
                label.say(drone.details[place].label)
                value.say(drone.details[place].value)
        for place, fault in enumerate(self._faults):
            fault.setVisible(place < len(drone.faults))
            fault.say(drone.faults[place] if place < len(drone.faults) else "")


class DronePage(QWidget):
    """The drone's page in the lower panel, with the commands that an officer has for it."""

    def __init__(self, look: Look, send: Callable[[Intention], None]):
        super().__init__()
        self._drone: DronePanel | None = None
        self._details = DroneDetails(look)
        self.hour = HourCharts(look)
        self._none = PlainLabel(look, t("Select a drone in the fleet or on the map."), tone="soft")
        self._none.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._take = KeyButton(look, t("Take control"), "T")
        self._release = KeyButton(look, t("Release control"), "")
        self._take.clicked.connect(lambda: self._drone and send(TakeControl(self._drone.drone_id)))
        self._release.clicked.connect(lambda: self._drone and send(ReleaseControl(self._drone.drone_id)))
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 10, 12, 10)
        row.setSpacing(20)
        row.addWidget(self._none, 1)
        row.addWidget(self._details, 1, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self.hour, 1, Qt.AlignmentFlag.AlignTop)
        buttons = QVBoxLayout()
        buttons.setSpacing(8)
        buttons.addWidget(self._take)
        buttons.addWidget(self._release)
        buttons.addStretch(1)
        row.addLayout(buttons)

    def show_drone(self, drone: DronePanel | None) -> None:
        """Draw another drone or moment."""
        self._drone = drone
        self._none.setVisible(drone is None)
        self._take.setVisible(drone is not None)
        self._release.setVisible(drone is not None)
        self._details.show_drone(drone)
        self.hour.show_hour(drone.hour if drone is not None else ())
