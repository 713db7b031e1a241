"""The shift in the window: a replay that is always seen to be one, a log that is searched and leads somewhere, the station's inside."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from ground_station.links.replay_link import ReplayLink
from ground_station.replay_desk import ReplayDesk
from ground_station.shift_files import ShiftFile
from ground_station.ui import lower_panel
from ground_station.ui.look import Look
from ground_station.ui.save_dialog import wanted
from ground_station.ui.station import Station
from ground_station.view_model.events import AlertCame, BridgeCame, LinkDown, LinkUp, TelemetryCame
from ground_station.view_model.intentions import (
    Confirm,
    ExportShift,
    FilterLog,
    ReplayJump,
    ReplayPause,
    SelectAlert,
    SelectDrone,
    TryNow,
)
from messages.state import LinkState
from tests.ground_station.given import NOON, a_bridge_status, a_telemetry, an_alert, seconds
from tests.ground_station.test_replay import Recorded, the_file
from tests.ground_station.ui.conftest import Show

MINUTES = 12


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve minutes: a drone each second, an alert each minute."""
    made = Recorded(tmp_path_factory.mktemp("ui-shift"))
    made.hears(LinkUp())
    for second in range(1, MINUTES * 60):
        made.now = NOON + seconds(second)
        made.hears(TelemetryCame(a_telemetry("nyc-1", seq=second, at=made.now)), BridgeCame(a_bridge_status(made.now)))
        if second % 60 == 0:
            made.hears(AlertCame(an_alert(second, at=made.now)))
    made.hears(LinkDown("the end", None))
    made.ends()
    return the_file(made.folder)


class Replayed:
    """A window over a recorded shift, with a clock that the test turns."""

    def __init__(self, look: Look, path: Path, cache: Path) -> None:
        self.now_s = 50.0
        file = ShiftFile.open(path, None)
        shift, marks_s = file.about(), file.alerts_s()
        self.desk: ReplayDesk | None = None

        def open_desk(wake: Callable[[], None], sound: object) -> ReplayDesk:
            self.desk = ReplayDesk(
                ReplayLink(file), shift, speed=1, marks_s=marks_s, wake=wake, clock=lambda: self.now_s
            )
            return self.desk

        self.station = Station(look, open_desk, cache, theme="night")
        self.station.window.map.load = lambda: None  # type: ignore[method-assign]  # the page is tests/real's
        self.window = self.station.window

    def press(self, *keys: Qt.Key) -> None:
        for key in keys:
            QTest.keyClick(QApplication.focusWidget() or self.window, key)


@pytest.fixture
def replayed(look: Look, qtbot: QtBot, tmp_path: Path, recorded: Path) -> Iterator[Replayed]:
    made = Replayed(look, recorded, tmp_path)
    made.window.resize(1600, 900)
    made.station.start()
    made.window.activateWindow()
    qtbot.waitUntil(made.window.isActiveWindow)
    yield made
    made.window.close()
    made.station.stop()
    made.window.deleteLater()


def test_a_replay_is_always_seen_to_be_one(replayed: Replayed) -> None:
    strip = replayed.window.replay

    assert strip.isVisible()
    assert strip.banner.text() == "REPLAY · 22 November 2026 · nothing can be sent"
    assert replayed.window.windowTitle().startswith("REPLAY · ")
    assert replayed.window.strip._clock.text() == strip.at.text()
    replayed.window.resize(1280, 720)
    assert strip.banner.isVisible()
    assert strip.pause.isVisible()


def test_a_replay_is_paused_sped_up_and_moved_by_keys(replayed: Replayed, qtbot: QtBot) -> None:
    strip = replayed.window.replay
    replayed.press(Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: (strip.state.text(), strip.pause.text()) == ("paused", "Go on"))

    replayed.press(Qt.Key.Key_BracketRight, Qt.Key.Key_BracketRight)
    qtbot.waitUntil(lambda: strip.speed.text() == "5×")
    replayed.press(Qt.Key.Key_PageDown)
    qtbot.waitUntil(lambda: replayed.window.alerts.model.rowCount() == 5, timeout=5_000)
    replayed.press(Qt.Key.Key_Left, Qt.Key.Key_Left)
    qtbot.waitUntil(lambda: replayed.window.alerts.model.rowCount() == 4, timeout=5_000)
    replayed.press(Qt.Key.Key_Space)
    replayed.now_s += 24
    qtbot.waitUntil(lambda: replayed.window.alerts.model.rowCount() == 6, timeout=5_000)


