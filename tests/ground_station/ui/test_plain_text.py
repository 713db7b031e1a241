"""Texts from outside are shown as they stand: no label, tip or field of the window reads markup."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QLineEdit, QTextEdit, QWidget

from ground_station.ui.look import Look
from ground_station.ui.parts import PlainLabel, set_tip
from ground_station.view_model.events import PlaceFound
from tests.ground_station.given import an_alert
from tests.ground_station.ui.conftest import Show

MARKUP = "<table bgcolor=red><tr><td><b>CRIMINAL</b><img src=x>"


def test_no_label_guesses_and_no_widget_can_show_markup(show: Show) -> None:
    shown = show(an_alert(1))

    labels = shown.window.findChildren(QLabel)
    assert labels
    assert [label for label in labels if label.textFormat() is not Qt.TextFormat.PlainText] == []
    assert shown.window.findChildren(QTextEdit) == []


def test_markup_in_a_plate_and_a_street_is_shown_literally(show: Show) -> None:
    alert = an_alert(1, plate=MARKUP, street=MARKUP)
    shown = show(alert)
    shown.rules.hears(PlaceFound(alert.violation.id, MARKUP, 14))
    shown.claim(alert)

    assert MARKUP in {line.text() for line in shown.window.findChildren(QLineEdit)}
    literal = [label for label in shown.window.findChildren(PlainLabel) if "<b>CRIMINAL" in label.text()]
    assert literal
    assert all(label.textFormat() is Qt.TextFormat.PlainText for label in literal)


def test_a_tip_shows_markup_as_text(look: Look, qtbot: object) -> None:
    widget = QWidget()
    set_tip(widget, MARKUP)

    assert "<table" not in widget.toolTip()
    assert "&lt;table" in widget.toolTip()


def test_the_probe_itself_would_see_a_label_that_guesses(look: Look, qtbot: object) -> None:
    assert QLabel(MARKUP).textFormat() is not Qt.TextFormat.PlainText
