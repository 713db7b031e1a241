"""The window: what wants me, where it is, what I decide, from left to right; and the keys, which work wherever one does not type."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from PySide6.QtCore import QByteArray, Qt, QTimer
from PySide6.QtGui import QCloseEvent, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QApplication, QFrame, QHBoxLayout, QLineEdit, QMainWindow, QVBoxLayout, QWidget

from ground_station.ui import lower_panel, pressed
from ground_station.ui.alert_panel import AlertPanel
from ground_station.ui.chain_strip import ChainStrip, LinkButton
from ground_station.ui.coding_panel import CodingPanel
from ground_station.ui.key_button import KeyButton
from ground_station.ui.keys import cap_of, key_map, use_keys
from ground_station.ui.look import Look
from ground_station.ui.lower_panel import LowerPanel
from ground_station.ui.map_view import VIEW_PREFERENCE, MapView
from ground_station.ui.parts import HintLine
from ground_station.ui.pictures import Pictures
from ground_station.ui.replay_strip import LEAP_S, STEP_S, ReplayStrip
from ground_station.ui.save_dialog import asked_where
from ground_station.ui.settings_dialog import SettingsDialog
from ground_station.view_model import wording
from ground_station.view_model.intentions import (
    ChooseDigit,
    Claim,
    ExportShift,
    Intention,
    MoveSelection,
    PassOn,
    Release,
    ReplayJump,
    ReplayPause,
    ReplaySpeed,
    SelectAlert,
    SelectDrone,
    SendPictureAgain,
    SetPreference,
    SetSound,
    SetTheme,
    TakeControl,
    ThemeName,
    ToggleGroup,
    TryNow,
    Undo,
)
from ground_station.view_model.language import t
from ground_station.view_model.log_view import LogLine
from ground_station.view_model.snapshot import StationView

NARROW_PX = 1440
LOW_PX = 800
NEXT_PART_MS = 1
"""Between two parts of a moment: the first is painted, and what waits, such as a key, comes in between."""
_LAST_PARTS = 2  # fleet and map
SMALLEST = (1280, 720)
PLACE_PREFERENCE = "window.place"
_NEXT_THEME: dict[str, ThemeName] = {"day": "night", "night": "contrast", "contrast": "day"}
_REPEATING = frozenset(("up", "down", "replay_back", "replay_on", "replay_far_back", "replay_far_on"))


class MainWindow(QMainWindow):
    """Draws snapshots (`show_view`) and hands intentions to `send`. `on_close` is called once, when the window is closed."""

    def __init__(self, look: Look, send: Callable[[Intention], None], cache: Path, on_close: Callable[[], None]):
        super().__init__()
        self._look, self._send, self._on_close = look, send, on_close
        self._view: StationView | None = None
        self._keys = key_map({})
        self._parts: list[Callable[[StationView], None]] = []  # of the newest view, not drawn yet
        self._next_part = QTimer(self, interval=NEXT_PART_MS, timerType=Qt.TimerType.PreciseTimer)
        self._next_part.timeout.connect(self._show_next_part)
        use_keys(self._keys)
        self.settings: SettingsDialog | None = None
        self.keep: Callable[[Mapping[str, str]], None] = lambda _values: None
        self.started_with: Mapping[str, str] = {}
        self.setMinimumSize(*SMALLEST)
        pictures = Pictures()
        self._desk = QWidget()
        self._desk.setObjectName("desk")
        self._desk.setAccessibleName(t("Desk"))
        self._desk.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.strip = ChainStrip(
            look, send, lambda: self._toggle(lower_panel.KEYS), on_inside=lambda: self._toggle(lower_panel.STATE)
        )
        self.alerts = AlertPanel(look, pictures, send)
        self.map = MapView(look, send, cache)
        self.replay = ReplayStrip(look, send)
        self.lower_part = LowerPanel(look, send, self.leave_field, go=self._go, save=self._save_shift)
        self.coding = CodingPanel(look, pictures, cache, send, self.leave_field)
        self._lay_out()
        self._actions = self._what_keys_do()
        self.ask_where: Callable[[QWidget, str], ExportShift | None] = asked_where

    def _what_keys_do(self) -> dict[str, Callable[[], None]]:
        """By the names of keys.SHORTCUTS."""
        send = self._send
        return {
            "up": lambda: send(MoveSelection(-1)),
            "down": lambda: send(MoveSelection(1)),
            "group": lambda: send(ToggleGroup()),
            "claim": lambda: send(Claim()),
            "give_back": lambda: send(Release()),
            "pass_on": lambda: send(PassOn()),
            "confirm": self.coding.decision.enter,
            "any_code": self.coding.focus_search,
            "not_shown": self.coding.facts.mark_first_missing,
            "reject": self.coding.decision.ask_reason,
            "undo": lambda: send(Undo()),
            "zoom": self.coding.evidence.step_zoom,
            "turn": self.coding.evidence.turn,
            "plate": self.coding.evidence.toggle_plate,
            "kerb": self.coding.toggle_kerb,
            "picture_again": lambda: send(SendPictureAgain()),
            "show_on_map": self._show_on_map,
            "follow": self.map.toggle_follow,
            "all_drones": self.map.show_all,
            "take_control": self._take_control,
            "filter": self._to_filter,
            "log": lambda: self._toggle(lower_panel.LOG),
            "theme": lambda: send(SetTheme(_NEXT_THEME[self._look.theme])),
            "sound": lambda: send(SetSound(not (self._view is not None and self._view.sound_on))),
            "try_now": lambda: send(TryNow()),
            "settings": self.open_settings,
            "keys": lambda: self._toggle(lower_panel.KEYS),
            "inside": lambda: self._toggle(lower_panel.STATE),
            "log_kind": self._next_log_kind,
            "save_shift": self._save_shift,
            "replay_pause": lambda: send(ReplayPause()),
            "replay_back": lambda: send(ReplayJump(-STEP_S)),
            "replay_on": lambda: send(ReplayJump(STEP_S)),
            "replay_far_back": lambda: send(ReplayJump(-LEAP_S)),
            "replay_far_on": lambda: send(ReplayJump(LEAP_S)),
            "replay_slower": lambda: send(ReplaySpeed(-1)),
            "replay_faster": lambda: send(ReplaySpeed(1)),
        }

    def _lay_out(self) -> None:
        map_frame = QFrame()
        map_frame.setObjectName("panel")
        inside = QVBoxLayout(map_frame)
        inside.setContentsMargins(1, 1, 1, 1)
        inside.addWidget(self.map)
        gap = self._look.measure.gap
        middle = QVBoxLayout()
        middle.setSpacing(gap)
        middle.addWidget(map_frame, 1)
        middle.addWidget(self.lower_part)
        body = QHBoxLayout()
        body.setContentsMargins(gap, gap, gap, gap)
        body.setSpacing(gap)
        body.addWidget(self.alerts)
        body.addLayout(middle, 1)
        body.addWidget(self.coding)
        column = QVBoxLayout(self._desk)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.strip)
        column.addWidget(self.replay)
        column.addLayout(body, 1)
        self.setCentralWidget(self._desk)
        self._desk.setFocus()

    def show_view(self, view: StationView, *, in_parts: bool = False) -> None:
        """Draw another moment. Parts that have not changed do not repaint.

        `in_parts`: chain, alerts, desk from top to bottom, fleet and map, each painted before the next is begun, so that no key waits for
        all of it.
        """
        before, self._view = self._view, view
        if view.theme != self._look.theme:
            self._look.switch(view.theme)
        if before is None or view.preferences != before.preferences:
            self._take_keys(key_map(view.preferences))
        if self.windowTitle() != view.window_title:
            self.setWindowTitle(view.window_title)
        self._parts = [self._show_chain, self.alerts.show_view, *self.coding.parts(), self._show_fleet, self._show_map]
        while self._parts and not in_parts:
            self._show_next_part()
        if self._parts and not self._next_part.isActive():
            self._next_part.start()

    def _show_next_part(self) -> None:
        if self._view is not None and self._parts:
            self._parts.pop(0)(self._view)
        if not self._parts:
            self._next_part.stop()

    def _finish_desk(self) -> None:
        """Show all of the newest moment but fleet and map: a key is meant for what the desk says now."""
        while len(self._parts) > _LAST_PARTS:
            self._show_next_part()

    def _show_chain(self, view: StationView) -> None:
        self.strip.show_view(view)
        self.replay.show_replay(view.replay)

    def _show_fleet(self, view: StationView) -> None:
        self.lower_part.show_view(view)
        if self.settings is not None and self.settings.isVisible():
            self.settings.show_view(view)

    def _show_map(self, view: StationView) -> None:
        self.map.show_scene(view.scene, view.preferences.get(VIEW_PREFERENCE, ""))

    def _take_keys(self, keys: dict[str, str]) -> None:
        """Other keys are in force: on every cap, and in every text that names one."""
        if keys != self._keys:
            self._keys = keys
            use_keys(keys)
            wording.use_caps({action: cap_of(action, keys) for action in self._actions})
            for widget in self.findChildren(QWidget):
                if isinstance(widget, KeyButton | LinkButton | HintLine):
                    widget.name_key()
                widget.updateGeometry()
                widget.update()

    def open_settings(self) -> None:
        """The settings, beside the desk."""
        if self.settings is None:
            self.settings = SettingsDialog(self._look, self._send, self.keep, self.started_with, self)
        if self._view is not None:
            self.settings.show_view(self._view)
        self.settings.show()
        self.settings.raise_()
        self.settings.activateWindow()
        self.settings.search.setFocus()

    def place(self) -> SetPreference:
        """Where the window is, to be found again at the next start."""
        return SetPreference(PLACE_PREFERENCE, bytes(self.saveGeometry().toHex().data()).decode("ascii"))

    def restore(self) -> None:
        """Go where the window was at the last use; a place that no screen has any more is left to Qt."""
        kept = self._view.preferences.get(PLACE_PREFERENCE, "") if self._view is not None else ""
        if kept:
            self.restoreGeometry(QByteArray.fromHex(QByteArray(kept.encode("ascii", "replace"))))

    def shut(self) -> None:
        """End the map pages, before the window goes."""
        self._next_part.stop()
        self.map.shut()
        self.coding.kerb.shut()

    def leave_field(self) -> None:
        """Give the focus back to the desk, where the keys work."""
        self._desk.setFocus()

    @property
    def is_typing(self) -> bool:
        """Whether the officer is in a text field, so that no key is the desk's."""
        return isinstance(QApplication.focusWidget(), QLineEdit)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Qt's: the desk's keys. Combinations with Ctrl, Alt or Meta are never taken."""
        self._finish_desk()
        chords = (
            Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier | Qt.KeyboardModifier.MetaModifier
        )
        if self.is_typing or event.modifiers() & chords:
            event.ignore()
            return
        if event.key() == Qt.Key.Key_Escape:
            self.leave_field()
            return
        name = pressed.name_of(event)
        if len(name) == 1 and name in "123456789":
            if not event.isAutoRepeat():
                self._send(ChooseDigit(int(name)))
            return
        action = self._keys.get(name)
        if action is None:
            event.ignore()
        elif action in _REPEATING or not event.isAutoRepeat():  # a key that lies under a coffee cup decides nothing
            self._actions[action]()

    def _show_on_map(self) -> None:
        desk = self._view.desk if self._view else None
        if desk is not None:
            self.map.look_at(desk.lat_deg, desk.lon_deg)

    def _take_control(self) -> None:
        view = self._view
        if view is not None and view.drone is not None:
            self._send(TakeControl(view.drone.drone_id))
        elif view is not None and view.desk is not None:
            self._send(TakeControl(view.desk.drone_id))

    def _to_filter(self) -> None:
        in_log = self.lower_part.is_open and self.lower_part.page == lower_panel.LOG
        self.lower_part.open(lower_panel.LOG if in_log else lower_panel.FLEET)
        if self._view is not None:
            self.lower_part.show_view(self._view)
        field = self.lower_part.log_filter if in_log else self.lower_part.filter
        field.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def _next_log_kind(self) -> None:
        self.lower_part.open(lower_panel.LOG)
        self.lower_part.next_kind()

    def _go(self, line: LogLine) -> None:
        """To what a line of the log is about: its alert while that is open, its drone, and its place on the map."""
        view = self._view
        if view is None:
            return
        if line.violation_id is not None and any(card.violation_id == line.violation_id for card in view.cards):
            self._send(SelectAlert(line.violation_id))
        elif line.drone_id is not None:
            self._send(SelectDrone(line.drone_id))
        if line.lat_deg is not None and line.lon_deg is not None:
            self.map.look_at(line.lat_deg, line.lon_deg)

    def _save_shift(self) -> None:
        view = self._view
        if view is None:
            return
        day = datetime.fromtimestamp(view.scene.now_s, UTC).astimezone().date()
        asked = self.ask_where(self, f"{view.station}-{day}".lower().replace(" ", "-"))
        if asked is not None:
            self._send(asked)

    def _toggle(self, page: int) -> None:
        self.lower_part.toggle(page)
        if self._view is not None:
            self.lower_part.show_view(self._view)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Qt's: fold what a smaller window has no room for."""
        super().resizeEvent(event)
        narrow, low = self.width() < NARROW_PX, self.height() < LOW_PX
        self.strip.fold(narrow=narrow)
        self.replay.fold(narrow=narrow)
        self.alerts.fold(folded=narrow)
        self.coding.fold(narrow=narrow, low=low, height=self.height())
        self.lower_part.fold(folds=low)
        if self._view is not None:
            self.alerts.show_view(self._view)
            self.coding.show_view(self._view)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Qt's: the window goes; what is held for undo goes out."""
        self._on_close()
        super().closeEvent(event)
