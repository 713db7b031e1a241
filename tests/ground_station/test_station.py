"""The desk's rules: claims, decisions, what survives a bad link, and that nothing closes an alert by accident."""

from __future__ import annotations

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from ground_station.view_model.effects import (
    Ask,
    DropForm,
    FindPlace,
    KeepForm,
    Kept,
    NoteAnswer,
    NoteShown,
    Order,
    PlaySound,
    RetryBroker,
    RetryHeadquarters,
    SendDecision,
    TakeBack,
)
from ground_station.view_model.events import (
    AlertCame,
    AnswerCame,
    BridgeCame,
    Closing,
    Event,
    LinkDown,
    LinkUp,
    PlaceFound,
    TelemetryCame,
    Tick,
)
from ground_station.view_model.intentions import (
    AlertsOnScreen,
    ChooseCode,
    ChooseDigit,
    ChooseFirstHit,
    Claim,
    Confirm,
    Intention,
    MarkNotShown,
    MoveSelection,
    PassOn,
    Reject,
    Release,
    SearchCode,
    SelectAlert,
    SendPictureAgain,
    SetFact,
    TakeControl,
    ToggleGroup,
    TryNow,
    Undo,
)
from ground_station.view_model.station_state import selected
from messages.alert import Alert, step
from messages.codec import decode
from messages.model import Correction
from messages.state import DeskAnswer, DeskRequest
from tests.ground_station.given import (
    NOON,
    Desk,
    a_bridge_status,
    a_connected_desk,
    a_telemetry,
    an_alert,
    claimed,
    seconds,
)


def grant(desk: Desk, alert: Alert, officer: str = "duarte") -> Alert:
    """The bridge gives the claim that was asked for last."""
    mine = claimed(alert, officer, desk.now)
    ask = desk.asked(Ask)[-1]
    assert isinstance(ask, Ask)
    answer = DeskAnswer(id=ask.request.id, violation_id=alert.violation.id, ok=True, reason="", at=desk.now)
    desk.hears(AnswerCame(answer), AlertCame(mine))
    return mine


def a_desk_with_a_claim(number: int = 1) -> tuple[Desk, Alert]:
    alert = an_alert(number)
    desk = a_connected_desk(alert)
    desk.wants(Claim())
    return desk, grant(desk, alert)


def a_desk_with_a_decision() -> tuple[Desk, Alert, Kept]:
    desk, alert = a_desk_with_a_claim()
    desk.wants(ChooseDigit(1), MarkNotShown("plate_expiry"), Confirm())
    kept = desk.asked(Kept)[-1]
    assert isinstance(kept, Kept)
    return desk, alert, kept


def answer_to(desk: Desk, kept: Kept, *, ok: bool = True, reason: str = "") -> AnswerCame:
    return AnswerCame(
        DeskAnswer(id=kept.correction_id, violation_id=kept.violation_id, ok=ok, reason=reason, at=desk.now)
    )


def test_claim_digit_enter_is_a_decision_when_nothing_is_missing() -> None:
    alert = an_alert(1, plate_expiry="2027-03")
    desk = a_connected_desk(alert)
    desk.wants(Claim())
    grant(desk, alert)
    desk.waits(6.4)

    desk.wants(ChooseDigit(1), Confirm())

    kept = desk.asked(Kept)[0]
    assert isinstance(kept, Kept)
    correction = decode(kept.payload)
    assert isinstance(correction, Correction)
    assert (correction.status, correction.code_before, correction.code_after) == ("confirmed", 14, 14)
    assert (correction.officer, correction.boot, correction.seq) == ("duarte", 1, 1)
    assert correction.claimed_at == NOON
    assert correction.decided_at == NOON + seconds(6.4)
    assert desk.state.selected is None


def test_keys_typed_faster_than_the_claim_is_answered_are_not_lost() -> None:
    alert = an_alert(1, plate_expiry="2027-03")
    desk = a_connected_desk(alert)
    desk.wants(Claim(), ChooseDigit(2), Confirm())
    assert desk.asked(Kept) == []

    grant(desk, alert)

    kept = desk.asked(Kept)[0]
    assert isinstance(kept, Kept)
    assert kept.code == 19


def test_a_key_after_enter_takes_the_waiting_enter_back() -> None:
    alert = an_alert(1, plate_expiry="2027-03")
    desk = a_connected_desk(alert)
    desk.wants(Claim(), ChooseDigit(2), Confirm(), ChooseDigit(1))

    grant(desk, alert)

    assert desk.asked(Kept) == []


