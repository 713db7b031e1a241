"""The coding desk: digits, search, missing facts."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from ground_station.view_model import coding_desk
from ground_station.view_model.coding_desk import Work, choices, code_in, form_for, hits, with_change
from ground_station.view_model.wording import confirm_text
from messages.coding import Form, missing_facts
from messages.errors import CodingError
from tests.ground_station.given import NOON, WHO, a_violation, an_id


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
