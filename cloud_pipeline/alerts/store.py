"""Headquarters' own store of alerts: one row for each, from the moment it is seen until an officer has decided.

    raised_at   the station stored the violation          (from the record's header)
    seen_at     headquarters read it from Kafka
    decided_at  the officer decided                        (from the Correction, which may overtake its violation)

Every step may come twice and in any order; the row is the same afterwards.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from sqlcipher3 import dbapi2 as sqlite  # its SQLite is newer than Python's own, which has a fault in WAL

from messages.model import Correction, Violation

_SCHEMA = """
CREATE TABLE IF NOT EXISTS alerts (
    violation_id  TEXT PRIMARY KEY,
    drone_id      TEXT NOT NULL,
    station       TEXT,
    captured_at   TEXT NOT NULL,
    lat_deg       REAL,
    lon_deg       REAL,
    street        TEXT,
    raised_at     TEXT,
    seen_at       TEXT,
    correction_id TEXT,
    officer       TEXT,
    status        TEXT,
    code_before   INTEGER,
    code_after    INTEGER,
    claimed_at    TEXT,
    decided_at    TEXT,
    decision_seen_at TEXT
) STRICT
"""


class AlertRecord(NamedTuple):
    """One alert as headquarters knows it. None: not yet, or not known."""

    violation_id: str
    drone_id: str
    station: str | None
    captured_at: datetime
    raised_at: datetime | None
    seen_at: datetime | None
    status: str | None  # confirmed, corrected, rejected
    code_after: int | None
    decided_at: datetime | None
    decision_seen_at: datetime | None


class Store:
    """The writing side; one thread. Nothing is kept until `commit`."""

    def __init__(self, path: Path) -> None:
        """Opens or makes the file. Raises OSError if that cannot be."""
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._db = sqlite.connect(str(path), isolation_level=None)
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = FULL")
            self._db.execute("PRAGMA busy_timeout = 5000")
            self._db.execute(_SCHEMA)
        except sqlite.Error as problem:
            raise OSError(f"{path}: {problem}") from problem

    def begin(self) -> None:
        """Opens the transaction of one batch."""
        self._db.execute("BEGIN IMMEDIATE")

    def raised(self, violation: Violation, *, station: str | None, raised_at: str | None, now: datetime) -> bool:
        """Notes the alert. True if it was not known: then, and only then, it is news."""
        changed = self._db.execute(
            """INSERT INTO alerts (violation_id, drone_id, station, captured_at, lat_deg, lon_deg, street, raised_at, seen_at)
               VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
               ON CONFLICT (violation_id) DO UPDATE SET
                   station = coalesce(excluded.station, station), lat_deg = excluded.lat_deg, lon_deg = excluded.lon_deg,
                   street = excluded.street, raised_at = excluded.raised_at, seen_at = excluded.seen_at
               WHERE seen_at IS NULL""",
            (
                violation.id,
                violation.drone_id,
                station,
                _text(violation.captured_at),
                violation.lat_deg,
                violation.lon_deg,
                violation.street,
                raised_at,
                _text(now),
            ),
        ).rowcount
        return bool(changed)

    def decided(self, decision: Correction, *, now: datetime) -> bool:
        """Notes the officer's decision; the first one stays. True if it was not known."""
        changed = self._db.execute(
            """INSERT INTO alerts (violation_id, drone_id, station, captured_at, correction_id, officer, status,
                                   code_before, code_after, claimed_at, decided_at, decision_seen_at)
               VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
               ON CONFLICT (violation_id) DO UPDATE SET
                   correction_id = excluded.correction_id, officer = excluded.officer, status = excluded.status,
                   code_before = excluded.code_before, code_after = excluded.code_after, claimed_at = excluded.claimed_at,
                   decided_at = excluded.decided_at, decision_seen_at = excluded.decision_seen_at
               WHERE correction_id IS NULL""",
            (
                decision.violation_id,
                decision.drone_id,
                decision.station,
                _text(decision.violation_captured_at),
                decision.id,
                decision.officer,
                decision.status,
                decision.code_before,
                decision.code_after,
                _text(decision.claimed_at),
                _text(decision.decided_at),
                _text(now),
            ),
        ).rowcount
        return bool(changed)

    def commit(self) -> None:
        """On disk from here on."""
        self._db.execute("COMMIT")

    def open_alerts(self) -> int:
        """How many alerts wait for a decision."""
        return int(self._db.execute("SELECT count(*) FROM alerts WHERE decided_at IS NULL").fetchone()[0])

    def close(self) -> None:
        """Closes the file; an open transaction is undone."""
        self._db.close()


def records(path: Path) -> Iterator[AlertRecord]:
    """Every alert, the oldest first. Reads only; the consumer may be running or may have been killed."""
    with closing(sqlite.connect(f"file:{path}?mode=ro", uri=True)) as db:
        rows = db.execute(
            """SELECT violation_id, drone_id, station, captured_at, raised_at, seen_at, status, code_after, decided_at,
                      decision_seen_at FROM alerts ORDER BY captured_at, violation_id"""
        )
        for violation_id, drone_id, station, captured_at, raised_at, seen_at, status, code_after, *decided in rows:
            yield AlertRecord(
                violation_id,
                drone_id,
                station,
                datetime.fromisoformat(captured_at),
                _time(raised_at),
                _time(seen_at),
                status,
                code_after,
                *map(_time, decided),
            )


def _text(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _time(text: Any) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
