"""A window, the rules behind it, and the keys that a test presses. Nothing runs by itself."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from ground_station.ui.look import Look
from ground_station.ui.main_window import MainWindow
from ground_station.view_model.effects import Ask
from ground_station.view_model.events import AlertCame, AnswerCame
from ground_station.view_model.intentions import AlertsOnScreen, Intention
from ground_station.view_model.memo import Memo
from ground_station.view_model.snapshot import StationView
from ground_station.view_model.view import view
from messages.alert import Alert
from messages.state import DeskAnswer
from tests.ground_station.given import Desk as Rules
from tests.ground_station.given import claimed


class Shown:
    """What the officer sees (`now`), what was asked for (`asked`), and a keyboard."""

    def __init__(self, look: Look, cache: Path, rules: Rules):
        self.rules, self.look = rules, look
        self.asked: list[Intention] = []
        self.memo = Memo()
        self.on_screen: list[str] = []
        self.window = MainWindow(look, self._carry_out, cache, lambda: None)
        self.window.resize(1600, 900)
        self.draw()

    def _carry_out(self, intention: Intention) -> None:
        if isinstance(intention, AlertsOnScreen):
            self.on_screen += intention.violation_ids
        else:
            self.asked.append(intention)
        self.rules.wants(intention)
        self.draw()

    def draw(self) -> StationView:
        """Draw the rules' present state."""
        self.now = view(self.rules.state, self.rules.now, self.memo)
        self.window.show_view(self.now)
        return self.now

    def type(self, text: str) -> None:
        """Press the keys of a text, wherever the focus is."""
        for letter in text:
            QTest.keyClicks(self._target(), letter)

    def press(self, *keys: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        """Press named keys, wherever the focus is."""
        for key in keys:
            QTest.keyClick(self._target(), key, modifier)

    def grant(self, alert: Alert) -> None:
        """The bridge gives the claim that was asked for last."""
        ask = self.rules.asked(Ask)[-1]
        assert isinstance(ask, Ask)
        mine = claimed(alert, "duarte", self.rules.now)
        answer = DeskAnswer(id=ask.request.id, violation_id=alert.violation.id, ok=True, reason="", at=self.rules.now)
        self.rules.hears(AnswerCame(answer), AlertCame(mine))
        self.draw()

    def open(self, *alerts: Alert) -> None:
        """These alerts come in."""
        self.rules.hears(*map(AlertCame, alerts))
        self.draw()

    def claim(self, alert: Alert) -> None:
        """C, and the bridge gives it."""
        self.type("c")
        self.grant(alert)

    def _target(self) -> QWidget:
        return QApplication.focusWidget() or self.window
