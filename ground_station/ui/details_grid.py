"""The four facts beside the picture: when, which drone, which precinct, and what was here before."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QSizePolicy, QWidget

from ground_station.ui.grids import grid_in
from ground_station.ui.look import Look
from ground_station.ui.parts import PlainLabel
from ground_station.view_model.snapshot import Detail


class DetailsGrid(QWidget):
    """The four facts beside the picture, two to a line: label left, value right."""

    def __init__(self, look: Look):
        super().__init__()
        grid = grid_in(self, across=8, down=3)
        self._cells: list[tuple[PlainLabel, PlainLabel]] = []
        for place in range(4):
            label, value = PlainLabel(look, tone="soft", whole=True), PlainLabel(look)
            value.setAlignment(Qt.AlignmentFlag.AlignRight)
            value.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
            column = (place % 2) * 3
            grid.addWidget(label, place // 2, column)
            grid.addWidget(value, place // 2, column + 1)
            self._cells.append((label, value))
        grid.setColumnMinimumWidth(2, 4)

    def show_details(self, details: tuple[Detail, ...]) -> None:
        """Draw other facts (at most four)."""
        for place, (label, value) in enumerate(self._cells):
            detail = details[place] if place < len(details) else Detail("", "")
            label.say(detail.label)
            value.say(detail.value)
