"""The file system under the store: how much room it has, and a reserve that is given up first when it has none.

On a disk that is really full SQLite can delete nothing: a deletion is written to the log before it frees anything. The reserve, a file
of allocated bytes beside the store, makes room for that.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from pathlib import Path

RESERVE_BYTES = 8_388_608  # a log of deletions and its checkpoint; 0.01 % of a small disk


def free_bytes(path: Path) -> int:
    """What an ordinary user may still write on the file system of `path`."""
    return shutil.disk_usage(path.parent).free


class Reserve:
    """The reserve file of one store, FILE.reserve."""

    def __init__(self, store: Path, size_bytes: int = RESERVE_BYTES) -> None:
        self._path = store.with_name(store.name + ".reserve")
        self._size_bytes = size_bytes

    @property
    def is_held(self) -> bool:
        """Whether it is there."""
        return self._path.exists()

    def take(self) -> bool:
        """Takes it, if three times as much is free; tells whether it is held."""
        if self.is_held:
            return True
        if free_bytes(self._path) < 3 * self._size_bytes:
            return False
        try:
            with self._path.open("xb") as file:
                if hasattr(os, "posix_fallocate"):
                    os.posix_fallocate(file.fileno(), 0, self._size_bytes)
                else:  # Windows and macOS: written bytes are allocated bytes
                    file.write(bytes(self._size_bytes))
        except OSError:
            self.give_up()
            return False
        return True

    def give_up(self) -> None:
        """Lets go of it: now there is that much room."""
        with contextlib.suppress(OSError):
            self._path.unlink(missing_ok=True)
