"""Which rows go when room is short: the order, and what never goes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_bridge.shedding import (
    ENOUGH,
    ROOM_AGAIN,
    SHORT,
    THIN_TO_S,
    InQuarantine,
    Limits,
    Pressure,
    Purge,
    Room,
    Sample,
    Stock,
    Thin,
    limit_bytes,
    next_step,
    pressure,
    too_many,
    too_much,
)
from messages.priority import Lane

MB = 1_000_000


def samples(*seconds: float, drone_id: str = "nyc-1") -> list[Sample]:
    return [Sample(row, drone_id, 1, row, round(1000 * captured_s)) for row, captured_s in enumerate(seconds, start=1)]


def test_without_a_quota_the_store_may_take_what_the_file_system_has_but_for_a_share():
    room = Room(used_bytes=10 * MB, file_bytes=30 * MB, free_bytes=100 * MB)

    assert limit_bytes(room, Limits(keep_free_bytes=64 * MB)) == 66 * MB


def test_a_quota_holds_only_as_long_as_the_file_system_has_that_much():
    limits = Limits(quota_bytes=50 * MB, keep_free_bytes=64 * MB)

    assert limit_bytes(Room(10 * MB, 30 * MB, 100 * MB), limits) == 50 * MB
    assert limit_bytes(Room(10 * MB, 30 * MB, 70 * MB), limits) == 36 * MB
    assert limit_bytes(Room(10 * MB, 30 * MB, 0), limits) == 0


@pytest.mark.parametrize(
    ("used", "before", "after"),
    [
        (SHORT - 0.01, Pressure.CALM, Pressure.CALM),
        (SHORT, Pressure.CALM, Pressure.SHORT),
        (ENOUGH + 0.01, Pressure.SHORT, Pressure.SHORT),
        (ENOUGH, Pressure.SHORT, Pressure.CALM),
        (1.0, Pressure.SHORT, Pressure.OVER),
        (ROOM_AGAIN + 0.01, Pressure.OVER, Pressure.OVER),
        (ROOM_AGAIN, Pressure.OVER, Pressure.SHORT),
        (0.1, Pressure.OVER, Pressure.CALM),
    ],
)
def test_room_that_was_made_is_not_short_again_at_once(used: float, before: Pressure, after: Pressure):
    assert pressure(round(used * 1000), 1000, before) is after


def test_what_is_confirmed_goes_first_and_the_oldest_of_it_whatever_its_lane():
    stock = Stock(confirmed={Lane.VIOLATION: (7, 90), Lane.TELEMETRY: (4, 80)}, first_waiting=81, last_telemetry=99)

    assert next_step(stock) == Purge(Lane.TELEMETRY, 3, 80)


def test_then_telemetry_is_thinned_from_where_the_last_thinning_ended():
    assert next_step(Stock({}, first_waiting=81, last_telemetry=99)) == Thin(80, THIN_TO_S)
    assert next_step(Stock({}, first_waiting=81, last_telemetry=99, thinned_through=90)) == Thin(90, THIN_TO_S)


def test_only_when_all_of_it_is_thinned_does_it_go_altogether():
    assert next_step(Stock({}, first_waiting=81, last_telemetry=99, thinned_through=99)) == Thin(80, None)


def test_when_nothing_is_confirmed_and_no_telemetry_is_left_there_is_nothing_to_give_up():
    assert next_step(Stock({}, first_waiting=None, last_telemetry=99)) is None


def test_one_report_of_each_drone_stays_in_each_ten_seconds():
    found = [*samples(0.0, 1.0, 9.9, 10.0, 11.0), *samples(0.5, drone_id="nyc-2")]

    gone = too_many(found, 10.0, {})

    assert [sample.captured_at_ms for sample in gone] == [1_000, 9_900, 11_000]


def test_thinning_what_is_thin_already_takes_nothing():
    found = samples(*range(60))
    kept = [sample for sample in found if sample not in too_many(found, 10.0, {})]

    assert len(kept) == 6
    assert too_many(kept, 10.0, {}) == []


@given(st.lists(st.floats(0, 300), max_size=60), st.integers(1, 60))
def test_thinning_in_slices_takes_the_same_as_thinning_at_once(seconds: list[float], slice_rows: int):
    found = samples(*sorted(seconds))
    kept: dict[str, int] = {}

    in_slices = [
        sample
        for first in range(0, len(found), slice_rows)
        for sample in too_many(found[first : first + slice_rows], 10.0, kept)
    ]

    assert in_slices == too_many(found, 10.0, {})


in_quarantine = st.lists(st.tuples(st.integers(0, 100), st.booleans())).map(
    lambda found: [InQuarantine(row, size, nobodys) for row, (size, nobodys) in enumerate(found, start=1)]
)


@given(in_quarantine, st.integers(-10, 2_000))
def test_of_quarantine_the_oldest_that_are_nobodys_are_emptied_and_no_more_than_needed(
    found: list[InQuarantine], excess_bytes: int
):
    gone = too_much(found, excess_bytes)

    may_go = [one for one in found if one.is_nobodys and one.size_bytes]
    assert gone == may_go[: len(gone)]
    assert sum(one.size_bytes for one in gone[:-1]) < max(excess_bytes, 1)
    assert gone == may_go or sum(one.size_bytes for one in gone) >= excess_bytes
