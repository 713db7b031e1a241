"""Groups in the window: they open and close by key and click, and no key or click decides more than one alert."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QFontMetricsF
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from ground_station.ui.look import SEMIBOLD, Look, load_fonts
from ground_station.ui.paint import shortened
from ground_station.view_model.effects import Kept
from ground_station.view_model.intentions import SelectAlert, ToggleGroup
from ground_station.view_model.snapshot import AlertCard, AlertGroup
from messages.alert import Alert
from tests.ground_station.given import NOON, an_alert, seconds
from tests.ground_station.ui.conftest import Show


@pytest.fixture
def flood() -> list[Alert]:
    """Five alerts on Madison Avenue and seven elsewhere, all within 10 min."""
    at_madison = [
        an_alert(n, at=NOON - seconds(90 + n), drone_id=f"nyc-{n}", street="Madison Avenue", plate_expiry="2027-03")
        for n in range(30, 35)
    ]
    return at_madison + [
        an_alert(n, at=NOON - seconds(n), drone_id=f"nyc-{n}", street=f"{n} Street", plate_expiry="2027-03")
        for n in range(1, 8)
    ]


def test_a_group_is_one_card_that_opens_by_its_key_and_closes_by_a_click(show: Show, flood: list[Alert]) -> None:
    shown = show(*flood)
    model = shown.window.alerts.model
    assert model.rowCount() == 8
    head = model.rows.now[0]
    assert isinstance(head, AlertGroup)

    shown.type("o")
    assert model.rowCount() == 13
    shown.window.alerts.list.clicked.emit(model.index(2))
    inside = model.rows.now[2]
    assert isinstance(inside, AlertCard)
    assert shown.now.desk is not None
    assert shown.now.desk.violation_id == inside.violation_id

    shown.window.alerts.list.clicked.emit(model.index(0))
    assert shown.asked[-2:] == [SelectAlert(inside.violation_id), ToggleGroup(head.key)]
    assert model.rowCount() == 8


def test_a_painted_group_reports_all_its_alerts_as_on_screen(show: Show, flood: list[Alert], qtbot: QtBot) -> None:
    shown = show(*flood)

    qtbot.waitUntil(lambda: set(shown.on_screen) == {alert.violation.id for alert in flood}, timeout=2_000)


def test_a_group_is_named_for_a_screen_reader(show: Show, flood: list[Alert]) -> None:
    shown = show(*flood)
    index = shown.window.alerts.model.index(0)

    assert "Madison Avenue, 5 grouped" in index.data(Qt.ItemDataRole.AccessibleTextRole)
    assert index.data(Qt.ItemDataRole.AccessibleTextRole).endswith("group closed")


def test_keys_on_a_group_that_nobody_claimed_decide_nothing(show: Show, flood: list[Alert]) -> None:
    shown = show(*flood)
    shown.type("1")

    for opened in (False, True):
        if opened:
            shown.type("o")
        shown.press(Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Return)
        shown.type("r")
        shown.press(Qt.Key.Key_Return)

    assert shown.rules.asked(Kept) == []


def test_a_decision_in_a_group_is_about_one_alert_and_the_next_is_on_the_desk(show: Show, flood: list[Alert]) -> None:
    shown = show(*flood)
    ids = [card.violation_id for card in shown.now.cards]
    first = next(alert for alert in flood if alert.violation.id == ids[0])
    shown.claim(first)
    shown.type("1")

    shown.press(Qt.Key.Key_Return, Qt.Key.Key_Return, Qt.Key.Key_Return)

    assert [kept.violation_id for kept in shown.rules.asked(Kept) if isinstance(kept, Kept)] == [ids[0]]
    assert shown.now.desk is not None
    assert shown.now.desk.violation_id == ids[1]
    assert [row.count for row in shown.now.rows if isinstance(row, AlertGroup)] == [4]


def test_the_rate_is_shown_in_a_small_window_too(show: Show, flood: list[Alert], qtbot: QtBot) -> None:
    shown = show(*flood)
    assert shown.window.alerts._rate.text() == "12 in 10 min, grouped"

    shown.window.resize(1280, 720)

    qtbot.waitUntil(lambda: shown.window.alerts._rate_below.isVisible())
    assert shown.window.alerts._rate_below.text() == "12 in 10 min"


def test_a_place_that_is_too_wide_is_said_as_on_signs_then_as_it_is_spoken_then_cut(qapp: QApplication) -> None:
    load_fonts()
    metrics = QFontMetricsF(Look("day").font(None, SEMIBOLD))
    place, signs, spoken = "Greenwich Street at Bethune Street", "Greenwich St & Bethune St", "Greenwich St & Bethune"

    def said(words: str, less: float = 0.0, of: str = place) -> str:
        return shortened(metrics, of, metrics.horizontalAdvance(words) - less)

    assert [said(place), said(place, 1), said(signs), said(signs, 1), said(spoken)] == [
        place,
        signs,
        signs,
        spoken,
        spoken,
    ]
    assert said(spoken, 1).endswith("…")
    assert said("Food Center Dr & Hunts Point", of="Food Center Drive at Hunts Point Avenue").endswith(
        "Dr & Hunts Point"
    )
    assert said("Av A & Av B", 1, of="Avenue A at Avenue B").endswith("…"), "its letter is no kind of street"
