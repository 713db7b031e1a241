"""A bridge whose wall clock can be moved while it runs, through libfaketime. The machine's own clock is left alone.

The monotonic clock stays true, as it does when a real clock is set. TRAP: with it libfaketime makes Python 3.11's `time.sleep` raise
EINVAL; waits on events, sockets and processes are not touched.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.real.bridge_runs import BridgeProcess

LIBRARY = "libfaketimeMT.so.1"


def library() -> Path:
    """Where libfaketime is. Skips the test where it is not."""
    for folder in (Path("/usr/lib"), Path("/usr/local/lib")):
        for found in (*folder.glob(f"*/faketime/{LIBRARY}"), *folder.glob(f"faketime/{LIBRARY}")):
            return found
    pytest.skip("libfaketime is not installed: run ./kestrel setup")


class BridgeWithAClock(BridgeProcess):
    """As BridgeProcess; jump() sets the clock of both its processes."""

    def __init__(self, folder: Path, **settings: Any) -> None:
        super().__init__(folder, **settings)
        self._offset = folder / "clock"
        self.jump(0)
        words = {
            "LD_PRELOAD": library(),
            "FAKETIME_TIMESTAMP_FILE": self._offset,
            "FAKETIME_NO_CACHE": 1,
            "DONT_FAKE_MONOTONIC": 1,
        }
        self._argv = ["env", *(f"{name}={value}" for name, value in words.items()), *self._argv]

    def jump(self, seconds: int) -> None:
        """From now on its clock is so far from the true one."""
        draft = self._offset.with_suffix(".draft")
        draft.write_text(f"{seconds:+d}\n")
        draft.replace(self._offset)
