"""Ids sort by the time of capture and come from the dice that are given."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import RFC_4122, UUID

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from messages.ids import message_id
from messages.model import MessageId
from tests.strategies import NOON, times

bits = st.integers(min_value=0, max_value=2**74 - 1)


@given(times(), bits)
def test_an_id_is_a_uuid_of_version_7_that_the_model_takes(at: datetime, random_bits: int) -> None:
    text = message_id(at, random_bits)
    assert (UUID(text).version, UUID(text).variant) == (7, RFC_4122)
    assert msgspec.convert(text, MessageId) == text


@given(times(), times(), bits, bits)
def test_ids_sort_by_the_millisecond_of_capture(a: datetime, b: datetime, bits_a: int, bits_b: int) -> None:
    if a + timedelta(milliseconds=1) < b:
        assert message_id(a, bits_a) < message_id(b, bits_b)


@given(times(), bits, bits)
def test_different_dice_make_different_ids_and_the_same_dice_the_same(at: datetime, a: int, b: int) -> None:
    assert (message_id(at, a) == message_id(at, b)) is (a == b)


def test_more_bits_than_fit_are_cut_off() -> None:
    assert message_id(NOON, 2**74 + 5) == message_id(NOON, 5)


def test_a_known_id() -> None:
    assert message_id(datetime(2022, 2, 22, 19, 22, 22, tzinfo=UTC), 0).startswith(
        "017f22e2-79b0-7000-8000-"
    )  # RFC 9562, A.6
