"""A bad link does what it is told and nothing more, and the same dice do it again."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from drone_sim.faults import LinkFaults, LossyLink, clock_skew
from tests.strategies import NOON


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def through(faults: LinkFaults, count: int = 2_000, seed: int = 1) -> tuple[list[int], list[int]]:
    """(what arrived, what was dropped) of numbers sent one a tenth of a second."""
    link: LossyLink[int] = LossyLink(faults, Random(seed))
    arrived: list[int] = []
    lost: list[int] = []
    for number in range(count):
        lost += link.put([number], at(number / 10))
        arrived += link.arrived(at(number / 10))
    for seconds in (100, 200):  # one that waits to be overtaken sets out late
        arrived += link.arrived(at(count / 10 + seconds))
    return arrived, lost


def test_a_link_without_faults_is_a_wire() -> None:
    assert through(LinkFaults()) == (list(range(2_000)), [])


def test_drops_are_as_many_as_told_and_are_named() -> None:
    arrived, lost = through(LinkFaults(drop=0.1))
    assert 140 < len(lost) < 260
    assert sorted(arrived + lost) == list(range(2_000))


def test_duplicates_arrive_twice() -> None:
    arrived, _ = through(LinkFaults(duplicate=0.1))
    assert 2_140 < len(arrived) < 2_260
    assert sorted(set(arrived)) == list(range(2_000))


def test_a_delay_alone_keeps_the_order_and_holds_back() -> None:
    link: LossyLink[int] = LossyLink(LinkFaults(delay_s=5.0), Random(1))
    link.put(range(10), at(0))
    assert len(link.arrived(at(0.01))) < 10
    assert through(LinkFaults(delay_s=5.0))[0] == list(range(2_000))


def test_reordering_swaps_neighbours_and_loses_nothing() -> None:
    arrived, _ = through(LinkFaults(reorder=0.2))
    assert sorted(arrived) == list(range(2_000))
    swapped = sum(a > b for a, b in pairwise(arrived))
    assert 200 < swapped < 500


def test_the_last_message_is_not_held_back_for_ever() -> None:
    link: LossyLink[int] = LossyLink(LinkFaults(reorder=1.0), Random(1))
    link.put([1], at(0))
    assert link.arrived(at(0.5)) == []
    assert link.arrived(at(1.5)) == [1]


@given(
    st.builds(
        LinkFaults,
        drop=st.floats(min_value=0, max_value=1),
        duplicate=st.floats(min_value=0, max_value=1),
        reorder=st.floats(min_value=0, max_value=1),
        delay_s=st.floats(min_value=0, max_value=10),
    ),
    st.integers(min_value=0, max_value=1_000),
)
def test_what_is_not_dropped_arrives_and_the_same_dice_do_the_same(faults: LinkFaults, seed: int) -> None:
    arrived, lost = through(faults, 50, seed)
    assert set(arrived) == set(range(50)) - set(lost)
    assert through(faults, 50, seed) == (arrived, lost)


@given(st.integers(min_value=0, max_value=1_000), st.floats(min_value=0, max_value=1_000))
def test_a_clock_is_wrong_by_no_more_than_told(seed: int, most_s: float) -> None:
    skew = clock_skew(Random(seed), most_s)
    assert abs(skew) <= timedelta(seconds=most_s + 0.001)
    assert skew.microseconds % 1_000 == 0
