"""The file of a recorded shift: its tables, who may hold it, and how it is read. recording.py writes it, replay and export read it.

shift(format, station, officer, opened_us)       one row
states(at_us, after_block, begins, data)         the whole desk; `begins`: a stretch begins, because the desk was opened (again)
blocks(number, first_us, last_us, data)          what came in within about a second
pictures(digest, last_us, image)                 each once, by its SHA-256
lines(number, at_us, text, ..., clock)           the log in words
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import sqlcipher3.dbapi2 as sqlite

from ground_station.view_model.log_view import LogLine
from ground_station.view_model.moments import Began, Moment, moments_of, state_of

FORMAT = 1
END = ".shift"
BUSY_MS = 5_000
_SCHEMA = """
create table shift (format integer not null, station text not null, officer text not null, opened_us integer not null) strict;
create table blocks (number integer primary key autoincrement, first_us integer not null, last_us integer not null,
    data blob not null) strict;
create table states (at_us integer not null, after_block integer not null, begins integer not null, data blob not null) strict;
create index states_at on states(at_us);
create table pictures (digest text primary key, last_us integer not null, image blob not null) strict;
create table lines (number integer primary key, at_us integer not null, text text not null, drone_id text, violation_id text,
    lat_deg real, lon_deg real, clock text not null) strict;
"""


class ShiftFileError(Exception):
    """A shift can't be read or made; the text says in one line why."""


class Shift(NamedTuple):
    """One recorded shift, for the list. `problem`: why it can't be read; the rest is then empty."""

    path: Path
    station: str
    officer: str
    start: datetime
    end: datetime
    lines: int
    alerts: int
    size_bytes: int
    problem: str = ""

    @property
    def name(self) -> str:
        """What the commands call it."""
        return self.path.name.removesuffix(END)


class Held:
    """That this process writes the file; ends with the process, however that ends."""

    def __init__(self, connection: sqlite.Connection) -> None:
        self._connection = connection

    def close(self) -> None:
        self._connection.close()


def hold(path: Path) -> Held | None:
    """Become the one who writes the shift; None if another does. An exclusive transaction on an empty file beside it."""
    lock = Path(f"{path}.lock")
    _touch(lock)
    connection = sqlite.connect(str(lock), timeout=0, isolation_level=None, check_same_thread=False)
    try:
        connection.execute("begin exclusive")
    except sqlite.OperationalError:
        connection.close()
        return None
    return Held(connection)


def connected(path: Path, key: str | None, *, writes: bool = True) -> sqlite.Connection:
    """The open file. Raises ShiftFileError for one that this key does not open."""
    connection = sqlite.connect(str(path), isolation_level=None, check_same_thread=False)
    try:
        if key is not None:
            connection.execute("pragma key = '{}'".format(key.replace("'", "''")))
        connection.execute(f"pragma busy_timeout = {BUSY_MS}")
        if writes:
            connection.execute("pragma journal_mode = wal")
            connection.execute(
                "pragma synchronous = normal"
            )  # a power cut may take the last second too, and damages nothing
            connection.execute("pragma secure_delete = on")
            connection.execute("pragma journal_size_limit = 16777216")
        else:
            connection.execute("pragma query_only = on")
        connection.execute("select count(*) from sqlite_master").fetchone()
    except sqlite.DatabaseError as error:
        connection.close()
        raise ShiftFileError(f"{path.name} can't be opened: {_why(error, key)}") from error
    return connection


def made(path: Path, key: str | None, *, station: str, officer: str, at: datetime) -> sqlite.Connection:
    """A new file, its owner's alone."""
    _touch(path)
    connection = connected(path, key)
    connection.executescript(f"begin; {_SCHEMA} commit;")
    connection.execute("insert into shift values (?, ?, ?, ?)", [FORMAT, station, officer, micros(at)])
    return connection


