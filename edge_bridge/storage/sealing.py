"""Encryption at rest: what a store file is, the proof at the start that it cannot be read without its key, and the change of key.

`PRAGMA key` on an engine without a cipher does nothing and says nothing. So nobody's word is taken for it: prove() looks.
"""

from __future__ import annotations

import logging
import os
import secrets
from enum import Enum
from pathlib import Path

from edge_bridge.errors import StoreError
from edge_bridge.storage.database import Connection
from edge_bridge.storage.keys import HEADER, PAGE, PageCheck
from edge_bridge.storage.pages import wal_of

log = logging.getLogger(__name__)

LOOKED_AT = 64  # pages, spread over the file: enough to tell a wrong key from damage
SEARCHED_BYTES = 80_000_000  # for the canary, from the end of each file: the whole write-ahead log and far more


class SealError(Exception):
    """The store is not as secret as it should be, or cannot be read with this key. One plain line."""


class Kind(Enum):
    """What a store file is, as far as a key can tell."""

    NEW = "not there or empty"
    PLAIN = "readable by anybody"
    SEALED = "written with this key"
    FOREIGN = "written with another key, or no store at all"
    DAMAGED = "written with this key, and its first page is damaged"


def kind_of(path: Path, key: str | None) -> Kind:
    """Looks at up to LOOKED_AT pages. Raises StoreError if the file cannot be read."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(0)
            first = file.read(PAGE)
            if not first:
                return Kind.NEW
            if first.startswith(HEADER):
                return Kind.PLAIN
            if key is None:
                return Kind.FOREIGN
            check = PageCheck(key, first)
            if check.is_whole(1, first):
                return Kind.SEALED
            pages = size // PAGE
            for index in range(1, pages, max(1, pages // LOOKED_AT)):
                file.seek(index * PAGE)
                if check.is_whole(index + 1, file.read(PAGE)):
                    return Kind.DAMAGED
            return Kind.FOREIGN
    except FileNotFoundError:
        return Kind.NEW
    except OSError as error:
        raise StoreError(f"{path.name}: {error.strerror}") from None


def prove(path: Path, key: str) -> None:
    """Proves that a file of the bridge (it has its tables) is encrypted with this key. Raises SealError, StoreError."""
    db = Connection(path, key=key, writes=True)
    try:
        version = db.one("PRAGMA cipher_version")
        if not version or not version[0]:
            raise SealError("this SQLite has no cipher: nothing would be encrypted; install sqlcipher3")
        canary = secrets.token_hex(32)
        with db.transaction() as raw:
            raw.execute("INSERT OR REPLACE INTO station VALUES ('canary', ?)", (canary,))
        _look(path, canary.encode())
        for wrong, words in ((None, "without a key"), (secrets.token_hex(32), "with a wrong key")):
            if _opens(path, wrong):
                raise SealError(f"{path.name} can be read {words}")
    finally:
        db.close()


def _look(path: Path, canary: bytes) -> None:
    for file in (path, wal_of(path)):
        if not file.exists():
            continue
        with file.open("rb") as opened:
            opened.seek(max(0, file.stat().st_size - SEARCHED_BYTES))
            content = opened.read()
        if file == path and content[: len(HEADER)] == HEADER:
            raise SealError(f"{file.name} begins like a file that is not encrypted")
        if canary in content:
            raise SealError(f"what was just written can be read in {file.name}: it is not encrypted")


def _opens(path: Path, key: str | None) -> bool:
    try:
        db = Connection(path, key=key)
    except StoreError:
        return False
    try:
        return db.one("SELECT count(*) FROM sqlite_master") is not None
    except StoreError:
        return False
    finally:
        db.close()


def convert(path: Path, old: str | None, new: str) -> None:
    """Encrypts a file, or changes its key. May be killed at any point: the old file stays until the new one is complete and proven.

    Nobody else may have it open for writing. Raises StoreError, SealError.
    """
    draft = path.with_name(path.name + ".sealing")
    remove(draft)
    source = Connection(path, key=old, writes=True)
    try:
        source.copy_to(draft, new)
        before = contents(source)
        # What the log still holds goes into the old file, and the log is gone: it must never lie beside the new one.
        source.one("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        source.close()
    copy = Connection(draft, key=new, writes=True, durable=True)
    try:
        if contents(copy) != before or copy.all("PRAGMA cipher_integrity_check"):
            raise StoreError(f"{draft.name}: the copy is not like the original")
    finally:
        copy.close()
    prove(draft, new)
    if any(file.exists() and file.stat().st_size for file in (wal_of(path), wal_of(draft))):
        raise StoreError(f"{path.name}: another program has it open")
    sync(draft)
    draft.replace(path)
    sync(path.parent)
    log.info("%s is encrypted with the new key", path.name)


def contents(db: Connection) -> dict[str, int]:
    """Table -> rows."""
    names = [name for (name,) in db.all("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
    return {name: db.all(f'SELECT count(*) FROM "{name}"')[0][0] for name in names}


def remove(path: Path) -> None:
    """A file that was not finished, with SQLite's own beside it."""
    for end in ("", "-wal", "-shm", "-journal"):
        path.with_name(path.name + end).unlink(missing_ok=True)


def sync(path: Path) -> None:
    """What is written survives a power cut; for a folder: so do the names in it."""
    if os.name == "nt" and path.is_dir():
        return
    number = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(number)
    finally:
        os.close(number)
