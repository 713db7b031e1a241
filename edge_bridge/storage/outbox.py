"""The store seen from the sending process: reads rows lane by lane, and keeps in a file of its own what is confirmed."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from edge_bridge.errors import StoreError
from edge_bridge.ports import Row
from edge_bridge.sending_ports import Mark
from edge_bridge.storage.database import Connection, sent_path
from edge_bridge.storage.putting import TABLES
from messages.codec import decode_state, encode
from messages.errors import DecodeError
from messages.priority import Lane
from messages.state import LinkState

_COLUMNS = "row, kind, id, drone_id, boot, seq, captured_at_ms, received_at_ms, stored_at_ms, key, payload"
MARKS_KEPT_MS = 2 * 86_400_000  # twice as long as the rows that they tell of are usually kept
FORGET_EVERY = 1_000  # marks: then old ones are looked for
TOGETHER_MS = (
    100  # marks of a lane that follow each other more closely than this become one: `sent_at` is exact to this
)


def make_sent(
    store: Path, store_id: str, *, store_is_new: bool, key: str | None = None, keepsake: str | None = None
) -> int:
    """Makes the file beside the store if it is missing or belongs to another store; gives the last row that it knows of.

    For a store that is not new nobody knows what was sent: then Kafka is asked from the beginning. `keepsake`: what it keeps of the
    store for the day on which that is damaged. Raises StoreError.
    """
    path = sent_path(store)
    if path.exists():
        db = Connection(path, key=key, writes=True)
        db.migrate("sent")
        found = db.one("SELECT value FROM station WHERE name = 'store_id'")
        if found and found[0] == store_id:
            last = db.all("SELECT coalesce(max(through_row), 0) FROM cursor")[0][0]
            _keep(db, keepsake)
            db.close()
            return int(last)
        db.close()
        for end in ("", "-wal", "-shm"):
            path.with_name(path.name + end).unlink(missing_ok=True)
    db = Connection(path, key=key, writes=True)
    db.migrate("sent")
    with db.transaction() as raw:
        raw.execute("INSERT INTO station VALUES ('store_id', ?)", (store_id,))
        if not store_is_new:
            raw.execute("INSERT INTO station VALUES ('begun', '1')")
    _keep(db, keepsake)
    db.close()
    return 0


def _keep(db: Connection, keepsake: str | None) -> None:
    if keepsake is not None:
        with db.transaction() as raw:
            raw.execute("INSERT OR REPLACE INTO station VALUES ('keepsake', ?)", (keepsake,))


class SqliteOutbox:
    """The outbox of a store. One thread; one process. See sending_ports.Outbox."""

    def __init__(self, store: Path, *, key: str | None = None) -> None:
        """Opens both files. Raises StoreError if one is missing."""
        if not sent_path(store).exists():
            raise StoreError(f"{sent_path(store)} does not exist")
        self._store = Connection(store, key=key)
        self._sent = Connection(sent_path(store), key=key, writes=True, log_pages=1_000)
        found = self._store.one("SELECT value FROM station WHERE name = 'store_id'")
        if found is None:
            raise StoreError(f"{store} is not a store of the bridge")
        self.store_id: str = found[0]
        self._last: dict[Lane, Mark] = {}
        self._marks = 0

    def pending(self, lane: Lane, after_row: int, limit: int) -> list[Row]:
        sql = f"SELECT {_COLUMNS} FROM {TABLES[lane]} WHERE row > ? ORDER BY row LIMIT ?"
        return [Row(row[0], lane, *row[1:]) for row in self._store.all(sql, (after_row, limit))]

    def sent_through(self) -> dict[Lane, int]:
        found = dict(self._sent.all("SELECT lane, through_row FROM cursor"))
        return {lane: found.get(int(lane), 0) for lane in Lane}

    def tails(self) -> dict[tuple[str, int], int] | None:
        if self._sent.one("SELECT 1 FROM station WHERE name = 'begun'") is None:
            return None
        found = self._sent.all('SELECT topic, "partition", "offset" FROM tail')
        return {(topic, partition): offset for topic, partition, offset in found}

    def begin(self, tails: Mapping[tuple[str, int], int]) -> None:
        # The one thing here that a power cut must not take back: without it the next start would not look for what was sent.
        with self._sent.durable(), self._sent.transaction() as db:
            _put_tails(db, tails)
            db.execute("INSERT OR REPLACE INTO station VALUES ('begun', '1')")

    def suspects(self) -> set[int]:
        return {row for (row,) in self._sent.all("SELECT row FROM suspect")}

    def mark(self, marks: Sequence[Mark], tails: Mapping[tuple[str, int], int]) -> None:
        with self._sent.transaction() as db:
            for mark in marks:
                self._put_mark(db, mark)
                db.executemany(
                    "INSERT INTO tally VALUES (?, ?) ON CONFLICT (kind) DO UPDATE SET count = count + excluded.count",
                    list(mark.kinds.items()),
                )
                db.execute("INSERT OR REPLACE INTO cursor VALUES (?, ?)", (int(mark.lane), mark.last))
            _put_tails(db, tails)
            self._marks += len(marks)
            if marks and self._marks >= FORGET_EVERY:
                self._marks = 0
                db.execute("DELETE FROM mark WHERE sent_at_ms < ?", (marks[-1].sent_at_ms - MARKS_KEPT_MS,))

    def suspect(self, rows: Collection[int]) -> None:
        with self._sent.transaction() as db:
            db.executemany("INSERT OR IGNORE INTO suspect VALUES (?)", [(row,) for row in rows])

    def set_aside(self, row: Row, reason: str) -> None:
        at_ms = int(time.time() * 1000)  # noqa: TID251  (a shell)
        with self._sent.transaction() as db:
            db.execute(
                "INSERT OR REPLACE INTO set_aside VALUES (?, ?, ?, ?, ?)",
                (row.row, int(row.lane), row.kind, reason[:500], at_ms),
            )
            db.execute("DELETE FROM suspect WHERE row = ?", (row.row,))
            db.execute("INSERT OR REPLACE INTO cursor VALUES (?, ?)", (int(row.lane), row.row))

    def say_link(self, link: LinkState) -> None:
        with self._sent.transaction() as db:
            db.execute("INSERT OR REPLACE INTO station VALUES ('link', ?)", (encode(link).decode(),))

    def close(self) -> None:
        self._store.close()
        self._sent.close()

    def _put_mark(self, db: Any, mark: Mark) -> None:
        last = self._last.get(mark.lane)
        if last is not None and 0 <= mark.sent_at_ms - last.sent_at_ms < TOGETHER_MS:
            mark = Mark(mark.lane, last.first, mark.last, mark.kinds, last.sent_at_ms)
        self._last[mark.lane] = mark
        db.execute(
            "INSERT OR REPLACE INTO mark VALUES (?, ?, ?, ?)", (int(mark.lane), mark.first, mark.last, mark.sent_at_ms)
        )


def _put_tails(db: Any, tails: Mapping[tuple[str, int], int]) -> None:
    db.executemany(
        "INSERT OR REPLACE INTO tail VALUES (?, ?, ?)",
        [(topic, partition, offset) for (topic, partition), offset in tails.items()],
    )


class SqliteSendings:
    """What the receiving process sees of the sending one, read from its file. See ports.Sendings."""

    def __init__(self, store: Path, *, key: str | None = None) -> None:
        """Raises StoreError if the file is missing."""
        self._store, self._key = store, key
        self._sent = Connection(sent_path(store), key=key)

    def reopen(self) -> None:
        """After the file was replaced. Raises StoreError."""
        self._sent.close()
        self._sent = Connection(sent_path(self._store), key=self._key)

    def sent_through(self) -> dict[Lane, int]:
        found = dict(self._sent.all("SELECT lane, through_row FROM cursor"))
        return {lane: found.get(int(lane), 0) for lane in Lane}

    def sent(self) -> dict[str, int]:
        return dict(self._sent.all("SELECT kind, count FROM tally"))

    def set_aside(self) -> dict[str, int]:
        return dict(self._sent.all("SELECT kind, count(*) FROM set_aside GROUP BY kind"))

    def is_set_aside(self, row: int) -> bool:
        return self._sent.one("SELECT 1 FROM set_aside WHERE row = ?", (row,)) is not None

    def set_aside_rows(self, lane: Lane) -> set[int]:
        return {row for (row,) in self._sent.all("SELECT row FROM set_aside WHERE lane = ?", (int(lane),))}

    def link(self) -> LinkState | None:
        found = self._sent.one("SELECT value FROM station WHERE name = 'link'")
        try:
            return decode_state(found[0].encode(), LinkState) if found else None
        except DecodeError:  # written by a newer bridge
            return None

    def close(self) -> None:
        self._sent.close()
