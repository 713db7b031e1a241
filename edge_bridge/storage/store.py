"""The station's store on disk: one transaction for each batch, and reading functions that open it beside its owner.

The hot path is executemany on the connection: sqlite-utils, which makes and migrates the schema, costs 2.4 times as much there.
"""

from __future__ import annotations

import json
import uuid
from collections import Counter
from collections.abc import Collection, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from edge_bridge.ports import Changes, Heard, KeptAlert, Place, Row, StreamKey
from edge_bridge.storage.database import LOG_PAGES, Connection, beside, sent_path
from edge_bridge.storage.pruning import SqlitePruning
from edge_bridge.storage.putting import INSERT, TABLES, put_alerts, put_heard, put_parts, put_place, put_rejected
from messages.alert import Alert
from messages.codec import decode_state
from messages.model import stream_of
from messages.priority import Lane

BOOTS = 8
CHECKED_BYTES = 200_000_000  # after an error of the disk a file up to this size is looked through, in about a second


class SqliteStore:
    """The store of one station. One thread; one process writes. See ports.Store."""

    def __init__(self, path: Path, *, key: str | None = None, log_pages: int = LOG_PAGES) -> None:
        """Opens or makes it, and brings its schema up to date. `log_pages`: how long its log may become. Raises StoreError."""
        self.path = path
        self._db = Connection(path, key=key, writes=True, durable=True, log_pages=log_pages)
        self._db.migrate("store")
        self._db.make_givable()
        self.pruning = SqlitePruning(self._db, TABLES)
        self.is_new = self.remembered("store_id") is None
        self.store_id = self._remembered("store_id", str(uuid.uuid4()))
        found = self._db.one("SELECT count FROM tally WHERE name = 'rows'")
        self._last_row: int = found[0] if found else 0
        self._gaps: set[tuple[str, int, str, int]] = set(
            self._db.all("SELECT drone_id, boot, stream, seq FROM gap WHERE filled_at_ms IS NULL")
        )

    @property
    def next_row(self) -> int:
        return self._last_row + 1

    def heard(self, key: StreamKey) -> Heard:
        found = self._db.one(
            "SELECT highest, holes FROM heard WHERE drone_id = ? AND boot = ? AND stream = ?", tuple(key)
        )
        return Heard(found[0], tuple((first, last) for first, last in json.loads(found[1]))) if found else Heard()

    def boots(self, drone_id: str) -> list[int]:
        sql = "SELECT boot FROM heard WHERE drone_id = ? AND stream = 'report' ORDER BY boot DESC LIMIT ?"
        return [boot for (boot,) in self._db.all(sql, (drone_id, BOOTS))]

    def id_at(self, key: StreamKey, seq: int) -> str | None:
        if key.stream != "report":
            return None
        for lane in (Lane.ALERT, Lane.VIOLATION, Lane.EVIDENCE):
            sql = f"SELECT id FROM {TABLES[lane]} WHERE drone_id = ? AND boot = ? AND seq = ? AND kind <> 'correction'"
            found = self._db.one(sql, (key.drone_id, key.boot, seq))
            if found:
                return str(found[0])
        return None

    def is_quarantined(self, key: StreamKey, seq: int) -> bool:
        sql = "SELECT 1 FROM quarantine WHERE drone_id = ? AND boot = ? AND seq = ?"
        return self._db.one(sql, (key.drone_id, key.boot, seq)) is not None

    def alert(self, violation_id: str) -> KeptAlert | None:
        found = self._db.one("SELECT body, decision_row FROM alert WHERE violation_id = ?", (violation_id,))
        return KeptAlert(decode_state(found[0], Alert), found[1]) if found else None

    def standing_alerts(self) -> list[KeptAlert]:
        rows = self._db.all("SELECT body, decision_row FROM alert WHERE standing = 1 ORDER BY raised_at_ms")
        return [KeptAlert(decode_state(body, Alert), decision_row) for body, decision_row in rows]

    def parts(self, evidence_id: str) -> dict[int, int]:
        return dict(self._db.all("SELECT part, row FROM evidence_part WHERE evidence_id = ?", (evidence_id,)))

    def payload(self, lane: Lane, row: int) -> bytes:
        found = self._db.one(f"SELECT payload FROM {TABLES[lane]} WHERE row = ?", (row,))
        if found is None:
            raise KeyError(row)
        return bytes(found[0])

    def commit(self, changes: Changes) -> None:
        lanes: dict[Lane, list[tuple[Any, ...]]] = {}
        for row in changes.rows:
            lanes.setdefault(row.lane, []).append((row.row, *row[2:]))
        kinds = Counter(row.kind for row in changes.rows)
        counts = Counter({f"stored:{kind}": count for kind, count in kinds.items()})
        if changes.duplicates:
            counts["duplicates"] = changes.duplicates
        with self._db.transaction() as db:
            for lane, values in lanes.items():
                db.executemany(INSERT[lane], values)
            put_heard(db, changes.heard)
            put_alerts(db, changes.alerts.values())
            put_parts(db, changes.parts)
            for rejected in changes.rejected:
                if put_rejected(db, rejected):
                    counts[f"quarantined:{rejected.reason}"] += 1
            if changes.place is not None:
                put_place(db, changes.place)
                db.executemany("INSERT OR IGNORE INTO summons VALUES (?, ?)", changes.summons)
            db.executemany(
                "INSERT INTO tally VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET count = count + excluded.count",
                list(counts.items()),
            )
            if changes.rows:
                db.execute("INSERT OR REPLACE INTO tally VALUES ('rows', ?)", (changes.rows[-1].row,))
            filled = self._put_filled(db, changes.rows) if self._gaps else set()
        if changes.rows:
            self._last_row = changes.rows[-1].row
        self._gaps -= filled

    @property
    def gaps(self) -> Collection[tuple[str, int, str, int]]:
        return self._gaps

    def skip_rows_to(self, row: int) -> None:
        """Gives out no row up to this one any more: it is known elsewhere."""
        if row > self._last_row:
            with self._db.transaction() as db:
                db.execute("INSERT OR REPLACE INTO tally VALUES ('rows', ?)", (row,))
            self._last_row = row

    def problem(self) -> str | None:
        """What is wrong with the file, as far as a quick look tells; None when nothing is. Raises StoreError."""
        if self.path.stat().st_size > CHECKED_BYTES:
            return None
        found: str = self._db.all("PRAGMA quick_check(1)")[0][0]
        return None if found == "ok" else f"{self.path.name}: {found}"

    def last_row_of(self, lane: Lane) -> int:
        """The last row of a lane; 0 when it is empty."""
        found: int = self._db.all(f"SELECT coalesce(max(row), 0) FROM {TABLES[lane]}")[0][0]
        return found

    def keepsake(self) -> tuple[dict[str, int], dict[str, str]]:
        """Where each table begins in the file, and the words of the station: with these a store can be read whose first page is lost."""
        roots = self._db.all("SELECT name, rootpage FROM sqlite_master WHERE rootpage > 0")
        return dict(roots), dict(self._db.all("SELECT name, value FROM station WHERE name <> 'canary'"))

    def _put_filled(self, db: Any, rows: list[Row]) -> set[tuple[str, int, str, int]]:
        names: dict[tuple[str, int, str, int], Row] = {
            (row.drone_id, row.boot, stream_of(row.kind), row.seq): row for row in rows
        }
        filled = self._gaps & names.keys()
        for name in filled:
            at = (names[name].stored_at_ms, *name)
            db.execute("UPDATE gap SET filled_at_ms = ? WHERE drone_id = ? AND boot = ? AND stream = ? AND seq = ?", at)
        return filled

    def retire(self, violation_ids: Collection[str]) -> None:
        with self._db.transaction() as db:
            db.executemany("UPDATE alert SET standing = 0 WHERE violation_id = ?", [(id_,) for id_ in violation_ids])

    def tallies(self) -> dict[str, int]:
        return dict(self._db.all("SELECT name, count FROM tally WHERE name <> 'rows'"))

    def stored_at_after(self, lane: Lane, row: int) -> int | None:
        sql = f"SELECT stored_at_ms FROM {TABLES[lane]} WHERE row > ? ORDER BY row LIMIT 1"
        found = self._db.one(sql, (row,))
        return found[0] if found else None

    def place(self, fingerprint: str) -> Place | None:
        """How far a historic file has been read; None when it never was."""
        found = self._db.one("SELECT * FROM place WHERE fingerprint = ?", (fingerprint,))
        return _place(found) if found else None

    def unfinished_place(self, file_name: str) -> Place | None:
        """The place in a file of that name that was begun and not read to its end."""
        found = self._db.one("SELECT * FROM place WHERE file_name = ? AND finished = 0", (file_name,))
        return _place(found) if found else None

    def summons_numbers(self, fingerprint: str) -> int:
        """How many different summons numbers the records of a file have, as far as it was read."""
        found = self._db.one("SELECT count(*) FROM summons WHERE drone_id = ?", (f"h-{fingerprint[:12]}",))
        return found[0] if found else 0

    def next_boot(self) -> int:
        """Counts this start of the bridge and gives its number."""
        boot = int(self._remembered("boot", "0")) + 1
        self.remember("boot", str(boot))
        return boot

    def remembered(self, name: str) -> str | None:
        """A word kept under a name."""
        found = self._db.one("SELECT value FROM station WHERE name = ?", (name,))
        return found[0] if found else None

    def remember(self, name: str, value: str) -> None:
        """Keeps a word under a name."""
        with self._db.transaction() as db:
            db.execute("INSERT OR REPLACE INTO station VALUES (?, ?)", (name, value))

    def size_bytes(self) -> int:
        names = (self.path, sent_path(self.path))
        files = [path.with_name(path.name + end) for path in names for end in ("", "-wal")]
        return sum(path.stat().st_size for path in files if path.exists())

    def close(self) -> None:
        self._db.close()

    def _remembered(self, name: str, default: str) -> str:
        found = self.remembered(name)
        if found is None:
            self.remember(name, default)
        return found or default


