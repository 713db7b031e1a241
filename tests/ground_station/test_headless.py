"""The headless front end: the same states as lines, changes only."""

from __future__ import annotations

from ground_station.headless import lines_between
from ground_station.view_model.events import AlertCame, AlertGone, BridgeCame, LinkDown, TelemetryCame, Tick
from ground_station.view_model.view import view
from messages.state import LinkState
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


def lines(desk: Desk, *, after_s: float = 0.0, **_: object) -> list[str]:
    return lines_between(None, view(desk.state, desk.now + seconds(after_s)))


def test_the_first_snapshot_is_told_whole() -> None:
    desk = a_connected_desk(an_alert(1))

    told = lines(desk)

    assert "chain: ◌ no drones yet → ● broker → ● bridge → ● headquarters" in told
    assert "alert 000000000001: ▲ E 42nd Street · nyc-17 · code? 14 or 19 · new" in told
    assert "log: Alert from nyc-17, E 42nd Street" in told


def test_what_merely_counts_on_is_not_told_again() -> None:
    desk = a_connected_desk(claimed(an_alert(1), "duarte", NOON))
    away = a_bridge_status(
        headquarters=LinkState(up=False, since=NOON - seconds(60), next_try_at=NOON + seconds(8)),
        waiting={"telemetry": 7},
    )
    desk.hears(BridgeCame(away))
    before = view(desk.state, desk.now)

    assert lines_between(before, view(desk.state, desk.now + seconds(3))) == []
    assert any(line.startswith("state: Headquarters away for 1 min · 7 kept here") for line in lines(desk))


def test_changes_are_told_once() -> None:
    desk = a_connected_desk(an_alert(1))
    desk.hears(TelemetryCame(a_telemetry("nyc-4")))
    before = view(desk.state, desk.now)
    desk.waits(4.0)
    desk.hears(Tick(), AlertCame(claimed(an_alert(1), "moreno", desk.now)), LinkDown("refused", NOON + seconds(8)))
    after = view(desk.state, desk.now)

    told = lines_between(before, after)

    assert "drone nyc-4: lost" in told
    assert "alert 000000000001: ◆ E 42nd Street · nyc-17 · code? 14 or 19 · Moreno 2:00" in told
    assert any(line.startswith("state: Broker away") for line in told)
    assert lines_between(after, after) == []


def test_an_alert_that_left_is_told() -> None:
    desk = a_connected_desk(an_alert(1))
    before = view(desk.state, desk.now)
    empty = a_connected_desk()

    assert "alert 000000000001: left the list" in lines_between(before, view(empty.state, empty.now))


def test_alerts_that_stand_together_are_told_and_that_they_do_no_more() -> None:
    alerts = [an_alert(number, at=NOON + seconds(10 * number)) for number in range(3)]
    desk = a_connected_desk(*alerts)
    first = view(desk.state, desk.now)
    group = next(line for line in lines_between(None, first) if line.startswith("group: "))
    assert group.endswith(", 3 alike")

    desk.hears(*(AlertGone(alert.violation.id) for alert in alerts[1:]))

    told = lines_between(first, view(desk.state, desk.now))
    assert f"{group} is no more" in told
    assert not any(line.startswith("group: ") for line in told if not line.endswith("is no more"))
