"""The bridge with a bug planted in it: `python -m tests.real.faults.planted BUG run --broker ...`. For the controls: they must find it."""

from __future__ import annotations

import contextlib
import sys
from typing import Any

from edge_bridge.__main__ import main
from edge_bridge.ports import Changes, StoreError
from edge_bridge.storage import database, keeping, store

HELD = 20  # batches


class CommitsLate(store.SqliteStore):
    """Commits some batches together, when the last of them is there: the receiver acknowledges what is not on the disk."""

    def __init__(self, *arguments: Any, **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        self._held: list[Changes] = []

    @property
    def next_row(self) -> int:
        return super().next_row + sum(len(changes.rows) for changes in self._held)

    def commit(self, changes: Changes) -> None:
        self._held.append(changes)
        if len(self._held) == HELD:
            for held in self._held:
                super().commit(held)
            self._held.clear()


class OverlooksErrors(store.SqliteStore):
    """Takes a commit that failed for one that did not."""

    def commit(self, changes: Changes) -> None:
        before = self._last_row
        with contextlib.suppress(StoreError):
            super().commit(changes)
        self._last_row = changes.rows[-1].row if changes.rows else before


class Volatile(database.Connection):
    """Commits reach the system and not the disk (synchronous=NORMAL): they outlast the process, not a power cut."""

    def __init__(self, *arguments: Any, **settings: Any) -> None:
        super().__init__(*arguments, **{**settings, "durable": False})


def plant(bug: str) -> None:
    """Puts the bug where the wiring finds it."""
    target: Any
    target, name, planted = {
        "commits-late": (keeping, "SqliteStore", CommitsLate),
        "overlooks-errors": (keeping, "SqliteStore", OverlooksErrors),
        "volatile": (store, "Connection", Volatile),
    }[bug]
    assert hasattr(target, name), f"nothing looks for {name} there any more: the control would test the shipped bridge"
    setattr(target, name, planted)


if __name__ == "__main__":
    plant(sys.argv[1])
    sys.exit(main(sys.argv[2:]))
