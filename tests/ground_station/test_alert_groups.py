"""Grouping of the alert list: calm in a flood, and never an alert less."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ground_station.view_model import alert_groups
from ground_station.view_model.alert_groups import floods
from ground_station.view_model.chatter import chatters
from ground_station.view_model.effects import Ask, PlaySound
from ground_station.view_model.events import AlertCame, AlertGone, Tick
from ground_station.view_model.intentions import Claim, MoveSelection, SelectAlert, ToggleGroup
from ground_station.view_model.snapshot import AlertCard, AlertGroup, StationView
from ground_station.view_model.view import view
from messages.alert import Alert, step
from messages.state import DeskRequest
from tests.ground_station.given import (
    NOON,
    Desk,
    a_connected_desk,
    a_violation,
    an_alert,
    an_id,
    claimed,
    seconds,
    with_picture,
)

STREETS = ("E 42nd Street", "Madison Avenue", "8th Avenue", None)


def a_flooded_desk(*more: Alert) -> Desk:
    """Three alerts on Madison Avenue, two of nyc-5 on streets of their own, and seven that have nothing in common, within 10 min."""
    at_madison = [
        an_alert(n, at=NOON - seconds(90 + n), drone_id=f"nyc-{n}", street="Madison Avenue", lat_deg=40.75 + n * 1e-5)
        for n in (22, 40, 41)
    ]
    of_one = [an_alert(n, at=NOON - seconds(50), drone_id="nyc-5", street=f"{n} Street") for n in (51, 52)]
    others = [an_alert(n, at=NOON - seconds(n), drone_id=f"nyc-{n}", street=f"{n} Street") for n in range(1, 5)]
    others += [an_alert(n, at=NOON - seconds(n), drone_id=f"nyc-{n}", street=f"{n} Street") for n in range(6, 9)]
    return a_connected_desk(*at_madison, *of_one, *others, *more)


def seen(desk: Desk) -> StationView:
    return view(desk.state, desk.now)


def heads(shown: StationView) -> list[AlertGroup]:
    return [row for row in shown.rows if isinstance(row, AlertGroup)]


@pytest.mark.parametrize(
    ("in_10_min", "already", "groups"), [(10, False, False), (11, False, True), (6, True, True), (5, True, False)]
)
def test_the_list_groups_above_ten_in_ten_minutes_until_it_is_half_as_bad(
    in_10_min: int, already: bool, groups: bool
) -> None:
    assert floods(in_10_min, already=already) is groups


def test_ten_alerts_on_one_street_stand_by_themselves_and_the_eleventh_makes_a_group() -> None:
    alerts = [
        an_alert(n, at=NOON - seconds(30 * n), drone_id=f"nyc-{n}", street="Madison Avenue") for n in range(1, 12)
    ]
    desk = a_connected_desk(*alerts[:10])
    assert heads(seen(desk)) == []
    assert seen(desk).rate == "10 in 10 min"

    desk.hears(AlertCame(alerts[10]))

    (head,) = heads(seen(desk))
    assert (head.title, head.count) == ("Madison Avenue, 11 grouped", 11)
    assert seen(desk).rows == (head,)
    assert (seen(desk).rate, seen(desk).flood) == ("11 in 10 min", True)


def test_a_flood_groups_by_street_and_the_rest_by_drone() -> None:
    madison, of_drone = heads(seen(a_flooded_desk()))

    assert (madison.title, madison.count) == ("Madison Avenue, 3 grouped", 3)
    assert madison.line == "nyc-41, nyc-40, nyc-22 · same kerb"
    assert (madison.whose, madison.unseen) == ("1 of 3", True)  # the oldest put itself on the empty desk
    assert (of_drone.title, of_drone.line) == ("nyc-5, 2 grouped", "51 Street, 52 Street · same kerb")
    assert of_drone.whose == "2 new"


def test_what_i_hold_is_never_in_a_group() -> None:
    mine = claimed(
        an_alert(60, at=NOON - seconds(80), drone_id="nyc-60", street="Madison Avenue"), "duarte", NOON - seconds(1)
    )

    shown = seen(a_flooded_desk(mine))

    first = shown.rows[0]
    assert isinstance(first, AlertCard)
    assert (first.violation_id, first.inside) == (mine.violation.id, False)
    assert heads(shown)[0].count == 3


def test_alerts_of_another_section_are_not_drawn_into_a_group() -> None:
    coming = with_picture(an_alert(60, at=NOON - seconds(300), street="Madison Avenue", drone_id="nyc-60"), here=1)

    shown = seen(a_flooded_desk(coming))

    assert shown.cards[-1].violation_id == coming.violation.id
    assert heads(shown)[0].count == 3


def test_three_reports_of_one_drone_at_one_place_within_a_minute_collapse_with_a_counter() -> None:
    alerts = [an_alert(n, at=NOON + seconds(20 * n)) for n in range(3)]

    (head,) = heads(seen(a_connected_desk(*alerts)))

    assert (head.kind, head.count, head.line) == ("alike", 3, "nyc-17 · within 0:40")
    assert head.title.endswith(", 3 alike")


@pytest.mark.parametrize(
    "third",
    [
        a_violation(3, at=NOON + seconds(61)),
        a_violation(3, at=NOON + seconds(30), lat_deg=40.7527),
    ],
    ids=["later", "another place"],
)
def test_two_alike_and_one_that_is_not_are_no_chatter(third: object) -> None:
    assert chatters([a_violation(1), a_violation(2, at=NOON + seconds(20)), third]) == {}  # type: ignore[list-item]


def test_a_chatter_goes_on_as_one_while_it_is_being_decided() -> None:
    alerts = [an_alert(n, at=NOON + seconds(15 * n)) for n in range(4)]
    desk = a_connected_desk(*alerts)

    desk.hears(AlertGone(alerts[0].violation.id), AlertGone(alerts[2].violation.id))

    (head,) = heads(seen(desk))
    assert (head.kind, head.count) == ("alike", 2)


@given(st.permutations(range(6)))
def test_any_order_of_arrival_gives_the_same_groups(order: list[int]) -> None:
    alerts = [an_alert(n, at=NOON + seconds(25 * n)) for n in range(6)]

    assert seen(a_connected_desk(*(alerts[n] for n in order))).rows == seen(a_connected_desk(*alerts)).rows


def test_up_and_down_go_through_the_members_of_a_closed_group_and_its_card_says_which() -> None:
    desk = a_flooded_desk()
    ids = [card.violation_id for card in seen(desk).cards]
    desk.wants(SelectAlert(ids[0]))
    reached, words = [desk.state.selected], [heads(seen(desk))[0].whose]
    for _ in ids[1:]:
        desk.wants(MoveSelection(1))
        reached.append(desk.state.selected)
        words.append(heads(seen(desk))[0].whose)

    assert reached == ids
    assert words[:3] == ["1 of 3", "2 of 3", "3 of 3"]
    assert len(heads(seen(desk))) == 2


def test_a_group_opens_below_its_card_and_closes_again_and_asks_nothing_of_the_world() -> None:
    desk = a_flooded_desk()
    closed = seen(desk)

    assert desk.wants(ToggleGroup()) == []
    opened = seen(desk)
    assert [row.inside for row in opened.rows[1:4] if isinstance(row, AlertCard)] == [True, True, True]
    assert heads(opened)[0].is_open
    assert not heads(opened)[0].selected
    assert opened.cards == closed.cards

    assert desk.wants(ToggleGroup(heads(opened)[0].key)) == []
    assert seen(desk).rows == closed.rows


def test_an_alert_in_no_group_says_so() -> None:
    desk = a_connected_desk(an_alert(1))

    assert desk.wants(ToggleGroup()) == []
    assert desk.state.message == "This alert is in no group"


def test_a_claim_takes_one_alert_out_of_its_group_and_leaves_the_others() -> None:
    desk = a_flooded_desk()
    ask = desk.wants(Claim())[-1]
    assert isinstance(ask, Ask)
    held = step(desk.state.queue.entries[ask.request.violation_id].alert, ask.request, desk.now)
    assert isinstance(held, Alert)

    desk.hears(AlertCame(held))

    shown = seen(desk)
    assert isinstance(shown.rows[0], AlertCard)
    assert shown.rows[0].mine
    assert heads(shown)[0].count == 2


def test_what_repeats_a_chatter_makes_no_new_sound_and_is_still_called_for_after_30_seconds() -> None:
    desk = a_connected_desk()
    for number in range(5):
        desk.hears(AlertCame(an_alert(number, at=NOON + seconds(10 * number))))
        desk.waits(10.0)
    assert desk.asked(PlaySound) == [PlaySound("new_alert")] * 2

    desk.hears(Tick())

    assert desk.asked(PlaySound)[2:] == [PlaySound("reminder")]


def test_an_alert_that_another_officer_passes_on_is_heard_once() -> None:
    alert = claimed(an_alert(1), "moreno", NOON)
    desk = a_connected_desk(alert)
    request = DeskRequest(
        id=an_id(5), officer="moreno", action="escalate", violation_id=alert.violation.id, at=NOON + seconds(9)
    )
    passed_on = step(alert, request, NOON + seconds(9))
    assert isinstance(passed_on, Alert)
    desk.waits(9.0)

    desk.hears(AlertCame(passed_on), AlertCame(passed_on))

    assert desk.asked(PlaySound) == [PlaySound("new_alert")]
    assert desk.state.message.startswith("Moreno passed on")


alerts_of_any_kind = st.builds(
    lambda number, drone, street, at_s, lat: an_alert(
        number, at=NOON - seconds(at_s), drone_id=f"nyc-{drone}", street=STREETS[street], lat_deg=40.75 + lat * 0.0004
    ),
    st.integers(0, 10_000),
    st.integers(1, 4),
    st.integers(0, 3),
    st.integers(0, 500),
    st.integers(0, 4),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(alerts_of_any_kind, max_size=20), st.lists(st.integers(0, 40), max_size=6), st.integers(0, 3))
def test_whatever_is_grouped_opened_and_held_every_open_alert_is_there_once_and_in_its_section(
    alerts: list[Alert], toggled: list[int], held: int
) -> None:
    check_that_none_is_hidden(alerts, toggled, held)


def check_that_none_is_hidden(alerts: list[Alert], toggled: list[int], held: int) -> None:
    alerts = list({alert.violation.id: alert for alert in alerts}.values())
    alerts[:held] = [claimed(alert, ("duarte", "moreno")[place % 2], NOON) for place, alert in enumerate(alerts[:held])]
    desk = a_connected_desk(*alerts)
    for place in toggled:
        there = heads(seen(desk))
        if there:
            assert desk.wants(ToggleGroup(there[place % len(there)].key)) == []

    shown = seen(desk)
    in_list = [card.violation_id for card in shown.cards]
    assert sorted(in_list) == sorted(alert.violation.id for alert in alerts)
    drawn: list[str] = []
    for row in shown.rows:
        if isinstance(row, AlertGroup):
            drawn += row.violation_ids
        elif not row.inside:
            drawn.append(row.violation_id)
    assert drawn == in_list  # the rows stand for each alert once, in the order of Up and Down
    for row in heads(shown):
        assert row.count == len(row.violation_ids) >= alert_groups.GROUP_OF
        inside = [each.violation_id for each in shown.rows if isinstance(each, AlertCard) and each.inside]
        assert set(row.violation_ids).issubset(inside) is row.is_open
    order = {"mine": 0, "must_decide": 1, "attention": 2}
    sections = [order["mine" if card.mine else card.severity] for card in shown.cards]
    assert sections == sorted(sections)

    desk.wants(SelectAlert(None))
    reached = set()
    for _ in alerts:
        desk.wants(MoveSelection(1))
        reached.add(desk.state.selected)
    assert reached == set(in_list)


def test_the_property_would_find_a_group_that_hides_an_alert(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: a list that drops the last member of each group is told."""
    real = alert_groups.arranged

    def lossy(*given: object, **more: object) -> list[alert_groups.Group]:
        groups = real(*given, **more)  # type: ignore[arg-type]
        return [
            alert_groups.Group(key=g.key, kind=g.kind, entries=g.entries[:-1] if g.kind != "one" else g.entries)
            for g in groups
        ]

    monkeypatch.setattr(alert_groups, "arranged", lossy)
    with pytest.raises(AssertionError):
        check_that_none_is_hidden([an_alert(n, at=NOON - seconds(n)) for n in range(4)], [], 0)
