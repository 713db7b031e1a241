"""The window in the pseudo-locale: every text that is said, painted or read aloud went through t(), but for what comes from outside."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QAbstractItemModel, QAbstractListModel, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QAbstractButton, QAbstractItemView, QLabel, QLineEdit, QWidget

from ground_station.ui import alert_card
from ground_station.ui.key_sheet import KeySheet
from ground_station.view_model import catalogue
from ground_station.view_model.events import BridgeCame, LinkDown, TelemetryCame
from ground_station.view_model.intentions import FilterLog, PassOn, SelectDrone, SetPreference
from messages.codebook import is_known, title_of
from messages.state import LinkState
from tests.ground_station.given import (
    NOON,
    a_bridge_status,
    a_telemetry,
    an_alert,
    claimed,
    seconds,
    with_picture,
)
from tests.ground_station.test_catalogue import outside_brackets
from tests.ground_station.ui.conftest import Show
from tests.ground_station.ui.shown import Shown

CODES = sorted({title_of(code) for code in range(100) if is_known(code)}, key=len, reverse=True)
FROM_OUTSIDE = (
    *CODES,
    "Kestrel",
    "Midtown",
    "Duarte",
    "KJH 4T2",
    "Toyota",
    "PAS",
    "4DSD",
    "NY",
    "nyc",
    "gyro drift",
    "refused",
)
"""The city's official words, names, plates, and what libraries say of a fault."""
KEYS = {"Enter", "Esc", "Space", "PgUp", "PgDn", "Alt", "Up", "Down"}


@pytest.fixture(autouse=True)
def _pseudo() -> Iterator[None]:
    catalogue.choose("xx")
    yield
    catalogue.choose("en")


@pytest.fixture
def painted(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Every text that any widget paints by itself."""
    texts: set[str] = set()
    draw = QPainter.drawText

    def noted(self: QPainter, *arguments: object) -> object:
        texts.update(each for each in arguments if isinstance(each, str))
        return draw(self, *arguments)  # type: ignore[call-overload]

    monkeypatch.setattr(QPainter, "drawText", noted)
    return texts


def said_by(widget: QWidget) -> Iterator[str]:
    """What a widget shows, or tells a screen reader."""
    yield from (widget.accessibleName(), widget.windowTitle())
    if not isinstance(widget, KeySheet):  # its description is made of its groups, and of caps that are brackets
        yield widget.accessibleDescription()
    if isinstance(widget, QLabel | QAbstractButton):
        yield widget.text()
    if isinstance(widget, QLineEdit):
        yield widget.placeholderText()
    if isinstance(widget, KeySheet):
        yield from (words for lines in widget.groups().values() for _, words in lines)
        yield from widget.groups()
    if isinstance(widget, QAbstractItemView):
        yield from _of_model(widget.model())


def _columns(model: QAbstractItemModel) -> int:
    return 1 if isinstance(model, QAbstractListModel) else model.columnCount()


def _of_model(model: QAbstractItemModel) -> Iterator[str]:
    for column in range(_columns(model)):
        yield str(model.headerData(column, Qt.Orientation.Horizontal) or "")
        for row in range(model.rowCount()):
            yield str(model.data(model.index(row, column), Qt.ItemDataRole.AccessibleTextRole) or "")


def forgotten(texts: set[str]) -> set[str]:
    """The texts that have words outside of brackets."""
    found = set()
    for text in texts:
        rest = text
        for data in FROM_OUTSIDE:
            rest = rest.replace(data, "")
        words = outside_brackets(rest).split()
        if any(word not in KEYS and len(word) > 1 for word in words):  # one letter: a key's cap
            found.add(text)
    return found


def everything(shown: Shown, painted: set[str]) -> set[str]:
    """All texts of the window with each page of the lower panel in sight."""
    texts: set[str] = set()
    for page in range(5):
        shown.window.lower_part.open(page)
        shown.draw()
        shown.window.grab()
        widgets = [shown.window, *shown.window.findChildren(QWidget)]
        texts |= {text for widget in widgets for text in said_by(widget)}
    return texts | painted


def test_no_text_of_the_busy_window_was_forgotten(show: Show, painted: set[str]) -> None:
    one = with_picture(an_alert(1), here=1)
    shown = show(one, an_alert(2), claimed(an_alert(3), "moreno", NOON))
    desk = shown.rules
    desk.hears(TelemetryCame(a_telemetry("nyc-17")), TelemetryCame(a_telemetry("nyc-4", battery_pct=9.0)))
    desk.wants(SelectDrone("nyc-17"))
    away = a_bridge_status(
        headquarters=LinkState(up=False, since=NOON - seconds(60), next_try_at=NOON + seconds(8)),
        waiting={"telemetry": 7, "violation": 2},
        oldest_waiting_at=NOON - seconds(50),
    )
    desk.hears(BridgeCame(away))
    texts = everything(shown, painted)
    shown.claim(one)
    texts |= everything(shown, painted)
    shown.type("r")
    texts |= everything(shown, painted)
    desk.wants(PassOn(), FilterLog("x", "alert"), SetPreference("sound", "off"))
    desk.waits(9.0)
    desk.hears(LinkDown("refused", NOON + seconds(20)))
    texts |= everything(shown, painted)

    assert forgotten(texts) == set()
    assert len(texts) > 150


def test_no_text_of_the_empty_window_was_forgotten(show: Show, painted: set[str]) -> None:
    assert forgotten(everything(show(), painted)) == set()


def test_the_walk_sees_a_label_and_a_painting_that_were_forgotten(
    show: Show, painted: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = show(an_alert(1))
    label = QLabel("Somebody forgot this", shown.window)
    label.show()
    monkeypatch.setattr(alert_card, "_NO_PICTURE", {})
    monkeypatch.setattr(alert_card, "t", lambda text: text)

    assert forgotten(everything(shown, painted)) == {"Somebody forgot this", "no\npicture"}