def _place(found: tuple[Any, ...]) -> Place:
    return Place(found[0], found[1], found[2], found[3], found[4], bool(found[5]))


class Stored(NamedTuple):
    """A stored message as a reader beside the bridge sees it. `set_aside`: why Kafka cannot take it."""

    row: int
    kind: str
    id: str
    drone_id: str
    boot: int
    seq: int
    captured_at: datetime
    received_at: datetime
    stored_at: datetime
    sent_at: datetime | None
    set_aside: str | None


class Quarantined(NamedTuple):
    """A refused message as a reader beside the bridge sees it. `payload`: its first 64 kB."""

    reason: str
    detail: str
    topic: str
    received_at: datetime
    payload: bytes


def stored(path: Path, *, key: str | None = None) -> Iterator[Stored]:
    """Every message of the store, lane by lane and in order. Reads only, beside its owner or after it was killed. Raises StoreError."""
    db = beside(path, key)
    sent, set_aside, through = _sendings(path, key)
    try:
        if not db.is_made():
            return
        columns = "row, kind, id, drone_id, boot, seq, captured_at_ms, received_at_ms, stored_at_ms"
        for lane, table in TABLES.items():
            marks = iter(sent.get(lane, []))
            first, last, at_ms = next(marks, (0, -1, 0))
            for row, kind, id_, drone_id, boot, seq, *times in db.each(f"SELECT {columns} FROM {table} ORDER BY row"):
                while last != -1 and row > last:
                    first, last, at_ms = next(marks, (0, -1, 0))
                reason = set_aside.get(row)
                sent_at = _utc(at_ms) if first <= row <= last and reason is None else None
                if sent_at is None and reason is None and row <= through.get(lane, 0):
                    sent_at = _utc(times[2])  # sent so long ago that nobody knows when: not before it was stored
                yield Stored(
                    row, kind, id_, drone_id, boot, seq, _utc(times[0]), _utc(times[1]), _utc(times[2]), sent_at, reason
                )
    finally:
        db.close()


