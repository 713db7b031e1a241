"""The station's store on disk: one transaction for each batch, and reading functions that open it beside its owner.

The hot path is executemany on the connection: sqlite-utils, which makes and migrates the schema, costs 2.4 times as much there.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from edge_bridge.database import LOG_PAGES, Connection, is_plain, sent_path
from edge_bridge.intake import unix_ms
from edge_bridge.ports import Changes, Heard, KeptAlert, Part, Place, Rejected, StreamKey
from edge_bridge.pruning import SqlitePruning
from messages.alert import Alert
from messages.codec import decode_state, encode
from messages.priority import Lane

TABLES: dict[Lane, str] = {lane: f"message_{lane.name.lower()}" for lane in Lane}
_COLUMNS = "row, kind, id, drone_id, boot, seq, captured_at_ms, received_at_ms, stored_at_ms, key, payload"
_INSERT = {lane: f"INSERT INTO {table} ({_COLUMNS}) VALUES (?,?,?,?,?,?,?,?,?,?,?)" for lane, table in TABLES.items()}
BOOTS = 8


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
        counts = Counter(f"stored:{row.kind}" for row in changes.rows)
        if changes.duplicates:
            counts["duplicates"] = changes.duplicates
        with self._db.transaction() as db:
            for lane, values in lanes.items():
                db.executemany(_INSERT[lane], values)
            _put_heard(db, changes.heard)
            _put_alerts(db, changes.alerts.values())
            _put_parts(db, changes.parts)
            for rejected in changes.rejected:
                if _put_rejected(db, rejected):
                    counts[f"quarantined:{rejected.reason}"] += 1
            if changes.place is not None:
                _put_place(db, changes.place)
                db.executemany("INSERT OR IGNORE INTO summons VALUES (?, ?)", changes.summons)
            db.executemany(
                "INSERT INTO tally VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET count = count + excluded.count",
                list(counts.items()),
            )
            if changes.rows:
                db.execute("INSERT OR REPLACE INTO tally VALUES ('rows', ?)", (changes.rows[-1].row,))
        if changes.rows:
            self._last_row = changes.rows[-1].row

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


def _put_heard(db: Any, heard: dict[StreamKey, Heard]) -> None:
    db.executemany(
        "INSERT INTO heard VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET highest = excluded.highest, holes = excluded.holes",
        [(*key, state.highest, json.dumps(state.holes, separators=(",", ":"))) for key, state in heard.items()],
    )


def _put_alerts(db: Any, alerts: Iterable[KeptAlert]) -> None:
    db.executemany(
        "INSERT INTO alert VALUES (?, ?, ?, ?, ?, ?, 1) ON CONFLICT DO UPDATE SET state = excluded.state, version = excluded.version, "
        "body = excluded.body, decision_row = coalesce(excluded.decision_row, decision_row)",
        [
            (
                kept.alert.violation.id,
                kept.alert.state,
                kept.alert.version,
                unix_ms(kept.alert.raised_at),
                encode(kept.alert),
                kept.decision_row,
            )
            for kept in alerts
        ],
    )


def _put_parts(db: Any, parts: list[Part]) -> None:
    db.executemany("INSERT OR IGNORE INTO evidence_part VALUES (?, ?, ?)", parts)


def _put_rejected(db: Any, rejected: Rejected) -> bool:
    """Whether it is there for the first time."""
    content = rejected.topic.encode(errors="replace") + b"\0" + str(rejected.length).encode() + b"\0" + rejected.payload
    sha256, at_ms = hashlib.sha256(content).hexdigest(), unix_ms(rejected.received_at)
    again = db.execute(
        "UPDATE quarantine SET times = times + 1, last_received_at_ms = ? WHERE sha256 = ?", (at_ms, sha256)
    )
    if again.rowcount:
        return False
    db.execute(
        "INSERT INTO quarantine (sha256, reason, detail, topic, payload, length, received_at_ms, last_received_at_ms, "
        "drone_id, boot, seq) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            sha256,
            rejected.reason,
            rejected.detail.encode(errors="replace").decode(),
            rejected.topic.encode(errors="replace").decode(),
            rejected.payload,
            rejected.length,
            at_ms,
            at_ms,
            rejected.sender.drone_id if rejected.sender else None,
            rejected.sender.boot if rejected.sender else None,
            rejected.seq,
        ),
    )
    return True


def _put_place(db: Any, place: Place) -> None:
    db.execute(
        "INSERT OR REPLACE INTO place VALUES (?, ?, ?, ?, ?, ?)",
        (place.fingerprint, place.file_name, place.byte_offset, place.records, place.quarantined, place.finished),
    )


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
    db = _beside(path, key)
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
    db = _beside(path, key)
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
    db = _beside(path, key)
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
    db = _beside(path, key)
    try:
        if not db.is_made():
            return
        for (body,) in db.each("SELECT body FROM alert ORDER BY raised_at_ms, violation_id"):
            yield decode_state(body, Alert)
    finally:
        db.close()


def _beside(path: Path, key: str | None) -> Connection:
    """A file for reading. A plain one needs no key, whoever has one: runs from before there were keys stay readable."""
    return Connection(path, key=None if path.exists() and is_plain(path) else key)


def _sendings(
    path: Path, key: str | None
) -> tuple[dict[Lane, list[tuple[int, int, int]]], dict[int, str], dict[Lane, int]]:
    """When which rows of a lane were sent, which are set aside and why, and up to which row each lane is settled."""
    if not sent_path(path).exists():
        return {}, {}, {}
    db = _beside(sent_path(path), key)
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
