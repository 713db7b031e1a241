"""The code book: found by number or words, and by the time at which a violation was seen."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messages import codebook
from messages.codebook import CODE_BOOK, FREQUENT_CODES, CodeEntry, entry_at, is_known, is_valid, search, title_of
from tests.strategies import NOON, codes


def codes_of(entries: list[CodeEntry]) -> list[int]:
    return [entry.code for entry in entries]


def test_no_words_find_the_whole_book() -> None:
    assert codes_of(search("  ", NOON)) == list(dict.fromkeys(entry.code for entry in CODE_BOOK))


def test_a_digit_finds_the_codes_that_begin_with_it() -> None:
    assert codes_of(search("4", NOON)) == [4, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49]


def test_a_whole_number_finds_its_code_first() -> None:
    assert codes_of(search("40", NOON))[0] == 40


def test_words_find_titles_in_any_case_and_order() -> None:
    assert codes_of(search("Hydrant", NOON)) == [40]
    assert codes_of(search("stop BUS", NOON)) == codes_of(search("bus stop", NOON)) == [19]


def test_words_that_no_title_has_find_nothing() -> None:
    assert search("submarine", NOON) == []


@given(st.text(max_size=20))
def test_any_text_is_searched_without_an_exception(words: str) -> None:
    assert set(search(words, NOON)) <= set(CODE_BOOK)


@given(codes)
def test_each_code_is_found_by_its_number_and_by_its_title(code: int) -> None:
    assert code in codes_of(search(str(code), NOON))
    assert code in codes_of(search(title_of(code), NOON))


def test_a_code_that_the_book_does_not_have_still_has_words() -> None:
    assert not is_known(999)
    assert title_of(999) == "Code 999"
    assert entry_at(999, NOON) is None


def test_the_digits_of_the_desk_choose_nine_different_codes_in_force() -> None:
    assert len(set(FREQUENT_CODES)) == 9
    assert all(is_valid(code, NOON) for code in FREQUENT_CODES)


def test_each_code_is_in_the_book_once_at_any_time() -> None:
    changes = {at for entry in CODE_BOOK for at in (entry.valid_from, entry.valid_to) if at is not None}
    for at in [NOON, *changes, *(at - timedelta(microseconds=1) for at in changes)]:
        in_force = codes_of(search("", at))
        assert len(in_force) == len(set(in_force)) == len({entry.code for entry in CODE_BOOK})
    assert all(entry.title and 1 <= entry.code <= 999 for entry in CODE_BOOK)


MUNI_METER = (37, 38, 42, 69)
LAST_OLD = datetime(2017, 4, 19, 23, 59, 59, tzinfo=timezone(timedelta(hours=-4)))
FIRST_NEW = datetime(2017, 4, 20, 0, 0, 0, tzinfo=timezone(timedelta(hours=-4)))


@pytest.mark.parametrize(("at", "rule"), [(LAST_OLD, "4-08(h)(10)"), (FIRST_NEW, "4-08(h)(1)"), (NOON, "4-08(h)(1)")])
def test_the_rule_that_a_meter_ticket_cites_is_the_one_in_force_when_the_vehicle_was_seen(
    at: datetime, rule: str
) -> None:
    other = {"4-08(h)(10)": "4-08(h)(1)", "4-08(h)(1)": "4-08(h)(10)"}[rule]
    assert [entry.rule for code in MUNI_METER if (entry := entry_at(code, at))] == [rule] * 4
    assert codes_of(search(rule, at)) == list(MUNI_METER)
    assert search(other, at) == []
    assert codes_of(search("4-08(H)", at)) == list(MUNI_METER)
    assert codes_of(search(f"receipt {rule}", at)) == [38, 69]


def test_an_entry_is_chosen_by_when_the_violation_was_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    change = NOON + timedelta(days=1)
    old = CodeEntry(code=5, title="Old words", fine_manhattan_usd=1, fine_elsewhere_usd=1, valid_to=change)
    new = CodeEntry(code=5, title="New words", fine_manhattan_usd=2, fine_elsewhere_usd=2, valid_from=change)
    monkeypatch.setattr(codebook, "_BY_CODE", {5: (old, new)})
    assert entry_at(5, NOON) is old
    assert entry_at(5, change) is new
    assert title_of(5) == "New words"
