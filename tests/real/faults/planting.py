"""A real bridge with a planted bug (see planted.py), started and ended as any other."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.real.bridge_runs import BridgeProcess
from tests.real.faults.planted import with_bug


def must_have_acted(mark: Path) -> None:
    """Fails a control whose planted code never did wrong: what it found, if anything, was not the bug."""
    assert mark.exists(), "the planted bug never acted: the control has tested the shipped bridge"


class PlantedBridge(BridgeProcess):
    """As BridgeProcess, with `bug` in it, which must have acted by the end. `mark`: the file that says so, on a disk that works."""

    def __init__(self, bug: str, folder: Path, *, mark: Path, **settings: Any) -> None:
        super().__init__(folder, **settings)
        self._mark = mark
        self._argv = with_bug(self._argv, bug, mark)

    def __exit__(self, *raised: object) -> None:
        super().__exit__(*raised)
        if not any(raised):
            must_have_acted(self._mark)


def bridge_with(bug: str | None, folder: Path, **settings: Any) -> BridgeProcess:
    """The shipped bridge, or one with a bug."""
    if bug is None:
        return BridgeProcess(folder, **settings)
    return PlantedBridge(bug, folder, mark=folder / "planted", **settings)
