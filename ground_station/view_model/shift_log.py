"""What happened on this shift, in words, newest last; and the lines of it that hold the words an officer looks for."""

from __future__ import annotations

import unicodedata
from datetime import datetime, tzinfo

import msgspec

from ground_station.view_model import wording
from ground_station.view_model.intentions import LogKind
from ground_station.view_model.language import t, tn
from ground_station.view_model.log_view import LogLine, LogView

KEPT = 20_000  # lines in memory: four busy shifts; the recording keeps every line
SHOWN = 500


class ShiftLog(msgspec.Struct, frozen=True):
    """The last lines, how many there were in all, and those that pass the filter."""

    lines: tuple[LogLine, ...] = ()
    count: int = 0
    text: str = ""
    kind: LogKind = ""
    found: tuple[LogLine, ...] | None = None  # None: no filter, all lines


def noted(
    log: ShiftLog,
    text: str,
    now: datetime,
    zone: tzinfo | None,
    *,
    drone_id: str | None = None,
    violation_id: str | None = None,
    place: tuple[float, float] | None = None,
) -> ShiftLog:
    """The log with one more line; forgets the oldest beyond KEPT. `place`: latitude and longitude in degrees."""
    lat_deg, lon_deg = place if place is not None else (None, None)
    at = wording.clock(now, zone)
    line = LogLine(log.count + 1, at, text, drone_id, violation_id, now.timestamp(), lat_deg, lon_deg)
    found = log.found
    if found is not None and _passes(line, _words(log.text), log.kind):
        found = (*found[-(KEPT - 1) :], line)
    return ShiftLog((*log.lines[-(KEPT - 1) :], line), log.count + 1, log.text, log.kind, found)


def filtered(log: ShiftLog, text: str, kind: LogKind) -> ShiftLog:
    """The log with another filter. Every word must be in the line, its drone's or its alert's id; accents and case do not matter."""
    words = _words(text)
    found = tuple(line for line in log.lines if _passes(line, words, kind)) if words or kind else None
    return msgspec.structs.replace(log, text=text, kind=kind, found=found)


def newest(log: ShiftLog) -> tuple[LogLine, ...]:
    """The newest lines, whatever the filter says."""
    return log.lines[-SHOWN:]


def shown(log: ShiftLog) -> LogView:
    """The log's page."""
    found = log.lines if log.found is None else log.found
    if log.found is not None:
        words = t(
            "{found} of {count}", found=wording.count(len(found)), count=tn(log.count, "{count} line", "{count} lines")
        )
    elif len(found) > SHOWN:
        words = t("the newest {shown} of {count} lines", shown=SHOWN, count=wording.count(log.count))
    else:
        words = tn(log.count, "{count} line", "{count} lines")
    return LogView(text=log.text, kind=log.kind, lines=found[-SHOWN:], found=len(found), words=words)


def _words(text: str) -> list[str]:
    return _folded(text).split()


def _passes(line: LogLine, words: list[str], kind: LogKind) -> bool:
    if kind and line.kind != kind:
        return False
    if not words:
        return True
    text = _folded(f"{line.at} {line.text} {line.drone_id or ''} {line.violation_id or ''}")
    return all(word in text for word in words)


def _folded(text: str) -> str:
    """Small letters without accents."""
    parts = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in parts if not unicodedata.combining(letter))
