"""The first start by keyboard alone: answers, plain words about a broker that does not answer, the other language at once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from ground_station.links.broker_trial import Trial
from ground_station.ui.first_run import WORDS, FirstRun
from ground_station.ui.look import Look
from ground_station.view_model import catalogue
from ground_station.view_model.language import t
from tests.ground_station.ui.test_languages import forgotten, said_by


@pytest.fixture(autouse=True)
def _english_afterwards() -> Iterator[None]:
    catalogue.choose("en")
    yield
    catalogue.choose("en")


def opened(look: Look, qtbot: QtBot, answer: Trial = "ok") -> FirstRun:
    dialog = FirstRun(look, {}, lambda _host, _port: answer)
    qtbot.addWidget(dialog)
    with qtbot.waitExposed(dialog):
        dialog.show()
    dialog.activateWindow()
    qtbot.waitUntil(dialog.isActiveWindow)
    return dialog


def focused(dialog: FirstRun) -> QWidget:
    widget = dialog.focusWidget()
    assert widget is not None
    return widget


def test_by_keyboard_alone(look: Look, qtbot: QtBot) -> None:
    dialog = opened(look, qtbot)

    qtbot.keyClicks(focused(dialog), "midtown")
    qtbot.keyClick(focused(dialog), Qt.Key.Key_Return)
    qtbot.keyClick(focused(dialog), Qt.Key.Key_Return)
    assert focused(dialog) is dialog.test
    qtbot.keyClick(focused(dialog), Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: dialog.words.text() == WORDS["ok"])
    qtbot.keyClick(focused(dialog), Qt.Key.Key_Tab)
    assert focused(dialog) is dialog.fields["officer"]
    qtbot.keyClicks(focused(dialog), "duarte")
    qtbot.keyClick(focused(dialog), Qt.Key.Key_Tab)
    qtbot.keyClick(focused(dialog), Qt.Key.Key_Tab)
    assert focused(dialog) is dialog.start
    qtbot.keyClick(focused(dialog), Qt.Key.Key_Return)

    assert dialog.result() == FirstRun.DialogCode.Accepted
    assert dialog.answers == {"station": "midtown", "officer": "duarte", "broker": "127.0.0.1:1883", "language": "en"}


def test_what_cannot_be_used_is_said_and_the_dialog_stays(look: Look, qtbot: QtBot) -> None:
    dialog = opened(look, qtbot)

    dialog.fields["station"].setText("Mid Town")
    dialog.finish()
    assert dialog.words.text() == "Station: 1 to 32 small letters, digits or hyphens."
    assert dialog.isVisible()
    assert focused(dialog) is dialog.fields["station"]

    dialog.fields["station"].setText("midtown")
    dialog.fields["officer"].setText("duarte")
    dialog.fields["broker"].setText("nowhere")
    dialog.finish()
    assert dialog.words.text().startswith("The broker is given as machine and port")
    assert dialog.isVisible()


def test_a_broker_that_does_not_answer_is_explained_in_the_language_chosen(look: Look, qtbot: QtBot) -> None:
    dialog = opened(look, qtbot, "refused")
    dialog.try_connection()
    qtbot.waitUntil(lambda: dialog.words.text() == WORDS["refused"])

    dialog.languages["fr"].click()

    assert dialog.words.text() == t(WORDS["refused"]) != WORDS["refused"]
    assert dialog.start.text() == "Ouvrir le poste"
    assert dialog.answers["language"] == "fr"


def test_no_text_of_the_first_start_was_forgotten(look: Look, qtbot: QtBot) -> None:
    catalogue.choose("xx")
    dialog = FirstRun(look, {})
    qtbot.addWidget(dialog)

    texts = {text for widget in (dialog, *dialog.findChildren(QWidget)) for text in said_by(widget)}

    assert forgotten(texts) == set(catalogue.LANGUAGES.values())  # each in its own words
