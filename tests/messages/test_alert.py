"""The life of an alert: nobody shares one, only a decision closes one, and the same word twice does no harm."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from messages.alert import CLOSED, LEASE, Alert, Picture, Refused, holder, is_open, raised, step, with_picture
from messages.model import Correction
from messages.state import DeskRequest
from tests.strategies import NOON, a_correction, a_request, a_sure_violation, a_violation, an_id

VIOLATION = a_violation()
LATER = NOON + LEASE
ACTIONS = ("seen", "claim", "renew", "release", "escalate")


def after(*events: DeskRequest | Correction, now: datetime = NOON) -> Alert:
    """A new alert after the events, each of which must be allowed."""
    alert = raised(VIOLATION, now=NOON)
    for event in events:
        moved = step(alert, event, now)
        assert isinstance(moved, Alert), moved
        alert = moved
    return alert


def test_an_alert_begins_as_new_with_version_1() -> None:
    alert = raised(VIOLATION, now=NOON)
    assert (alert.state, alert.version, alert.raised_at) == ("new", 1, NOON)


def test_a_violation_that_needs_no_human_raises_no_alert() -> None:
    with pytest.raises(ValueError, match="needs no human"):
        raised(a_sure_violation(), now=NOON)


def test_a_claim_holds_for_120_seconds_and_no_longer() -> None:
    alert = after(a_request(VIOLATION, "claim"))
    assert timedelta(seconds=120) == LEASE
    assert holder(alert, NOON + timedelta(seconds=119.9)) == "duarte"
    assert holder(alert, NOON + timedelta(seconds=120)) is None


def test_a_second_officer_is_told_who_holds_it() -> None:
    refused = step(after(a_request(VIOLATION, "claim")), a_request(VIOLATION, "claim", "moreno"), NOON)
    assert isinstance(refused, Refused)
    assert refused.reason.startswith("claimed by duarte until ")


def test_a_second_officer_gets_it_when_the_lease_has_run_out() -> None:
    alert = step(after(a_request(VIOLATION, "claim")), a_request(VIOLATION, "claim", "moreno"), LATER)
    assert isinstance(alert, Alert)
    assert holder(alert, LATER) == "moreno"
    assert alert.claimed_at == LATER


def test_a_lease_does_not_last_longer_because_the_clock_was_set_back() -> None:
    claimed = after(a_request(VIOLATION, "claim"))
    assert holder(claimed, NOON - timedelta(seconds=60)) == "duarte"  # a desk's clock that is a minute late
    assert holder(claimed, NOON - timedelta(hours=1)) is None


def test_working_on_it_keeps_the_claim_and_its_beginning() -> None:
    near_the_end = NOON + timedelta(seconds=100)
    alert = step(after(a_request(VIOLATION, "claim")), a_request(VIOLATION, "renew"), near_the_end)
    assert isinstance(alert, Alert)
    assert alert.claimed_at == NOON
    assert alert.lease_until == near_the_end + LEASE


def test_nobody_renews_what_another_claimed() -> None:
    for now in (NOON, LATER):
        assert isinstance(
            step(after(a_request(VIOLATION, "claim")), a_request(VIOLATION, "renew", "moreno"), now), Refused
        )


def test_a_late_decision_counts_when_nobody_took_the_alert_meanwhile() -> None:
    alert = step(after(a_request(VIOLATION, "claim")), a_correction(VIOLATION), NOON + timedelta(hours=1))
    assert isinstance(alert, Alert)
    assert alert.state == "confirmed"


def test_a_late_decision_is_refused_when_somebody_took_the_alert_meanwhile() -> None:
    taken = step(after(a_request(VIOLATION, "claim")), a_request(VIOLATION, "claim", "moreno"), LATER)
    assert isinstance(taken, Alert)
    assert isinstance(step(taken, a_correction(VIOLATION), LATER), Refused)


@pytest.mark.parametrize(
    ("status", "code_after", "reason"), [("confirmed", 14, None), ("corrected", 19, None), ("rejected", None, "no car")]
)
def test_a_decision_closes_the_alert_for_good(status: str, code_after: int | None, reason: str | None) -> None:
    decision = a_correction(VIOLATION, status=status, code_after=code_after, reason=reason)
    alert = after(a_request(VIOLATION, "claim"), decision)
    assert (alert.state, alert.code_after, alert.correction_id) == (status, code_after, decision.id)
    assert not is_open(alert)
    for action in ACTIONS:
        assert isinstance(step(alert, a_request(VIOLATION, action, "moreno"), LATER), Refused)
    assert isinstance(step(alert, a_correction(VIOLATION, 2, officer="moreno"), LATER), Refused)


def test_the_same_decision_twice_is_harmless() -> None:
    alert = after(a_request(VIOLATION, "claim"), a_correction(VIOLATION))
    assert step(alert, a_correction(VIOLATION), LATER) == alert


def test_a_decision_about_another_violation_is_refused() -> None:
    assert isinstance(step(raised(VIOLATION, now=NOON), a_correction(a_violation(2)), NOON), Refused)


def test_passing_on_frees_the_alert_for_another() -> None:
    alert = after(
        a_request(VIOLATION, "claim"), a_request(VIOLATION, "escalate"), a_request(VIOLATION, "claim", "moreno")
    )
    assert (holder(alert, NOON), alert.escalated_by) == ("moreno", "duarte")


def test_nobody_passes_on_or_gives_back_what_another_holds() -> None:
    claimed = after(a_request(VIOLATION, "claim"))
    assert isinstance(step(claimed, a_request(VIOLATION, "escalate", "moreno"), NOON), Refused)
    assert step(claimed, a_request(VIOLATION, "release", "moreno"), NOON) == claimed


def test_giving_back_makes_it_seen_and_free() -> None:
    alert = after(a_request(VIOLATION, "claim"), a_request(VIOLATION, "release"))
    assert (alert.state, holder(alert, NOON)) == ("seen", None)


def test_seeing_a_claimed_alert_changes_nothing() -> None:
    claimed = after(a_request(VIOLATION, "claim"))
    assert step(claimed, a_request(VIOLATION, "seen", "moreno"), NOON) == claimed


def test_an_unknown_request_is_refused_and_does_not_raise() -> None:
    assert isinstance(step(raised(VIOLATION, now=NOON), a_request(VIOLATION, "dance"), NOON), Refused)


def test_knowing_more_of_the_picture_is_a_step_and_knowing_the_same_is_none() -> None:
    picture = Picture(
        evidence_id=an_id(9), parts_here=1, parts=2, sha256="0" * 64, media_type="image/jpeg", checked=False
    )
    once = with_picture(raised(VIOLATION, now=NOON), picture)
    assert once.version == 2
    assert with_picture(once, picture) is once


@pytest.mark.parametrize("order", list(permutations(ACTIONS)))
def test_in_any_order_of_two_officers_wishes_at_most_one_holds_and_none_closes(order: tuple[str, ...]) -> None:
    alert = raised(VIOLATION, now=NOON)
    for number, action in enumerate(order):
        for officer in ("duarte", "moreno"):
            before = alert
            moved = step(alert, a_request(VIOLATION, action, officer), NOON + timedelta(seconds=number))
            alert = moved if isinstance(moved, Alert) else alert
            held = holder(before, NOON + timedelta(seconds=number))
            if held and held != officer:
                assert alert == before
            assert alert.state not in CLOSED


class AlertLife(RuleBasedStateMachine):
    """Officers do what they like at any time; the rules must hold all the while."""

    def __init__(self) -> None:
        super().__init__()
        self.alert = raised(VIOLATION, now=NOON)
        self.now = NOON
        self.decisions = 0
        self.closed_as: Alert | None = None

    @rule(seconds=st.sampled_from([0.0, 1.0, 60.0, 119.0, 121.0]))
    def time_passes(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    @rule(action=st.sampled_from(ACTIONS), officer=st.sampled_from(["duarte", "moreno", "okafor"]))
    def an_officer_asks(self, action: str, officer: str) -> None:
        self._happens(a_request(VIOLATION, action, officer), officer)

    @rule(
        officer=st.sampled_from(["duarte", "moreno", "okafor"]),
        status=st.sampled_from(["confirmed", "corrected", "rejected"]),
    )
    def an_officer_decides(self, officer: str, status: str) -> None:
        self.decisions += 1
        rejected = status == "rejected"
        self._happens(
            a_correction(
                VIOLATION,
                self.decisions,
                officer=officer,
                status=status,
                code_after=None if rejected else 14,
                reason="no car" if rejected else None,
            ),
            officer,
        )

    @precondition(lambda self: self.closed_as is not None)
    @rule(action=st.sampled_from(ACTIONS))
    def a_closed_alert_stays_as_it_is(self, action: str) -> None:
        assert isinstance(step(self.alert, a_request(VIOLATION, action), self.now), Refused)

    def _happens(self, event: DeskRequest | Correction, officer: str) -> None:
        before, held_by = self.alert, holder(self.alert, self.now)
        moved = step(before, event, self.now)
        if isinstance(moved, Refused):
            assert moved.reason
            return
        if held_by not in (None, officer):
            assert moved == before, "somebody moved an alert that another officer held"
        if moved != before:
            assert moved.version == before.version + 1
            assert is_open(before), "a closed alert moved"
        if not is_open(moved):
            assert isinstance(event, Correction), "an alert was closed without a decision"
            self.closed_as = moved
        again = step(moved, event, self.now)
        if isinstance(event, Correction) or event.action in ("seen", "release"):
            assert again == moved, "the same word twice did harm"
        else:
            assert isinstance(again, Alert)
            assert (again.state, again.claimed_by) == (moved.state, moved.claimed_by)
        self.alert = moved

    @invariant()
    def it_never_opens_again(self) -> None:
        if self.closed_as is not None:
            assert self.alert == self.closed_as

    @invariant()
    def a_lease_belongs_to_a_claim(self) -> None:
        if holder(self.alert, self.now):
            assert self.alert.state == "claimed"


TestAlertLife = AlertLife.TestCase
TestAlertLife.settings = settings(max_examples=150, stateful_step_count=30)


@given(st.lists(st.sampled_from([*ACTIONS, "decide"]), max_size=12))
def test_versions_only_grow(actions: list[str]) -> None:
    alert = raised(VIOLATION, now=NOON)
    for action in actions:
        event = a_correction(VIOLATION) if action == "decide" else a_request(VIOLATION, action)
        moved = step(alert, event, NOON)
        if isinstance(moved, Alert):
            assert moved.version in (alert.version, alert.version + 1)
            alert = moved
