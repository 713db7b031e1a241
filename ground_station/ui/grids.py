"""A grid of small things inside a panel."""

from __future__ import annotations

from PySide6.QtWidgets import QGridLayout, QWidget


def grid_in(widget: QWidget, *, across: int, down: int, left: int = 0) -> QGridLayout:
    """A grid that fills `widget`: `across` and `down` are the gaps within, `left` the margin on that side, in pixels."""
    grid = QGridLayout(widget)
    grid.setContentsMargins(left, 0, 0, 0)
    grid.setHorizontalSpacing(across)
    grid.setVerticalSpacing(down)
    return grid
