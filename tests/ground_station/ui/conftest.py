"""Qt without a screen, and the windows that the tests look at. The map page is not loaded here: tests/real does that."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from pytestqt.qtbot import QtBot

from ground_station.ui.keys import key_map, use_keys
from ground_station.ui.look import Look, load_fonts
from ground_station.view_model import wording
from messages.alert import Alert
from tests.ground_station.given import a_connected_desk
from tests.ground_station.ui.shown import Shown

Show = Callable[..., Shown]


@pytest.fixture(autouse=True)
def usual_keys() -> Iterator[None]:
    """Keys that a test has changed are as they were for the next: they are one for the whole process."""
    yield
    use_keys(key_map({}))
    wording.use_caps({"claim": "C", "down": "↓"})


@pytest.fixture
def look(qtbot: QtBot) -> Look:
    """The day theme in force, with our own fonts."""
    load_fonts()
    look = Look("day")
    look.apply()
    return look


@pytest.fixture
def show(look: Look, qtbot: QtBot, tmp_path: Path) -> Show:
    """`show(*alerts)`: a window with these alerts open, on screen, the keyboard on the desk."""

    def shown(*alerts: Alert) -> Shown:
        made = Shown(look, tmp_path, a_connected_desk(*alerts))
        qtbot.addWidget(made.window)
        with qtbot.waitExposed(made.window):
            made.window.show()
        made.window.activateWindow()
        made.window.leave_field()
        qtbot.waitUntil(made.window.isActiveWindow)
        return made

    return shown
