"""A damaged store -> a new one in its place, with everything that can be read, its name and its row numbers; the damaged files stay.

It may be killed at any point. A note, FILE.mending, names the set-aside files before anything is moved; while it is there a start begins
again from them. The new store is made beside and moved into place when it is complete, synced and, if it has a key, proven.
"""

from __future__ import annotations

import json
import logging
import shutil
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from edge_bridge.acknowledging import without_seq
from edge_bridge.errors import StoreError
from edge_bridge.ports import Heard
from edge_bridge.storage import sealing
from edge_bridge.storage.database import Connection, sent_path
from edge_bridge.storage.pages import copy_of_what_is_left, wal_of
from edge_bridge.storage.putting import TABLES
from edge_bridge.storage.rebuilding import rebuild_alerts, rebuild_heard, rebuild_parts, rebuilt_from_alerts
from edge_bridge.storage.salvage import LARGEST_KEY, NUMBERED, Lost, Remains, Table, kept, tables_of
from messages.priority import Lane

log = logging.getLogger(__name__)

ROWS_AT_ONCE = 5_000
ROWS_SKIPPED = 50_000  # more than can be under way to Kafka: a number that may be there already is not given out again
HOLES_ASKED = (
    32  # more, of a stream: half of what fits into an Ack, so that holes nobody can fill never hide the newer ones
)
STREAMS_SAID = 20


class Mended(NamedTuple):
    """What came of it."""

    set_aside: Path
    rows: int
    gaps: list[Lost]
    rebuilt: int


class Sent(NamedTuple):
    """What the sending process's file knows; empty if it is lost too."""

    through: dict[int, int]
    counts: dict[str, int]
    keepsake: str | None
    store_id: str | None


def is_begun(path: Path) -> bool:
    """Whether a mending was killed."""
    return _note(path).exists()


