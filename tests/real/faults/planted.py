"""The bridge with a bug: `python -m tests.real.faults.planted BUG MARK run --broker ...`. For the controls: they must find it.

The planted code touches the file MARK when it does wrong for the first time: a bug that never acted is none that could be found. The
sending process has the bug, too.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from edge_bridge import app, child, forwarder, sending
from edge_bridge.__main__ import main
from edge_bridge.delivery import Settled
from edge_bridge.errors import StoreError
from edge_bridge.ports import Changes, Row
from edge_bridge.sending_ports import Mark, Ticket
from edge_bridge.storage import database, keeping, outbox, putting, store
from messages.priority import Lane

HELD = 20  # batches
BACKLOG = 2_000  # rows
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


class DropsTheOldest(store.SqliteStore):
    """Keeps no more than BACKLOG violations, as a buffer of that size would, and counts the others as given up."""

    def commit(self, changes: Changes) -> None:
        super().commit(changes)
        delete = f"DELETE FROM {putting.TABLES[Lane.VIOLATION]} WHERE row <= ?"
        count = (
            "INSERT INTO tally VALUES ('thinned:violation', ?) ON CONFLICT DO UPDATE SET count = count + excluded.count"
        )
        with self._db.transaction() as db:
            if dropped := db.execute(delete, (self._last_row - BACKLOG,)).rowcount:
                db.execute(count, (dropped,))
                acted()


class SkipsTheBacklog(outbox.SqliteOutbox):
    """Goes on with the newest BACKLOG violations when more wait, and marks the others as sent."""

    def pending(self, lane: Lane, after_row: int, limit: int) -> list[Row]:
        newest = self._store.all(f"SELECT coalesce(max(row), 0) FROM {putting.TABLES[lane]}")[0][0]
        skipped = newest - BACKLOG - after_row
        if lane is Lane.VIOLATION and skipped > 0:
            acted()
            self.mark([Mark(lane, after_row + 1, newest - BACKLOG, {"violation": skipped}, 0)], {})
            after_row = newest - BACKLOG
        return super().pending(lane, after_row, limit)


class MarksAtHandOver(forwarder.Forwarder):
    """Marks a row as sent when it is handed over, and not when Kafka has confirmed it."""

    def _ticket(self, row: Row) -> Ticket:
        acted()
        self._outbox.mark([Mark(row.lane, row.row, row.row, {row.kind: 1}, row.stored_at_ms)], {})
        return super()._ticket(row)

    def _mark(self, settled: Mapping[Lane, Settled]) -> None:
        super()._mark({lane: msgspec.structs.replace(found, mark=None) for lane, found in settled.items()})


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
        "drops-the-oldest": (keeping, "SqliteStore", DropsTheOldest),
        "skips-the-backlog": (app, "SqliteOutbox", SkipsTheBacklog),
        "marks-at-hand-over": (sending, "Forwarder", MarksAtHandOver),
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
