"""The coding desk: digits, search, missing facts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from ground_station.view_model import coding_desk
from ground_station.view_model.coding_desk import Work, choices, code_in, form_for, hits, with_change
from ground_station.view_model.intentions import ChooseCode, ChooseFirstHit, SearchCode
from ground_station.view_model.view import view
from ground_station.view_model.wording import confirm_text
from messages import codebook
from messages.coding import Form, missing_facts
from messages.errors import CodingError
from messages.model import Guess
from tests.ground_station.given import NOON, WHO, a_connected_desk, a_violation, an_alert, an_id


def test_digits_choose_the_drones_guesses_first_and_then_frequent_codes() -> None:
    lines = choices(a_violation(), 19)

    assert [(line.digit, line.code, line.share_words, line.chosen) for line in lines] == [
        (1, 14, "48 %", False),
        (2, 19, "44 %", True),
        (3, 40, "5 %", False),
        (4, 21, "frequent", False),
        (5, 38, "frequent", False),
        (6, 20, "frequent", False),
    ]


def test_without_a_guess_all_nine_digits_choose_frequent_codes() -> None:
    lines = choices(a_violation(guesses=()), None)

    assert [line.digit for line in lines] == list(range(1, 10))
    assert all(line.share is None for line in lines)


def test_any_code_is_found_by_number_or_words() -> None:
    assert [hit.code for hit in hits(a_violation(), "bus stop", None)] == [19]
    assert hits(a_violation(), "46", None)[0].title == "Double parking"
    assert hits(a_violation(), "  ", None) == ()
    assert hits(a_violation(), "no such words", None) == ()


def test_a_typed_number_is_a_code_only_if_it_was_in_force() -> None:
    assert code_in(" 14 ", a_violation()) == 14
    assert code_in("94", a_violation()) is None
    assert code_in("14 bus", a_violation()) is None
    assert code_in("²", a_violation()) is None


@pytest.mark.parametrize(
    ("code", "missing", "text"),
    [
        (None, ("plate",), "Choose a code"),
        (14, (), "Confirm code 14"),
        (14, ("plate_expiry",), "Expiry or not shown?"),
        (14, ("plate", "plate_expiry", "make"), "Plate, expiry and make or model: give or not shown?"),
    ],
)
def test_the_confirm_button_says_what_is_missing(code: int | None, missing: tuple[str, ...], text: str) -> None:
    assert confirm_text(code, missing) == text


def test_a_form_starts_with_what_the_drone_could_read() -> None:
    form = form_for(Work(), a_violation())

    assert (form.plate, form.plate_expiry, form.code) == ("KJH 4T2", "", None)
    assert missing_facts(form) == ("plate_expiry",)


def test_each_alert_has_its_own_form() -> None:
    work = with_change(Work(), a_violation(1), NOON, code=14)
    work = with_change(work, a_violation(2), NOON, code=19)

    assert form_for(work, a_violation(1)).code == 14
    assert form_for(work, a_violation(2)).code == 19
    assert form_for(coding_desk.without(work, a_violation(1).id), a_violation(1)).code is None


def test_an_incomplete_form_is_never_a_decision() -> None:
    with pytest.raises(CodingError):
        coding_desk.decided(a_violation(), Form(code=14), WHO, seq=1, correction_id=an_id(1), claimed_at=NOON, now=NOON)


def test_a_decision_gives_its_form_back() -> None:
    form = Form(
        code=19, plate="A", plate_type="PAS", plate_expiry="not shown", make="Ford", body="VAN", plate_state="NJ"
    )

    kept = coding_desk.decided(a_violation(), form, WHO, seq=3, correction_id=an_id(1), claimed_at=NOON, now=NOON)

    assert coding_desk.form_of_kept(kept) == form
    assert (kept.status, kept.code, kept.seq) == ("corrected", 19, 3)


def test_a_fine_that_differs_by_borough_is_shown_with_both() -> None:
    assert hits(a_violation(at=datetime(2026, 1, 1, tzinfo=UTC)), "34", None)[0].fine == "$65 or $35"


CHANGE = datetime(2017, 4, 20, 4, tzinfo=UTC)  # midnight in New York: rule 4-08(h)(10) became 4-08(h)(1)


@pytest.mark.parametrize(
    ("seen_at", "cited", "void"),
    [
        (CHANGE - timedelta(milliseconds=1), "4-08(h)(10)", "4-08(h)(1)"),
        (CHANGE, "4-08(h)(1)", "4-08(h)(10)"),
    ],
)
def test_the_renumbering_of_2017_replayed_the_rule_in_force_when_seen_is_found_and_the_other_can_not_be_chosen(
    seen_at: datetime, cited: str, void: str
) -> None:
    """Decided today: what counts is when the drone saw the vehicle."""
    desk = a_connected_desk(an_alert(1, at=seen_at))
    desk.wants(SearchCode(void), ChooseFirstHit())
    shown = view(desk.state, desk.now).desk
    assert shown is not None
    assert (shown.hits, shown.code) == ((), None)

    desk.wants(SearchCode(f"receipt {cited}"), ChooseFirstHit())

    shown = view(desk.state, desk.now).desk
    assert shown is not None
    assert shown.code == 38
    assert shown.hits[0].title == f"Failing to display muni meter receipt · {cited}"


def test_a_code_that_was_not_in_force_when_seen_can_be_chosen_in_no_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """Code 38 as if it had ended that day: digits, number, words, a click and the decision itself all refuse it."""
    ended = tuple(entry for entry in codebook.CODE_BOOK if entry.code != 38 or entry.valid_from is None)
    monkeypatch.setattr(codebook, "CODE_BOOK", ended)
    monkeypatch.setattr(codebook, "_BY_CODE", {**codebook._BY_CODE, 38: tuple(e for e in ended if e.code == 38)})
    desk = a_connected_desk(an_alert(1, at=CHANGE, guesses=(Guess(38, 0.9),), plate_expiry="2027-03"))

    choices_seen = {choice.code for choice in choices(a_violation(at=CHANGE, guesses=(Guess(38, 0.9),)), None)}
    desk.wants(ChooseCode(38), SearchCode("38"), ChooseFirstHit(), SearchCode("receipt"), ChooseFirstHit())

    assert 38 not in choices_seen
    shown = view(desk.state, desk.now).desk
    assert shown is not None
    assert shown.code != 38
    with pytest.raises(CodingError, match="not in force"):
        coding_desk.decided(
            a_violation(at=CHANGE),
            Form(code=38, plate="x", plate_type="x", plate_expiry="x", make="x", body="x", plate_state="x"),
            WHO,
            seq=1,
            correction_id=an_id(9),
            claimed_at=NOON,
            now=NOON,
        )
    assert 38 in {choice.code for choice in choices(a_violation(at=CHANGE - timedelta(days=1)), None)}
