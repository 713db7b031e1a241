"""What happened on this shift, in words, newest last."""

from __future__ import annotations

from datetime import datetime, tzinfo

import msgspec

from ground_station.view_model import wording
from ground_station.view_model.snapshot import LogLine

KEPT = 2_000  # lines: a busy shift; the bridge and the archive keep everything
SHOWN = 500


class ShiftLog(msgspec.Struct, frozen=True):
    """The last lines, and how many there were in all."""

    lines: tuple[LogLine, ...] = ()
    count: int = 0


def noted(
    log: ShiftLog,
    text: str,
    now: datetime,
    zone: tzinfo | None,
    *,
    drone_id: str | None = None,
    violation_id: str | None = None,
) -> ShiftLog:
    """The log with one more line; forgets the oldest beyond KEPT."""
    line = LogLine(log.count + 1, wording.clock(now, zone), text, drone_id, violation_id)
    return ShiftLog((*log.lines[-(KEPT - 1) :], line), log.count + 1)


def newest(log: ShiftLog) -> tuple[LogLine, ...]:
    """The lines to show."""
    return log.lines[-SHOWN:]
