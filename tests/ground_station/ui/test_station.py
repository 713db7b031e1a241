"""The window with the real desk behind it, over a small working station: from a retained alert to a stored decision by keys alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from ground_station.desk import Desk
from ground_station.journal import Journal, decided, shown
from ground_station.ui.look import Look
from ground_station.ui.station import Station
from ground_station.ui.window import has_display
from ground_station.view_model.effects import Sound
from ground_station.view_model.snapshot import AlertCard
from messages.codec import decode
from messages.model import Correction
from tests.ground_station.given import a_violation, an_alert
from tests.ground_station.ui.station_link import StationLink


class Running:
    """A started station, its link and its journal's file."""

    def __init__(self, look: Look, folder: Path, link: StationLink):
        self.link, self.journal = link, folder / "desk-duarte.db"
        dice = iter(range(1, 10_000))

        def open_desk(wake: Callable[[], None], sound: Callable[[Sound], None]) -> Desk:
            now = datetime.now(UTC)
            journal = Journal.open(self.journal, station="midtown", officer="duarte", now=now, dice=lambda: next(dice))
            return Desk(link, journal, station="midtown", officer="duarte", lost_after_s=3.5, wake=wake, sound=sound)

        self.station = Station(look, open_desk, folder)
        self.station.window.map.load = lambda: None  # type: ignore[method-assign]  # the page is tests/real's
        self.window = self.station.window


@pytest.fixture
def running(look: Look, qtbot: QtBot, tmp_path: Path) -> Iterator[Callable[[StationLink], Running]]:
    started: list[Running] = []

    def start(link: StationLink) -> Running:
        made = Running(look, tmp_path, link)
        started.append(made)
        made.window.resize(1600, 900)
        made.station.start()
        made.window.activateWindow()
        qtbot.waitUntil(made.window.isActiveWindow)
        return made

    yield start
    for made in started:
        made.window.close()
        made.station.stop()
        made.window.deleteLater()


def test_an_alert_is_coded_by_keys_and_the_decision_arrives_once(
    running: Callable[[StationLink], Running], qtbot: QtBot
) -> None:
    now = datetime.now(UTC)
    alert = an_alert(1, at=now, plate_expiry="2027-03")
    made = running(StationLink(alert))
    qtbot.waitUntil(lambda: made.window.alerts.model.rowCount() == 1, timeout=3_000)
    qtbot.waitUntil(lambda: bool(list(shown(made.journal))), timeout=3_000)

    for key in (Qt.Key.Key_C, Qt.Key.Key_1, Qt.Key.Key_Return):
        QTest.keyClick(QApplication.focusWidget() or made.window, key)

    qtbot.waitUntil(lambda: bool(made.link.decisions), timeout=6_000)
    qtbot.waitUntil(lambda: all(row.ok for row in decided(made.journal)), timeout=3_000)
    correction = decode(made.link.decisions[0])
    assert isinstance(correction, Correction)
    assert (correction.status, correction.code_after, correction.violation_id) == ("confirmed", 14, alert.violation.id)
    assert len(made.link.decisions) == 1
    assert [row.violation_id for row in shown(made.journal)] == [alert.violation.id]


def test_a_new_alert_is_on_screen_soon_after_it_came(running: Callable[[StationLink], Running], qtbot: QtBot) -> None:
    from ground_station.view_model.events import AlertCame

    made = running(StationLink())
    now = datetime.now(UTC)

    made.link.say(AlertCame(an_alert(2, at=now)))

    qtbot.waitUntil(lambda: made.window.alerts.model.rowCount() == 1, timeout=2_000)
    assert a_violation(2, at=now).id == _only_card(made).violation_id


def _only_card(made: Running) -> AlertCard:
    (row,) = made.window.alerts.model.rows.now
    assert isinstance(row, AlertCard)
    return row


def test_a_missing_display_is_known_before_qt_ends_the_process() -> None:
    assert not has_display("linux", {"HOME": "/root"})
    assert not has_display("linux", {"DISPLAY": ""})
    assert has_display("linux", {"WAYLAND_DISPLAY": "wayland-0"})
    assert has_display("darwin", {})
