"""What is under way, what counts as sent, and when the next try is."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_bridge.delivery import (
    BACKOFF_CAP_S,
    PACE_LEAST_BYTES,
    PACE_S,
    Done,
    Flight,
    Pace,
    Tails,
    Window,
    backoff_s,
    link_down,
    link_up,
)
from edge_bridge.intake import row_of
from edge_bridge.ports import Row
from edge_bridge.sending_ports import Confirmed, Refused
from messages.codec import encode
from messages.priority import Lane
from messages.state import LinkState
from tests.fakes.bridge_ports import FakeTicket
from tests.strategies import NOON, a_sure_violation

PLACE = ("kestrel.violations", 0)


def a_row(number: int) -> Row:
    """A violation as row `number`."""
    message = a_sure_violation(number)
    return row_of(message, encode(message), number, NOON, NOON)


def a_flight(rows: int) -> tuple[Flight, list[FakeTicket]]:
    """Rows 1..`rows` under way."""
    flight, tickets = Flight(Lane.VIOLATION, 0), [FakeTicket() for _ in range(rows)]
    for number, ticket in enumerate(tickets, 1):
        flight.handed(a_row(number), ticket)
    return flight, tickets


@given(st.lists(st.booleans(), max_size=20))
def test_a_row_counts_as_sent_only_when_every_row_before_it_does(confirmed: list[bool]):
    flight, tickets = a_flight(len(confirmed))
    for offset, (ticket, is_confirmed) in enumerate(zip(tickets, confirmed, strict=True)):
        if is_confirmed:
            ticket.result = Confirmed(*PLACE, offset)

    mark = flight.settle(0).mark

    front = confirmed.index(False) if False in confirmed else len(confirmed)
    assert (mark.last if mark else 0) == front
    assert len(flight) == len(confirmed) - front


def test_a_mark_counts_kinds_and_the_highest_offsets():
    flight, tickets = a_flight(3)
    for ticket, place in zip(tickets, [(0, 7), (1, 3), (0, 8)], strict=True):
        ticket.result = Confirmed("kestrel.violations", *place)

    settled = flight.settle(1_234)

    assert settled.mark is not None
    assert (settled.mark.first, settled.mark.last, settled.mark.kinds) == (1, 3, {"violation": 3})
    assert settled.places == {("kestrel.violations", 0): 8, ("kestrel.violations", 1): 3}
    assert settled.refused == []


def test_a_refused_row_at_the_front_is_told_with_its_fellows():
    flight, tickets = a_flight(3)
    tickets[0].result = Confirmed(*PLACE, 1)
    tickets[1].result = tickets[2].result = Refused("too large", poison=True)

    settled = flight.settle(0)

    assert [row.row for row, _ in settled.refused] == [2, 3]


def test_the_window_closes_by_rows_and_by_bytes():
    flight, tickets = a_flight(2)

    assert flight.room(Window(rows=5, size_bytes=1_000_000)) == 3
    assert flight.room(Window(rows=5, size_bytes=100)) == 0
    tickets[0].result = tickets[1].result = Confirmed(*PLACE, 1)
    flight.settle(0)
    assert flight.room(Window(rows=5, size_bytes=100)) == 5


def test_a_row_that_was_found_in_kafka_settles_like_one_that_was_sent():
    flight = Flight(Lane.VIOLATION, 0)
    flight.handed(a_row(1), Done(Confirmed(*PLACE, 5)))

    assert flight.settle(0).places == {PLACE: 5}


def test_a_lanes_mark_says_nothing_about_another_lane_in_the_same_partition():
    tails = Tails({PLACE: 10})

    tails.marked(Lane.ALERT, {PLACE: 20})

    assert tails.safe([PLACE]) == {PLACE: 10}  # a violation at 15 may be in Kafka and not marked


def test_a_lane_with_nothing_open_holds_no_tail_back():
    tails = Tails({PLACE: 10})
    tails.marked(Lane.ALERT, {PLACE: 20})

    tails.nothing_open(Lane.VIOLATION)

    assert tails.safe([PLACE]) == {PLACE: 20}


def test_a_topic_of_one_lane_follows_that_lane():
    tails = Tails({})

    tails.marked(Lane.TELEMETRY, {("kestrel.telemetry", 1): 5})

    assert tails.safe([("kestrel.telemetry", 1)]) == {("kestrel.telemetry", 1): 5}


@given(st.integers(1, 10_000), st.floats(0, 1))
def test_the_pause_grows_to_the_cap_and_never_beyond(attempt: int, dice: float):
    assert 0 < backoff_s(attempt, dice) <= BACKOFF_CAP_S
    assert backoff_s(attempt, 0) <= backoff_s(attempt + 1, 0)
    assert backoff_s(20, 0) == BACKOFF_CAP_S


def test_the_dice_take_up_to_half_of_the_pause():
    assert backoff_s(20, 1) == BACKOFF_CAP_S / 2


def test_the_link_remembers_since_when_it_is_as_it_is():
    down = link_down(LinkState(up=True, since=NOON), "no answer", NOON + timedelta(seconds=5), 1.0)
    later = link_down(down, "still none", NOON + timedelta(seconds=9), 2.0)
    up = link_up(later, NOON + timedelta(seconds=20))

    assert (down.up, down.since, down.next_try_at) == (False, NOON + timedelta(seconds=5), NOON + timedelta(seconds=6))
    assert (later.since, later.problem) == (down.since, "still none")
    assert (up.up, up.since) == (True, NOON + timedelta(seconds=20))
    assert link_up(up, NOON + timedelta(seconds=30)) == up


def on_a_link(bytes_per_s: float, seconds: float, pace: Pace) -> float:
    """Keeps as much under way as the pace allows; how long the slowest of it took, after the first that went out blindly."""
    now_s, under_way, slowest = 0.0, 0, 0.0
    while now_s < seconds:
        size = max(0, pace.window_bytes - under_way)
        pace.handed(now_s, size, under_way + size)
        under_way += size
        took_s = under_way / bytes_per_s
        slowest = max(slowest, took_s if now_s else 0.0)
        now_s, under_way = now_s + took_s, 0
        pace.settled(now_s, under_way)
    return slowest


@pytest.mark.parametrize("bytes_per_s", [8_000, 64_000, 1_000_000])
def test_what_is_under_way_on_a_slow_link_takes_some_seconds_and_not_minutes(bytes_per_s: int):
    assert on_a_link(bytes_per_s, 600, Pace()) <= 2 * PACE_S + PACE_LEAST_BYTES / bytes_per_s


def test_a_quick_link_is_not_held_back():
    pace = Pace()

    on_a_link(50_000_000, 2.0, pace)

    assert pace.window_bytes > 6_000_000  # the lanes' own windows bound it


def test_a_link_that_turns_slow_is_noticed_with_what_was_under_way():
    pace = Pace()
    on_a_link(1_000_000, 60, pace)

    pace.handed(100.0, pace.window_bytes, pace.window_bytes)
    pace.settled(100.0 + pace.window_bytes / 8_000, 0)

    assert pace.window_bytes <= PACE_LEAST_BYTES
    assert pace.needs_s(100_000) >= 100_000 / 8_000


def test_a_few_small_rows_that_wait_for_company_say_nothing_of_the_link():
    pace = Pace()
    on_a_link(50_000_000, 2.0, pace)
    before = pace.window_bytes

    for second in range(100):
        pace.handed(10.0 + second, 400, 400)
        pace.settled(10.1 + second, 0)

    assert pace.window_bytes == before