def test_enter_without_a_claim_decides_nothing_and_says_why() -> None:
    desk = a_connected_desk(an_alert(1, plate_expiry="2027-03"))

    desk.wants(ChooseDigit(1), Confirm())

    assert desk.asked(Kept) == []
    assert desk.state.message == "Press C to claim it first"


def test_a_missing_fact_stops_the_decision_and_is_named() -> None:
    desk, _ = a_desk_with_a_claim()

    desk.wants(ChooseDigit(1), Confirm())

    assert desk.asked(Kept) == []
    assert desk.state.message == "Expiry or not shown?"


def test_enter_goes_on_to_the_next_alert() -> None:
    first, second, third = (an_alert(number, at=NOON + seconds(number)) for number in (1, 2, 3))
    desk = a_connected_desk(first, second, third)
    desk.wants(SelectAlert(second.violation.id), Claim())
    grant(desk, second)
    desk.wants(ChooseDigit(1), MarkNotShown("plate_expiry"), Confirm())

    assert desk.state.selected == first.violation.id


def test_a_held_decision_is_sent_after_two_seconds_and_forgotten_with_the_answer() -> None:
    desk, _, kept = a_desk_with_a_decision()
    assert desk.hears(Tick()) == []
    desk.waits(2.0)

    sent = desk.hears(Tick())
    assert [effect for effect in sent if isinstance(effect, SendDecision)] == [
        SendDecision(kept.correction_id, kept.payload, desk.now)
    ]
    assert desk.hears(answer_to(desk, kept)) == [NoteAnswer(kept.correction_id, desk.now, True, "")]
    assert desk.state.outbox.kept == ()


def test_a_decision_is_taken_back_until_it_is_sent() -> None:
    desk, alert, kept = a_desk_with_a_decision()

    effects = desk.wants(Undo())

    taken = effects[0]
    assert isinstance(taken, TakeBack)
    assert taken.correction_id == kept.correction_id
    assert taken.form.code == 14
    assert desk.state.selected == alert.violation.id
    assert desk.state.next_seq == 1
    assert desk.state.done == ()


def test_an_alert_decided_here_can_not_be_decided_again_by_a_late_click() -> None:
    desk, alert, _ = a_desk_with_a_decision()

    desk.wants(SelectAlert(alert.violation.id), ChooseDigit(2), MarkNotShown("plate_expiry"), Confirm())
    desk.wants(SelectAlert(alert.violation.id), Reject("no violation to be seen"))

    assert len(desk.asked(Kept)) == 1


def test_a_sent_decision_is_not_taken_back() -> None:
    desk, _, _ = a_desk_with_a_decision()
    desk.waits(2.0)
    desk.hears(Tick())

    assert desk.wants(Undo()) == []
    assert "has been sent" in desk.state.message


def test_a_decision_made_offline_is_kept_and_sent_with_the_same_bytes_when_the_link_is_back() -> None:
    desk, _ = a_desk_with_a_claim()
    desk.hears(LinkDown("gone", None))
    desk.waits(130.0)  # the lease ran out meanwhile, and nobody else can have it known
    desk.wants(ChooseDigit(1), MarkNotShown("plate_expiry"), Confirm())
    kept = desk.asked(Kept)[0]
    assert isinstance(kept, Kept)
    desk.waits(60.0)
    assert [effect for effect in desk.hears(Tick()) if isinstance(effect, SendDecision)] == []

    sent = desk.hears(LinkUp())

    assert [effect.payload for effect in sent if isinstance(effect, SendDecision)] == [kept.payload]


def test_an_unanswered_decision_goes_again_with_each_connection() -> None:
    desk, _, kept = a_desk_with_a_decision()
    desk.waits(2.0)
    desk.hears(Tick())
    desk.hears(LinkDown("gone", None), LinkUp())

    assert [effect.payload for effect in desk.asked(SendDecision) if isinstance(effect, SendDecision)] == [
        kept.payload,
        kept.payload,
    ]


def test_a_refused_decision_comes_back_with_its_form_and_the_reason() -> None:
    desk, alert, kept = a_desk_with_a_decision()
    desk.waits(2.0)
    desk.hears(Tick())

    desk.hears(answer_to(desk, kept, ok=False, reason="claimed by moreno until 14:32:07"))

    assert desk.state.outbox.kept == ()
    assert desk.state.work.forms[alert.violation.id].code == 14
    assert "claimed by Moreno" in desk.state.message
    assert desk.state.done == ()


