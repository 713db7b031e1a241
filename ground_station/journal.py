"""The desk's small memory: decisions not yet acknowledged, half-typed forms, preferences, and when each alert was first on screen.

One SQLite file for one officer at one station. Each write is one transaction on disk (WAL, synchronous=FULL) before the method returns,
so a kill at any moment leaves either the state before or the state after. The readers at the end open the file while its desk runs.

sqlite-utils is left out here: it reads pandas wherever that is installed, which was 5 of the 6 s until the window opened.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import msgspec
import sqlcipher3.dbapi2 as sqlite

from ground_station.view_model.coding_desk import form_of_kept
from ground_station.view_model.effects import Kept
from ground_station.view_model.station_state import Done
from messages.coding import Form
from messages.errors import DecodeError

FORMS_KEPT = timedelta(days=7)  # as long as a drone keeps its reports; an alert that old is closed
SHOWN_KEPT = timedelta(days=30)
BUSY_MS = 5_000  # another window of the same officer, or a reader, holds the file for a moment

_SCHEMA = """
create table if not exists desk (
    id text not null, station text not null, officer text not null, boot integer not null
) strict;
create table if not exists decisions (
    correction_id text primary key, violation_id text not null, drone_id text not null,
    boot integer not null, seq integer not null, status text not null, code integer,
    claimed_at text not null, decided_at text not null, payload blob not null,
    sent_at text, answered_at text, ok integer, reason text not null default ''
) strict;
create table if not exists forms (violation_id text primary key, form text not null, changed_at text not null) strict;
create table if not exists shown (violation_id text primary key, shown_at text not null) strict;
create table if not exists preferences (name text primary key, value text not null) strict;
"""


class JournalError(Exception):
    """The journal can't be used; the text says in one line why and what to do."""


class Shown(NamedTuple):
    """When an alert was first on screen, or in the headless list."""

    violation_id: str
    shown_at: datetime


class Decided(NamedTuple):
    """One decision of the desk and what became of it: `ok` is None until the bridge answered."""

    correction_id: str
    violation_id: str
    decided_at: datetime
    answered_at: datetime | None
    ok: bool | None
    reason: str


class Journal:
    """The open journal. Its methods may be called from any one thread at a time."""

    def __init__(self, database: sqlite.Connection, desk: str, boot: int) -> None:
        self._database = database
        self.desk = desk
        self.boot = boot

    @classmethod
    def open(cls, path: Path, *, station: str, officer: str, now: datetime, dice: Callable[[], int]) -> Journal:
        """Open or make the journal, and count one more start of the desk.

        Raises JournalError for a file that is not a journal, is damaged, or belongs to another officer or station.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            database = _connected(path)
            database.execute("pragma journal_mode = wal")
            database.execute("pragma synchronous = full")
            problem = database.execute("pragma quick_check(1)").fetchone()[0]
            if problem != "ok":
                raise JournalError(f"{path} is damaged ({problem}): move it away and start again")
            database.executescript(_SCHEMA)
            with _one_step(database):
                desk, boot = _one_more_start(database, path, station, officer, dice)
                database.execute("delete from forms where changed_at < ?", [_text(now - FORMS_KEPT)])
                database.execute("delete from shown where shown_at < ?", [_text(now - SHOWN_KEPT)])
        except sqlite.DatabaseError as error:
            raise JournalError(f"{path} can't be used as a journal: {error}") from error
        return cls(database, desk, boot)

    def kept(self) -> tuple[Kept, ...]:
        """The decisions that the bridge has not answered, in the order of deciding."""
        rows = self._database.execute("select * from decisions where answered_at is null order by boot, seq")
        return tuple(_kept(row) for row in rows)

    def forms(self) -> dict[str, Form]:
        """The half-typed forms by violation id."""
        rows = self._database.execute("select violation_id, form from forms")
        return {row["violation_id"]: msgspec.json.decode(row["form"], type=Form) for row in rows}

    def done(self, since: datetime) -> tuple[Done, ...]:
        """The decisions since then that the bridge did not refuse, oldest first."""
        rows = self._database.execute(
            "select * from decisions where decided_at >= ? and ok is not 0 order by decided_at", [_text(since)]
        )
        return tuple(_done(row) for row in rows)

    def preferences(self) -> dict[str, str]:
        """What the front ends kept."""
        return {row["name"]: row["value"] for row in self._database.execute("select name, value from preferences")}

    def keep(self, kept: Kept) -> None:
        """Write a decision, and put its half-typed form away with it."""
        with _one_step(self._database):
            self._database.execute(
                "insert or ignore into decisions(correction_id, violation_id, drone_id, boot, seq, status, code,"
                " claimed_at, decided_at, payload) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [
                    kept.correction_id,
                    kept.violation_id,
                    kept.drone_id,
                    kept.boot,
                    kept.seq,
                    kept.status,
                    kept.code,
                    _text(kept.claimed_at),
                    _text(kept.decided_at),
                    kept.payload,
                ],
            )
            self._database.execute("delete from forms where violation_id = ?", [kept.violation_id])

    def sent(self, correction_id: str, at: datetime) -> None:
        """Note that a decision is being sent, the first time."""
        self._database.execute(
            "update decisions set sent_at = ? where correction_id = ? and sent_at is null", [_text(at), correction_id]
        )

    def take_back(self, correction_id: str, violation_id: str, form: Form, at: datetime) -> None:
        """Delete a decision that was never sent; its form is half-typed again."""
        with _one_step(self._database):
            self._database.execute("delete from decisions where correction_id = ? and sent_at is null", [correction_id])
            self.keep_form(violation_id, form, at)

    def answered(self, correction_id: str, at: datetime, *, ok: bool, reason: str) -> None:
        """Write the bridge's answer."""
        self._database.execute(
            "update decisions set answered_at = ?, ok = ?, reason = ? where correction_id = ? and answered_at is null",
            [_text(at), int(ok), reason, correction_id],
        )

    def keep_form(self, violation_id: str, form: Form, at: datetime) -> None:
        """Write a half-typed form."""
        self._database.execute(
            "insert or replace into forms(violation_id, form, changed_at) values (?, ?, ?)",
            [violation_id, msgspec.json.encode(form).decode(), _text(at)],
        )

    def drop_form(self, violation_id: str) -> None:
        """Put a half-typed form away."""
        self._database.execute("delete from forms where violation_id = ?", [violation_id])

    def note_shown(self, violation_ids: Sequence[str], at: datetime) -> None:
        """Write when alerts were on screen; only the first time of each counts."""
        with _one_step(self._database):
            for violation_id in violation_ids:
                self._database.execute("insert or ignore into shown values (?, ?)", [violation_id, _text(at)])

    def keep_preference(self, name: str, value: str) -> None:
        """Write a preference."""
        self._database.execute("insert or replace into preferences(name, value) values (?, ?)", [name, value])

    def close(self) -> None:
        """Close the file."""
        self._database.close()


