"""The shift log as it is on screen: its lines, and what of them passes the filter."""

from __future__ import annotations

from typing import Literal

import msgspec


class LogLine(msgspec.Struct, frozen=True):
    """One line of the shift log."""

    number: int  # counts up from 1 within the shift
    at: str  # "14:32:07"
    text: str
    drone_id: str | None = None
    violation_id: str | None = None
    at_s: float = 0.0  # Unix time
    lat_deg: float | None = None  # of what it is about, where known
    lon_deg: float | None = None

    @property
    def kind(self) -> Literal["alert", "drone", "station"]:
        """What the line is about."""
        return "alert" if self.violation_id is not None else "drone" if self.drone_id is not None else "station"


class LogView(msgspec.Struct, frozen=True, kw_only=True):
    """The shift log as it is filtered."""

    text: str = ""  # of the filter
    kind: Literal["", "alert", "drone", "station"] = ""
    lines: tuple[LogLine, ...] = ()  # newest last, at most shift_log.SHOWN
    found: int = 0  # how many lines pass the filter, shown or not
    words: str = ""  # "3 of 1,204 lines", "The newest 2,000 of 12,040 lines"
