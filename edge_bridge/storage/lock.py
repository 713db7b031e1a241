"""A lock that ends with its process, however that ends: an exclusive transaction on an empty SQLite file, the same on every system."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from sqlcipher3 import dbapi2


class AlreadyLockedError(Exception):
    """Another process holds it."""


class Lock:
    """Held from acquire() to release() or the end of the process."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._connection: Any = None

    def acquire(self, wait_s: float = 0.0) -> None:
        """Raises AlreadyLockedError if another process holds it for longer than `wait_s`."""
        deadline = time.monotonic() + wait_s
        connection = dbapi2.connect(str(self.path), timeout=0, isolation_level=None)
        while True:
            try:
                connection.execute("BEGIN EXCLUSIVE")
                self._connection = connection
                return
            except dbapi2.OperationalError:
                if time.monotonic() >= deadline:
                    connection.close()
                    raise AlreadyLockedError(str(self.path)) from None
                time.sleep(0.02)

    def release(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
