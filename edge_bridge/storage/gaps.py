"""What a damaged store has lost and nobody could send again, for readers beside the bridge."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from edge_bridge.storage.database import beside


class Gap(NamedTuple):
    """A message that damage lost after it was acknowledged and before headquarters had it, and that nobody has sent again."""

    drone_id: str
    boot: int
    stream: str  # `report` or `correction`
    seq: int


def gaps(path: Path, *, key: str | None = None) -> Iterator[Gap]:
    """What a damaged store has lost, by its sender's number. Reads only. Raises StoreError."""
    db = beside(path, key)
    try:
        if db.is_made() and db.one("SELECT 1 FROM sqlite_master WHERE name = 'gap'"):
            for found in db.each(
                "SELECT drone_id, boot, stream, seq FROM gap WHERE filled_at_ms IS NULL ORDER BY 1, 2, 3, 4"
            ):
                yield Gap(*found)
    finally:
        db.close()
