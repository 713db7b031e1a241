"""What a drone may forget: the compact form says the same as the set of all numbers heard."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from edge_bridge.acknowledging import HOLES_IN_ACK, NEVER, ack_of, is_new, with_seq, without_old_holes
from edge_bridge.ports import Heard, StreamKey
from tests.strategies import NOON

KEY = StreamKey("nyc-17", 1, "report")
numbers = st.lists(st.integers(1, 60), max_size=80)


def heard_of(seqs: list[int]) -> Heard:
    """What is kept after these came in this order."""
    heard = NEVER
    for seq in seqs:
        heard = with_seq(heard, seq)
    return heard


@given(numbers)
def test_holes_and_highest_say_which_numbers_were_heard(seqs: list[int]):
    heard = heard_of(seqs)

    assert {seq for seq in range(1, 70) if not is_new(heard, seq)} == set(seqs)
    assert heard.highest == max(seqs, default=0)


@given(numbers)
def test_holes_are_ascending_apart_and_never_empty(seqs: list[int]):
    holes = heard_of(seqs).holes

    flat = [edge for hole in holes for edge in hole]
    assert flat == sorted(flat)
    assert all(first <= last for first, last in holes)
    assert all(after[0] - before[1] >= 2 for before, after in pairwise(holes))


@given(numbers, st.randoms())
def test_the_order_of_arrival_does_not_matter(seqs: list[int], dice: object):
    shuffled = list(seqs)
    dice.shuffle(shuffled)  # type: ignore[attr-defined]

    assert heard_of(shuffled) == heard_of(seqs)


@given(numbers)
def test_contiguous_is_the_last_number_before_the_first_gap(seqs: list[int]):
    contiguous = heard_of(seqs).contiguous

    assert set(range(1, contiguous + 1)) <= set(seqs)
    assert contiguous + 1 not in seqs


@given(numbers)
def test_an_ack_says_it_all_while_there_are_few_holes(seqs: list[int]):
    ack = ack_of(KEY, heard_of(seqs), NOON)

    missing = {seq for first, last in ack.holes for seq in range(first, last + 1)}
    assert set(range(1, ack.highest + 1)) - missing == set(seqs)
    assert (ack.drone_id, ack.boot) == ("nyc-17", 1)


def test_with_very_many_holes_an_ack_is_true_as_far_as_it_goes():
    heard = heard_of(list(range(2, 1_000, 2)))

    ack = ack_of(KEY, heard, NOON)

    assert len(ack.holes) == HOLES_IN_ACK
    assert ack.highest == heard.holes[HOLES_IN_ACK][0] - 1


def test_old_holes_of_telemetry_are_given_up_so_that_what_is_kept_stays_small():
    heard = NEVER
    for seq in range(1, 100_000, 2):
        heard = without_old_holes(with_seq(heard, seq), late=100)

    assert len(heard.holes) <= 51
    assert not is_new(heard, 2)
    assert is_new(heard, heard.highest - 1)