def test_closing_the_desk_sends_what_is_held() -> None:
    desk, _, kept = a_desk_with_a_decision()

    assert [each.payload for each in desk.hears(Closing()) if isinstance(each, SendDecision)] == [kept.payload]


def test_a_refused_claim_is_said_on_the_alert() -> None:
    alert = an_alert(1)
    desk = a_connected_desk(alert)
    ask = desk.wants(Claim())[-1]
    assert isinstance(ask, Ask)

    desk.hears(
        AnswerCame(
            DeskAnswer(
                id=ask.request.id,
                violation_id=alert.violation.id,
                ok=False,
                reason="claimed by moreno until 12:02:00",
                at=NOON,
            )
        )
    )

    assert desk.state.work.asking is None
    assert desk.state.work.notices[alert.violation.id] == "Claimed by Moreno until 12:02:00"


def test_an_alert_that_another_officer_holds_can_be_neither_claimed_nor_filled_nor_decided() -> None:
    desk = a_connected_desk(claimed(an_alert(1, plate_expiry="2027-03"), "moreno", NOON))

    desk.wants(Claim(), ChooseDigit(1), Confirm(), Reject("no violation"))

    assert desk.asked(Kept) == []
    assert all(isinstance(effect, FindPlace) for effect in desk.effects if isinstance(effect, Ask | FindPlace))
    assert desk.state.work.forms == {}
    assert "Moreno" in desk.state.message


def test_an_unanswered_claim_is_said_after_five_seconds() -> None:
    alert = an_alert(1)
    desk = a_connected_desk(alert)
    desk.wants(Claim())
    desk.waits(5.0)
    desk.hears(Tick())

    assert "does not answer" in desk.state.work.notices[alert.violation.id]
    assert len([ask for ask in desk.wants(Claim()) if isinstance(ask, Ask)]) == 1


def test_a_claim_is_renewed_while_the_officer_works_and_not_otherwise() -> None:
    desk, _ = a_desk_with_a_claim()
    desk.waits(41.0)
    assert [effect for effect in desk.hears(Tick()) if isinstance(effect, Ask)] == []

    desk.wants(SetFact("plate", "ABC 123"))
    renewals = [effect for effect in desk.hears(Tick()) if isinstance(effect, Ask)]
    assert [ask.request.action for ask in renewals] == ["renew"]

    desk.waits(10.0)
    desk.wants(SetFact("plate", "ABC 1234"))
    assert [effect for effect in desk.hears(Tick()) if isinstance(effect, Ask)] == []


def test_a_half_typed_form_goes_to_the_journal_once_per_change() -> None:
    desk, alert = a_desk_with_a_claim()
    desk.wants(SetFact("plate", "A"), SetFact("plate", "AB"))

    saved = [effect for effect in desk.hears(Tick()) if isinstance(effect, KeepForm)]
    assert [(form.violation_id, form.form.plate) for form in saved] == [(alert.violation.id, "AB")]
    assert [effect for effect in desk.hears(Tick()) if isinstance(effect, KeepForm)] == []


def test_an_alert_decided_by_somebody_else_leaves_calmly() -> None:
    desk, alert = a_desk_with_a_claim()
    other = an_alert(2, at=NOON + seconds(1))
    desk.hears(AlertCame(other))
    desk.wants(ChooseDigit(1))
    closed = msgspec.structs.replace(alert, state="corrected", decided_by="moreno", code_after=40, version=9)

    effects = desk.hears(AlertCame(closed))

    assert DropForm(alert.violation.id) in effects
    assert desk.state.selected == other.violation.id
    assert desk.state.message == "Moreno decided code 40: nyc-17"


def test_looking_at_an_alert_makes_it_seen_but_its_own_coming_does_not() -> None:
    first, second = an_alert(1), an_alert(2, at=NOON + seconds(1))
    desk = a_connected_desk(first, second)
    assert desk.state.selected == first.violation.id
    assert desk.asked(Ask) == []

    asks = desk.wants(MoveSelection(1))

    assert [(ask.request.action, ask.request.violation_id) for ask in asks if isinstance(ask, Ask)] == [
        ("seen", second.violation.id)
    ]


