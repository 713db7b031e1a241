"""The five legal facts and the state: given, or said to be not shown. A missing one is empty, amber-edged, and says "needed"."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from PySide6.QtWidgets import QVBoxLayout, QWidget

from ground_station.ui.grids import grid_in
from ground_station.ui.look import Look
from ground_station.ui.parts import PlainLabel
from ground_station.ui.typing_line import TypingLine
from ground_station.view_model.intentions import FactName, Intention, MarkNotShown, SetFact
from ground_station.view_model.language import t
from ground_station.view_model.snapshot import FactField

COLUMNS = 3


class FactBox(QWidget):
    """One fact: its label and its field."""

    def __init__(self, look: Look):
        super().__init__()
        column = self.column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        self.label = PlainLabel(look, tone="soft", size_px=look.measure.small)
        self.line = TypingLine(look, "")
        self.label.setBuddy(self.line)
        column.addWidget(self.label)
        column.addWidget(self.line)

    def show_field(self, field: FactField, *, first_missing: bool, editable: bool) -> None:
        """Draw another state of the fact."""
        self.label.say(field.label)
        self.line.say(t("not shown") if field.not_shown else field.value)
        needed = field.missing and editable
        self.line.setAccessibleName(field.label + (t(", needed") if needed else ""))
        self.line.setPlaceholderText(t("needed") if needed else "")
        self.line.set_flag("needed", needed)
        self.line.set_flag("notshown", field.not_shown)
        self.line.set_caps("N" if first_missing and editable else "", "Alt N" if field.missing and editable else "")
        self.line.allow(editable)


class FactsForm(QWidget):
    """The six fields in two lines of three. Enter goes to the next missing fact, and to the desk after the last."""

    def __init__(self, look: Look, send: Callable[[Intention], None], leave: Callable[[], None]):
        super().__init__()
        self._look, self._send, self._leave = look, send, leave
        self._fields: tuple[FactField, ...] = ()
        self.boxes: dict[str, FactBox] = {}
        self._grid = grid_in(self, across=8, down=6)
        for column in range(COLUMNS):
            self._grid.setColumnStretch(column, 1)

        self._tight = False
        self.tighten(tight=False)

    def tighten(self, *, tight: bool) -> None:
        """Lines and labels closer together, or not."""
        self._tight = tight
        self._grid.setVerticalSpacing(4 if tight else 6)
        for box in self.boxes.values():
            box.column.setSpacing(1 if tight else 3)

    def show_fields(self, fields: tuple[FactField, ...], *, editable: bool) -> None:
        """Draw another state of the form."""
        self._fields = fields
        first = next((field.name for field in fields if field.missing), None)
        for place, field in enumerate(fields):
            box = self.boxes.get(field.name) or self._made(field.name, place)
            box.show_field(field, first_missing=field.name == first, editable=editable)

    def _made(self, name: str, place: int) -> FactBox:
        box = FactBox(self._look)
        fact = cast(FactName, name)
        box.line.textEdited.connect(lambda text: self._send(SetFact(fact, text)))
        box.line.on_enter = self.go_on
        box.line.on_leave = self._leave
        box.line.on_not_shown = lambda: self._mark(fact)
        self.boxes[name] = box
        self.tighten(tight=self._tight)
        self._grid.addWidget(box, place // COLUMNS, place % COLUMNS)
        return box

    def go_on(self) -> None:
        """Put the focus into the next missing fact; leave the form when there is none."""
        missing = [field.name for field in self._fields if field.missing]
        if missing:
            self.boxes[missing[0]].line.setFocus()
        else:
            self._leave()

    def mark_first_missing(self) -> None:
        """Say of the first missing fact that it is not shown."""
        missing = next((field.name for field in self._fields if field.missing), None)
        if missing is not None:
            self._send(MarkNotShown(cast(FactName, missing)))

    def _mark(self, fact: FactName) -> None:
        self._send(MarkNotShown(fact))
        self.go_on()
