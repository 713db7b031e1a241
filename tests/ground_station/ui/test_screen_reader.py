"""Everything that takes a hand or a key, and everything that is painted, has a name for a screen reader, in the desk's language."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QApplication,
    QComboBox,
    QLineEdit,
    QPushButton,
    QScrollBar,
    QWidget,
)
from pytestqt.qtbot import QtBot

from ground_station.ui import keys
from ground_station.ui.first_run import FirstRun
from ground_station.ui.look import Look
from ground_station.ui.parts import HintLine, PlainLabel, SeverityMark
from ground_station.view_model import catalogue
from ground_station.view_model.events import BridgeCame, TelemetryCame
from ground_station.view_model.intentions import SelectDrone, SetPreference
from ground_station.view_model.snapshot import ReplayView
from messages.state import LinkState
from tests.ground_station.given import NOON, a_bridge_status, a_telemetry, an_alert, seconds, with_picture
from tests.ground_station.ui.conftest import Show
from tests.ground_station.ui.shown import Shown
from tests.ground_station.ui.test_languages import forgotten

CONTROLS = (QAbstractButton, QLineEdit, QComboBox, QAbstractItemView, QAbstractSlider)
REPLAY = ReplayView(
    banner="[]", at="[]", at_s=NOON.timestamp(), start_s=NOON.timestamp() - 60, end_s=NOON.timestamp() + 60, start="[]",
    end="[]", speed=10, speed_words="[]", paused=False, state="[]", marks_s=(),
)  # fmt: skip


@pytest.fixture(params=["en", "xx"])
def language(request: pytest.FixtureRequest) -> Iterator[str]:
    catalogue.choose(request.param)
    yield request.param
    catalogue.choose("en")
    keys.use_keys(keys.key_map({}))


def name_of(widget: QWidget) -> str:
    """What a screen reader says when it comes to the widget."""
    interface = QAccessible.queryAccessibleInterface(widget)
    return interface.text(QAccessible.Text.Name) if interface is not None else ""


def wants_a_name(widget: QWidget) -> bool:
    """Whether somebody who cannot see the widget, now in sight, would miss something: it takes input or focus, or paints by itself."""
    if not widget.isVisible() or isinstance(widget, QScrollBar):  # a scroll bar is part of what it scrolls
        return False
    painter = next(each for each in type(widget).__mro__ if "paintEvent" in vars(each))
    paints = painter.__module__.startswith("ground_station.") and not isinstance(widget, PlainLabel)
    takes = isinstance(widget, CONTROLS) or widget.focusPolicy() != Qt.FocusPolicy.NoFocus
    return paints or takes


def walked(top: QWidget) -> dict[QWidget, str]:
    """The name of each widget that wants one."""
    QApplication.processEvents()  # a widget that came into a layout is shown then
    return {widget: name_of(widget) for widget in (top, *top.findChildren(QWidget)) if wants_a_name(widget)}


def nameless(top: QWidget) -> set[str]:
    """Where a name is missing: the kind of widget, and of what it lies in."""
    return {
        f"{type(widget).__name__} in {type(widget.parentWidget()).__name__}"
        for widget, name in walked(top).items()
        if not name.strip("[]· ") and not is_empty(widget)
    }


def is_empty(widget: QWidget) -> bool:
    """Whether there is nothing to be seen of a widget that paints only what it is given."""
    return (isinstance(widget, HintLine) and not widget._hints) or (
        isinstance(widget, SeverityMark) and not widget._kind
    )


def states(shown: Shown) -> Iterator[str]:
    """The window in every state, one after another."""
    alert = with_picture(an_alert(1), here=1)
    shown.draw()
    yield "calm"
    shown.rules.hears(TelemetryCame(a_telemetry("nyc-17")), TelemetryCame(a_telemetry("nyc-4", battery_pct=9.0)))
    shown.rules.wants(SelectDrone("nyc-17"))
    for page in range(5):
        shown.window.lower_part.open(page)
        shown.draw()
        yield f"page {page} and a drone"
    shown.open(alert, an_alert(2))
    away = LinkState(up=False, since=NOON - seconds(60), next_try_at=NOON + seconds(8))
    shown.rules.hears(BridgeCame(a_bridge_status(headquarters=away, waiting={"violation": 2})))
    shown.draw()
    yield "an alert"
    shown.claim(alert)
    yield "a claimed alert"
    shown.type("r")
    yield "a reason"
    shown.press(Qt.Key.Key_Escape)
    shown.type("0hydr")
    yield "a search"
    shown.press(Qt.Key.Key_Escape)
    shown.window.show_view(msgspec.structs.replace(shown.now, replay=REPLAY))
    yield "a replay"
    shown.window.resize(1280, 720)
    yield "a small window"


def test_everything_in_the_window_has_a_name_in_every_state(show: Show, language: str) -> None:
    shown = show()

    for state in states(shown):
        assert nameless(shown.window) == set(), state
        if language == "xx":
            assert forgotten(set(walked(shown.window).values())) == set(), state


def test_everything_in_the_settings_has_a_name(show: Show, qtbot: QtBot, language: str) -> None:
    shown = show()
    shown.window.open_settings()
    dialog = shown.window.settings
    assert dialog is not None

    names = walked(dialog)

    assert nameless(dialog) == set()
    assert len(names) > 40
    if language == "xx":
        own = set(catalogue.LANGUAGES.values())
        assert {name for name in forgotten(set(names.values())) if not any(each in name for each in own)} == set()


def test_a_key_s_button_is_read_with_what_it_does_and_the_key_in_force(show: Show, qtbot: QtBot) -> None:
    shown = show()
    shown.window.open_settings()
    dialog = shown.window.settings
    assert dialog is not None
    assert name_of(dialog.keys["claim"]) == "Key: claim: C"

    shown.rules.wants(SetPreference("key.claim", "K"))
    shown.draw()

    assert name_of(dialog.keys["claim"]) == "Key: claim: K"


def test_a_button_s_own_key_is_read_as_it_is_in_force(show: Show, language: str) -> None:
    shown = show(an_alert(1))
    shown.rules.wants(SetPreference("key.claim", "K"), SetPreference("key.follow", "J"))
    shown.draw()

    follow = shown.window.map.findChildren(QAbstractButton)[0]

    assert "J" in follow.accessibleDescription()
    keys.use_keys(keys.key_map({}))


def test_the_first_start_has_names_that_follow_its_language(look: Look, qtbot: QtBot) -> None:
    dialog = FirstRun(look, {})
    qtbot.addWidget(dialog)
    with qtbot.waitExposed(dialog):
        dialog.show()
    said = {}
    for language in ("en", "fr"):
        dialog._speak(language)
        assert nameless(dialog) == set()
        said[language] = {name for name in walked(dialog).values() if name not in catalogue.LANGUAGES.values()}
    catalogue.choose("en")

    assert len(said["en"]) == len(said["fr"]) > 5
    assert said["en"] & said["fr"] == set()


def test_the_walk_finds_a_button_a_field_and_a_painting_that_nobody_named(show: Show) -> None:
    class Painted(QWidget):
        def paintEvent(self, event: object) -> None:  # noqa: N802  Qt's name
            """Paints nothing that a screen reader could know of."""

    Painted.__module__ = "ground_station.ui.planted"
    shown = show()
    for planted in (QPushButton(shown.window), QLineEdit(shown.window), Painted(shown.window)):
        planted.resize(40, 20)
        planted.show()

    assert nameless(shown.window) == {
        "QPushButton in MainWindow",
        "QLineEdit in MainWindow",
        "Painted in MainWindow",
    }
