"""Words that an officer should read before deciding, each with the mark of attention; nothing, and no room taken, when there are none."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QSizePolicy, QWidget

from ground_station.ui.grids import grid_in
from ground_station.ui.look import Look
from ground_station.ui.parts import PlainLabel, SeverityMark

MOST = 2


class WarningLines(QWidget):
    """At most MOST lines, which wrap."""

    def __init__(self, look: Look):
        super().__init__()
        grid = grid_in(self, across=6, down=2, left=2)
        grid.setColumnStretch(1, 1)
        self.lines: list[tuple[SeverityMark, PlainLabel]] = []
        for row in range(MOST):
            mark, words = SeverityMark(look, 10), PlainLabel(look, tone="attention", size_px=look.measure.small)
            mark.show_kind("attention")
            grid.addWidget(mark, row, 0, Qt.AlignmentFlag.AlignVCenter)
            grid.addWidget(words, row, 1)
            self.lines.append((mark, words))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.show_warnings(())

    def show_warnings(self, warnings: tuple[str, ...]) -> None:
        """Draw other words."""
        for place, (mark, words) in enumerate(self.lines):
            text = warnings[place] if place < len(warnings) else ""
            words.say(text)
            words.setToolTip(text)
            mark.setVisible(bool(text))
            words.setVisible(bool(text))
        self.setVisible(bool(warnings))
