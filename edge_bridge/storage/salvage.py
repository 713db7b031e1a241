"""Reads what can be read of a damaged store, around its bad pages, and works out what is lost. Reads a copy and writes nothing.

A table is read in order of its key. At a bad page the reading jumps to the first key behind it that can be read, found by doubling and
halving. The indexes by number hold (drone, boot, seq) and row of every report a second time: what they name and the tables no longer
have is lost, by name.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from edge_bridge.errors import StoreDamaged
from edge_bridge.storage.database import Connection
from edge_bridge.storage.keys import PAGE, derived
from edge_bridge.storage.putting import TABLES
from messages.priority import Lane

LARGEST_KEY = 2**62
NUMBERED = (Lane.ALERT, Lane.VIOLATION, Lane.EVIDENCE)
NUMBERINGS = {"by_seq": ("seq", "boot", "drone_id"), "by_number": ("drone_id", "boot", "seq")}
"""The index of a lane by number, now and before step 005: the end of its name, and its columns."""


class Table(NamedTuple):
    """A table as the store's schema has it now. `key`: the columns of its primary key."""

    name: str
    columns: tuple[str, ...]
    key: tuple[str, ...]
    has_rowid: bool


class Lost(NamedTuple):
    """A message whose row cannot be read: its name, from the index."""

    lane: Lane
    drone_id: str
    boot: int
    seq: int
    row: int


def tables_of(db: Connection) -> list[Table]:
    """Every table of a store that is whole."""
    found = []
    for name, sql in db.all("SELECT name, sql FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"):
        columns = db.all(f"PRAGMA table_info({name})")
        key = tuple(column[1] for column in sorted(columns, key=lambda column: int(column[5])) if column[5])
        found.append(Table(name, tuple(column[1] for column in columns), key, "WITHOUT ROWID" not in sql))
    return found


def roots_of(db: Connection) -> dict[str, int]:
    """Table or index -> its first page: with them a store can be read whose page 1 is lost."""
    return dict(db.all("SELECT name, rootpage FROM sqlite_master WHERE rootpage > 0"))


class Remains:
    """A damaged store, opened for reading. `jumps`: table -> ranges of its key that could not be read."""

    def __init__(self, copy: Path, key: str | None, tables: list[Table], roots: dict[str, int]) -> None:
        """`roots`: as they were at the last start, for a copy whose own schema cannot be read. Raises StoreError."""
        self.jumps: dict[str, list[tuple[int, int]]] = {}
        self._copy = copy
        self._key = key
        if key is not None:
            with copy.open("rb") as file:
                self._key = derived(key, file.read(16))
        try:
            self._db = Connection(copy, key=self._key)
            roots_of(self._db)
        except StoreDamaged:
            if key is None:
                raise
            _graft(copy, key, tables, roots)
            self._db = Connection(copy, key=self._key)
        self._names = {name for (name,) in self._db.all("SELECT name FROM sqlite_master")}

    def rows(self, table: Table) -> Iterator[tuple[Any, ...]]:
        """Every row that can be read, in the order of the table's columns."""
        if table.name not in self._names:
            return
        try:
            here = {column[1] for column in self._db.all(f"PRAGMA table_info({table.name})")}
        except StoreDamaged:
            self._damaged(table.name)
            return
        columns = ", ".join(column if column in here else f"NULL AS {column}" for column in table.columns)
        if table.has_rowid and len(table.key) == 1:
            yield from self._around(table.name, f"SELECT {table.key[0]}, {columns} FROM {table.name}", table.key[0])
        else:
            yield from self._from_both_ends(table, columns)

    def numbers(self, lane: Lane) -> Iterator[Lost]:
        """Every message that the lane's index by number names."""
        for end, columns in NUMBERINGS.items():
            if (index := f"{TABLES[lane]}_{end}") in self._names:
                yield from self._numbers_in(index, lane, columns)

    def _numbers_in(self, index: str, lane: Lane, columns: tuple[str, ...]) -> Iterator[Lost]:
        sql = f"SELECT drone_id, boot, seq, row FROM {TABLES[lane]} INDEXED BY {index} ORDER BY "
        seen: set[tuple[Any, ...]] = set()
        for direction in ("ASC", "DESC"):
            try:
                for found in self._db.each(sql + ", ".join(f"{column} {direction}" for column in columns)):
                    if direction == "ASC":
                        seen.add(found)
                    elif found in seen:
                        break
                    yield Lost(lane, *found)
                if direction == "ASC":
                    return
            except StoreDamaged:
                self._damaged(index)

    def close(self) -> None:
        self._db.close()

    def _around(self, name: str, sql: str, key: str) -> Iterator[tuple[Any, ...]]:
        at = -1  # every key up to here is read, or lost
        while True:
            try:
                for found in self._db.each(f"{sql} WHERE {key} > ? ORDER BY {key}", (at,)):
                    at = found[0]
                    yield found[1:]
                return
            except StoreDamaged:
                self._damaged(name)
                start = self._readable_after(name, key, at)
                self.jumps[name].append((at + 1, start - 1))
                if start >= LARGEST_KEY:
                    return
                at = start - 1

    def _readable_after(self, name: str, key: str, at: int) -> int:
        """The first key behind `at` from which on can be read, as near as doubling and halving find it."""
        bad, step = at + 1, 1
        while not self._is_readable(name, key, good := min(bad + step, LARGEST_KEY)):
            if good == LARGEST_KEY:
                return LARGEST_KEY
            bad, step = good, step * 2
        while good - bad > 1:
            middle = (good + bad) // 2
            good, bad = (middle, bad) if self._is_readable(name, key, middle) else (good, middle)
        return good

    def _is_readable(self, name: str, key: str, at: int) -> bool:
        try:
            self._db.one(f"SELECT * FROM {name} WHERE {key} >= ? ORDER BY {key} LIMIT 1", (at,))
        except StoreDamaged:
            self._damaged(name)
            return False
        return True

    def _damaged(self, name: str) -> None:
        """SQLCipher gives nothing more to a connection that once met a bad page: a new one goes on."""
        self.jumps.setdefault(name, [])
        self._db.close()
        self._db = Connection(self._copy, key=self._key)

    def _from_both_ends(self, table: Table, columns: str) -> Iterator[tuple[Any, ...]]:
        places = [table.columns.index(column) for column in table.key]
        seen: set[tuple[Any, ...]] = set()
        for direction in ("ASC", "DESC"):
            order = ", ".join(f"{column} {direction}" for column in table.key) or f"rowid {direction}"
            try:
                for found in self._db.each(f"SELECT {columns} FROM {table.name} ORDER BY {order}"):
                    name = tuple(found[place] for place in places) or found
                    if name in seen:
                        break
                    seen.add(name)
                    yield found
                if direction == "ASC":
                    return
            except StoreDamaged:
                self._damaged(table.name)