class ShiftFile:
    """A recorded shift, for reading. One thread at a time."""

    def __init__(self, database: sqlite.Connection, path: Path) -> None:
        self._database, self.path = database, path
        try:
            row = database.execute("select format, station, officer, opened_us from shift").fetchone()
        except sqlite.DatabaseError as error:
            raise ShiftFileError(f"{path.name} is not a recorded shift: {error}") from error
        if row is None or row[0] != FORMAT:
            raise ShiftFileError(f"{path.name} was made by another version of this program")
        self._format, self.station, self.officer, self._opened_us = row

    @classmethod
    def open(cls, path: Path, key: str | None) -> ShiftFile:
        """Open a shift to read it, also while it is being recorded. Raises ShiftFileError."""
        if not path.is_file():
            raise ShiftFileError(f"{path} does not exist")
        database = connected(path, key, writes=False)
        try:
            return cls(database, path)
        except ShiftFileError:
            database.close()
            raise

    def about(self) -> Shift:
        """The shift in a few words. Its span is that of what can be replayed."""
        start_us = self._one("select min(at_us) from states") or self._opened_us
        end_us = max(self._one("select max(last_us) from blocks") or 0, self._one("select max(at_us) from states") or 0)
        return Shift(
            self.path,
            self.station,
            self.officer,
            _time(start_us),
            _time(end_us or start_us),
            self._one("select count(*) from lines") or 0,
            self._one("select count(distinct violation_id) from lines") or 0,
            self.path.stat().st_size,
        )

    def alerts_s(self) -> tuple[float, ...]:
        """When each alert was first spoken of, as Unix times."""
        rows = self._rows(
            "select min(at_us) from lines where violation_id is not null group by violation_id order by 1"
        )
        return tuple(row[0] / 1e6 for row in rows)

    def lines(self, upto: int = 2**62) -> tuple[LogLine, ...]:
        """The log's lines up to that number, oldest first."""
        rows = self._rows(
            "select number, clock, text, drone_id, violation_id, at_us, lat_deg, lon_deg from lines"
            " where number <= ? order by number",
            [upto],
        )
        return tuple(
            LogLine(number, clock, text, drone_id, violation_id, at_us / 1e6, lat_deg, lon_deg)
            for number, clock, text, drone_id, violation_id, at_us, lat_deg, lon_deg in rows
        )

    def picture(self, digest: str) -> bytes:
        """A picture's bytes by their SHA-256; empty if the recording gave it up."""
        rows = self._rows("select image from pictures where digest = ?", [digest])
        return bytes(rows[0][0]) if rows else b""

    def past(self, since: datetime | None = None, *, jump: int = 0) -> Iterator[Began | Moment]:
        """The shift from the kept desk before `since` on (None: from the beginning): that desk, then everything after it."""
        begin = micros(since) if since is not None else 0
        rows = self._rows(
            "select rowid, at_us, after_block from states where at_us <= ? order by at_us desc, rowid desc limit 1",
            [begin],
        ) or self._rows("select rowid, at_us, after_block from states order by at_us, rowid limit 1")
        if not rows:
            return
        state_row, at_us, block = rows[0]
        yield self._began(state_row, at_us, jump)
        stretches = self._rows(
            "select rowid, at_us, after_block from states where begins and rowid > ? order by rowid", [state_row]
        )
        for state_row, at_us, after_block in [*stretches, (None, 0, 2**62)]:
            yield from self._moments(block, after_block)
            block = after_block
            if state_row is not None:
                yield self._began(state_row, at_us, jump)

    def _moments(self, after: int, upto: int) -> Iterator[Moment]:
        """Block for block, so that a long shift is never in memory as a whole."""
        number = after
        while True:
            rows = self._rows(
                "select number, data from blocks where number > ? and number <= ? order by number limit 8",
                [number, upto],
            )
            if not rows:
                return
            for number, data in rows:
                try:
                    yield from moments_of(bytes(data), self.picture)
                except ValueError as error:
                    raise ShiftFileError(f"{self.path.name}: block {number} can't be read: {error}") from error

    def _began(self, state_row: int, at_us: int, jump: int) -> Began:
        data = self._rows("select data from states where rowid = ?", [state_row])[0][0]
        try:
            state = state_of(bytes(data), self.picture, ())
            log_lines = self.lines(upto=state.log.count)
            state = state_of(bytes(data), self.picture, log_lines)
        except ValueError as error:
            raise ShiftFileError(f"{self.path.name}: made by another version of this program ({error})") from error
        return Began(state, _time(at_us), jump)

    def _rows(self, sql: str, values: list[object] | None = None) -> list[tuple]:  # type: ignore[type-arg]
        try:
            return list(self._database.execute(sql, values or []))
        except sqlite.DatabaseError as error:
            raise ShiftFileError(f"{self.path.name} is damaged: {error}") from error

    def _one(self, sql: str) -> int | None:
        value = self._rows(sql)[0][0]
        return None if value is None else int(value)

    def close(self) -> None:
        self._database.close()


def shifts_in(folder: Path, key: str | None) -> list[Shift]:
    """The recorded shifts in a folder, newest first; those that can't be read come last, with the reason."""
    found, broken = [], []
    for path in folder.glob(f"*{END}"):
        try:
            file = ShiftFile.open(path, key)
            try:
                found.append(file.about())
            finally:
                file.close()
        except (ShiftFileError, OSError) as error:
            never = datetime(1970, 1, 1, tzinfo=UTC)
            broken.append(Shift(path, "", "", never, never, 0, 0, 0, str(error)))
    return sorted(found, key=lambda shift: shift.end, reverse=True) + sorted(broken, key=lambda shift: shift.path.name)


def find_shift(folder: Path, wanted: str, key: str | None) -> Path:
    """The file that is meant: a path, the beginning of a name, or `latest`. Raises ShiftFileError that says what there is."""
    if Path(wanted).is_file():
        return Path(wanted)
    shifts = [shift for shift in shifts_in(folder, key) if not shift.problem] if folder.is_dir() else []
    if wanted == "latest" and shifts:
        return shifts[0].path
    fits = [path for path in sorted(folder.glob(f"*{END}")) if path.name.startswith(wanted)] if folder.is_dir() else []
    if len(fits) == 1:
        return fits[0]
    there = ", ".join(shift.name for shift in shifts[:5]) or "none"
    what = f"{wanted!r} fits {len(fits)} shifts" if fits else f"there is no shift {wanted!r}"
    raise ShiftFileError(f"{what} in {folder}; the newest are: {there}")


def _touch(path: Path) -> None:
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))


def _why(error: Exception, key: str | None) -> str:
    text = str(error)
    if "not a database" not in text:
        return text
    return "it is encrypted with another key" if key is not None else "it is encrypted: set KESTREL_STORE_KEY"


def micros(at: datetime) -> int:
    """Unix time in whole microseconds, exactly."""
    return (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def _time(micros: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=micros)
