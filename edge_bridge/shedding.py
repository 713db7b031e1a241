"""Which rows go when room is short, and which never. Pure: figures in, the next step out.

The order, each only while the one before it does not suffice:
1. what headquarters has confirmed goes once it is older than `keep_sent_s` (the map's history), also without need;
2. short of room, what headquarters has confirmed goes before its time, the oldest first, whatever lane it is in;
3. telemetry that waits is thinned, the oldest first, to one report of a drone in THIN_TO_S;
4. all of it is at that, and it still does not suffice: telemetry that waits goes altogether, the oldest first;
5. what is left is never given up (violations, evidence, health, decisions, alerts, history, what is set aside): the bridge is full. It
   takes nothing more until there is room.

Quarantine is bounded for itself, however much room there is: beyond `quarantine_bytes` the oldest messages that are nobody's lose their
bytes (at most 64 kB each were kept); reason, topic, hash, length and times stay. One with a sender counts as kept and stays whole.

What the sending process may have under way, the first IN_FLIGHT_ROWS after its cursor, is left alone: it may be in Kafka already.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import IntEnum

import msgspec

from messages.priority import Lane

SHORT = 0.90  # of the limit: from here on room is made ...
ENOUGH = 0.85  # ... until it is down to this
ROOM_AGAIN = 0.97  # a full bridge takes messages again below this, so that it does not flutter
THIN_TO_S = 10.0  # 1 Hz -> 0.1 Hz: a drone's track is still to be seen, in a tenth of the room
EMPTY_BYTES = 1_000_000  # of quarantine, emptied in one slice
IN_FLIGHT_ROWS = 7_000  # the forwarder's window for telemetry and two fifths more: it moves on while we look


class Limits(msgspec.Struct, frozen=True):
    """What may be taken of the disk."""

    quota_bytes: int = 0  # for the store; 0: no quota
    keep_free_bytes: int = 67_108_864  # left to everybody else on the file system: room for logs, and for a checkpoint
    keep_sent_s: float = 86_400.0  # what headquarters has is kept here for a day: the map's history
    quarantine_bytes: int = 256_000_000  # of messages in quarantine, as far as they are nobody's: 4,000 of the largest


class Room(msgspec.Struct, frozen=True):
    """How things stand on the disk, in bytes."""

    used_bytes: int  # pages in use, and the log
    file_bytes: int  # of the store's files, with pages that are free for reuse
    free_bytes: int  # on the file system, for us


class Pressure(IntEnum):
    """How much room there is: enough; room must be made; nothing more may be taken until some is made."""

    CALM = 0
    SHORT = 1
    OVER = 2


class Purge(msgspec.Struct, frozen=True):
    """Delete rows of a lane that are confirmed; `stored_before_ms` None: whatever their age."""

    lane: Lane
    after_row: int
    through_row: int
    stored_before_ms: int | None = None


class Thin(msgspec.Struct, frozen=True):
    """Thin telemetry after `after_row`; `to_s` None: all of it goes."""

    after_row: int
    to_s: float | None


class Sample(msgspec.Struct, frozen=True):
    """As much of a telemetry row as thinning looks at."""

    row: int
    drone_id: str
    boot: int
    seq: int
    captured_at_ms: int


class InQuarantine(msgspec.Struct, frozen=True):
    """As much of a message in quarantine as is looked at. `is_nobodys`: no sender could be read."""

    row: int
    size_bytes: int  # that are kept of it
    is_nobodys: bool


class Stock(msgspec.Struct, frozen=True):
    """What there is to shed. A lane that has no such row is not in the mapping."""

    confirmed: Mapping[Lane, tuple[int, int]]  # lane -> first row not yet looked at, last row that is confirmed
    first_waiting: int | None = None  # telemetry: the first row that is surely not under way
    last_telemetry: int = 0
    thinned_through: int = 0  # telemetry up to here is at THIN_TO_S


def limit_bytes(room: Room, limits: Limits) -> int:
    """What the store may use now: its quota, and no more than leaves the file system its share."""
    by_disk = max(0, room.file_bytes + room.free_bytes - limits.keep_free_bytes)
    return min(limits.quota_bytes, by_disk) if limits.quota_bytes else by_disk


def log_pages(limits: Limits, page_bytes: int, usual: int) -> int:
    """How many pages the store's log may have: as usual, or a thirty-second of a quota that is small."""
    return min(usual, max(64, limits.quota_bytes // page_bytes // 32)) if limits.quota_bytes else usual


def pressure(used_bytes: int, limit: int, before: Pressure) -> Pressure:
    """How much room there is, with a distance between coming and going."""
    if used_bytes >= limit or (before is Pressure.OVER and used_bytes > limit * ROOM_AGAIN):
        return Pressure.OVER
    if used_bytes >= limit * SHORT or (before is not Pressure.CALM and used_bytes > limit * ENOUGH):
        return Pressure.SHORT
    return Pressure.CALM


def next_step(stock: Stock) -> Purge | Thin | None:
    """What to give up next when room is short; None: nothing is left that may be given up."""
    if stock.confirmed:
        # Rows are numbered across the lanes in the order of storing: the lowest is the oldest.
        lane = min(stock.confirmed, key=lambda one: stock.confirmed[one][0])
        first, through = stock.confirmed[lane]
        return Purge(lane, first - 1, through)
    if stock.first_waiting is None:
        return None
    after = max(stock.first_waiting - 1, stock.thinned_through)
    if after < stock.last_telemetry:
        return Thin(after, THIN_TO_S)
    return Thin(stock.first_waiting - 1, None)


def too_much(refused: Iterable[InQuarantine], excess_bytes: int) -> list[InQuarantine]:
    """Those of `refused` (oldest first) that lose their bytes, until `excess_bytes` are free; nobody's alone."""
    gone: list[InQuarantine] = []
    for one in refused:
        if excess_bytes <= 0:
            break
        if one.is_nobodys and one.size_bytes:
            gone.append(one)
            excess_bytes -= one.size_bytes
    return gone


def too_many(samples: Iterable[Sample], to_s: float | None, last_kept: dict[str, int]) -> list[Sample]:
    """Those of `samples` (oldest first) that go. One of each drone stays in each span of `to_s`; None: none stays.

    `last_kept` (drone -> the span in which one stays) goes from one call to the next.
    """
    gone = []
    for sample in samples:
        span = None if to_s is None else int(sample.captured_at_ms // (to_s * 1000))
        if span is not None and last_kept.get(sample.drone_id) != span:
            last_kept[sample.drone_id] = span
        else:
            gone.append(sample)
    return gone
