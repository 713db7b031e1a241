"""The fleet on screen: remembered rows are those that would be made anew, in the order that the officer chose."""

from __future__ import annotations

from datetime import timedelta
from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ground_station.view_model import fleet_rows
from ground_station.view_model.events import HealthCame, StatusCame, TelemetryCame
from ground_station.view_model.fleet import Fleet, apply
from ground_station.view_model.fleet_rows import SORTS, FleetMemo, in_order, next_sort
from messages.model import Fault
from messages.state import DroneStatus
from tests.ground_station.given import NOON, a_health, a_telemetry, seconds

names = st.sampled_from(("nyc-1", "nyc-2", "nyc-3"))
moments = st.lists(
    st.tuples(
        names,
        st.sampled_from(("telemetry", "fault", "offline", "forgotten", "nothing")),
        st.floats(5, 100),
        st.floats(-1, 3),  # s that go by; less than none: the clock was set
        st.frozensets(names),  # with an open alert
        st.none() | names,  # selected
    ),
    max_size=30,
)


def after(fleet: Fleet, seq: int, drone_id: str, what: str, battery_pct: float, now: object) -> Fleet:
    match what:
        case "telemetry":
            event = TelemetryCame(a_telemetry(drone_id, seq=seq, battery_pct=battery_pct, at=now))  # type: ignore[arg-type]
            return apply(fleet, [event], now)  # type: ignore[arg-type]
        case "fault":
            faults = (Fault("motor_hot", "alarm", NOON),) if battery_pct < 50 else ()
            return apply(fleet, [HealthCame(a_health(drone_id, seq=seq, faults=faults))], now)  # type: ignore[arg-type]
        case "offline":
            will = DroneStatus(drone_id=drone_id, boot=1, state="offline", at=now)  # type: ignore[arg-type]
            return apply(fleet, [StatusCame(will)], now)  # type: ignore[arg-type]
        case "forgotten":  # as when a replay jumps back
            return Fleet({key: drone for key, drone in fleet.drones.items() if key != drone_id}, fleet.lost_after_s)
    return fleet


def differs_somewhere(story: list[tuple[str, str, float, float, frozenset[str], str | None]]) -> bool:
    fleet, now, memo = Fleet(), NOON, FleetMemo()
    for seq, (drone_id, what, battery_pct, span_s, alerting, selected) in enumerate(story, 1):
        now += timedelta(seconds=span_s)
        fleet = after(fleet, seq, drone_id, what, battery_pct, now)
        if seq % 3:
            memo.follow(fleet, now)
        if memo.shown(fleet, now, alerting, selected) != FleetMemo().shown(fleet, now, alerting, selected):
            return True
    return False


@given(moments)
def test_what_is_remembered_is_what_would_be_made_anew(
    story: list[tuple[str, str, float, float, frozenset[str], str | None]],
) -> None:
    assert not differs_somewhere(story)


def test_control_a_memory_that_forgets_to_look_at_the_clock_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = fleet_rows._freshness
    monkeypatch.setattr(fleet_rows, "_freshness", lambda *given: (plain(*given)[0], inf))
    nobody: frozenset[str] = frozenset()
    spoke, silence = ("nyc-1", "telemetry", 70.0, 0.0, nobody, None), ("nyc-2", "nothing", 70.0, 3.0, nobody, None)

    assert differs_somewhere([spoke, silence])


def test_a_drone_of_which_nothing_came_is_the_same_row() -> None:
    fleet, memo = apply(Fleet(), [TelemetryCame(a_telemetry(f"nyc-{n}")) for n in range(3)], NOON), FleetMemo()
    before = memo.shown(fleet, NOON, frozenset(), None)
    fleet = apply(fleet, [TelemetryCame(a_telemetry("nyc-1", seq=2, at=NOON + seconds(1)))], NOON + seconds(1))

    now = memo.shown(fleet, NOON + seconds(1), frozenset(), None)

    assert [one is other for one, other in zip(before.rows, now.rows, strict=True)] == [True, False, True]


def test_a_memory_that_has_followed_has_nothing_left_to_make(monkeypatch: pytest.MonkeyPatch) -> None:
    fleet, memo = apply(Fleet(), [TelemetryCame(a_telemetry(f"nyc-{n}")) for n in range(3)], NOON), FleetMemo()
    memo.follow(fleet, NOON)
    made: list[object] = []
    monkeypatch.setattr(fleet_rows, "_row", lambda *given: made.append(given))

    shown = memo.shown(fleet, NOON, frozenset(), None)

    assert [row.drone_id for row in shown.rows] == ["nyc-0", "nyc-1", "nyc-2"]
    assert made == []


def test_the_table_is_sorted_by_any_column_and_what_is_unknown_comes_last() -> None:
    telemetry = [a_telemetry(f"nyc-{n}", battery_pct=pct) for n, pct in ((1, 50.0), (2, 90.0), (3, 50.0))]
    never = DroneStatus(drone_id="nyc-0", boot=1, state="online", at=NOON)
    fleet = apply(Fleet(), [*map(TelemetryCame, telemetry), StatusCame(never)], NOON)
    rows = FleetMemo().shown(fleet, NOON, frozenset(), None).rows

    assert [row.drone_id for row in in_order(rows, "battery")] == ["nyc-1", "nyc-3", "nyc-2", "nyc-0"]
    assert [row.drone_id for row in in_order(rows, "-battery")] == ["nyc-2", "nyc-1", "nyc-3", "nyc-0"]
    assert in_order(rows, "no such column") == rows
    for column in SORTS:
        assert set(in_order(rows, column)) == set(rows)


def test_a_titles_clicks_lead_up_down_and_back_to_attention_first() -> None:
    assert (next_sort("", "link"), next_sort("link", "link"), next_sort("-link", "link")) == ("link", "-link", "")
    assert next_sort("-battery", "link") == "link"
