"""The drones' flash: one SQLite file in which every report is kept from before it is sent until the bridge has stored it.

It is also the ledger of everything ever made, read by `made()`. sqlcipher3 stands in for the standard library's sqlite3, whose SQLite
3.40 can lose a WAL that is being reset. One thread uses a Flash; other processes may read the file at any time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from sqlcipher3 import dbapi2 as sqlite

from drone_sim.drone import Saved
from drone_sim.outbox import Key
from messages.codec import encode
from messages.model import Evidence, Message, Violation, kind_of, stream_of

PICTURES_KEPT = 400  # parts: about 200 alerts, a long shift of one officer
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_saved_decoder = msgspec.json.Decoder(Saved)


class FlashError(Exception):
    """The flash cannot be opened: the file is not one, or its folder is missing."""


class Made(NamedTuple):
    """A message as the ledger knows it. `published_at`: first hand-over to the broker, None before it."""

    kind: str
    id: str
    drone_id: str
    boot: int
    seq: int
    captured_at: datetime
    published_at: datetime | None
    acknowledged: bool


class Report(NamedTuple):
    """A report's bytes, and the kind that names its topic."""

    kind: str
    payload: bytes


class Flash:
    """The open file. What is written counts only after `commit`."""

    def __init__(self, path: Path) -> None:
        """Opens or makes the file; raises FlashError."""
        try:
            self._db = sqlite.connect(str(path), isolation_level=None, timeout=1.0)
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=FULL")
            self._db.executescript(Path(__file__).with_name("flash.sql").read_text())
            # Held from commit to commit: a second simulator on the same flash is refused, readers are not.
            self._db.execute("BEGIN IMMEDIATE")
        except sqlite.Error as error:
            in_use = " (other drones use it)" if "locked" in str(error) else ""
            raise FlashError(f"{path}: {error}{in_use}") from None

    def power_up(self, drone_ids: Sequence[str]) -> dict[str, tuple[int, Saved | None]]:
        """Counts a power-up of each drone, on disk when it returns: drone -> its new boot, and its last moment if it had one."""
        known = {row[0]: row[1:] for row in self._db.execute("SELECT drone_id, boot, last_moment FROM drone")}
        result = {}
        for drone_id in drone_ids:
            boot, moment = known.get(drone_id, (0, None))
            result[drone_id] = (boot + 1, _saved_decoder.decode(moment) if moment else None)
        self._db.executemany(
            "INSERT INTO drone (drone_id, boot) VALUES (?, ?) ON CONFLICT (drone_id) DO UPDATE SET boot = excluded.boot",
            [(drone_id, boot) for drone_id, (boot, _) in result.items()],
        )
        self.commit()
        return result

    def put(
        self, messages: Iterable[Message], *, telemetry_published_at: datetime | None
    ) -> dict[tuple[str, Key], Report]:
        """Keeps new messages: reports with their bytes, telemetry in the ledger only. Returns the reports, ready to send."""
        ledger, kept = [], []
        reports: dict[tuple[str, Key], Report] = {}
        alerts: set[str] = set()
        telemetry_ms = None if telemetry_published_at is None else _ms(telemetry_published_at)
        for message in messages:
            kind = kind_of(message)
            stream, drone_id, boot, seq = stream_of(kind), message.drone_id, message.boot, message.seq
            published = telemetry_ms if stream == "telemetry" else None
            ledger.append((drone_id, boot, stream, seq, kind, message.id, _ms(message.captured_at), published))
            if stream != "report":
                continue
            if isinstance(message, Violation) and message.needs_human:
                alerts.add(message.id)
            alert = message.violation_id if isinstance(message, Evidence) and message.violation_id in alerts else None
            payload = encode(message)
            kept.append((drone_id, boot, seq, kind, alert, payload))
            reports[drone_id, Key(boot, seq)] = Report(kind, payload)
        self._db.executemany(
            "INSERT INTO made (drone_id, boot, stream, seq, kind, id, captured_ms, published_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            ledger,
        )
        self._db.executemany(
            "INSERT INTO kept (drone_id, boot, seq, kind, alert, payload) VALUES (?, ?, ?, ?, ?, ?)", kept
        )
        return reports

    def mark_published(self, keys: Iterable[tuple[str, Key]], now: datetime) -> None:
        """Notes the first hand-over of reports to the broker; later ones do not count."""
        at = _ms(now)
        self._db.executemany(
            "UPDATE made SET published_ms = ? WHERE drone_id = ? AND boot = ? AND stream = 'report' AND seq = ?"
            " AND published_ms IS NULL",
            [(at, drone_id, key.boot, key.seq) for drone_id, key in keys],
        )

    def forget(self, drone_id: str, boot: int, seqs: Iterable[int]) -> None:
        """The bridge has stored these reports: marks them and drops their bytes, except the pictures of alerts."""
        rows = [(drone_id, boot, first, last) for first, last in ranges(seqs)]
        within = "drone_id = ? AND boot = ? AND seq BETWEEN ? AND ?"
        self._db.executemany("UPDATE made SET acknowledged = 1 WHERE stream = 'report' AND " + within, rows)
        self._db.executemany(
            "INSERT INTO picture (violation_id, payload)"
            " SELECT alert, payload FROM kept WHERE alert IS NOT NULL AND " + within,
            rows,
        )
        self._db.executemany("DELETE FROM kept WHERE " + within, rows)

    def save(self, moments: Iterable[tuple[str, Saved]]) -> None:
        """Remembers where drones are."""
        self._db.executemany(
            "UPDATE drone SET last_moment = ? WHERE drone_id = ?",
            [(msgspec.json.encode(moment), drone_id) for drone_id, moment in moments],
        )

    def commit(self) -> None:
        """Puts everything since the last commit on the disk."""
        self._db.execute("COMMIT")
        self._db.execute("BEGIN IMMEDIATE")

    def unacknowledged(self) -> dict[str, list[Key]]:
        """What each drone still has to send, older boots first."""
        rows = self._db.execute("SELECT drone_id, boot, seq FROM kept ORDER BY drone_id, boot, seq")
        return {
            drone_id: [Key(boot, seq) for _, boot, seq in group]
            for drone_id, group in groupby(rows, lambda row: row[0])
        }

    def report(self, drone_id: str, key: Key) -> Report | None:
        """The bytes of a kept report; None if it is acknowledged by now."""
        row = self._db.execute(
            "SELECT kind, payload FROM kept WHERE drone_id = ? AND boot = ? AND seq = ?", (drone_id, key.boot, key.seq)
        ).fetchone()
        return Report(*row) if row else None

    def picture(self, violation_id: str) -> list[bytes]:
        """The parts of an alert's picture as they were sent, in their order; empty if it is no longer kept."""
        rows: list[tuple[bytes]] = self._db.execute(
            "SELECT payload FROM picture WHERE violation_id = ? ORDER BY id", (violation_id,)
        ).fetchall()
        rows += self._db.execute(
            "SELECT payload FROM kept WHERE alert = ? ORDER BY boot, seq", (violation_id,)
        ).fetchall()
        return [payload for (payload,) in rows]

    def thin_pictures(self) -> None:
        """Drops all but the newest PICTURES_KEPT parts of pictures that are stored at the bridge."""
        self._db.execute("DELETE FROM picture WHERE id <= (SELECT max(id) FROM picture) - ?", (PICTURES_KEPT,))

    def close(self) -> None:
        """Commits and closes."""
        self._db.execute("COMMIT")
        self._db.close()