def mend(path: Path, key: str | None) -> Mended:
    """Sets the damaged files aside and puts a new store in their place. Nobody else may write them. Raises StoreError, SealError."""
    aside = _set_aside(path)
    copy, draft = path.with_name(path.name + ".remains"), path.with_name(path.name + ".mended")
    sealing.remove(copy)
    sealing.remove(draft)
    if key is None:
        shutil.copyfile(aside, copy)
        if wal_of(aside).exists():
            shutil.copyfile(wal_of(aside), wal_of(copy))
    else:
        copy_of_what_is_left(aside, copy, key)
    made = Connection(draft, key=key, writes=True)
    try:
        made.migrate("store")
        mended = _fill(made, copy, aside, key, _sent(path, key))
        made.one("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        made.close()
    if key is not None:
        sealing.prove(draft, key)
    sealing.sync(draft)
    draft.replace(path)
    sealing.sync(path.parent)
    _note(path).unlink()
    sealing.remove(copy)
    _say(mended)
    return mended


def set_aside_sent(path: Path) -> None:
    """The sending process's file of a store, damaged: a new one is made at the next opening, and Kafka is asked what is there."""
    sent = sent_path(path)
    name = f"{sent.name}.damaged-{_now():%Y%m%dT%H%M%SZ}"
    log.error("%s is damaged and set aside as %s; Kafka is asked what is sent", sent.name, name)
    for end in ("-shm", "-wal", ""):
        file = sent.with_name(sent.name + end)
        if file.exists():
            file.replace(sent.with_name(name + end))


def _note(path: Path) -> Path:
    return path.with_name(path.name + ".mending")


def _set_aside(path: Path) -> Path:
    """Moves the damaged files, or finishes that. The log before the file: a file without its log would be an older one."""
    note = _note(path)
    if not note.exists():
        draft = note.with_name(note.name + ".draft")
        draft.write_text(json.dumps(f"{path.name}.damaged-{_now():%Y%m%dT%H%M%S%fZ}"))
        sealing.sync(draft)
        draft.replace(note)
        sealing.sync(path.parent)
    aside = path.with_name(json.loads(note.read_text()))
    if not aside.exists():  # else all of it was moved, and what stands in its place is nothing or the new one
        for end in ("-shm", "-wal", ""):
            file = path.with_name(path.name + end)
            if file.exists():
                file.replace(aside.with_name(aside.name + end))
        sealing.sync(path.parent)
    return aside


def _sent(path: Path, key: str | None) -> Sent:
    try:
        db = Connection(sent_path(path), key=key)
    except StoreError:
        return Sent({}, {}, None, None)
    try:
        counts = dict(db.all("SELECT kind, count FROM tally"))
        for kind, count in db.all("SELECT kind, count(*) FROM set_aside GROUP BY kind"):
            counts[kind] = counts.get(kind, 0) + count
        words = dict(db.all("SELECT name, value FROM station"))
        through = dict(db.all("SELECT lane, through_row FROM cursor"))
        return Sent(through, counts, words.get("keepsake"), words.get("store_id"))
    except StoreError:
        return Sent({}, {}, None, None)
    finally:
        db.close()


def _fill(made: Connection, copy: Path, aside: Path, key: str | None, sent: Sent) -> Mended:
    tables = [table for table in tables_of(made) if table.name != "_sqlite_migrations"]
    roots, station = kept(sent.keepsake)
    remains = Remains(copy, key, tables, roots)
    try:
        rows = sum(_copy(made, remains, table) for table in tables)
        with made.transaction() as db:
            for name, value in {"store_id": sent.store_id or str(uuid.uuid4()), **station}.items():
                db.execute("INSERT OR IGNORE INTO station VALUES (?, ?)", (name, value))
            named = [lost for lane in NUMBERED for lost in remains.numbers(lane)]
            lost = [
                one
                for one in named
                if not db.execute(f"SELECT 1 FROM {TABLES[one.lane]} WHERE row = ?", (one.row,)).fetchone()
            ]
            lost = [
                one for one in lost if one.row > sent.through.get(int(one.lane), 0)
            ]  # else Kafka has it: nothing is lost
            if "alert" in remains.jumps:
                rebuild_alerts(db)
            if "heard" in remains.jumps:
                rebuild_heard(db)
            rebuild_parts(db, decode_all="evidence_part" in remains.jumps)
            again = rebuilt_from_alerts(db, lost)
            gaps = [one for one in lost if one.row not in again]
            _name(db, gaps)
            _count(db, sent, max((one.row for one in named), default=0))
    finally:
        remains.close()
    return Mended(aside, rows, gaps, len(again))


def _copy(made: Connection, remains: Remains, table: Table) -> int:
    marks = ", ".join("?" * len(table.columns))
    found: Iterator[tuple[Any, ...]] = remains.rows(table)
    count = 0
    while chunk := list(islice(found, ROWS_AT_ONCE)):
        with made.transaction() as db:
            db.executemany(f"INSERT OR IGNORE INTO {table.name} VALUES ({marks})", chunk)
        count += len(chunk)
    return count if table.name.startswith("message_") else 0


def _name(db: Any, gaps: list[Lost]) -> None:
    """Writes the gaps down, and makes them holes, so that the next Ack asks their drones."""
    decisions = {row for (row,) in db.execute("SELECT decision_row FROM alert WHERE decision_row IS NOT NULL")}
    now_ms = int(_now().timestamp() * 1000)
    missing: dict[tuple[str, int], list[int]] = {}
    for one in gaps:
        stream = "correction" if one.row in decisions else "report"
        db.execute(
            "INSERT OR IGNORE INTO gap VALUES (?, ?, ?, ?, ?, ?, NULL)",
            (one.drone_id, one.boot, stream, one.seq, one.row, now_ms),
        )
        if stream == "report":
            missing.setdefault((one.drone_id, one.boot), []).append(one.seq)
    for name, seqs in missing.items():
        found = db.execute(
            "SELECT highest, holes FROM heard WHERE drone_id = ? AND boot = ? AND stream = 'report'", name
        ).fetchone()
        heard = (
            Heard(found[0], tuple((first, last) for first, last in json.loads(found[1]))) if found else Heard(max(seqs))
        )
        most = len(heard.holes) + HOLES_ASKED
        for seq in sorted(seqs, reverse=True):  # the newest first: a drone is likeliest to have those still
            asked = without_seq(heard, seq)
            if len(asked.holes) > most:
                break
            heard = asked
        db.execute(
            "INSERT OR REPLACE INTO heard VALUES (?, ?, 'report', ?, ?)",
            (*name, heard.highest, json.dumps(heard.holes)),
        )


def _count(db: Any, sent: Sent, highest: int) -> None:
    """The counters, such that what waits is what is there and not sent; and a next row that was never given out before."""
    stored = dict(sent.counts)
    for lane in Lane:
        through = sent.through.get(int(lane), 0)
        highest = max(
            [highest, through, *(row for (row,) in db.execute(f"SELECT max(row) FROM {TABLES[lane]}") if row)]
        )
        for kind, count in db.execute(
            f"SELECT kind, count(*) FROM {TABLES[lane]} WHERE row > ? GROUP BY kind", (through,)
        ):
            stored[kind] = stored.get(kind, 0) + count
    for name, count in db.execute("SELECT name, count FROM tally WHERE name LIKE 'thinned:%'").fetchall():
        kind = name.removeprefix("thinned:")
        stored[kind] = stored.get(kind, 0) + count
    db.execute("DELETE FROM tally WHERE name LIKE 'stored:%'")
    db.executemany("INSERT INTO tally VALUES ('stored:' || ?, ?)", list(stored.items()))
    found = db.execute("SELECT count FROM tally WHERE name = 'rows'").fetchone()
    highest = min(max(highest, found[0] if found else 0), LARGEST_KEY)
    db.execute("INSERT OR REPLACE INTO tally VALUES ('rows', ?)", (highest + ROWS_SKIPPED,))


def _say(mended: Mended) -> None:
    log.error(
        "damage: set_aside=%s rows_saved=%d rebuilt=%d gaps=%d",
        mended.set_aside.name,
        mended.rows,
        mended.rebuilt,
        len(mended.gaps),
    )
    streams: dict[tuple[str, int], list[str]] = {}
    for one in mended.gaps:
        streams.setdefault((one.drone_id, one.boot), []).append(str(one.seq))
    for (drone_id, boot), seqs in list(streams.items())[:STREAMS_SAID]:
        log.error("gap: drone=%s boot=%d seq=%s", drone_id, boot, ",".join(seqs[:100]))
    if len(streams) > STREAMS_SAID:
        log.error("gap: and of %d more power-ups; the table `gap` names all", len(streams) - STREAMS_SAID)


def _now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251  (a shell)
