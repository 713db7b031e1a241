"""Sending, as values: what is under way, what is confirmed up to where, how much more may be handed over, and when to try again. Pure."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

import msgspec

from edge_bridge.ports import Row
from edge_bridge.sending_ports import Confirmed, Mark, Refused, Ticket
from messages.priority import Lane
from messages.state import LinkState

BACKOFF_FIRST_S = 0.25
BACKOFF_CAP_S = 30.0  # an officer should not wait longer than this after an outage

TOPIC_LANES: dict[str, frozenset[Lane]] = {"kestrel.violations": frozenset((Lane.ALERT, Lane.VIOLATION))}
"""Topics that rows of more than one lane go to. Lanes travel apart, so their records have no order among each other."""


class Window(msgspec.Struct, frozen=True):
    """How much of a lane may be under way."""

    rows: int
    size_bytes: int


PACE_FIRST_BYTES = 32_768  # under way before anything is known of the link: 4 s of 64 kbit/s
PACE_LEAST_BYTES = 16_000  # 2 s of 64 kbit/s
PACE_MOST_BYTES = 32_000_000  # no bound beside the windows
PACE_S = 2.0  # as long may what is under way take: an alert, a timeout and a restart all have to wait for it


class Pace:
    """How much may be under way on a link of unknown speed, in bytes: doubles while it goes quickly, shrinks when it takes longer.

    Without it a slow link gets megabytes at once, which run into every timeout and are sent again from the beginning. Times are a
    monotonic clock's, in seconds.
    """

    def __init__(self) -> None:
        self.window_bytes = PACE_FIRST_BYTES
        self._handed = 0
        self._samples: deque[tuple[int, float, int]] = deque()  # all handed by then, when, under way by then

    def handed(self, now_s: float, size_bytes: int, under_way_bytes: int) -> None:
        """So much more is under way, which makes so much in all."""
        if size_bytes:
            self._handed += size_bytes
            self._samples.append((self._handed, now_s, under_way_bytes))

    def settled(self, now_s: float, under_way_bytes: int) -> None:
        """So much is still under way."""
        confirmed = self._handed - under_way_bytes
        while self._samples and self._samples[0][0] <= confirmed:
            _, at_s, ahead = self._samples.popleft()
            took_s = now_s - at_s
            if took_s > PACE_S:
                self.window_bytes = max(PACE_LEAST_BYTES, int(min(ahead, self.window_bytes) * PACE_S / took_s))
            elif took_s < PACE_S / 2 and 2 * ahead >= self.window_bytes:
                self.window_bytes = min(PACE_MOST_BYTES, 2 * self.window_bytes)

    def needs_s(self, size_bytes: int) -> float:
        """How long so much may take by what is known of the link; it may well be quicker."""
        return PACE_S * size_bytes / self.window_bytes


class Settled(msgspec.Struct, frozen=True):
    """What became known of a lane: the front of what was under way is confirmed, and behind it something may be refused."""

    mark: Mark | None
    places: dict[tuple[str, int], int]  # (topic, partition) -> highest offset among the marked
    refused: list[tuple[Row, Refused]]


class Done(msgspec.Struct, frozen=True):
    """The ticket of a row that was found in Kafka: it need not be sent."""

    confirmed: Confirmed

    def outcome(self) -> Confirmed:
        return self.confirmed


class Flight:
    """The rows of one lane that are under way, in order."""

    def __init__(self, lane: Lane, sent_through: int) -> None:
        self.lane = lane
        self.handed_through = sent_through
        self._under_way: deque[tuple[Row, Ticket]] = deque()
        self._size_bytes = 0

    def __len__(self) -> int:
        return len(self._under_way)

    @property
    def size_bytes(self) -> int:
        """Of all that is under way."""
        return self._size_bytes

    def room(self, window: Window) -> int:
        """How many more rows may be handed over."""
        return 0 if self._size_bytes >= window.size_bytes else max(0, window.rows - len(self._under_way))

    def handed(self, row: Row, ticket: Ticket) -> None:
        """A row is under way."""
        self._under_way.append((row, ticket))
        self._size_bytes += len(row.payload)
        self.handed_through = row.row

    def settle(self, at_ms: int) -> Settled:
        """Takes off what is confirmed at the front. A row counts only when every row before it does."""
        first = last = None
        kinds: Counter[str] = Counter()
        places: dict[tuple[str, int], int] = {}
        while self._under_way:
            row, ticket = self._under_way[0]
            outcome = ticket.outcome()
            if not isinstance(outcome, Confirmed):
                break
            self._under_way.popleft()
            self._size_bytes -= len(row.payload)
            first, last = first if first is not None else row.row, row.row
            kinds[row.kind] += 1
            places[outcome.topic, outcome.partition] = outcome.offset
        mark = None
        if first is not None and last is not None:
            mark = Mark(self.lane, first, last, dict(kinds), at_ms)
        return Settled(mark, places, self._refused())

    def _refused(self) -> list[tuple[Row, Refused]]:
        """Empty unless the row at the front is refused: what fails, fails there sooner or later."""
        if not self._under_way or not isinstance(self._under_way[0][1].outcome(), Refused):
            return []
        found = ((row, ticket.outcome()) for row, ticket in self._under_way)
        return [(row, outcome) for row, outcome in found if isinstance(outcome, Refused)]


class Tails:
    """Up to which offset of each partition everything of ours is marked: a restart looks for more only after it.

    A lane's own marks prove nothing about another lane's records in the same partition: those that a process before this one had under
    way may be there, unmarked, before and behind.
    """

    def __init__(self, tails: Mapping[tuple[str, int], int]) -> None:
        self._floors: dict[Lane, dict[tuple[str, int], int]] = {lane: dict(tails) for lane in Lane}

    def marked(self, lane: Lane, places: Mapping[tuple[str, int], int]) -> None:
        """A lane's rows are marked up to these offsets."""
        floors = self._floors[lane]
        for place, offset in places.items():
            floors[place] = max(offset, floors.get(place, -1))

    def nothing_open(self, lane: Lane) -> None:
        """Whatever of this lane is in Kafka is marked: nothing is under way, and whatever was when this process began is settled."""
        floors = self._floors[lane]
        for other in self._floors.values():
            for place, offset in other.items():
                if offset > floors.get(place, -1):
                    floors[place] = offset

    def safe(self, places: Iterable[tuple[str, int]]) -> dict[tuple[str, int], int]:
        """The offsets for some partitions."""
        return {place: self._safe(place) for place in places}

    def _safe(self, place: tuple[str, int]) -> int:
        lanes = TOPIC_LANES.get(place[0])
        if lanes is None:
            return max(floors.get(place, -1) for floors in self._floors.values())
        return min(self._floors[lane].get(place, -1) for lane in lanes)


def backoff_s(attempt: int, dice: float) -> float:
    """The pause before try number `attempt` (from 1): doubles up to the cap, and `dice` (0..1) takes up to half of it away."""
    return float(min(BACKOFF_CAP_S, BACKOFF_FIRST_S * 2 ** min(attempt - 1, 20)) * (1 - dice / 2))


def link_up(link: LinkState, now: datetime) -> LinkState:
    """The link after headquarters answered."""
    return link if link.up else LinkState(up=True, since=now)


def link_down(link: LinkState, problem: str, now: datetime, next_try_s: float) -> LinkState:
    """The link after a try failed."""
    return LinkState(
        up=False,
        since=now if link.up else link.since,
        next_try_at=now + timedelta(seconds=next_try_s),
        problem=problem[:500],
    )
