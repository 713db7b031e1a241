"""The bridge with a bug: `python -m tests.real.faults.planted BUG MARK run --broker ...`. For the controls: they must find it.

The planted code touches the file MARK when it does wrong for the first time: a bug that never acted is none that could be found. The
sending process has the bug, too.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from edge_bridge import app, child
from edge_bridge.__main__ import main
from edge_bridge.ports import Changes, StoreError
from edge_bridge.storage import database, keeping, store

HELD = 20  # batches
PACKAGE = "edge_bridge"
THIS = "tests.real.faults.planted"
_said: set[Path] = set()


def with_bug(argv: Sequence[str], bug: str, mark: Path) -> list[str]:
    """The bridge's command with a bug in it."""
    place = argv.index(PACKAGE)
    return [*argv[:place], THIS, bug, str(mark), *argv[place + 1 :]]


def acted() -> None:
    """The planted code did wrong just now."""
    mark = Path(sys.argv[2])
    if mark not in _said:
        _said.add(mark)
        mark.touch()


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
        if len(self._held) < HELD:
            acted()
            return
        for held in self._held:
            super().commit(held)
        self._held.clear()


class OverlooksErrors(store.SqliteStore):
    """Takes a commit that failed for one that did not."""

    def commit(self, changes: Changes) -> None:
        before = self._last_row
        try:
            super().commit(changes)
        except StoreError:
            acted()
        self._last_row = changes.rows[-1].row if changes.rows else before


class Volatile(database.Connection):
    """Commits reach the system and not the disk (synchronous=NORMAL): they outlast the process, not a power cut."""

    def __init__(self, *arguments: Any, **settings: Any) -> None:
        if settings.pop("durable", False):
            acted()
        super().__init__(*arguments, **settings)


class PlantedChild(child.Child):
    """The sending process, with the same bug."""

    def __init__(self, argv: Sequence[str], *arguments: Any, **settings: Any) -> None:
        super().__init__(with_bug(argv, sys.argv[1], Path(sys.argv[2])), *arguments, **settings)


def plant(bug: str) -> None:
    """Puts the bug where the wiring finds it."""
    target: Any
    target, name, planted = {
        "commits-late": (keeping, "SqliteStore", CommitsLate),
        "overlooks-errors": (keeping, "SqliteStore", OverlooksErrors),
        "volatile": (store, "Connection", Volatile),
    }[bug]
    for place, word, part in ((target, name, planted), (app, "Child", PlantedChild)):
        assert hasattr(place, word), (
            f"nothing looks for {word} there any more: the control would test the shipped bridge"
        )
        setattr(place, word, part)


if __name__ == "__main__":
    plant(sys.argv[1])
    sys.exit(main(sys.argv[3:]))
