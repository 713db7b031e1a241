"""The settings: found by a word, changed by keyboard alone, kept at once. Beside the desk, never in front of an alert's decision."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLineEdit, QPushButton, QScrollArea, QVBoxLayout, QWidget

from ground_station.settings import SettingError, broker_of
from ground_station.ui import keys, pressed
from ground_station.ui.look import SEMIBOLD, Look
from ground_station.ui.parts import PlainLabel
from ground_station.view_model import catalogue
from ground_station.view_model.intentions import Intention, SetPreference, SetSound, SetTheme, ThemeName
from ground_station.view_model.language import language, later, t
from ground_station.view_model.snapshot import StationView

LANGUAGE, TOUCH, LOST_AFTER = "language", "touch", "lost_after_s"
"""The preferences that this dialog keeps, beside `key.<action>`."""
THEMES: dict[ThemeName, str] = {"day": later("day"), "night": later("night"), "contrast": later("contrast")}
_ID = re.compile(r"\A[a-z0-9-]{1,32}\Z")
_WIDTH_PX, _HEIGHT_PX, _LABEL_PX = 640, 620, 230


@dataclass(frozen=True)
class Row:
    """One setting: what it is found by, and its line."""

    words: str
    widget: QWidget


class SettingsDialog(QDialog):
    """One line for each setting. `send` gets what is changed at once, `keep` what this machine's next start needs."""

    def __init__(
        self,
        look: Look,
        send: Callable[[Intention], None],
        keep: Callable[[Mapping[str, str]], None],
        start: Mapping[str, str],
        parent: QWidget,
    ):
        """`start`: station, broker and officer as this desk was started."""
        super().__init__(parent)
        self._look, self._send, self._keep = look, send, keep
        self._view: StationView | None = None
        self._waits_for: str | None = None  # the action whose new key is to be pressed
        self.rows: list[Row] = []
        self.keys: dict[str, QPushButton] = {}
        self._key_words: dict[str, str] = {}
        self.choices: dict[str, dict[str, QPushButton]] = {}
        self.setWindowTitle(t("Settings"))
        self.resize(_WIDTH_PX, _HEIGHT_PX)
        self.search = QLineEdit()
        self.search.setPlaceholderText(t("Search in the settings"))
        self.search.setAccessibleName(t("Search in the settings"))
        self.search.textChanged.connect(self._filter)
        self.words = PlainLabel(look, wraps=True)
        self.words.setMinimumHeight(40)
        self._list = QVBoxLayout()
        self._list.setContentsMargins(0, 0, 8, 0)
        self._list.setSpacing(6)
        self.fields = {name: QLineEdit(start.get(name, "")) for name in ("station", "broker", "officer")}
        self.lost_after = QLineEdit()
        self._add_rows()
        self._lay_out()
        self._say("")

    def _add_rows(self) -> None:
        self._choose(t("Colours"), "theme", {name: t(words) for name, words in THEMES.items()})
        self._choose(
            t("Language, from the next start"),
            LANGUAGE,
            {str(name): words for name, words in catalogue.LANGUAGES.items()},
        )
        self._choose(t("Sound"), "sound", {"on": t("on"), "off": t("off")})
        self._choose(t("Large targets for gloves, from the next start"), TOUCH, {"on": t("on"), "off": t("off")})
        self._add(t("Drone lost after seconds, from the next start"), self.lost_after)
        self.lost_after.editingFinished.connect(self._keep_lost_after)
        labels = {
            "station": t("Station, from the next start"),
            "broker": t("Broker, from the next start"),
            "officer": t("Officer, from the next start"),
        }
        for name, field in self.fields.items():
            self._add(labels[name], field)
            field.editingFinished.connect(partial(self._keep_start, name))
        for shortcut in keys.SHORTCUTS:
            button = QPushButton()
            button.clicked.connect(partial(self._ask_key, shortcut.action))
            self.keys[shortcut.action] = button
            self._key_words[shortcut.action] = t("Key: {words}", words=t(shortcut.words))
            self._add(self._key_words[shortcut.action], button)
        self.reset = QPushButton(t("All keys as they were"))
        self.reset.clicked.connect(self._reset_keys)
        self._add(t("Keys"), self.reset)

    def _add(self, words: str, *controls: QWidget) -> None:
        line = QWidget()
        row = QHBoxLayout(line)
        row.setContentsMargins(2, 0, 2, 0)
        row.setSpacing(8)
        label = PlainLabel(self._look, words, wraps=True)
        label.setFixedWidth(_LABEL_PX)
        row.addWidget(label)
        for control in controls:
            row.addWidget(control, 0 if isinstance(control, QPushButton) else 1)
            text = control.text() if isinstance(control, QPushButton) else ""
            control.setAccessibleName(f"{words}: {text}" if text else words)
        row.addStretch(0)
        self._list.addWidget(line)
        self.rows.append(Row(words, line))

    def _choose(self, words: str, name: str, choices: Mapping[str, str]) -> None:
        buttons = {value: QPushButton(text) for value, text in choices.items()}
        for value, button in buttons.items():
            button.setCheckable(True)
            button.clicked.connect(partial(self._chosen, name, value))
        self.choices[name] = buttons
        self._add(words, *buttons.values())

    def _lay_out(self) -> None:
        inside = QWidget()
        inside.setLayout(self._list)
        self._list.addStretch(1)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setWidget(inside)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._area = area
        title = PlainLabel(self._look, t("Settings"), size_px=18, weight=SEMIBOLD)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 16, 20, 16)
        column.setSpacing(10)
        for widget, stretch in ((title, 0), (self.search, 0), (area, 1), (self.words, 0)):
            column.addWidget(widget, stretch)
        for button in self.findChildren(QPushButton):
            button.setAutoDefault(False)
            button.installEventFilter(self)

    def show_view(self, view: StationView) -> None:
        """Draw what is in force."""
        first, self._view = self._view is None, view
        now = {
            "theme": view.theme,
            "sound": "on" if view.sound_on else "off",
            LANGUAGE: view.preferences.get(LANGUAGE) or language(),
            TOUCH: view.preferences.get(TOUCH, "off"),
        }
        for name, value in now.items():
            for each, button in self.choices[name].items():
                button.setChecked(each == value)
        if first:
            self.lost_after.setText(view.preferences.get(LOST_AFTER, "3.5"))
        in_force = keys.key_map(view.preferences)
        for action, button in self.keys.items():
            waits = action == self._waits_for
            text = t("Press the new key") if waits else keys.cap_of(action, in_force)
            if button.text() != text:
                button.setText(text)
                button.setAccessibleName(f"{self._key_words[action]}: {text}")

    def _chosen(self, name: str, value: str, *_: object) -> None:
        if name == "theme":
            self._send(SetTheme(next(theme for theme in THEMES if theme == value)))
        elif name == "sound":
            self._send(SetSound(value == "on"))
        else:
            self._send(SetPreference(name, value))
            if name == LANGUAGE:
                self._keep({LANGUAGE: value})
            self._say(t("Kept: from the next start."))

    def _keep_lost_after(self) -> None:
        try:
            seconds = float(self.lost_after.text().replace(",", "."))
        except ValueError:
            seconds = 0.0
        if not 1.0 <= seconds <= 600.0:
            self._say(t("A drone is lost after 1 to 600 seconds."), "attention")
            return
        self._send(SetPreference(LOST_AFTER, f"{seconds:g}"))
        self._say(t("Kept: from the next start."))

    def _keep_start(self, name: str) -> None:
        text = self.fields[name].text().strip()
        if name == "broker":
            try:
                broker_of(text)
            except SettingError:
                self._say(t("The broker is given as machine and port, as 127.0.0.1:1883."), "attention")
                return
        elif not _ID.match(text):
            label = {"station": t("Station"), "officer": t("Officer")}[name]
            self._say(t("{field}: 1 to 32 small letters, digits or hyphens.", field=label), "attention")
            return
        self._keep({name: text})
        self._say(t("Kept: from the next start."))

    def _ask_key(self, action: str, *_: object) -> None:
        self._waits_for = action
        self._say(t("Press the key you want; Esc leaves it as it is."), "accent")
        self._redraw()

    def _take_key(self, event: QKeyEvent) -> None:
        action, name = self._waits_for, pressed.name_of(event)
        if action is None or self._view is None or (not name and event.key() != Qt.Key.Key_Escape):
            return  # Shift and its like: a key is still to come
        self._waits_for = None
        if event.key() == Qt.Key.Key_Escape:
            self._say("")
        elif not keys.is_free(name):
            self._say(t("The digits 1 to 9 choose a code: take another key."), "attention")
        else:
            self._give_key(action, name)
        self._redraw()

    def _give_key(self, action: str, name: str) -> None:
        """The key is the action's from now on. An action that had it gets the other's in return: none is ever left without."""
        in_force = keys.key_map(self._view.preferences if self._view is not None else {})
        before = next(key for key, named in in_force.items() if named == action)
        taken = in_force.get(name, action)
        self._send(SetPreference(f"{keys.PREFERENCE}{action}", name))
        if taken == action:
            self._say(t("Kept."))
            return
        self._send(SetPreference(f"{keys.PREFERENCE}{taken}", before))
        words = next(t(shortcut.words) for shortcut in keys.SHORTCUTS if shortcut.action == taken)
        self._say(
            t(
                "Kept. {key} was “{words}”, which has {other} now.",
                key=keys.written(name),
                words=words,
                other=keys.written(before),
            ),
            "attention",
        )

    def _reset_keys(self) -> None:
        for shortcut in keys.SHORTCUTS:
            if self._view is not None and self._view.preferences.get(f"{keys.PREFERENCE}{shortcut.action}"):
                self._send(SetPreference(f"{keys.PREFERENCE}{shortcut.action}", ""))
        self._say(t("All keys are as they were."))

    def _redraw(self) -> None:
        if self._view is not None:
            self.show_view(self._view)

    def _say(self, text: str, tone: str = "soft") -> None:
        """A word on what was done; without one, how the dialog is used."""
        self.words.set_tone(tone)
        self.words.say(text or t("Enter and Down go on, Up goes back, Esc closes. Each change is kept at once."))

    def _filter(self, text: str) -> None:
        wanted = text.casefold().split()
        for row in self.rows:
            row.widget.setVisible(all(word in row.words.casefold() for word in wanted))

    def eventFilter(self, watched: object, event: object) -> bool:
        """Qt's: a button that waits for a key gets every key, Space and Enter as well; arrows and Enter work on the others."""
        if isinstance(event, QKeyEvent) and event.type() == QKeyEvent.Type.KeyPress and self._waits_for is not None:
            self._take_key(event)
            return True
        return False

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Qt's: Down and Enter go on, Up goes back, Enter presses a button, Escape closes."""
        focus, key = self.focusWidget(), event.key()
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and isinstance(focus, QPushButton):
            focus.click()
        elif key in (Qt.Key.Key_Down, Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.focusNextChild()
        elif key == Qt.Key.Key_Up:
            self.focusPreviousChild()
        else:
            super().keyPressEvent(event)
        if (now := self.focusWidget()) is not None:
            self._area.ensureWidgetVisible(now)
