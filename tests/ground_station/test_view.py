"""The snapshot: what an officer reads at one moment, and that equal moments are equal."""

from __future__ import annotations

from datetime import timedelta
from hashlib import sha256

import msgspec

from ground_station.view_model.effects import Kept
from ground_station.view_model.events import AlertCame, BridgeCame, LinkDown, PictureCame, PlaceFound, TelemetryCame
from ground_station.view_model.intentions import (
    ChooseDigit,
    Claim,
    Confirm,
    FilterFleet,
    MarkNotShown,
    SearchCode,
    SelectAlert,
    SelectDrone,
    SetSound,
    SetTheme,
)
from ground_station.view_model.view import view
from messages.model import Guess
from tests.ground_station.given import (
    NOON,
    PICTURE,
    a_bridge_status,
    a_connected_desk,
    a_telemetry,
    an_alert,
    an_id,
    claimed,
    seconds,
    with_picture,
)
from tests.ground_station.test_station import a_desk_with_a_claim, a_desk_with_a_decision


def test_an_empty_desk_is_calm() -> None:
    desk = a_connected_desk()
    desk.hears(TelemetryCame(a_telemetry("nyc-1")), TelemetryCame(a_telemetry("nyc-2")))
    shown = view(desk.state, desk.now)

    assert shown.calm == "Nothing to decide. 2 drones on patrol."
    assert shown.desk is None
    assert shown.pill is None
    assert (shown.station, shown.officer, shown.clock) == ("Midtown", "Ofc. Duarte", "17:00:00")
    assert shown.counters == "Nothing decided yet today"
    assert shown.chain[0].word == "2 of 2 drones"


def test_a_card_says_where_who_how_old_and_whose() -> None:
    alert = an_alert(1, at=NOON - seconds(41))
    desk = a_connected_desk(alert)
    desk.hears(PlaceFound(alert.violation.id, "8th Avenue, 300 block", 14))

    card = view(desk.state, desk.now).cards[0]

    assert (card.title, card.line, card.age, card.whose) == (
        "8th Avenue, 300 block",
        "nyc-17 · code? 14 or 19",
        "0:41 ago",
        "new",
    )
    assert (card.severity, card.unseen, card.selected) == ("must_decide", True, True)
    assert view(desk.state, desk.now).window_title == "(1) Kestrel · Midtown"
    assert view(desk.state, desk.now).alerts_title == "Alerts · 1 open"
    assert view(desk.state, desk.now).rate == "1 in 10 min"


def test_the_desk_shows_the_form_the_choices_and_what_is_missing() -> None:
    desk, _ = a_desk_with_a_claim()
    desk.hears(TelemetryCame(a_telemetry("nyc-17", lat_deg=40.7517, lon_deg=-73.9757 + 0.00045)))
    desk.waits(8.0)
    desk.wants(ChooseDigit(1), SearchCode("bus stop"))

    on_desk = view(desk.state, desk.now).desk

    assert on_desk is not None
    assert (on_desk.claim, on_desk.claim_words) == ("yours", "yours for 1:52")
    assert (on_desk.confirm_text, on_desk.confirm_ready) == ("Expiry or not shown?", False)
    assert [field.label for field in on_desk.fields] == [
        "Plate",
        "Plate type",
        "Expiry",
        "Make or model",
        "Body type",
        "State",
    ]
    assert [field.missing for field in on_desk.fields] == [False, False, True, False, False, False]
    assert [(line.label, line.value) for line in on_desk.details] == [
        ("Seen", "17:00:00"),
        ("Drone", "nyc-17, 38 m away"),
        ("Precinct", "—"),
        ("Earlier here", "none in 24 h"),
    ]
    assert (on_desk.code, on_desk.code_title) == (14, "No standing: day or time limits")
    assert [hit.code for hit in on_desk.hits] == [19]

    desk.wants(MarkNotShown("plate_expiry"))
    ready = view(desk.state, desk.now).desk
    assert ready is not None
    assert (ready.confirm_text, ready.confirm_ready) == ("Confirm code 14", True)


def test_another_officers_alert_is_shown_and_not_editable() -> None:
    alert = claimed(an_alert(1), "moreno", NOON - seconds(80))
    desk = a_connected_desk(alert)

    on_desk = view(desk.state, desk.now).desk

    assert on_desk is not None
    assert (on_desk.claim, on_desk.claim_words, on_desk.editable) == ("other", "Moreno has it for 0:40", False)
    assert view(desk.state, desk.now).cards[0].whose == "Moreno 0:40"


def test_a_picture_is_shown_only_when_it_is_whole_and_right() -> None:
    alert = with_picture(an_alert(1, evidence_ids=(an_id(5),)))
    desk = a_connected_desk(alert)
    assert view(desk.state, desk.now).cards[0].severity == "attention"

    desk.hears(PictureCame(alert.violation.id, PICTURE, sha256(PICTURE).hexdigest()))
    card = view(desk.state, desk.now).cards[0]
    assert (card.picture.words, card.picture.image, card.severity) == (
        "picture complete, checked",
        PICTURE,
        "must_decide",
    )

    desk.hears(PictureCame(alert.violation.id, b"other", sha256(b"other").hexdigest()))
    card = view(desk.state, desk.now).cards[0]
    assert card.picture.words == "picture damaged: it is not the one the drone took"
    assert card.picture.image is None


