"""Warnings about the plate on the form: the same vehicle in another alert near by, or with a ticket of the last day."""

from __future__ import annotations

import pytest

from ground_station.view_model import plates
from ground_station.view_model.effects import Ask
from ground_station.view_model.events import AlertCame, AlertGone, AnswerCame, Tick
from ground_station.view_model.intentions import ChooseDigit, Claim, Confirm, MarkNotShown, SelectAlert, SetFact, Undo
from ground_station.view_model.view import view
from messages.alert import Alert, step
from messages.codec import decode
from messages.coding import Form, decide
from messages.model import Correction
from messages.state import DeskAnswer
from tests.ground_station.given import NOON, Desk, a_connected_desk, an_alert, an_id, claimed, seconds


def warnings(desk: Desk) -> tuple[str, ...]:
    shown = view(desk.state, desk.now).desk
    assert shown is not None
    return shown.warnings


def decided_by_moreno(alert: Alert, code: int = 19) -> Alert:
    held = claimed(alert, "moreno", NOON)
    form = Form(code=code, plate="x", plate_type="x", plate_expiry="x", make="x", body="x", plate_state="x")
    correction = decide(
        alert.violation,
        form,
        correction_id=an_id(500),
        station="midtown",
        officer="moreno",
        boot=1,
        seq=1,
        claimed_at=NOON,
        now=NOON,
    )
    after = step(held, correction, NOON)
    assert isinstance(after, Alert)
    return after


def a_desk_on(first: Alert, *others: Alert) -> Desk:
    desk = a_connected_desk(first, *others)
    desk.wants(SelectAlert(first.violation.id))
    return desk


def test_the_same_plate_in_an_open_alert_near_by_is_said_with_drone_distance_and_age() -> None:
    other = an_alert(2, at=NOON - seconds(41), drone_id="nyc-22", lat_deg=40.7520, plate="kjh-4t2")

    assert warnings(a_desk_on(an_alert(1), other)) == ("Same plate also open: nyc-22, 33 m away, 0:41 ago",)


@pytest.mark.parametrize(
    "other",
    [
        an_alert(2, plate="KJH 4T3"),
        an_alert(2, plate=None),
        an_alert(2, plate_state="NJ"),
        an_alert(2, lat_deg=40.7537),
        an_alert(2, at=NOON - seconds(4 * 3600 + 1)),
    ],
    ids=["another plate", "no plate read", "another state", "222 m away", "over four hours before"],
)
def test_what_is_not_the_same_vehicle_here_and_now_is_not_warned_of(other: Alert) -> None:
    assert warnings(a_desk_on(an_alert(1), other)) == ()


def test_the_plate_that_counts_is_the_one_on_the_form() -> None:
    desk = a_desk_on(an_alert(1, plate=None), an_alert(2, plate="ABC 123"))
    assert warnings(desk) == ()

    desk.wants(SetFact("plate", "abc123"))
    assert len(warnings(desk)) == 1

    desk.wants(MarkNotShown("plate"))
    assert warnings(desk) == ()


def test_not_shown_is_no_plate_that_two_vehicles_could_share() -> None:
    assert [plates.written(text) for text in ("not shown", "", None, "BLANKPLATE", "N/A", " kjh-4t2 ")] == [
        "",
        "",
        "",
        "",
        "",
        "KJH4T2",
    ]


def test_a_ticket_of_another_officer_is_remembered_after_its_alert_is_archived() -> None:
    first, other = an_alert(1), an_alert(2, at=NOON - seconds(90), lat_deg=40.76)
    desk = a_desk_on(first, other)
    desk.hears(AlertCame(decided_by_moreno(other)))
    assert warnings(desk) == ("Ticket for this plate 0:00 ago: code 19, 923 m away",)

    desk.hears(AlertGone(other.violation.id))
    desk.waits(130.0)

    assert warnings(desk) == ("Ticket for this plate 2:10 ago: code 19",)


def test_a_ticket_over_a_day_old_is_not_recent() -> None:
    first, other = an_alert(1), an_alert(2)
    desk = a_desk_on(first, other)
    desk.hears(AlertCame(decided_by_moreno(other)))
    desk.waits(24 * 3600 + 1)

    assert warnings(desk) == ()


def a_desk_with_an_own_ticket() -> tuple[Desk, Alert]:
    """This officer wrote code 14 for ABC 123, which the drone could not read, and the next alert has that plate."""
    first = an_alert(1, at=NOON - seconds(200), plate=None, plate_expiry="2027-03")
    second = an_alert(2, plate="ABC 123")
    desk = a_desk_on(first, second)
    ask = desk.wants(Claim())[-1]
    assert isinstance(ask, Ask)
    answer = DeskAnswer(id=ask.request.id, violation_id=first.violation.id, ok=True, reason="", at=NOON)
    desk.hears(AnswerCame(answer), AlertCame(claimed(first, "duarte", NOON)))
    desk.wants(ChooseDigit(1), SetFact("plate", "abc 123"), Confirm())
    return desk, first


def test_an_own_ticket_counts_with_the_plate_that_was_typed_until_it_is_taken_back() -> None:
    desk, _ = a_desk_with_an_own_ticket()
    assert warnings(desk) == ("Ticket for this plate 0:00 ago: code 14, 0 m away",)

    desk.wants(Undo())
    second = next(card for card in view(desk.state, desk.now).cards if not card.selected)
    desk.wants(SelectAlert(second.violation_id))

    assert warnings(desk) == ()


def test_a_ticket_that_the_bridge_refused_is_none() -> None:
    desk, first = a_desk_with_an_own_ticket()
    desk.waits(2.0)
    desk.hears(Tick())
    kept = desk.state.outbox.kept[0]
    correction = decode(kept.payload)
    assert isinstance(correction, Correction)
    assert correction.plate == "abc 123"

    desk.hears(
        AnswerCame(
            DeskAnswer(
                id=kept.correction_id,
                violation_id=first.violation.id,
                ok=False,
                reason="claimed by moreno",
                at=desk.now,
            )
        )
    )

    assert warnings(desk) == ()


def test_a_warning_stops_no_decision() -> None:
    desk, _ = a_desk_with_an_own_ticket()
    shown = view(desk.state, desk.now).desk
    assert shown is not None
    second = desk.state.queue.entries[shown.violation_id].alert
    ask = desk.wants(Claim())[-1]
    assert isinstance(ask, Ask)
    desk.hears(AlertCame(claimed(second, "duarte", NOON)))

    desk.wants(ChooseDigit(1), MarkNotShown("plate_expiry"), Confirm())

    assert len(desk.state.outbox.kept) == 2
