"""The settings by keyboard alone, keys that an officer changes, and the digits of a French keyboard."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QAbstractButton, QWidget
from pytestqt.qtbot import QtBot

from ground_station.ui import keys, pressed
from ground_station.ui.settings_dialog import SettingsDialog
from ground_station.view_model import catalogue, wording
from ground_station.view_model.intentions import ChooseDigit, Claim, SetPreference, SetTheme
from tests.ground_station.given import an_alert
from tests.ground_station.ui.conftest import Show
from tests.ground_station.ui.shown import Shown
from tests.ground_station.ui.test_languages import forgotten, said_by


@pytest.fixture(autouse=True)
def _as_it_was_afterwards() -> Iterator[None]:
    yield
    catalogue.choose("en")
    keys.use_keys(keys.key_map({}))
    wording.use_caps({"claim": "C", "down": "↓"})


def opened(shown: Shown, qtbot: QtBot) -> SettingsDialog:
    shown.type(",")
    dialog = shown.window.settings
    assert dialog is not None
    qtbot.waitUntil(dialog.isActiveWindow)
    return dialog


def asked_for_a_key(dialog: SettingsDialog) -> QAbstractButton:
    """The button of "claim", which waits for its new key."""
    button = dialog.keys["claim"]
    button.setFocus()
    button.click()
    return button


def test_a_setting_is_found_by_a_word_and_changed_by_keyboard(show: Show, qtbot: QtBot) -> None:
    shown = show(an_alert(1))
    dialog = opened(shown, qtbot)

    qtbot.keyClicks(dialog.search, "lang")
    assert [row.words for row in dialog.rows if row.widget.isVisible()] == ["Language, from the next start"]
    dialog.search.setText("colours")
    assert [row.words for row in dialog.rows if row.widget.isVisible()] == ["Colours", "Key: colours"]
    for _ in range(2):
        qtbot.keyClick(dialog.focusWidget(), Qt.Key.Key_Down)
    assert dialog.focusWidget() is dialog.choices["theme"]["night"]
    qtbot.keyClick(dialog.focusWidget(), Qt.Key.Key_Return)

    assert SetTheme("night") in shown.asked
    assert dialog.choices["theme"]["night"].isChecked()


def test_a_key_that_an_officer_changes_works_and_is_on_every_cap(show: Show, qtbot: QtBot) -> None:
    shown = show(an_alert(1))
    dialog = opened(shown, qtbot)
    button = dialog.keys["claim"]

    button.setFocus()
    qtbot.keyClick(button, Qt.Key.Key_Return)
    assert button.text() == "Press the new key"
    qtbot.keyClicks(button, "k")
    assert (button.text(), dialog.words.text()) == ("K", "Kept.")
    dialog.close()
    shown.window.activateWindow()
    shown.window.leave_field()
    qtbot.waitUntil(shown.window.isActiveWindow)

    shown.type("c")
    shown.draw()
    assert Claim() not in shown.asked
    assert shown.now.desk is not None
    assert shown.now.desk.claim_words == "press K to claim it"
    shown.type("?")
    assert ("K", "claim") in shown.window.lower_part.keys.groups()["Alerts"]
    assert keys.shown("C") == "K"
    shown.type("k")
    assert Claim() in shown.asked


def test_a_digit_and_escape_are_said_in_words_and_change_nothing(show: Show, qtbot: QtBot) -> None:
    shown = show(an_alert(1))
    dialog = opened(shown, qtbot)
    button = asked_for_a_key(dialog)

    qtbot.keyClicks(button, "4")
    assert dialog.words.text() == "The digits 1 to 9 choose a code: take another key."
    button.click()
    qtbot.keyClick(button, Qt.Key.Key_Escape)

    assert dialog.isVisible()
    assert button.text() == "C"
    assert [each for each in shown.asked if isinstance(each, SetPreference) and each.name.startswith("key.")] == []


def test_a_key_that_another_action_has_is_swapped_and_that_is_said(show: Show, qtbot: QtBot) -> None:
    shown = show(an_alert(1))
    dialog = opened(shown, qtbot)
    button = asked_for_a_key(dialog)

    qtbot.keyClicks(button, "r")

    assert dialog.words.text() == "Kept. R was “reject”, which has C now."
    assert (button.text(), dialog.keys["reject"].text()) == ("R", "C")


def test_the_settings_name_the_keys_in_french(show: Show, qtbot: QtBot) -> None:
    catalogue.choose("fr")
    dialog = opened(show(), qtbot)

    assert [dialog.keys[name].text() for name in ("confirm", "replay_pause", "up")] == ["Entrée", "Espace", "↑"]


def test_all_keys_go_back(show: Show, qtbot: QtBot) -> None:
    shown = show(an_alert(1))
    shown.rules.wants(SetPreference("key.claim", "K"), SetPreference("key.reject", "J"))
    shown.draw()
    dialog = opened(shown, qtbot)
    assert dialog.keys["reject"].text() == "J"

    dialog.reset.click()

    assert (dialog.keys["claim"].text(), dialog.keys["reject"].text(), keys.shown("C")) == ("C", "R", "C")


def test_what_the_next_start_needs_is_kept_and_what_cannot_be_used_is_not(show: Show, qtbot: QtBot) -> None:
    shown = show()
    kept: list[dict[str, str]] = []
    shown.window.keep = lambda values: kept.append(dict(values))
    dialog = opened(shown, qtbot)

    for name, text in (("station", "harlem"), ("officer", "Bad Name"), ("broker", "nowhere")):
        dialog.fields[name].setText(text)
        dialog.fields[name].editingFinished.emit()
    dialog.lost_after.setText("4,5")
    dialog.lost_after.editingFinished.emit()
    dialog.choices["language"]["fr"].click()

    assert kept == [{"station": "harlem"}, {"language": "fr"}]
    assert shown.now.preferences["lost_after_s"] == "4.5"
    assert shown.now.preferences["language"] == "fr"


def test_the_comma_is_a_comma_while_typing(show: Show, qtbot: QtBot) -> None:
    shown = show()
    shown.type("/a,b")

    assert shown.window.settings is None
    assert shown.window.lower_part.filter.text() == "a,b"


def a_key(text: str, scan_code: int) -> QKeyEvent:
    none = Qt.KeyboardModifier.NoModifier
    return QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_unknown.value, none, scan_code, 0, 0, text)


@pytest.mark.parametrize(("digit", "text"), list(enumerate("&é\"'(-è_ç", start=1)))
def test_the_digit_row_of_a_french_keyboard_needs_no_shift(show: Show, digit: int, text: str) -> None:
    assert pressed.name_of(a_key(text, digit + 9)) == str(digit)  # X11
    assert pressed.name_of(a_key(text, digit + 1)) == str(digit)  # Windows


def test_the_same_characters_elsewhere_on_a_keyboard_are_no_digits(show: Show) -> None:
    assert pressed.name_of(a_key("-", 20)) == "-"  # right of 0 on an American keyboard
    assert pressed.name_of(a_key("&", 16)) == "&"  # Shift 7


def test_a_french_digit_chooses_a_code(show: Show, qtbot: QtBot) -> None:
    shown = show(an_alert(1))

    shown.window.keyPressEvent(a_key("é", 11))

    assert ChooseDigit(2) in shown.asked


def test_no_text_of_the_settings_was_forgotten(show: Show, qtbot: QtBot) -> None:
    catalogue.choose("xx")
    shown = show()
    shown.window.open_settings()
    dialog = shown.window.settings
    assert dialog is not None

    texts = {text for widget in (dialog, *dialog.findChildren(QWidget)) for text in said_by(widget)}

    assert {
        text for text in forgotten(texts) if not any(name in text for name in catalogue.LANGUAGES.values())
    } == set()
