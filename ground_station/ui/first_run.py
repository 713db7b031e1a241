"""The first start: which station, which broker, who sits here, does the sound work. One page, by keyboard alone, and never seen again."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import partial
from itertools import pairwise
from queue import Empty, SimpleQueue
from threading import Thread

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QDialog, QGridLayout, QHBoxLayout, QLineEdit, QPushButton, QVBoxLayout

from ground_station.links.broker_trial import Trial, try_broker
from ground_station.settings import SettingError, broker_of
from ground_station.ui.look import BOLD, Look
from ground_station.ui.parts import PlainLabel
from ground_station.ui.sounds import Sounds
from ground_station.view_model import catalogue
from ground_station.view_model.language import language, later, t

_ID = re.compile(r"\A[a-z0-9-]{1,32}\Z")
LOOK_AGAIN_MS = 50
WORDS: dict[Trial, str] = {
    "ok": later("The broker answers. All is well."),
    "no_name": later("No machine has this name. Check the spelling, or give its number, as 192.168.1.20."),
    "refused": later(
        "The machine is there, but no broker listens on this port. Is the station started? The usual port is 1883."
    ),
    "silent": later("Nothing answers. Is this machine in the station's network, and is the address right?"),
    "unreachable": later("No way leads there. Is the network cable or the Wi-Fi connected?"),
    "no_broker": later("Something answers, but it is no broker. Check the port; the usual one is 1883."),
    "denied": later("The broker is there, but does not let this desk in. Ask who looks after the station."),
}


class FirstRun(QDialog):
    """Asks what the desk cannot know. `answers` are the settings, once the dialog was accepted."""

    def __init__(self, look: Look, known: Mapping[str, str], trial: Callable[[str, int], Trial] = try_broker):
        """`known`: what is there already, by the name of the setting."""
        super().__init__()
        self._look, self._trial, self._sounds = look, trial, Sounds()
        self._answers: SimpleQueue[Trial] = SimpleQueue()
        self._said: Callable[[], str] = lambda: ""
        self.setObjectName("panel")
        self.setMinimumWidth(620)
        self.title = PlainLabel(look, size_px=20, weight=BOLD)
        self.intro = PlainLabel(look, tone="soft", wraps=True)
        self.languages = {name: QPushButton(words) for name, words in catalogue.LANGUAGES.items()}
        self.labels = {name: PlainLabel(look) for name in ("language", "station", "broker", "officer", "sound")}
        self.fields = {name: QLineEdit(known.get(name, "")) for name in ("station", "broker", "officer")}
        self.fields["broker"].setText(known.get("broker") or "127.0.0.1:1883")
        self.test, self.play, self.start = QPushButton(), QPushButton(), QPushButton()
        self.words = PlainLabel(look, wraps=True)
        self.words.setMinimumHeight(44)
        self._timer = QTimer(self, interval=LOOK_AGAIN_MS)
        self._timer.timeout.connect(self._look_for_answer)
        self.test.clicked.connect(self.try_connection)
        self.play.clicked.connect(self._play)
        self.start.clicked.connect(self.finish)
        for name, button in self.languages.items():
            button.setCheckable(True)
            button.clicked.connect(partial(self._speak, name))
        self._lay_out()
        self._speak(language())
        self.fields["station"].setFocus()

    @property
    def answers(self) -> dict[str, str]:
        """The settings as they stand in the fields, by name."""
        given = {name: field.text().strip() for name, field in self.fields.items()}
        return {**given, "language": language()}

    def _lay_out(self) -> None:
        languages, broker = QHBoxLayout(), QHBoxLayout()
        languages.setSpacing(8)
        broker.setSpacing(8)
        for button in self.languages.values():
            languages.addWidget(button)
        languages.addStretch(1)
        broker.addWidget(self.fields["broker"], 1)
        broker.addWidget(self.test)
        sound = QHBoxLayout()
        sound.addWidget(self.play)
        sound.addStretch(1)
        grid = QGridLayout()
        grid.setHorizontalSpacing(20)
        grid.setVerticalSpacing(12)
        grid.setColumnStretch(1, 1)
        for row, (name, label) in enumerate(self.labels.items()):
            grid.addWidget(label, row, 0)
            if name in ("station", "officer"):
                grid.addWidget(self.fields[name], row, 1)
        grid.addLayout(languages, 0, 1)
        grid.addLayout(broker, 2, 1)
        grid.addLayout(sound, 4, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(28, 24, 28, 24)
        column.setSpacing(16)
        column.addWidget(self.title)
        column.addWidget(self.intro)
        column.addLayout(grid)
        column.addWidget(self.words)
        foot = QHBoxLayout()
        foot.addStretch(1)
        foot.addWidget(self.start)
        column.addLayout(foot)
        order = (
            self.fields["station"], self.fields["broker"], self.test, self.fields["officer"], self.play, self.start,
            *self.languages.values(),
        )  # fmt: skip
        for before, after in pairwise(order):
            self.setTabOrder(before, after)
        for button in self.findChildren(QPushButton):
            button.setAutoDefault(False)
        self.start.setProperty("primary", True)

    def _speak(self, name: str, *_: object) -> None:
        """All texts in another language, at once."""
        catalogue.choose(name)
        for code, button in self.languages.items():
            button.setChecked(code == name)
        self.setWindowTitle(t("Kestrel: first start"))
        self.title.say(t("Welcome to the desk"))
        self.intro.say(t("Tab goes on, Space presses a button, Enter goes to the next field. This is asked once."))
        words = (t("Language"), t("Station"), t("Broker"), t("Officer"), t("Sound"))
        for label, text in zip(self.labels.values(), words, strict=True):
            label.say(text)
        hints = (t("as midtown-south"), t("machine and port, as 127.0.0.1:1883"), t("as duarte"))
        for (each, field), hint in zip(self.fields.items(), hints, strict=True):
            field.setPlaceholderText(hint)
            field.setAccessibleName(self.labels[each].text())
        for button, text in (
            (self.test, t("Test")),
            (self.play, t("Play the alert's sound")),
            (self.start, t("Open the desk")),
        ):
            button.setText(text)
            button.setAccessibleName(text)
        self.words.say(self._said())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Qt's: Enter goes on to the next field and presses a button that has the focus; Escape leaves."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            focus = self.focusWidget()
            if isinstance(focus, QPushButton):
                focus.click()
            else:
                self.focusNextChild()
            return
        super().keyPressEvent(event)

    def _say(self, said: Callable[[], str], tone: str) -> None:
        self._said = said
        self.words.set_tone(tone)
        self.words.say(said())

    def try_connection(self) -> None:
        """Try the broker without holding the window up; the words come when it has answered."""
        if self._timer.isActive():
            return
        try:
            host, port = broker_of(self.fields["broker"].text().strip())
        except SettingError:
            self._say(lambda: t("The broker is given as machine and port, as 127.0.0.1:1883."), "attention")
            return
        self._say(lambda: t("Trying {host}, port {port} …", host=host, port=port), "soft")
        Thread(target=lambda: self._answers.put(self._trial(host, port)), daemon=True).start()
        self._timer.start()

    def _look_for_answer(self) -> None:
        try:
            answer = self._answers.get_nowait()
        except Empty:
            return
        self._timer.stop()
        self._say(lambda: t(WORDS[answer]), "accent" if answer == "ok" else "attention")

    def _play(self) -> None:
        if self._sounds.play():
            self._say(lambda: t("That was an alert. Did you hear it? If not, turn up this machine's sound."), "")
        else:
            self._say(
                lambda: t("This machine has no sound: new alerts are shown by their edge and in the title."),
                "attention",
            )

    def _wrong_id(self, name: str) -> str:
        return t("{field}: 1 to 32 small letters, digits or hyphens.", field=self.labels[name].text())

    def finish(self) -> None:
        """Accept, if the answers can be used; else say what is missing and go there."""
        for name in ("station", "officer"):
            text = self.fields[name].text().strip()
            if not _ID.match(text):
                self._say(partial(self._wrong_id, name), "attention")
                self.fields[name].setFocus()
                return
        try:
            broker_of(self.fields["broker"].text().strip())
        except SettingError:
            self._say(lambda: t("The broker is given as machine and port, as 127.0.0.1:1883."), "attention")
            self.fields["broker"].setFocus()
            return
        self.accept()
