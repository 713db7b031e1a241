"""Rows are updated in place: what changed is told of, what did not is left alone, and nothing is ever reset."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from pytestqt.modeltest import ModelTester
from pytestqt.qtbot import QtBot

from ground_station.ui.fleet_table import FleetModel
from ground_station.ui.rows import changed_spans
from ground_station.view_model.snapshot import FleetRow

rows = st.lists(st.integers(0, 3), max_size=12)


def a_row(number: int, battery_pct: float = 70.0) -> FleetRow:
    return FleetRow(
        drone_id=f"nyc-{number}",
        phase="patrol",
        freshness="live",
        heard_at_s=0.4,
        battery_pct=battery_pct,
        battery_band="well",
        link_pct=98.0,
        temp_c=24.0,
        attention="",
        attention_rank=0,
        has_alert=False,
        selected=False,
    )


@given(rows, rows)
def test_the_spans_are_exactly_the_places_that_differ(before: list[int], after: list[int]) -> None:
    told = {place for first, last in changed_spans(before, after) for place in range(first, last + 1)}

    assert told == {place for place, (one, other) in enumerate(zip(before, after, strict=False)) if one != other}


def test_only_the_drone_that_changed_is_repainted(qtbot: QtBot) -> None:
    model = FleetModel()
    model.rows.replace(tuple(a_row(number) for number in range(1_000)))
    told: list[tuple[int, int]] = []
    model.dataChanged.connect(lambda first, last, _roles: told.append((first.row(), last.row())))

    model.rows.replace(tuple(a_row(number, 69.0 if number == 500 else 70.0) for number in range(1_000)))

    assert told == [(500, 500)]


def test_drones_that_come_and_go_keep_the_model_whole(qtmodeltester: ModelTester) -> None:
    model = FleetModel()
    resets: list[bool] = []
    model.modelReset.connect(lambda: resets.append(True))
    for count in (3, 7, 7, 2, 0, 5):
        model.rows.replace(tuple(a_row(number) for number in range(count)))
        assert model.rowCount() == count
        qtmodeltester.check(model)

    assert resets == []