def made(path: str | Path) -> Iterator[Made]:
    """Everything ever made by the drones of this flash, also while they fly or after they were killed. Raises FlashError."""
    try:
        # Not mode=ro: after a clean end there is no WAL index beside the file, and reading needs one.
        db = sqlite.connect(f"file:{Path(path).absolute()}?mode=rw", uri=True, isolation_level=None)
        db.execute("PRAGMA query_only=ON")
        rows = db.execute(
            "SELECT kind, id, drone_id, boot, seq, captured_ms, published_ms, acknowledged FROM made"
            " ORDER BY drone_id, boot, stream, seq"
        )
    except sqlite.Error as error:
        raise FlashError(f"{path}: {error}") from None
    try:
        for row in rows:
            yield _made(row)
    finally:
        db.close()


def ranges(numbers: Iterable[int]) -> list[tuple[int, int]]:
    """(first, last) of each unbroken run, ascending."""
    found: list[tuple[int, int]] = []
    for number in sorted(numbers):
        if found and number == found[-1][1] + 1:
            found[-1] = (found[-1][0], number)
        else:
            found.append((number, number))
    return found


def _made(row: tuple[Any, ...]) -> Made:
    kind, id_, drone_id, boot, seq, captured_ms, published_ms, acknowledged = row
    return Made(
        kind,
        id_,
        drone_id,
        boot,
        seq,
        _at(captured_ms),
        None if published_ms is None else _at(published_ms),
        bool(acknowledged),
    )


def _ms(at: datetime) -> int:
    return (at - _EPOCH) // _MILLISECOND


def _at(ms: int) -> datetime:
    return _EPOCH + timedelta(milliseconds=ms)
