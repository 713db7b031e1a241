"""The store of a bridge that runs: opened again and checked after an error, mended on a thread of its own after damage."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from pathlib import Path

from edge_bridge.errors import StoreDamaged, StoreError
from edge_bridge.storage.database import LOG_PAGES, sent_path
from edge_bridge.storage.mending import mend, set_aside_sent
from edge_bridge.storage.opening import open_store
from edge_bridge.storage.pages import damaged_pages
from edge_bridge.storage.sealing import SealError
from edge_bridge.storage.store import SqliteStore

log = logging.getLogger(__name__)


class Keeper:
    """Opens one store, again and again. For one thread."""

    def __init__(self, path: Path, key: str | None, mended: Callable[[], None], *, log_pages: int = LOG_PAGES) -> None:
        """`mended` is called by open() when new files are in place: who has the old ones open must open them again."""
        self._path = path
        self._key = key
        self._mended = mended
        self._log_pages = log_pages
        self._is_damaged = False
        self._work: threading.Thread | None = None
        self._problem = ""
        self._again = False

    def damaged(self) -> None:
        """What was read was not what was written."""
        self._is_damaged = True

    def open(self) -> SqliteStore:
        """The store; raises StoreError while it cannot be had, and after damage until it is mended. Call it again, then."""
        if self._work is None and self._is_damaged:
            self._work = threading.Thread(target=self._mend, name="mending", daemon=True)
            self._work.start()
        if self._work is not None:
            self._work.join(0.05)
            if self._work.is_alive():
                raise StoreError(f"{self._path.name} is damaged, and what can be read of it is being saved")
            self._work = None
            if self._problem:
                raise StoreError(f"{self._path.name} is damaged and cannot be mended yet: {self._problem}")
            self._is_damaged = False
            self._mended()
        store = SqliteStore(self._path, key=self._key, log_pages=self._log_pages)
        if self._again and (problem := store.problem()):
            store.close()
            raise StoreDamaged(problem)
        self._again = True
        return store

    def _mend(self) -> None:
        """Runs on the mending thread."""
        self._problem = ""
        try:
            if self._key is not None:
                sent, store = (self._pages(file) for file in (sent_path(self._path), self._path))
                if sent:
                    set_aside_sent(self._path)
                if store or not sent:
                    mend(self._path, self._key)
            else:
                mend(self._path, None)
            open_store(self._path, self._key).close()
        except (StoreError, SealError, OSError) as error:
            self._problem = str(error)
            log.error("mending failed and is tried again: %s", error)

    def _pages(self, file: Path) -> list[int]:
        if self._key is None or not file.exists():
            return []
        found = damaged_pages(file, self._key)
        if found:
            log.error("%s: damaged pages: %s", file.name, ", ".join(map(str, found[:50])))
        return found
