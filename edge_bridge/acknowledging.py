"""What each drone may forget: which numbers of its streams are kept, and which are missing."""

from __future__ import annotations

from bisect import bisect_right
from datetime import datetime

from edge_bridge.ports import Heard, StreamKey
from messages.state import Ack

NEVER = Heard()
HOLES_IN_ACK = 64  # the drone fills these and hears of the rest with the next Ack; keeps an Ack below 2 kB
LATE_TELEMETRY = (
    1_024  # numbers: telemetry that comes later than this is not waited for, so what is kept of it stays small
)


def is_new(heard: Heard, seq: int) -> bool:
    """Whether the number was not heard yet."""
    return seq > heard.highest or _hole_of(heard, seq) is not None


def with_seq(heard: Heard, seq: int) -> Heard:
    """What is kept once `seq` is; unchanged if it was already."""
    if seq == heard.highest + 1:
        return Heard(seq, heard.holes)
    if seq > heard.highest:
        return Heard(seq, (*heard.holes, (heard.highest + 1, seq - 1)))
    index = _hole_of(heard, seq)
    if index is None:
        return heard
    first, last = heard.holes[index]
    left = ((first, seq - 1),) if first < seq else ()
    right = ((seq + 1, last),) if seq < last else ()
    return Heard(heard.highest, (*heard.holes[:index], *left, *right, *heard.holes[index + 1 :]))


def without_seq(heard: Heard, seq: int) -> Heard:
    """What is kept once `seq` is lost again: a hole, unless it was one already."""
    if is_new(heard, seq):
        return heard
    index = bisect_right(heard.holes, (seq, 2**63))
    first = last = seq
    before, after = heard.holes[:index], heard.holes[index:]
    if before and before[-1][1] == seq - 1:
        first, before = before[-1][0], before[:-1]
    if after and after[0][0] == seq + 1:
        last, after = after[0][1], after[1:]
    return Heard(heard.highest, (*before, (first, last), *after))


def without_old_holes(heard: Heard, late: int = LATE_TELEMETRY) -> Heard:
    """The same with every hole given up that lies more than `late` numbers back: nobody asks for those again."""
    floor = heard.highest - late
    if not heard.holes or heard.holes[0][0] > floor:
        return heard
    return Heard(heard.highest, tuple((max(first, floor + 1), last) for first, last in heard.holes if last > floor))


def ack_of(key: StreamKey, heard: Heard, stored_at: datetime) -> Ack:
    """What the drone is told; the first HOLES_IN_ACK holes, and `highest` cut back to what they cover."""
    holes = heard.holes[:HOLES_IN_ACK]
    more = heard.holes[HOLES_IN_ACK:]
    return Ack(
        drone_id=key.drone_id,
        boot=key.boot,
        contiguous=heard.contiguous,
        highest=more[0][0] - 1 if more else heard.highest,
        holes=holes,
        stored_at=stored_at,
    )


def _hole_of(heard: Heard, seq: int) -> int | None:
    index = bisect_right(heard.holes, (seq, 2**63)) - 1
    if index >= 0 and heard.holes[index][0] <= seq <= heard.holes[index][1]:
        return index
    return None