def test_the_same_plate_of_today_is_said() -> None:
    desk = a_connected_desk(an_alert(1, at=NOON - timedelta(hours=2)), an_alert(2))
    desk.wants(SelectAlert(an_alert(2).violation.id))

    on_desk = view(desk.state, desk.now).desk

    assert on_desk is not None
    assert on_desk.details[3].value == "same plate 2:00:00 ago"


def test_a_decision_counts_and_can_be_taken_back_in_words() -> None:
    desk, _, _ = a_desk_with_a_decision()
    shown = view(desk.state, desk.now)

    assert shown.counters == "Decided today 1 · median 0.0 s · corrected 0"
    assert shown.undo is not None
    assert shown.undo.text == "Code 14 for nyc-17 goes out in 2 s"
    assert (shown.kept, shown.cards) == (1, ())

    desk.hears(LinkDown("gone", None))
    offline = view(desk.state, desk.now)
    assert offline.undo is not None
    assert offline.undo.text == "Code 14 for nyc-17 is kept here, will be sent"


def test_more_than_ten_alerts_in_ten_minutes_are_called_a_flood() -> None:
    desk = a_connected_desk(*(an_alert(number) for number in range(11)))

    shown = view(desk.state, desk.now)

    assert (shown.rate, shown.flood) == ("11 in 10 min", True)


def test_the_scene_has_the_newest_places_the_alerts_and_the_track_of_the_selection() -> None:
    desk = a_connected_desk(an_alert(1))
    for second in (0.0, 15.0, 30.0):
        desk.now = NOON + seconds(second)
        desk.hears(TelemetryCame(a_telemetry("nyc-17", seq=int(second) + 1, at=desk.now, lat_deg=40.75 + second / 1e4)))

    scene = view(desk.state, desk.now).scene

    assert scene.drones["nyc-17"].lat_deg == 40.75 + 30.0 / 1e4
    assert scene.drones["nyc-17"].alert
    assert scene.selection == "nyc-17"
    assert [round(lat_deg, 4) for lat_deg, _ in scene.track] == [40.75, 40.7515, 40.753]
    assert [(spot.drone_id, spot.severity) for spot in scene.alerts] == [("nyc-17", "must_decide")]


def test_a_selected_drone_has_a_panel_and_the_filter_keeps_its_rows() -> None:
    desk = a_connected_desk()
    desk.hears(TelemetryCame(a_telemetry("nyc-1")), TelemetryCame(a_telemetry("nyc-2", battery_pct=12.0)))
    desk.wants(SelectDrone("nyc-2"), FilterFleet("BATTERY"))

    shown = view(desk.state, desk.now)

    assert shown.drone is not None
    assert ("Battery", "12 %") in [(line.label, line.value) for line in shown.drone.details]
    assert shown.fleet.title == "Fleet 1 of 2"
    assert [row.drone_id for row in shown.fleet.rows] == ["nyc-2"]


def test_preferences_are_in_the_snapshot() -> None:
    desk = a_connected_desk()
    desk.wants(SetTheme("night"), SetSound(False))

    shown = view(desk.state, desk.now)

    assert (shown.theme, shown.sound_on) == ("night", False)
    assert shown.preferences == {"theme": "night", "sound": "off"}


def test_two_snapshots_of_the_same_moment_are_equal() -> None:
    desk, _ = a_desk_with_a_claim()

    assert view(desk.state, desk.now) == view(desk.state, desk.now)


def test_outside_text_stays_what_it_is() -> None:
    desk = a_connected_desk(an_alert(1, street="<b>5th</b> & Main"))

    assert view(desk.state, desk.now).cards[0].title == "<b>5th</b> & Main"


def test_the_bridges_clock_rules_the_lease() -> None:
    alert = an_alert(1)
    desk = a_connected_desk(alert)
    ahead = NOON + timedelta(minutes=3)
    desk.hears(BridgeCame(a_bridge_status(ahead)), AlertCame(claimed(alert, "duarte", ahead)))

    card = view(desk.state, desk.now).cards[0]

    assert card.whose == "yours 2:00"


def test_a_lone_guess_and_no_guess_have_their_words() -> None:
    lone, none = an_alert(1, guesses=(Guess(14, 0.4),)), an_alert(2, guesses=())
    desk = a_connected_desk(lone, none)

    assert [card.line for card in view(desk.state, desk.now).cards] == ["nyc-17 · code? 14", "nyc-17 · no guess"]


def test_an_alert_passed_on_by_me_sinks_to_the_end() -> None:
    first, second = an_alert(1, at=NOON - seconds(60)), an_alert(2)
    passed_on = msgspec.structs.replace(first, state="escalated", escalated_by="duarte", version=3)
    desk = a_connected_desk(passed_on, second)

    cards = view(desk.state, desk.now).cards

    assert [card.whose for card in cards] == ["new", "passed on by you"]
    desk.wants(SelectAlert(first.violation.id), Claim(), Confirm())
    assert desk.asked(Kept) == []