def test_a_click_on_the_line_of_time_goes_there(replayed: Replayed, qtbot: QtBot) -> None:
    line = replayed.window.replay.line
    replayed.press(Qt.Key.Key_Space)
    at_s = (NOON + seconds(8 * 60 + 5)).timestamp()

    QTest.mouseClick(line, Qt.MouseButton.LeftButton, pos=QPoint(round(line.place_of(at_s)), line.height() // 2))

    qtbot.waitUntil(lambda: replayed.window.alerts.model.rowCount() == 8, timeout=5_000)


def test_a_decision_in_a_replay_is_answered_in_words_and_its_fields_are_closed(
    replayed: Replayed, qtbot: QtBot
) -> None:
    replayed.now_s += 65
    qtbot.waitUntil(lambda: replayed.window.alerts.model.rowCount() == 1, timeout=5_000)

    for key in (Qt.Key.Key_C, Qt.Key.Key_1, Qt.Key.Key_Return, Qt.Key.Key_R):
        replayed.press(key)

    assert replayed.desk is not None
    assert replayed.desk.state is not None
    assert replayed.desk.state.outbox.kept == ()
    assert "nothing can be decided" in replayed.desk.pump().message
    assert not any(
        field.isEnabled()
        for field in replayed.window.coding.facts.findChildren(type(replayed.window.lower_part.filter))
    )


def test_now_is_never_taken_for_a_replay(show: Show) -> None:
    shown = show(an_alert(1))

    assert not shown.window.replay.isVisible()
    shown.press(Qt.Key.Key_Space)
    assert shown.asked == [ReplayPause()]
    assert shown.now.message == "This is now: only a replayed shift can be paused or moved"
    shown.press(Qt.Key.Key_Left)
    assert shown.asked[-1] == ReplayJump(-30.0)


def test_the_log_is_opened_searched_and_left_by_keys(show: Show) -> None:
    first, second = an_alert(1, drone_id="nyc-3"), an_alert(2, drone_id="nyc-4")
    shown = show(first, second)

    shown.type("l/")
    shown.type("nyc-4")
    assert shown.asked[-1] == FilterLog("nyc-4", "")
    assert shown.window.lower_part.log.model_of_lines.rowCount() == 1
    shown.press(Qt.Key.Key_Return, Qt.Key.Key_Return)

    assert SelectAlert(second.violation.id) in shown.asked[-1:]
    assert Confirm() not in shown.asked  # the Enter that leaves the field is not the desk's
    shown.press(Qt.Key.Key_Escape)
    shown.type("c")
    assert type(shown.asked[-1]).__name__ == "Claim"


def test_a_line_leads_to_its_place_its_drone_or_its_alert(show: Show, monkeypatch: pytest.MonkeyPatch) -> None:
    alert = an_alert(1)
    shown = show(alert)
    places: list[tuple[float, float]] = []
    monkeypatch.setattr(shown.window.map, "look_at", lambda lat, lon: places.append((lat, lon)))
    shown.rules.hears(TelemetryCame(a_telemetry("nyc-9", battery_pct=50.0)))
    shown.rules.hears(TelemetryCame(a_telemetry("nyc-9", seq=2, battery_pct=10.0)))
    shown.draw()
    shown.type("l")
    rows = shown.window.lower_part.log.model_of_lines.rows.now

    for line in rows:
        shown.window._go(line)

    assert [row.text for row in rows][:2] == ["nyc-9: battery critical", "Alert from nyc-17, E 42nd Street"]
    assert shown.asked[-2:] == [SelectDrone("nyc-9"), SelectAlert(alert.violation.id)]
    assert places == [(40.75, -73.98), (40.7517, -73.9757)]


def test_the_kind_of_line_is_chosen_by_a_key_that_says_what_is_shown(show: Show) -> None:
    shown = show(an_alert(1))

    shown.type("v")
    assert shown.window.lower_part.page == lower_panel.LOG
    assert shown.window.lower_part.log_kind.text() == "alerts"
    assert shown.window.lower_part.log_words.text() == "1 of 2 lines"
    shown.type("vvv")
    assert shown.window.lower_part.log_kind.text() == "all lines"


def test_a_shift_is_saved_where_the_officer_says(show: Show) -> None:
    shown = show()
    asked: list[str] = []
    shown.window.ask_where = lambda parent, name: asked.append(name) or wanted("/tmp/shift.kml", "csv")  # type: ignore[func-returns-value]

    shown.type("x")

    assert asked == ["midtown-2026-11-22"]
    assert shown.asked == [ExportShift("/tmp/shift.kml", "kml")]
    assert shown.now.message == "This shift is not recorded, so there is nothing to save"


def test_the_end_of_the_name_says_the_format() -> None:
    assert wanted("", "csv") is None
    assert wanted("/tmp/a", "gpx") == ExportShift("/tmp/a.gpx", "gpx")
    assert wanted("/tmp/a.KML", "csv") == ExportShift("/tmp/a.KML", "kml")
    assert wanted("/tmp/a.b", "geojson") == ExportShift("/tmp/a.b.geojson", "geojson")


def test_the_inside_is_one_click_or_key_behind_the_strip(show: Show) -> None:
    shown = show()
    away = LinkState(up=False, since=NOON, next_try_at=NOON + seconds(8), problem="no route")
    waiting = {"telemetry": 1204}
    shown.rules.hears(BridgeCame(a_bridge_status(headquarters=away, waiting=waiting, oldest_waiting_at=NOON)))
    shown.draw()
    assert "1,204 kept here" in shown.window.strip.pill.accessibleName()

    shown.type("i")
    page = shown.window.lower_part.state
    assert page.isVisible()
    assert "Headquarters Problem: no route" in page.facts.accessibleDescription()
    shown.type("i")
    assert not page.isVisible()
    QTest.mouseClick(shown.window.strip.chain, Qt.MouseButton.LeftButton)
    assert page.isVisible()
    shown.type("y")
    assert shown.asked[-1] == TryNow()