def test_a_burst_of_alerts_is_one_sound_and_an_unseen_one_sounds_again_after_30_seconds() -> None:
    desk = a_connected_desk(*(an_alert(number) for number in range(20)))
    assert desk.asked(PlaySound) == [PlaySound("new_alert")]
    desk.waits(29.0)
    assert PlaySound("reminder") not in desk.hears(Tick())
    desk.waits(1.0)
    assert PlaySound("reminder") in desk.hears(Tick())


def test_the_first_showing_of_an_alert_is_noted_once() -> None:
    desk = a_connected_desk(an_alert(1))
    key = an_alert(1).violation.id

    assert desk.wants(AlertsOnScreen((key,))) == [NoteShown((key,), NOON)]
    assert desk.wants(AlertsOnScreen((key,))) == []


def test_try_now_speaks_to_whoever_is_away() -> None:
    desk = a_connected_desk()
    assert desk.wants(TryNow()) == [RetryHeadquarters()]
    desk.hears(LinkDown("gone", None))
    assert desk.wants(TryNow()) == [RetryBroker()]


def test_commands_go_to_the_drone() -> None:
    desk = a_connected_desk(an_alert(1))

    orders = [
        effect.command for effect in desk.wants(TakeControl("nyc-3"), SendPictureAgain()) if isinstance(effect, Order)
    ]

    assert [(order.drone_id, order.action) for order in orders] == [
        ("nyc-3", "take_control"),
        ("nyc-17", "send_picture"),
    ]
    assert orders[1].violation_id == an_alert(1).violation.id


def test_passing_on_asks_the_bridge_and_shows_the_next() -> None:
    first, second = an_alert(1), an_alert(2, at=NOON + seconds(1))
    desk = a_connected_desk(first, second)

    asks = [effect.request.action for effect in desk.wants(PassOn()) if isinstance(effect, Ask)]

    assert asks == ["escalate"]
    assert desk.state.selected == second.violation.id


def test_words_found_by_search_choose_nothing_until_chosen() -> None:
    desk, alert = a_desk_with_a_claim()

    desk.wants(SearchCode("bus stop"))
    assert desk.state.work.forms.get(alert.violation.id) is None
    desk.wants(ChooseFirstHit())
    assert desk.state.work.forms[alert.violation.id].code == 19
    desk.wants(SearchCode("46"))
    assert desk.state.work.forms[alert.violation.id].code == 46


def test_a_code_not_in_force_is_not_chosen() -> None:
    desk, alert = a_desk_with_a_claim()

    desk.wants(ChooseCode(94))

    assert alert.violation.id not in desk.state.work.forms
    assert "not in force" in desk.state.message


def test_alerts_archived_while_the_desk_was_away_leave_after_a_reconnect() -> None:
    stays, gone = an_alert(1), an_alert(2)
    desk = a_connected_desk(stays, gone)
    desk.hears(LinkDown("gone", None))
    desk.waits(60.0)
    desk.hears(AlertCame(stays))  # it may overtake the word that the link is back
    desk.waits(0.1)
    desk.hears(LinkUp(), BridgeCame(a_bridge_status(desk.now)), Tick())
    assert gone.violation.id in desk.state.queue.entries
    for _ in range(6):
        desk.waits(1.0)
        desk.hears(BridgeCame(a_bridge_status(desk.now)), Tick())

    assert set(desk.state.queue.entries) == {stays.violation.id}


def test_the_log_says_which_drone_was_lost_and_found() -> None:
    desk = a_connected_desk()
    desk.hears(TelemetryCame(a_telemetry("nyc-4")))
    desk.waits(4.0)
    desk.hears(Tick())
    desk.waits(1.0)
    desk.hears(TelemetryCame(a_telemetry("nyc-4", seq=2, at=desk.now)), Tick())

    assert [line.text for line in desk.state.log.lines][-2:] == ["nyc-4 lost", "nyc-4 heard again"]


def test_found_words_name_the_place() -> None:
    alert = an_alert(1)
    desk = a_connected_desk(alert)
    desk.hears(PlaceFound(alert.violation.id, "E 42nd Street at Lexington Avenue", 14))

    entry = selected(desk.state)
    assert entry is not None
    assert (entry.place, entry.precinct) == ("E 42nd Street at Lexington Avenue", 14)


