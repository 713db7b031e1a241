"""A real bridge with a planted bug (see planted.py), started and ended as any other."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.real.bridge_runs import BridgeProcess


class PlantedBridge(BridgeProcess):
    """As BridgeProcess, with `bug` in it."""

    def __init__(self, bug: str, folder: Path, **settings: Any) -> None:
        super().__init__(folder, **settings)
        place = self._argv.index("edge_bridge")
        self._argv[place : place + 1] = ["tests.real.faults.planted", bug]