def shown(path: Path | str) -> Iterator[Shown]:
    """When each alert was first on screen, oldest first. Opens the file while its desk runs, or after a kill."""
    for row in _read(path, "shown", "shown_at"):
        yield Shown(row["violation_id"], _time(row["shown_at"]))


def decided(path: Path | str) -> Iterator[Decided]:
    """Every decision of the desk, oldest first. Opens the file while its desk runs, or after a kill."""
    for row in _read(path, "decisions", "decided_at"):
        yield Decided(
            row["correction_id"],
            row["violation_id"],
            _time(row["decided_at"]),
            _time(row["answered_at"]) if row["answered_at"] else None,
            None if row["ok"] is None else bool(row["ok"]),
            row["reason"],
        )


def _connected(path: Path) -> sqlite.Connection:
    connection = sqlite.connect(str(path), isolation_level=None, check_same_thread=False)
    connection.row_factory = sqlite.Row
    connection.execute(f"pragma busy_timeout = {BUSY_MS}")
    return connection


@contextmanager
def _one_step(database: sqlite.Connection) -> Iterator[None]:
    """One transaction: all of it or nothing."""
    database.execute("begin immediate")
    try:
        yield
    except BaseException:
        database.rollback()
        raise
    database.commit()


def _read(path: Path | str, table: str, order: str) -> list[sqlite.Row]:
    """All rows of a table; none if the desk was never opened, or is just being opened for the first time."""
    if not Path(path).exists():
        return []
    database = _connected(Path(path))
    try:
        database.execute("pragma query_only = on")
        if database.execute("select 1 from sqlite_master where name = ?", [table]).fetchone() is None:
            return []
        return list(database.execute(f"select * from {table} order by {order}"))
    finally:
        database.close()


def _one_more_start(
    database: sqlite.Connection, path: Path, station: str, officer: str, dice: Callable[[], int]
) -> tuple[str, int]:
    rows = list(database.execute("select id, station, officer, boot from desk"))
    if not rows:
        desk = f"d-{dice() & 0xFFFFFFFF:08x}"
        database.execute("insert into desk values (?, ?, ?, 1)", [desk, station, officer])
        return desk, 1
    row = rows[0]
    if (row["station"], row["officer"]) != (station, officer):
        raise JournalError(
            f"{path} is the journal of officer {row['officer']} at station {row['station']}: choose another --journal"
        )
    database.execute("update desk set boot = boot + 1")
    return row["id"], row["boot"] + 1


def _kept(row: sqlite.Row) -> Kept:
    return Kept(
        correction_id=row["correction_id"],
        violation_id=row["violation_id"],
        drone_id=row["drone_id"],
        boot=row["boot"],
        seq=row["seq"],
        status=row["status"],
        code=row["code"],
        claimed_at=_time(row["claimed_at"]),
        decided_at=_time(row["decided_at"]),
        payload=bytes(row["payload"]),
        sent_at=_time(row["sent_at"]) if row["sent_at"] else None,
    )


def _done(row: sqlite.Row) -> Done:
    try:
        form = form_of_kept(_kept(row)) or Form()
    except DecodeError:  # of an older program: it still counts, only its plate is not known
        form = Form()
    return Done(
        row["correction_id"],
        _time(row["decided_at"]),
        max(0.0, (_time(row["decided_at"]) - _time(row["claimed_at"])).total_seconds()),
        row["status"],
        row["violation_id"],
        row["code"],
        form.plate,
        form.plate_state,
    )


def _text(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds")


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)
