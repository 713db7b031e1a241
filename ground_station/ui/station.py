"""The window and the desk behind it, joined: every turn takes a snapshot and draws it, every intention is carried out at once."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from PySide6.QtCore import QObject, QTimer

from ground_station.running import OpenDesk
from ground_station.scripted_officer import ScriptedOfficer
from ground_station.ui.look import Look
from ground_station.ui.main_window import MainWindow
from ground_station.ui.sounds import Sounds
from ground_station.ui.theme import ThemeName
from ground_station.ui.thread_gate import ThreadGate
from ground_station.ui.tidy import Tidy
from ground_station.view_model.effects import Sound
from ground_station.view_model.intentions import AlertsOnScreen, Intention, SetTheme
from ground_station.view_model.snapshot import StationView

log = logging.getLogger(__name__)


MAP_AFTER_MS = 300
"""The map begins to load so long after the window is shown: loading the engine stops the window for some tenths of a second, and the
alerts that wait at the broker come first."""


class Station(QObject):
    """Owns the window, the desk, and the one timer. Everything here happens on the window's thread."""

    def __init__(
        self,
        look: Look,
        open_desk: OpenDesk,
        cache: Path,
        *,
        theme: ThemeName | None = None,
        officer: ScriptedOfficer | None = None,
        on_close: Callable[[], None] = lambda: None,
    ):
        """`theme`: instead of the one kept at the last use. `officer`: somebody who works by himself, for tests."""
        super().__init__()
        self._theme, self._officer = theme, officer
        self._gate = ThreadGate(self.turn, self, between=self.take_in)
        self._sounds = Sounds()
        self._tidy = Tidy(self)
        self._sound_on, self._in_parts = True, False
        self._desk = open_desk(self._gate.wake, self._sounded)
        self.window = MainWindow(look, self.send, cache, on_close)

    def start(self, *, where_it_was: bool = False) -> None:
        """Show the window (where it was at the last use, if wanted), begin to listen, and load the map after the first painting."""
        self._desk.start()
        self._desk.take_in()
        if self._theme is not None:
            self.send(SetTheme(self._theme))
        self.turn()
        if where_it_was:
            self.window.restore()
        self.window.show()
        self._gate.start()
        self._tidy.start()
        QTimer.singleShot(MAP_AFTER_MS, self, self._load_slow_parts)

    def _load_slow_parts(self) -> None:
        """What holds up the window while it loads, all at once and now: not when the first alert wants to be heard."""
        self._sounds.prepare()
        self.window.map.load()

    def stop(self) -> None:
        """End everything; what was decided is sent or stays in the journal."""
        self._gate.stop()
        self._tidy.stop()
        self.window.shut()
        self._desk.do(self.window.place())
        self._desk.stop()

    @property
    def has_failed(self) -> bool:
        """Whether the desk's journal cannot be written any more."""
        return self._desk.failed.is_set()

    def take_in(self) -> bool:
        """Take in what came, and draw nothing yet. True: there is more."""
        return self._desk.take_in()

    def turn(self) -> None:
        """Take in what came and draw it; then the scripted officer, if there is one, does one thing."""
        view = self._desk.pump()
        self._draw(view)
        if self._officer is not None:
            intention = self._officer.next_intention(view, datetime.now(UTC))  # noqa: TID251 - a shell
            if intention is not None:
                QTimer.singleShot(1, self, lambda: self.send(intention))  # as a key would: an event of its own

    def send(self, intention: Intention) -> None:
        """Carry out an intention and draw what became of it."""
        view = self._desk.do(intention)
        if not isinstance(
            intention, AlertsOnScreen
        ):  # a note of the window's own: it changes nothing that is on screen
            self._draw(view)

    def _draw(self, view: StationView) -> None:
        self._sound_on = view.sound_on
        self.window.show_view(view, in_parts=self._in_parts)
        self._in_parts = True  # the first one is drawn whole, before the window is shown
        if self.has_failed:
            log.error("the journal cannot be written: the window closes, nothing more can be decided here")
            self._gate.stop()
            self.window.close()

    def _sounded(self, sound: Sound) -> None:
        if self._sound_on:
            self._sounds.play()
