"""Nothing on the desk is cut or lies upon its neighbour: by day and for gloves, in the smallest window and in French."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QAbstractButton, QApplication, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from ground_station.ui.coding_panel import LEAST_PICTURE_PX
from ground_station.ui.form_scroll import FormScroll
from ground_station.ui.kerb_inset import KerbInset
from ground_station.ui.key_sheet import KeySheet
from ground_station.ui.look import Look, load_fonts
from ground_station.ui.lower_panel import FLEET, LOG
from ground_station.ui.parts import HintLine, PlainLabel
from ground_station.ui.picture_view import CAPTION_PX
from ground_station.view_model import catalogue
from ground_station.view_model.intentions import MarkNotShown
from ground_station.view_model.snapshot import CodeChoice, StateLine
from messages.coding import NOT_SHOWN
from tests.ground_station.given import a_connected_desk, an_alert
from tests.ground_station.ui.conftest import Show
from tests.ground_station.ui.shown import Shown

SMALL, USUAL = (1280, 720), (1600, 900)


@pytest.fixture(autouse=True)
def _as_it_was_afterwards() -> Iterator[None]:
    yield
    catalogue.choose("en")
    Look("day").apply()


def opened(qtbot: QtBot, folder: Path, size: tuple[int, int], *, touch: bool, language: str) -> Shown:
    """A window with a claimed alert whose code is chosen."""
    catalogue.choose(language)
    load_fonts()
    look = Look("day", touch=touch)
    look.apply()
    alert = an_alert(1, plate_expiry="2027-03")
    shown = Shown(look, folder, a_connected_desk(alert))
    qtbot.addWidget(shown.window)
    shown.window.resize(*size)
    with qtbot.waitExposed(shown.window):
        shown.window.show()
    shown.window.activateWindow()
    qtbot.waitUntil(shown.window.isActiveWindow)
    shown.window.leave_field()
    shown.claim(alert)
    shown.type("1")
    shown.draw()
    QApplication.processEvents()
    return shown


def in_sight(top: QWidget) -> list[QWidget]:
    kinds = QAbstractButton | QLineEdit | PlainLabel | HintLine
    return [each for each in top.findChildren(QWidget) if isinstance(each, kinds) and each.isVisible()]


def cut(top: QWidget) -> set[str]:
    """Which widgets have less height than they need, or are cut by what they lie in."""
    found = set()
    forms = top.findChildren(FormScroll)
    for widget in in_sight(top):
        for form in forms:
            if form.inside.isAncestorOf(widget):
                form.bring(widget)
        outside = not widget.visibleRegion().boundingRect().contains(widget.rect())
        if outside or widget.height() < widget.minimumSizeHint().height():
            found.add(f"{type(widget).__name__} {widget.accessibleName() or getattr(widget, 'text', str)()}")
    return found


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("touch", [False, True])
@pytest.mark.parametrize("size", [SMALL, USUAL])
def test_nothing_of_the_coding_desk_is_cut(
    qtbot: QtBot, tmp_path: Path, size: tuple[int, int], *, touch: bool, language: str
) -> None:
    shown = opened(qtbot, tmp_path, size, touch=touch, language=language)

    assert len(in_sight(shown.window.coding)) > 20
    assert cut(shown.window.coding) == set()


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("touch", [False, True])
@pytest.mark.parametrize("size", [SMALL, (1439, 799), USUAL, (1920, 1080)])
def test_the_picture_can_be_seen_whatever_stands_below_it(
    qtbot: QtBot, tmp_path: Path, size: tuple[int, int], *, touch: bool, language: str
) -> None:
    coding = opened(qtbot, tmp_path, size, touch=touch, language=language).window.coding
    coding.warnings.show_warnings(("Same plate also open: nyc-22, 33 m away", "Ticket for this plate 2 h ago: code 14"))
    qtbot.waitUntil(lambda: coding.warnings.height() > 20)
    seen = coding.evidence.visibleRegion().boundingRect()

    assert seen.height() >= LEAST_PICTURE_PX + CAPTION_PX
    assert coding.decision.visibleRegion().boundingRect() == coding.decision.rect()
    assert {mark.isVisible() for mark, _words in coding.warnings.lines} == {True}


@pytest.mark.parametrize(("size", "touch"), [(SMALL, False), (USUAL, False), (USUAL, True), ((1600, 820), False)])
def test_the_whole_form_is_in_sight_and_ends_where_the_picture_ends(
    qtbot: QtBot, tmp_path: Path, size: tuple[int, int], *, touch: bool
) -> None:
    coding = opened(qtbot, tmp_path, size, touch=touch, language="en").window.coding

    assert not coding.form.scrolls
    ends = {part.mapTo(coding, part.rect().topRight()).x() for part in (coding.evidence, coding.facts, coding.decision)}
    assert ends == {coding.width() - 14}  # as far from the edge as on the left
    assert coding.facts.mapTo(coding, QPoint(0, 0)).x() == 13


def test_a_field_that_was_out_of_sight_comes_into_sight_with_the_focus(qtbot: QtBot, tmp_path: Path) -> None:
    shown = opened(qtbot, tmp_path, SMALL, touch=True, language="en")
    coding, state = shown.window.coding, shown.window.coding.facts.boxes["plate_state"].line
    coding.form.to_top()
    assert coding.form.scrolls
    assert state.visibleRegion().isEmpty()

    state.setFocus()

    assert state.visibleRegion().boundingRect() == state.rect()


def test_the_facts_come_into_sight_when_the_code_is_chosen_and_another_alert_begins_at_the_top(
    qtbot: QtBot, tmp_path: Path
) -> None:
    shown = opened(qtbot, tmp_path, SMALL, touch=True, language="en")
    coding = shown.window.coding
    assert coding.facts.visibleRegion().boundingRect() == coding.facts.rect()

    shown.open(an_alert(2))
    shown.press(Qt.Key.Key_Down)

    assert coding.form.verticalScrollBar().value() == 0


def test_the_walk_finds_what_is_cut(qtbot: QtBot, tmp_path: Path) -> None:
    shown = opened(qtbot, tmp_path, SMALL, touch=False, language="en")
    shown.window.coding.facts.boxes["plate"].setFixedHeight(20)
    QApplication.processEvents()

    assert "TypingLine Plate" in cut(shown.window.coding)


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_confirm_button_has_room_for_its_words_in_the_smallest_window(
    qtbot: QtBot, tmp_path: Path, language: str
) -> None:
    shown = opened(qtbot, tmp_path, SMALL, touch=False, language=language)
    button = shown.window.coding.decision._main

    assert "14" in button.text()
    assert button.width() >= button.sizeHint().width()


@pytest.mark.parametrize("language", ["en", "fr"])
def test_no_line_of_the_key_sheet_is_shortened(show: Show, language: str) -> None:
    catalogue.choose(language)
    shown = show()
    shown.type("?")
    QApplication.processEvents()
    sheet = shown.window.lower_part.keys
    assert isinstance(sheet, KeySheet)

    wanted = sum(max(sheet._need(cap, words) for cap, words in lines) for lines in sheet.groups().values())

    assert wanted <= sheet.width() - 24


def test_large_targets_have_room_in_the_head_of_the_lower_panel_and_rows_below_it(qtbot: QtBot, tmp_path: Path) -> None:
    panel = opened(qtbot, tmp_path, USUAL, touch=True, language="en").window.lower_part
    panel.open(FLEET)
    QApplication.processEvents()

    assert panel.filter.geometry().top() >= 2
    assert panel.fleet.viewport().height() >= 4 * panel.fleet.verticalHeader().defaultSectionSize()


def test_what_is_not_shown_is_said_in_the_desk_s_language_and_kept_as_the_contract_has_it(
    qtbot: QtBot, tmp_path: Path
) -> None:
    shown = opened(qtbot, tmp_path, USUAL, touch=False, language="fr")
    shown.rules.wants(MarkNotShown("plate"))
    shown.draw()

    assert shown.window.coding.facts.boxes["plate"].line.text() == "non visible"
    assert shown.now.desk is not None
    assert next(field.value for field in shown.now.desk.fields if field.name == "plate") == NOT_SHOWN


def test_the_kerb_asks_for_its_page_again_while_nothing_else_changes(
    show: Show, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(KerbInset, "show_place", lambda _self, desk: asked.append(desk.violation_id))
    shown = show(an_alert(1))
    before = len(asked)

    shown.draw()

    assert len(asked) == before + 1


def test_a_long_value_of_the_station_s_state_takes_two_lines(show: Show) -> None:
    facts = show().window.lower_part.state.facts
    facts.resize(806, 200)
    facts.show_lines((StateLine("Bridge", "Problem", "no route to kafka.example.org:9092, and so on"),))
    long_px = facts.sizeHint().height()
    facts.show_lines((StateLine("Bridge", "Problem", "none"),))

    assert long_px > facts.sizeHint().height()


def test_a_few_frequent_codes_have_a_line_each_and_many_share_them(qtbot: QtBot, tmp_path: Path) -> None:
    codes = opened(qtbot, tmp_path, (1600, 820), touch=False, language="en").window.coding.codes
    many = tuple(CodeChoice(digit, digit + 10, "No parking", None, "frequent", False) for digit in range(1, 10))
    lines = {}
    for choices in (many[:3], many):
        codes.show_codes(choices, (), enabled=True)
        QApplication.processEvents()
        lines[len(choices)] = len({row.y() for row in codes._rows if row.isVisible()})

    assert lines == {3: 3, 9: 5}


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_log_s_buttons_and_its_search_are_whole_in_the_smallest_window(
    qtbot: QtBot, tmp_path: Path, language: str
) -> None:
    shown = opened(qtbot, tmp_path, SMALL, touch=False, language=language)
    panel = shown.window.lower_part
    panel.open(LOG)
    shown.draw()
    panel.tabs[FLEET].relabel(panel.tabs[FLEET].text() + ",000")
    panel.tabs[LOG].relabel(panel.tabs[LOG].text() + "12")
    QApplication.processEvents()

    assert panel.log_filter.isVisible()
    assert cut(panel) == set()
    assert [each.text() for each in (panel.log_kind, panel.save) if each.width() < each.sizeHint().width()] == []
