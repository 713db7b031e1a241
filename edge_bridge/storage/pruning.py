"""Room made in the store, a slice at a time: rows deleted, pages given back. What goes is decided in shedding.py.

A deleted row is really gone: its bytes are overwritten in the file (`secure_delete`), and settle() empties the log that still has them.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

from edge_bridge.ports import Purged
from edge_bridge.shedding import InQuarantine, Purge, Sample
from edge_bridge.storage.database import BUSY_MS, Connection, sent_path
from messages.priority import Lane

FREE_SHARE = 0.25  # of the pages: as many may wait for reuse, since giving them back means moving others
FREE_PAGES = 4_096  # the same for small stores: 16 MB
SLICE_ROWS: dict[Lane, int] = {lane: 20 if lane is Lane.EVIDENCE else 1_000 for lane in Lane}  # about a megabyte
REFUSED_ROWS = 1_000  # looked at in one slice: their lengths alone are read
SETTLE_MS = 20  # a reader has its rows in less, or is asked again at the next cleaning
GIVE_BACK_PAGES = 256  # in one slice: 1 MB is moved


class SqlitePruning:
    """Works on the connection of the store's one writer. See ports.Pruning."""

    def __init__(self, db: Connection, tables: dict[Lane, str]) -> None:
        self._db = db
        self._tables = tables

    def used_bytes(self) -> int:
        pages, free, size = self._pages()
        return (
            (pages - free) * size
            + sum(_size(path, "-wal") + _size(path, "-shm") for path in self._files())
            + _size(sent_path(self._db.path))
        )

    def file_bytes(self) -> int:
        return sum(_size(path, end) for path in self._files() for end in ("", "-wal", "-shm"))

    def first_row(self, lane: Lane, after_row: int) -> int | None:
        found = self._db.one(f"SELECT row FROM {self._tables[lane]} WHERE row > ? ORDER BY row LIMIT 1", (after_row,))
        return found[0] if found else None

    def nth_row(self, lane: Lane, after_row: int, nth: int) -> int | None:
        sql = f"SELECT row FROM {self._tables[lane]} WHERE row > ? ORDER BY row LIMIT 1 OFFSET ?"
        found = self._db.one(sql, (after_row, nth - 1))
        return found[0] if found else None

    def last_row(self, lane: Lane) -> int:
        found = self._db.one(f"SELECT max(row) FROM {self._tables[lane]}")
        return found[0] or 0 if found else 0

    def purge(self, step: Purge, keep: Collection[int]) -> Purged:
        table, limit = self._tables[step.lane], SLICE_ROWS[step.lane]
        sql = f"SELECT row, stored_at_ms FROM {table} WHERE row > ? AND row <= ? ORDER BY row LIMIT ?"
        found = self._db.all(sql, (step.after_row, step.through_row, limit))
        due = [row for row, stored_ms in found if step.stored_before_ms is None or stored_ms < step.stored_before_ms]
        gone = [(row,) for row in due if row not in keep]
        if gone:
            with self._db.transaction() as db:
                db.executemany(f"DELETE FROM {table} WHERE row = ?", gone)
                if step.lane is Lane.EVIDENCE:
                    db.executemany("DELETE FROM evidence_part WHERE row = ?", gone)
        through = due[-1] if due else step.after_row
        return Purged(len(gone), through, len(found) < limit or len(due) < len(found))

    def purge_alerts(self, raised_before_ms: int) -> int:
        with self._db.transaction() as db:
            gone = db.execute(
                "DELETE FROM alert WHERE violation_id IN"
                " (SELECT violation_id FROM alert WHERE standing = 0 AND raised_at_ms < ? LIMIT 1000)",
                (raised_before_ms,),
            )
        return int(gone.rowcount)

    def samples(self, after_row: int) -> list[Sample]:
        sql = (
            f"SELECT row, drone_id, boot, seq, captured_at_ms FROM {self._tables[Lane.TELEMETRY]}"
            " WHERE row > ? ORDER BY row LIMIT ?"
        )
        return [Sample(*found) for found in self._db.all(sql, (after_row, SLICE_ROWS[Lane.TELEMETRY]))]

    def give_up(self, samples: Sequence[Sample]) -> None:
        with self._db.transaction() as db:
            db.executemany(
                f"DELETE FROM {self._tables[Lane.TELEMETRY]} WHERE row = ?", [(sample.row,) for sample in samples]
            )
            db.executemany(
                "INSERT INTO thinned VALUES (?, ?, ?, ?, 1) ON CONFLICT DO UPDATE SET rows = rows + 1,"
                " first_seq = min(first_seq, excluded.first_seq), last_seq = max(last_seq, excluded.last_seq)",
                [(sample.drone_id, sample.boot, sample.seq, sample.seq) for sample in samples],
            )
            db.execute(
                "INSERT INTO tally VALUES ('thinned:telemetry', ?) ON CONFLICT DO UPDATE SET count = count + excluded.count",
                (len(samples),),
            )

    def refused(self, after_row: int) -> list[InQuarantine]:
        sql = (
            "SELECT quarantine_row, length(payload), drone_id IS NULL FROM quarantine"
            " WHERE quarantine_row > ? ORDER BY quarantine_row LIMIT ?"
        )
        return [
            InQuarantine(row, size, bool(nobodys))
            for row, size, nobodys in self._db.all(sql, (after_row, REFUSED_ROWS))
        ]

    def empty(self, refused: Sequence[InQuarantine]) -> None:
        with self._db.transaction() as db:
            db.executemany(
                "UPDATE quarantine SET payload = x'' WHERE quarantine_row = ?", [(one.row,) for one in refused]
            )
            db.execute(
                "INSERT INTO tally VALUES ('emptied', ?) ON CONFLICT DO UPDATE SET count = count + excluded.count",
                (len(refused),),
            )

    def give_back(self) -> bool:
        pages, free, _ = self._pages()
        if self._number("auto_vacuum") == 0 or free <= max(FREE_PAGES, pages * FREE_SHARE):
            return False
        # The statement frees a page at each step: it must be read to its end.
        self._db.all(f"PRAGMA incremental_vacuum({GIVE_BACK_PAGES})")
        return True

    def settle(self) -> bool:
        # It would wait for a reader as long as every other statement does, and the drones with it.
        self._db.one(f"PRAGMA busy_timeout = {SETTLE_MS}")
        try:
            (busy, *_) = self._db.one("PRAGMA wal_checkpoint(TRUNCATE)") or (1,)
        finally:
            self._db.one(f"PRAGMA busy_timeout = {BUSY_MS}")
        return int(busy) == 0

    def _files(self) -> tuple[Path, Path]:
        return self._db.path, sent_path(self._db.path)

    def _pages(self) -> tuple[int, int, int]:
        """In all, free, and bytes of each."""
        return self._number("page_count"), self._number("freelist_count"), self._number("page_size")

    def _number(self, pragma: str) -> int:
        (found,) = self._db.one(f"PRAGMA {pragma}") or (0,)
        return int(found)  # the cipher answers some of them in letters


def _size(path: Path, end: str = "") -> int:
    try:
        return path.with_name(path.name + end).stat().st_size
    except FileNotFoundError:
        return 0
