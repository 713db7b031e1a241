"""The scripted officer: sees, claims, thinks, decides; always through intentions, and never stuck."""

from __future__ import annotations

from collections import Counter
from random import Random

from ground_station.scripted_officer import ScriptedOfficer
from ground_station.view_model.effects import Ask, Effect, Kept, SendDecision
from ground_station.view_model.events import AlertCame, AnswerCame, LinkDown, Tick
from ground_station.view_model.view import view
from messages.alert import Alert, step
from messages.codec import decode
from messages.model import Correction
from messages.state import DeskAnswer
from tests.ground_station.given import NOON, Desk, a_connected_desk, an_alert, claimed, seconds


def answered(desk: Desk, alerts: dict[str, Alert], effects: list[Effect]) -> None:
    """The bridge's part."""
    for effect in effects:
        if isinstance(effect, Ask):
            key, violation_id, event = effect.request.id, effect.request.violation_id, effect.request
            outcome = step(alerts[violation_id], event, desk.now)
        elif isinstance(effect, SendDecision):
            correction = decode(effect.payload)
            assert isinstance(correction, Correction)
            key, violation_id = correction.id, correction.violation_id
            outcome = step(alerts[violation_id], correction, desk.now)
        else:
            continue
        ok = isinstance(outcome, Alert)
        reason = "" if isinstance(outcome, Alert) else outcome.reason
        alerts[violation_id] = outcome if isinstance(outcome, Alert) else alerts[violation_id]
        answer = DeskAnswer(id=key, violation_id=violation_id, ok=ok, reason=reason, at=desk.now)
        desk.hears(AlertCame(alerts[violation_id]), AnswerCame(answer))


def work(desk: Desk, officer: ScriptedOfficer, alerts: dict[str, Alert], turns: int) -> None:
    for _ in range(turns):
        desk.waits(0.25)
        answered(desk, alerts, desk.hears(Tick()))
        while (intention := officer.next_intention(view(desk.state, desk.now), desk.now)) is not None:
            answered(desk, alerts, desk.wants(intention))


def decisions(desk: Desk) -> list[Kept]:
    return [effect for effect in desk.asked(Kept) if isinstance(effect, Kept)]


def test_every_alert_is_decided_after_thinking() -> None:
    alerts = {alert.violation.id: alert for alert in (an_alert(number) for number in range(200))}
    desk = a_connected_desk(*alerts.values())

    work(desk, ScriptedOfficer(1.0, Random(7)), alerts, turns=1200)

    made = decisions(desk)
    assert len({kept.violation_id for kept in made}) == len(made) == 200
    assert all((kept.decided_at - kept.claimed_at) >= seconds(1.0) for kept in made)
    shares = Counter(kept.status for kept in made)
    assert 120 <= shares["confirmed"] <= 160
    assert 30 <= shares["corrected"] <= 70
    assert 3 <= shares["rejected"] <= 22
    assert all(alert.state != "claimed" for alert in alerts.values())


def test_an_alert_that_another_officer_holds_is_left_alone() -> None:
    theirs, free = claimed(an_alert(1), "moreno", NOON + seconds(60)), an_alert(2)
    alerts = {alert.violation.id: alert for alert in (theirs, free)}
    desk = a_connected_desk(*alerts.values())

    work(desk, ScriptedOfficer(0.5, Random(7)), alerts, turns=40)

    assert [kept.violation_id for kept in decisions(desk)] == [free.violation.id]


def test_without_a_broker_the_officer_waits() -> None:
    alert = an_alert(1)
    desk = a_connected_desk(alert)
    desk.hears(LinkDown("gone", None))

    work(desk, ScriptedOfficer(0.5, Random(7)), {alert.violation.id: alert}, turns=40)

    assert decisions(desk) == []


def test_the_same_seed_makes_the_same_decisions() -> None:
    def made() -> list[tuple[str, int | None]]:
        alerts = {alert.violation.id: alert for alert in (an_alert(number) for number in range(20))}
        desk = a_connected_desk(*alerts.values())
        work(desk, ScriptedOfficer(0.5, Random(3)), alerts, turns=120)
        return [(kept.status, kept.code) for kept in decisions(desk)]

    assert made() == made()
