"""Rows of a list or table updated in place: only the rows that changed are told of, and nothing is ever reset.

A row is its place. The snapshot says which row is selected, so a view needs no selection of its own that would have to move along.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Generic, TypeVar

from PySide6.QtCore import QAbstractItemModel, QModelIndex

R = TypeVar("R")


def changed_spans(before: Sequence[object], after: Sequence[object], offset: int = 0) -> list[tuple[int, int]]:
    """The spans (first, last; both included) of places that both have and whose rows differ; the first place counts as `offset`."""
    spans: list[tuple[int, int]] = []
    start: int | None = None
    shared = min(len(before), len(after))
    for place in range(shared):
        differs = before[place] is not after[place] and before[place] != after[place]
        if differs and start is None:
            start = place
        elif not differs and start is not None:
            spans.append((start + offset, place - 1 + offset))
            start = None
    if start is not None:
        spans.append((start + offset, shared - 1 + offset))
    return spans


class Rows(Generic[R]):
    """The rows that a model shows, and how to replace them."""

    def __init__(self, model: Any, columns: int = 1):
        self._model: QAbstractItemModel = model
        self._columns = columns
        self.now: tuple[R, ...] = ()

    def replace(self, rows: tuple[R, ...], told: tuple[int, int] | None = None) -> None:
        """Show other rows: rows are added or taken off at the end, and those between are told of if they changed.

        `told`: the first place and the one after the last that any view has in sight; the others need no word, because a view asks for a
        row when it comes into sight, and telling of hundreds at each turn would hold up the window.
        """
        before, model, nowhere = self.now, self._model, QModelIndex()
        if rows is before:
            return
        if len(rows) > len(before):
            model.beginInsertRows(nowhere, len(before), len(rows) - 1)
            self.now = rows
            model.endInsertRows()
        elif len(rows) < len(before):
            model.beginRemoveRows(nowhere, len(rows), len(before) - 1)
            self.now = rows
            model.endRemoveRows()
        self.now = rows
        last_column = self._columns - 1
        first_told, end_told = told or (0, len(rows))
        for first, last in changed_spans(before[first_told:end_told], rows[first_told:end_told], first_told):
            model.dataChanged.emit(model.index(first, 0, nowhere), model.index(last, last_column, nowhere))