def quarantined(path: Path, *, key: str | None = None) -> Iterator[Quarantined]:
    """Every message in quarantine, in order of arrival. Reads only. Raises StoreError."""
    db = beside(path, key)
    try:
        if not db.is_made():
            return
        sql = "SELECT reason, detail, topic, received_at_ms, payload FROM quarantine ORDER BY quarantine_row"
        for reason, detail, topic, at_ms, payload in db.each(sql):
            yield Quarantined(reason, detail, topic, _utc(at_ms), bytes(payload))
    finally:
        db.close()


class Thinned(NamedTuple):
    """Telemetry of one power-up that was given up for want of room: `rows` numbers between the first and the last."""

    drone_id: str
    boot: int
    first_seq: int
    last_seq: int
    rows: int


def thinned(path: Path, *, key: str | None = None) -> Iterator[Thinned]:
    """What was given up, by drone and power-up. Reads only. Raises StoreError."""
    db = beside(path, key)
    try:
        if db.is_made() and db.one("SELECT 1 FROM sqlite_master WHERE name = 'thinned'"):
            for found in db.each(
                "SELECT drone_id, boot, first_seq, last_seq, rows FROM thinned ORDER BY drone_id, boot"
            ):
                yield Thinned(*found)
    finally:
        db.close()


def alerts(path: Path, *, key: str | None = None) -> Iterator[Alert]:
    """Every alert, open or closed, in the order in which they were raised. Reads only. Raises StoreError."""
    db = beside(path, key)
    try:
        if not db.is_made():
            return
        for (body,) in db.each("SELECT body FROM alert ORDER BY raised_at_ms, violation_id"):
            yield decode_state(body, Alert)
    finally:
        db.close()


def _sendings(
    path: Path, key: str | None
) -> tuple[dict[Lane, list[tuple[int, int, int]]], dict[int, str], dict[Lane, int]]:
    """When which rows of a lane were sent, which are set aside and why, and up to which row each lane is settled."""
    if not sent_path(path).exists():
        return {}, {}, {}
    db = beside(sent_path(path), key)
    try:
        if not db.is_made():
            return {}, {}, {}
        marks: dict[Lane, list[tuple[int, int, int]]] = {}
        for lane, first, last, at_ms in db.each("SELECT lane, first_row, last_row, sent_at_ms FROM mark ORDER BY 1, 2"):
            marks.setdefault(Lane(lane), []).append((first, last, at_ms))
        through = {Lane(lane): row for lane, row in db.all("SELECT lane, through_row FROM cursor")}
        return marks, dict(db.all("SELECT row, reason FROM set_aside")), through
    finally:
        db.close()


def _utc(unix_time_ms: int) -> datetime:
    return datetime.fromtimestamp(unix_time_ms / 1000, UTC)
