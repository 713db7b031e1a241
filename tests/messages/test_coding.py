"""From an officer's form to a Correction: each fact given or said to be not shown, a code that was in force, and what came of it."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from messages.codec import decode, encode
from messages.coding import FACTS, NOT_SHOWN, Form, best_guess, decide, form_of, missing_facts, reject
from messages.errors import CodingError
from messages.model import Correction, Violation
from tests.strategies import NOON, STATION, a_sure_violation, a_violation, an_id, violations

FULL = Form(
    code=14, plate="KJH4T2", plate_type="PAS", plate_expiry="2027-03", make="Toyota", body="4DSD", plate_state="NY"
)
DESK: dict[str, Any] = {
    "correction_id": an_id(9),
    "station": STATION,
    "officer": "duarte",
    "boot": 1,
    "seq": 1,
    "claimed_at": NOON,
    "now": NOON,
}


def decided(violation: Violation, form: Form) -> Correction:
    return decide(violation, form, **DESK)


def test_the_drones_best_guess_confirms() -> None:
    correction = decided(a_violation(), FULL)
    assert (correction.status, correction.code_before, correction.code_after) == ("confirmed", 14, 14)


def test_another_code_corrects() -> None:
    correction = decided(a_violation(), msgspec.structs.replace(FULL, code=19))
    assert (correction.status, correction.code_before, correction.code_after) == ("corrected", 14, 19)


def test_any_code_corrects_a_drone_that_had_no_guess() -> None:
    correction = decided(a_violation(guesses=()), FULL)
    assert (correction.status, correction.code_before) == ("corrected", None)


def test_a_drone_that_was_sure_is_taken_at_its_word() -> None:
    assert best_guess(a_sure_violation()) == 38


def test_a_decision_is_dated_by_when_it_was_made() -> None:
    correction = decided(a_violation(), FULL)
    assert correction.captured_at == correction.decided_at == NOON
    assert correction.violation_captured_at == a_violation().captured_at


@pytest.mark.parametrize("fact", FACTS)
def test_a_fact_left_out_is_named(fact: str) -> None:
    form = msgspec.structs.replace(FULL, **{fact: "  "})
    assert missing_facts(form) == (fact,)
    with pytest.raises(CodingError, match=f"missing: {fact}"):
        decided(a_violation(), form)


@pytest.mark.parametrize("fact", FACTS)
def test_a_fact_that_cannot_be_seen_is_said_so_and_passes(fact: str) -> None:
    correction = decided(a_violation(), msgspec.structs.replace(FULL, **{fact: NOT_SHOWN}))
    assert getattr(correction, fact) == NOT_SHOWN


def test_no_code_is_no_decision() -> None:
    with pytest.raises(CodingError, match="no code"):
        decided(a_violation(), msgspec.structs.replace(FULL, code=None))


def test_a_code_that_the_book_does_not_have_is_refused() -> None:
    with pytest.raises(CodingError, match="not in force"):
        decided(a_violation(), msgspec.structs.replace(FULL, code=94))


def test_a_rejection_needs_a_reason_and_keeps_no_code() -> None:
    with pytest.raises(CodingError, match="reason"):
        reject(a_violation(), "   ", **DESK)
    correction = reject(a_violation(), " delivery in progress ", **DESK)
    assert (correction.status, correction.code_after, correction.reason) == ("rejected", None, "delivery in progress")
    assert correction.plate_expiry == NOT_SHOWN  # what the drone could not read is said to be not shown


def test_the_form_begins_with_what_the_drone_could_read_and_no_code() -> None:
    form = form_of(a_violation())
    assert form.code is None
    assert (form.plate, form.make, form.plate_expiry) == ("KJH4T2", "Toyota", "")


@given(violations(), st.sampled_from(FACTS))
def test_whatever_the_drone_saw_a_full_form_makes_a_message_that_travels(violation: Violation, fact: str) -> None:
    correction = decided(violation, msgspec.structs.replace(FULL, **{fact: NOT_SHOWN}))
    assert decode(encode(correction)) == correction
    assert correction.drone_id == violation.drone_id
    assert (correction.status == "confirmed") is (best_guess(violation) == 14)


@given(violations())
def test_only_missing_facts_are_missing(violation: Violation) -> None:
    form = form_of(violation)
    assert set(missing_facts(form)) == {fact for fact in FACTS if not (getattr(violation, fact) or "").strip()}
