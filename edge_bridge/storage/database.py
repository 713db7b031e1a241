"""Opens the bridge's SQLite files: the one place that knows the library, its settings and its errors.

The library is sqlcipher3 and not the standard one: it brings SQLite 3.53, while Debian's 3.40 has a fault that can damage a database
with a write-ahead log (3.7.0 to 3.51.2). A key turns encryption on (SQLCipher); without one the file is plain. Whether it is encrypted is
proved in sealing.py.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlcipher3 import dbapi2

from edge_bridge.errors import StoreBusy, StoreDamaged, StoreError, StoreFull
from edge_bridge.storage.keys import HEADER, is_raw, literal, quoted

PAGE_BYTES = 4_096
LOG_PAGES = 4_000  # 16 MB before a checkpoint: few pauses, and still small
BUSY_MS = 5_000  # only a reader's checkpoint can be in the way, for milliseconds
DatabaseError: type[Exception] = dbapi2.Error
STEPS: dict[str, tuple[str, ...]] = {
    "store": ("001_store", "002_summons", "003_shedding", "004_gaps", "005_numbers"),
    "sent": ("001_sent",),
}
"""The steps of each schema, as they are named in migrations.py."""


class Connection:
    """One connection, for one thread. Raises StoreError for everything that the disk or another program does to it."""

    def __init__(
        self,
        path: Path,
        *,
        key: str | None = None,
        writes: bool = False,
        durable: bool = False,
        log_pages: int = LOG_PAGES,
        salt: bytes | None = None,
    ) -> None:
        """`durable`: a commit survives a power cut (synchronous=FULL); else only the end of this process. `log_pages`: when the log is
        put into the file. `salt`: of a new file.
        """
        self.path = path
        if not writes and not path.exists():
            raise StoreError(f"{path} does not exist")
        with translated(path):
            # autocommit: transactions begin and end where the code says so
            self.raw: Any = dbapi2.connect(str(path), timeout=BUSY_MS / 1000, isolation_level=None)
            try:
                self._begin(key, salt, writes=writes, durable=durable, log_pages=log_pages)
            except BaseException:
                self.raw.close()
                raise

    def _begin(self, key: str | None, salt: bytes | None, *, writes: bool, durable: bool, log_pages: int) -> None:
        if key is not None:
            self.raw.execute("PRAGMA cipher_log_level = NONE")  # its errors come as exceptions, in our own words
            self.raw.execute(f"PRAGMA key = {quoted(key)}")
            if salt is not None and not is_raw(key):
                self.raw.execute(f"PRAGMA cipher_salt = \"x'{salt.hex()}'\"")
        self.raw.execute("PRAGMA temp_store = MEMORY")  # what a large sort needs must not lie on the disk in plain
        self.raw.execute("PRAGMA auto_vacuum = INCREMENTAL")  # of a new file; an old one keeps what it has
        self.raw.execute("PRAGMA secure_delete = 1")  # a plate that was purged is not to be read in a free page
        self.raw.execute("PRAGMA journal_mode = WAL" if writes else "PRAGMA query_only = 1")
        self.raw.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
        self.raw.execute(f"PRAGMA wal_autocheckpoint = {log_pages}")
        self.raw.execute(f"PRAGMA journal_size_limit = {4 * log_pages * PAGE_BYTES}")

    def migrate(self, which: str) -> None:
        """Brings the schema up to date (`store` or `sent`); each step is one transaction."""
        with translated(self.path):
            if STEPS[which] != self._steps(which):
                # Here and not above: needed once in a store's life.
                from edge_bridge.storage.migrations import apply

                apply(self.raw, which)

    def make_givable(self) -> None:
        """Free pages can be given back from now on: a file made before that was so is rewritten, once, if there is room for a copy."""
        with translated(self.path):
            if int(self.raw.execute("PRAGMA auto_vacuum").fetchone()[0]) != 0:
                return
            if shutil.disk_usage(self.path.parent).free > 2 * self.path.stat().st_size:
                self.raw.execute("PRAGMA auto_vacuum = INCREMENTAL")
                self.raw.execute("VACUUM")  # killed meanwhile it has changed nothing

    def is_made(self) -> bool:
        """Whether the file has its tables; false for a moment while its owner makes it."""
        with translated(self.path):
            return bool(self.raw.execute("SELECT 1 FROM sqlite_master WHERE name = 'station'").fetchone())

    def copy_to(self, path: Path, key: str) -> None:
        """Everything into a new encrypted file, synced when this returns."""
        with translated(path):
            vacuum = self.raw.execute("PRAGMA auto_vacuum").fetchone()[0]
            self.raw.execute("ATTACH ? AS copy KEY ?", (str(path), literal(key)))
            self.raw.execute(f"PRAGMA copy.auto_vacuum = {vacuum}")
            self.raw.execute("SELECT sqlcipher_export('copy')").fetchone()
            self.raw.execute("DETACH copy")

    def _steps(self, which: str) -> tuple[str, ...]:
        if self.raw.execute("SELECT 1 FROM sqlite_master WHERE name = '_sqlite_migrations'").fetchone() is None:
            return ()
        sql = "SELECT name FROM _sqlite_migrations WHERE migration_set = ? ORDER BY id"
        return tuple(name for (name,) in self.raw.execute(sql, (f"edge_bridge.{which}",)))

    def all(self, sql: str, values: tuple[object, ...] = ()) -> list[Any]:
        with translated(self.path):
            return list(self.raw.execute(sql, values))

    def one(self, sql: str, values: tuple[object, ...] = ()) -> Any | None:
        with translated(self.path):
            return self.raw.execute(sql, values).fetchone()

    def each(self, sql: str, values: tuple[object, ...] = ()) -> Iterator[Any]:
        """The rows one after the other, read at one moment in time."""
        with translated(self.path):
            yield from self.raw.execute(sql, values)

    @contextmanager
    def transaction(self) -> Iterator[Any]:
        """All of it or nothing; yields the raw connection."""
        with translated(self.path):
            self.raw.execute("BEGIN IMMEDIATE")
            try:
                yield self.raw
                self.raw.execute("COMMIT")
            except BaseException:
                if self.raw.in_transaction:
                    self.raw.execute("ROLLBACK")
                raise

    @contextmanager
    def durable(self) -> Iterator[None]:
        """What is committed within survives a power cut, on a connection whose other commits need not."""
        with translated(self.path):
            self.raw.execute("PRAGMA synchronous = FULL")
        try:
            yield
        finally:
            with translated(self.path):
                self.raw.execute("PRAGMA synchronous = NORMAL")

    def close(self) -> None:
        with translated(self.path):
            self.raw.close()


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """SQLite's errors as StoreError, each in one line that names the file."""
    try:
        yield
    except DatabaseError as error:
        words = f"{path.name}: {error}"
        match getattr(error, "sqlite_errorcode", 0) & 0xFF:
            case dbapi2.SQLITE_BUSY | dbapi2.SQLITE_LOCKED:
                raise StoreBusy(words) from error
            case dbapi2.SQLITE_FULL:
                raise StoreFull(words) from error
            case dbapi2.SQLITE_CORRUPT | dbapi2.SQLITE_NOTADB:
                raise StoreDamaged(words) from error
        raise StoreError(words) from error


def is_plain(path: Path) -> bool:
    """Whether anybody can read the file."""
    with path.open("rb") as file:
        return file.read(len(HEADER)) == HEADER


def beside(path: Path, key: str | None) -> Connection:
    """A file for reading. A plain one needs no key, whoever has one: runs from before there were keys stay readable."""
    return Connection(path, key=None if path.exists() and is_plain(path) else key)


def sent_path(store: Path) -> Path:
    """Where the sending process keeps what is sent of a store."""
    return store.with_name(store.name + ".sent")