class Bridge:
    """The bridge's part in the property below: it obeys messages.alert, nothing else."""

    def __init__(self, alerts: list[Alert]) -> None:
        self.alerts = {alert.violation.id: alert for alert in alerts}
        self.corrections: dict[str, Correction] = {}
        self.refused = 0

    def hear(self, desk: Desk, effects: list[object]) -> list[Event]:
        events: list[Event] = []
        for effect in effects:
            if isinstance(effect, Ask):
                events += self._step(desk, effect.request.id, effect.request.violation_id, effect.request)
            elif isinstance(effect, SendDecision):
                correction = decode(effect.payload)
                assert isinstance(correction, Correction)
                again = self.corrections.get(correction.id)
                assert again is None or again == correction
                events += self._step(desk, correction.id, correction.violation_id, correction)
                self.corrections[correction.id] = correction
        return events

    def _step(self, desk: Desk, key: str, violation_id: str, event: DeskRequest | Correction) -> list[Event]:
        outcome = step(self.alerts[violation_id], event, desk.now)
        ok = isinstance(outcome, Alert)
        self.refused += not ok
        if isinstance(outcome, Alert):
            self.alerts[violation_id] = outcome
        answer = DeskAnswer(
            id=key,
            violation_id=violation_id,
            ok=ok,
            reason="" if isinstance(outcome, Alert) else outcome.reason,
            at=desk.now,
        )
        return [AnswerCame(answer), AlertCame(self.alerts[violation_id])]


keys = st.sampled_from(
    [
        Claim(),
        Confirm(),
        ChooseDigit(1),
        ChooseDigit(2),
        "claims and decides",
        "claims and decides",
        Reject("no violation to be seen"),
        PassOn(),
        Release(),
        Undo(),
        MoveSelection(1),
        ToggleGroup(),
        SelectAlert(an_alert(0, at=NOON).violation.id),
        SelectAlert(an_alert(0, at=NOON).violation.id),
        "the answers come",
        "time goes on",
        "the link breaks",
        "another claims",
    ]
)


@settings(max_examples=300, deadline=None)
@given(st.lists(keys, max_size=60))
def test_whatever_is_pressed_each_alert_is_decided_at_most_once_and_numbers_have_no_gap(
    pressed: list[Intention | str],
) -> None:
    alerts = [an_alert(number, at=NOON + seconds(number), plate_expiry="2027-03") for number in range(3)]
    desk, bridge = a_connected_desk(*alerts), Bridge(alerts)
    waiting: list[Event] = []
    for key in [*pressed, "the answers come", "time goes on", "the answers come"]:
        if key == "the answers come":
            events, waiting = waiting, []
            waiting += bridge.hear(desk, list(desk.hears(*events)))
        elif key == "time goes on":
            desk.waits(50.0)
            waiting += bridge.hear(desk, list(desk.hears(Tick())))
        elif key == "the link breaks":
            waiting = []
            waiting += bridge.hear(desk, list(desk.hears(LinkDown("gone", None), LinkUp())))
            waiting += [AlertCame(alert) for alert in bridge.alerts.values()]
        elif key == "another claims":
            request = DeskRequest(
                id=alerts[0].violation.id,
                officer="moreno",
                action="claim",
                violation_id=alerts[0].violation.id,
                at=desk.now,
            )
            waiting += bridge._step(desk, request.id, request.violation_id, request)
        elif key == "claims and decides":
            events, waiting = [*waiting, *bridge.hear(desk, list(desk.wants(Claim(), ChooseDigit(1))))], []
            waiting += bridge.hear(desk, [*desk.hears(*events), *desk.wants(Confirm())])
        else:
            assert not isinstance(key, str)
            waiting += bridge.hear(desk, list(desk.wants(key)))

    accepted = [
        each for each in bridge.corrections.values() if bridge.alerts[each.violation_id].correction_id == each.id
    ]
    assert len({each.violation_id for each in accepted}) == len(accepted)
    numbers = sorted(each.seq for each in bridge.corrections.values())
    assert numbers == list(range(1, len(numbers) + 1))
    decided_here = [effect.violation_id for effect in desk.asked(Kept) if isinstance(effect, Kept)]
    taken_back = [effect.violation_id for effect in desk.asked(TakeBack) if isinstance(effect, TakeBack)]
    for violation_id in set(decided_here):
        assert decided_here.count(violation_id) - taken_back.count(violation_id) <= 1 + bridge.refused
