"""What a good message can still have wrong with it: a list, never an exception."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given

from messages.model import AnyMessage, CrowdReport, Guess, HistoricTicket
from messages.validation import CLOCK_SKEW, KEPT_FOR, problems_of
from tests.strategies import (
    NOON,
    a_correction,
    a_sure_violation,
    a_telemetry,
    a_violation,
    crowd_reports,
    historic_tickets,
    messages,
)

FLEET = frozenset({"nyc-17"})


def reasons(message: AnyMessage, **options: object) -> list[str]:
    return [problem.reason for problem in problems_of(message, NOON, **options)]  # type: ignore[arg-type]  # named below


def test_a_good_message_has_no_problem() -> None:
    for message in (a_telemetry(), a_violation(), a_sure_violation(), a_correction(a_violation())):
        assert reasons(message, fleet=FLEET) == []


def test_a_clock_may_be_five_minutes_fast_and_no_more() -> None:
    assert reasons(a_telemetry(captured_at=NOON + CLOCK_SKEW)) == []
    assert reasons(a_telemetry(captured_at=NOON + CLOCK_SKEW + timedelta(milliseconds=1))) == ["in_the_future"]


def test_a_report_may_be_seven_days_old_and_no_more() -> None:
    assert reasons(a_violation(captured_at=NOON - KEPT_FOR)) == []
    assert reasons(a_violation(captured_at=NOON - KEPT_FOR - timedelta(milliseconds=1))) == ["too_old"]


def test_a_stranger_is_refused_where_a_fleet_is_set_and_only_there() -> None:
    assert reasons(a_telemetry(drone_id="nyc-99"), fleet=FLEET) == ["not_in_fleet"]
    assert reasons(a_telemetry(drone_id="nyc-99")) == []


def test_a_code_that_no_book_has_is_named_wherever_it_stands() -> None:
    assert reasons(a_sure_violation(code=999)) == ["unknown_code"]
    assert reasons(a_violation(guesses=(Guess(998, 0.5), Guess(14, 0.2)))) == ["unknown_code"]
    assert reasons(a_correction(a_violation(), status="corrected", code_after=997)) == ["unknown_code"]


def test_several_problems_are_all_named() -> None:
    late = a_sure_violation(drone_id="nyc-99", code=999, captured_at=NOON - KEPT_FOR - timedelta(days=1))
    assert sorted(reasons(late, fleet=FLEET)) == ["not_in_fleet", "too_old", "unknown_code"]


@given(crowd_reports())
def test_the_crowd_exercise_is_off_unless_switched_on(report: CrowdReport) -> None:
    assert "switched_off" in reasons(report)
    assert "switched_off" not in reasons(report, crowd_allowed=True)


@given(historic_tickets())
def test_history_may_be_as_old_as_it_likes_and_is_of_no_fleet(ticket: HistoricTicket) -> None:
    assert reasons(ticket, fleet=FLEET) == []


@given(messages())
def test_every_problem_has_words_for_a_person(message: AnyMessage) -> None:
    assert all(problem.detail and "\n" not in problem.detail for problem in problems_of(message, NOON, fleet=FLEET))
