"""The keys as data, and as they work in the window: everything without a mouse, nothing while one types, nothing by accident."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication

from ground_station.ui.keys import (
    ESSENTIAL,
    OURS,
    PREFERENCE,
    SHORTCUTS,
    cap_of,
    is_free,
    key_map,
    shown,
    use_keys,
    written,
)
from ground_station.view_model import catalogue
from ground_station.view_model.effects import Kept
from ground_station.view_model.intentions import (
    ChooseDigit,
    Claim,
    Confirm,
    Reject,
    SelectAlert,
    SetFact,
)
from tests.ground_station.given import NOON, an_alert, seconds
from tests.ground_station.ui.conftest import Show


def test_every_action_has_a_key_of_its_own() -> None:
    keys = [shortcut.key for shortcut in SHORTCUTS]

    assert len(set(keys)) == len(keys)
    assert not {key for key in keys if key in "123456789"}


def test_an_officers_own_key_replaces_ours_and_no_action_is_left_without() -> None:
    keys = key_map({"key.claim": "K", "key.reject": "C", "theme": "night"})

    assert cap_of("claim", keys) == "K"
    assert cap_of("reject", keys) == "C"
    assert "R" not in keys
    assert set(keys.values()) == {shortcut.action for shortcut in SHORTCUTS}


def test_a_key_that_is_taken_twice_leaves_no_action_without() -> None:
    keys = key_map({"key.claim": "E", "key.reject": "C"})  # E is another's, and C is gone

    assert keys["E"] == "pass_on"
    assert cap_of("reject", keys) == "C"
    assert cap_of("claim", keys) == "R"


@given(
    st.dictionaries(
        st.sampled_from([f"{PREFERENCE}{shortcut.action}" for shortcut in SHORTCUTS] + ["theme", "key.gone"]),
        st.sampled_from([*OURS.values(), "K", "É", "Esc", "5", "0", "", " ", "k", "FOO", "\x7f"]),
    )
)
def test_whatever_an_officer_wants_every_action_has_one_key_that_can_be_pressed(wanted: dict[str, str]) -> None:
    keys = key_map(wanted)

    assert sorted(keys.values()) == sorted(OURS)
    assert all(map(is_free, keys))
    assert set(keys.values()) >= ESSENTIAL


def test_the_keys_are_written_in_the_desk_s_language() -> None:
    catalogue.choose("fr")
    try:
        assert [written(key) for key in ("Enter", "Esc", "Space", "PgUp", "Up", "Alt N", "C")] == [
            "Entrée", "Échap", "Espace", "Pg préc", "↑", "Alt N", "C",
        ]  # fmt: skip
        assert (shown("Enter"), shown("↑")) == ("Entrée", "↑")
        use_keys(key_map({"key.claim": "Space", "key.replay_pause": "C"}))
        assert (shown("C"), shown("Space"), shown("Enter")) == ("Espace", "C", "Entrée")
    finally:
        catalogue.choose("en")
        use_keys(key_map({}))


def test_a_key_that_is_taken_or_a_digit_is_not_given_away() -> None:
    keys = key_map({"key.claim": "E", "key.undo": "5"})

    assert keys["E"] == "pass_on"
    assert cap_of("claim", keys) == "C"
    assert cap_of("undo", keys) == "U"


def test_the_common_case_is_three_keys(show: Show) -> None:
    alert = an_alert(1, plate_expiry="2027-03")
    shown = show(alert)

    shown.type("c")
    shown.grant(alert)
    shown.type("1")
    shown.press(Qt.Key.Key_Return)

    assert shown.asked == [Claim(), ChooseDigit(1), Confirm()]
    assert [kept.code for kept in shown.rules.asked(Kept) if isinstance(kept, Kept)] == [14]


def test_a_fact_that_is_not_shown_costs_one_key_more(show: Show) -> None:
    alert = an_alert(1)
    shown = show(alert)

    shown.claim(alert)
    shown.type("1n")
    shown.press(Qt.Key.Key_Return)

    assert len(shown.asked) <= 6
    assert len(shown.rules.asked(Kept)) == 1


def test_the_desks_keys_are_off_while_one_types(show: Show) -> None:
    alert = an_alert(1)
    shown = show(alert)
    shown.claim(alert)
    shown.asked.clear()

    shown.window.coding.facts.boxes["plate_state"].line.setFocus()
    shown.type("nj")
    shown.press(Qt.Key.Key_Up, Qt.Key.Key_Down)

    assert {type(asked) for asked in shown.asked} == {SetFact}
    assert next(field.value for field in shown.now.desk.fields if field.name == "plate_state").lower() == "nj"  # type: ignore[union-attr]


def test_enter_in_a_field_goes_on_and_decides_nothing(show: Show) -> None:
    alert = an_alert(1)
    shown = show(alert)
    shown.claim(alert)
    shown.type("1")
    shown.press(Qt.Key.Key_Return)  # something is missing: to the field, not to the bridge
    assert QApplication.focusWidget() is shown.window.coding.facts.boxes["plate_expiry"].line

    shown.type("2027-03")
    shown.press(Qt.Key.Key_Return)
    assert not shown.window.is_typing
    assert shown.rules.asked(Kept) == []

    shown.press(Qt.Key.Key_Return)
    assert len(shown.rules.asked(Kept)) == 1


def test_a_stray_enter_closes_nothing(show: Show) -> None:
    shown = show(an_alert(1, plate_expiry="2027-03"), an_alert(2, at=NOON + seconds(1)))

    shown.press(Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Down, Qt.Key.Key_Return)
    shown.type("1")
    shown.press(Qt.Key.Key_Return, Qt.Key.Key_Space)

    assert shown.rules.asked(Kept) == []
    assert len(shown.now.cards) == 2


def test_a_key_that_is_held_down_decides_nothing(show: Show) -> None:
    alert = an_alert(1, plate_expiry="2027-03")
    shown = show(alert)
    shown.claim(alert)
    shown.type("1")
    shown.asked.clear()

    held = QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_Return, Qt.KeyboardModifier.NoModifier, "\r", True)
    QApplication.sendEvent(shown.window, held)

    assert shown.asked == []


def test_combinations_belong_to_the_system(show: Show) -> None:
    shown = show(an_alert(1))

    shown.press(Qt.Key.Key_C, Qt.Key.Key_R, modifier=Qt.KeyboardModifier.ControlModifier)

    assert shown.asked == []


def test_a_rejection_needs_its_reason_and_escape_takes_it_back(show: Show) -> None:
    alert = an_alert(1)
    shown = show(alert)
    shown.claim(alert)

    shown.type("r")
    shown.press(Qt.Key.Key_Return)  # without a reason
    shown.press(Qt.Key.Key_Escape)
    assert shown.rules.asked(Kept) == []
    assert not shown.window.is_typing

    shown.type("r1")
    shown.press(Qt.Key.Key_Return)
    assert shown.asked[-1] == Reject("no violation to be seen")
    assert len(shown.rules.asked(Kept)) == 1


def test_any_code_is_found_by_words_and_taken_with_enter(show: Show) -> None:
    alert = an_alert(1, plate_expiry="2027-03")
    shown = show(alert)
    shown.claim(alert)

    shown.type("0hydr")
    shown.press(Qt.Key.Key_Return)

    assert shown.now.desk is not None
    assert shown.now.desk.code == 40
    assert not shown.window.is_typing
    shown.press(Qt.Key.Key_Return)
    assert [kept.code for kept in shown.rules.asked(Kept) if isinstance(kept, Kept)] == [40]


def test_up_and_down_move_and_the_window_never_keeps_the_focus_in_a_closed_field(show: Show) -> None:
    first, second = an_alert(1), an_alert(2, at=NOON + seconds(1))
    shown = show(first, second)
    shown.claim(first)
    shown.window.coding.facts.boxes["make"].line.setFocus()

    shown.rules.wants(SelectAlert(second.violation.id))  # as when the other alert is chosen with the mouse
    shown.draw()

    assert not shown.window.is_typing


def test_every_line_of_the_sheet_is_within_the_lower_panel(show: Show) -> None:
    shown = show()
    shown.type("?")
    sheet = shown.window.lower_part.keys

    last = 8 + 22 + max(len(lines) for lines in sheet.groups().values()) * 23

    assert last <= sheet.height() + 4  # the gap below the last line may be cut
