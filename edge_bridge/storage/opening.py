"""The start of a store: what the file is, encrypted if a key is new to it, brought up to date, and proven unreadable without its key."""

from __future__ import annotations

import logging
import time
from functools import partial
from pathlib import Path

from edge_bridge.errors import StoreBusy, StoreDamaged, StoreError
from edge_bridge.storage import sealing
from edge_bridge.storage.database import sent_path
from edge_bridge.storage.keys import Passphrase
from edge_bridge.storage.mending import ROWS_SKIPPED, is_begun, mend, set_aside_sent
from edge_bridge.storage.outbox import make_sent
from edge_bridge.storage.pages import log_problem
from edge_bridge.storage.salvage import keepsake
from edge_bridge.storage.sealing import Kind, SealError
from edge_bridge.storage.store import SqliteStore

log = logging.getLogger(__name__)

PATIENCE_S = 10.0
AGAIN_S = 0.02


def open_store(path: Path, key: str | None) -> SqliteStore:
    """The store, with the sending process's file beside it. The caller holds its lock. Raises StoreError, SealError.

    A plain store that now has a key is encrypted here and not by a word of the command line: a station that is given a key must start,
    and its drones cannot wait for somebody who reads a refusal. For the same reason a damaged one is mended here.
    """
    try:
        if is_begun(path):
            mend(path, key)
        ready(path, key)
        store = _opened(path, key)
    except StoreDamaged as error:
        log.error("%s", error)
        mend(path, key)
        store = _opened(path, key)
    if key is not None:
        for file in (path, sent_path(path)):
            sealing.prove(file, key)
    return store


def _opened(path: Path, key: str | None) -> SqliteStore:
    """The store, once whoever reads beside lets go of it: while a file is being made SQLite waits for nobody."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        try:
            return _opened_now(path, key)
        except StoreBusy:
            if time.monotonic() > deadline:
                raise
            time.sleep(AGAIN_S)


def _opened_now(path: Path, key: str | None) -> SqliteStore:
    store = SqliteStore(path, key=key)
    try:
        words = keepsake(*store.keepsake())
        make = partial(make_sent, path, store.store_id, store_is_new=store.is_new, key=key, keepsake=words)
        try:
            last = make()
        except StoreDamaged:
            set_aside_sent(path)
            last = make()
    except StoreError:
        store.close()
        raise
    if last >= store.next_row:
        log.error(
            "headquarters has row %d, and the store ends at %d: it is older than it was", last, store.next_row - 1
        )
        store.skip_rows_to(last + ROWS_SKIPPED)
    return store


def ready(path: Path, key: str | None) -> None:
    """Makes both files such that this key opens them. Raises StoreError, SealError."""
    kind = sealing.kind_of(path, key)
    if kind is Kind.FOREIGN and key is not None and sealing.kind_of(path, Passphrase(key)) is Kind.SEALED:
        rekey(path, Passphrase(key), key)
        return
    if key is None:
        if kind is Kind.FOREIGN:
            raise SealError(f"{path.name} is encrypted, or no store of the bridge: it needs its key and not --plain")
        return
    if kind is Kind.FOREIGN:
        raise SealError(f"{path.name} was encrypted with another key, or is no store of the bridge; it is untouched")
    if kind is Kind.DAMAGED:
        raise StoreDamaged(f"{path.name}: the key is right, and the first page is damaged")
    if kind is Kind.SEALED and (problem := log_problem(path, key)):
        raise StoreDamaged(f"{path.name}: {problem}")
    for file in (path, sent_path(path)):
        sealing.remove(file.with_name(file.name + ".sealing"))  # of a start that was killed
        if sealing.kind_of(file, key) is Kind.PLAIN:
            log.warning("%s is readable by anybody and is encrypted now", file.name)
            sealing.convert(file, None, key)


def rekey(path: Path, old: str | None, new: str) -> None:
    """Changes the key of both files. Killed at any point it can be run again: a file that has the new key is left as it is.

    Raises StoreError, SealError.
    """
    # The sending process's first: the store decides which key a start is given, and it changes last.
    for file in (sent_path(path), path):
        kind = sealing.kind_of(file, new)
        if kind in (Kind.NEW, Kind.SEALED):
            continue
        if kind is not Kind.PLAIN and (old is None or sealing.kind_of(file, old) is not Kind.SEALED):
            raise SealError(f"{file.name} cannot be read with the key that it should have until now")
        sealing.convert(file, None if kind is Kind.PLAIN else old, new)