def _graft(copy: Path, key: str, tables: list[Table], roots: dict[str, int]) -> None:
    """Gives the copy a new first page with the schema, made by SQLite in a file of its own with the same key."""
    pages = copy.stat().st_size // PAGE
    template = copy.with_name(copy.name + ".page1")
    template.unlink(missing_ok=True)
    with copy.open("rb") as file:
        salt = file.read(16)
    made = Connection(template, key=key, salt=salt, writes=True)
    with made.transaction() as db:
        for table in tables:
            if table.name in roots:
                ends = f", PRIMARY KEY ({', '.join(table.key)})) WITHOUT ROWID"
                db.execute(
                    _created(table)
                    if table.has_rowid
                    else f"CREATE TABLE {table.name} ({', '.join(table.columns)}{ends}"
                )
        for lane in NUMBERED:
            for end, numbers in NUMBERINGS.items():
                if (index := f"{TABLES[lane]}_{end}") in roots:
                    db.execute(f"CREATE INDEX {index} ON {TABLES[lane]} ({', '.join(numbers)})")
        # SQLite believes the page 1 that it is given when that says how many pages there are.
        db.execute("CREATE TABLE filling (bytes)")
        for _ in range(0, pages, 10_000):
            db.execute("INSERT INTO filling VALUES (zeroblob(?))", (10_000 * PAGE,))
        db.execute("PRAGMA writable_schema = ON")
        db.executemany(
            "UPDATE sqlite_master SET rootpage = ? WHERE name = ?", [(page, name) for name, page in roots.items()]
        )
    made.one("PRAGMA wal_checkpoint(TRUNCATE)")
    made.close()
    with template.open("rb") as source, copy.open("r+b") as file:
        file.write(source.read(PAGE))
        file.truncate(max(pages * PAGE, template.stat().st_size))
    template.unlink()


def _created(table: Table) -> str:
    columns = [f"{name} INTEGER PRIMARY KEY" if (name,) == table.key else name for name in table.columns]
    return f"CREATE TABLE {table.name} ({', '.join(columns)})"


def keepsake(roots: dict[str, int], station: dict[str, str]) -> str:
    """What the sending process's file keeps of the store for such a day."""
    return json.dumps({"roots": roots, "station": station})


def kept(keepsake: str | None) -> tuple[dict[str, int], dict[str, str]]:
    """Roots and station; empty where nothing was kept."""
    found = json.loads(keepsake) if keepsake else {}
    return found.get("roots", {}), found.get("station", {})
