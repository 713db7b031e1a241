"""Writes what the drones would send to a file, on a simulated clock: JSON lines, byte for byte the same for the same seed."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path

from drone_sim.fleet import Fleet
from messages.codec import encode
from messages.model import kind_of

STEP = timedelta(seconds=1)


def write_file(fleet: Fleet, path: Path, *, start: datetime, seconds: float) -> dict[str, int]:
    """Writes all messages of `seconds` from `start`, in the order in which they become due. Returns how many of each kind."""
    counts: Counter[str] = Counter()
    now, end = start, start + timedelta(seconds=seconds)
    with path.open("wb") as file:
        while now < end:
            now = min(end, now + STEP)
            for _, message in fleet.advance(now):
                counts[kind_of(message)] += 1
                file.write(encode(message) + b"\n")
    return dict(counts)
