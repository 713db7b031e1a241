"""The alert queue: the same for any order of arrival, and never short of an alert."""

from __future__ import annotations

from datetime import datetime

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from ground_station.view_model import alert_queue
from ground_station.view_model.alert_queue import (
    Image,
    Queue,
    in_order,
    line_of,
    moved,
    picture_of,
    severity_of,
    whose,
    with_alert,
)
from messages.alert import Alert
from tests.ground_station.given import NOON, PICTURE, an_alert, an_id, claimed, seconds, with_picture


def queued(*alerts: Alert, now: datetime = NOON) -> Queue:
    queue = Queue()
    for alert in alerts:
        queue = with_alert(queue, alert, now)
    return queue


def ids(queue: Queue, officer: str = "duarte", now: datetime = NOON) -> list[str]:
    return [entry.alert.violation.id for entry in in_order(queue, officer, (), now)]


@given(st.permutations(range(12)))
def test_any_order_of_retained_messages_gives_the_same_queue(order: list[int]) -> None:
    alerts = [an_alert(number, at=NOON - seconds(number * 7 % 5)) for number in range(12)]
    alerts[3] = claimed(alerts[3], "duarte", NOON)
    alerts[4] = claimed(alerts[4], "moreno", NOON)
    alerts[5] = with_picture(alerts[5], here=1)

    assert ids(queued(*(alerts[place] for place in order))) == ids(queued(*alerts))


@given(st.permutations(range(4)))
def test_of_several_states_of_an_alert_the_newest_counts(order: list[int]) -> None:
    states = [an_alert(1)]
    states += [msgspec.structs.replace(states[0], version=version, state="seen") for version in (2, 3, 4)]

    queue = queued(*(states[place] for place in order))

    assert queue.entries[states[0].violation.id].alert.version == 4


def test_the_list_shows_mine_then_what_must_be_decided_then_the_rest_the_oldest_first() -> None:
    coming = with_picture(an_alert(1, at=NOON - seconds(300)), here=1)
    old, new = an_alert(2, at=NOON - seconds(200)), an_alert(3, at=NOON - seconds(10))
    mine = claimed(an_alert(4, at=NOON - seconds(5)), "duarte", NOON)
    others = claimed(an_alert(5, at=NOON - seconds(100)), "moreno", NOON)

    order = ids(queued(coming, old, new, mine, others))

    assert order == [alert.violation.id for alert in (mine, old, new, coming, others)]


def test_a_lease_that_ran_out_is_nobodys_without_any_message() -> None:
    queue = queued(claimed(an_alert(1), "moreno", NOON))
    entry = next(iter(queue.entries.values()))

    assert severity_of(queue, entry, "duarte", NOON) == "attention"
    assert severity_of(queue, entry, "duarte", NOON + seconds(121)) == "must_decide"
    assert whose(entry.alert, "duarte", NOON + seconds(80)) == "Moreno 0:40"
    assert whose(entry.alert, "moreno", NOON + seconds(8)) == "yours 1:52"
    assert whose(entry.alert, "duarte", NOON + seconds(121)) == "seen"


def test_a_stray_older_state_does_not_bring_an_archived_alert_back() -> None:
    alert = an_alert(1)
    queue = alert_queue.without_alert(queued(alert), alert.violation.id)

    assert ids(with_alert(queue, alert, NOON)) == []


def test_alerts_archived_while_the_desk_was_away_are_dropped_and_others_not() -> None:
    queue = with_alert(queued(an_alert(1), now=NOON), an_alert(2), NOON + seconds(10))

    assert ids(alert_queue.without_unheard(queue, NOON + seconds(5))) == [an_alert(2).violation.id]


def test_a_picture_is_called_checked_only_with_the_right_hash() -> None:
    alert = with_picture(an_alert(1, evidence_ids=(an_id(5),)))
    queue = queued(alert)
    entry = queue.entries[alert.violation.id]
    assert picture_of(queue, entry).words == "picture on its way from the station"

    right = alert_queue.with_image(
        queue, alert.violation.id, Image(PICTURE, alert.picture.sha256 if alert.picture else "")
    )
    wrong = alert_queue.with_image(queue, alert.violation.id, Image(PICTURE + b"?", "0" * 64))

    assert picture_of(right, entry).words == "picture complete, checked"
    assert picture_of(right, entry).image == PICTURE
    assert picture_of(wrong, entry).state == "damaged"
    assert picture_of(wrong, entry).image is None


def test_an_unfinished_picture_is_said_plainly() -> None:
    queue = queued(with_picture(an_alert(1), here=2))
    entry = next(iter(queue.entries.values()))

    assert line_of(queue, entry) == "nyc-17 · picture 2 of 3 parts"


def test_the_rate_counts_ten_minutes_closed_alerts_too() -> None:
    queue = queued(*(an_alert(number, at=NOON - seconds(100 * number)) for number in range(1, 9)))
    queue = alert_queue.without_alert(queue, an_alert(1, at=NOON - seconds(100)).violation.id)

    assert alert_queue.rate(queue, NOON) == 5


def test_the_selection_stops_at_both_ends() -> None:
    assert moved(["a", "b", "c"], "a", -1) == "a"
    assert moved(["a", "b", "c"], "b", 1) == "c"
    assert moved(["a", "b", "c"], "c", 1) == "c"
    assert moved(["a", "b", "c"], None, 1) == "a"
    assert moved([], None, 1) is None


def test_the_picture_of_a_decided_alert_is_let_go() -> None:
    alert = with_picture(an_alert(1))
    closed = msgspec.structs.replace(alert, state="confirmed", version=9)
    image = Image(PICTURE, "0" * 64)

    assert with_alert(alert_queue.with_image(queued(alert), alert.violation.id, image), closed, NOON).images == {}
    assert alert_queue.with_image(queued(closed), alert.violation.id, image).images == {}
