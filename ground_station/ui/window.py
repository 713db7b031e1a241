"""From settings to a running window and back to an exit code. Qt starts and ends in here."""

from __future__ import annotations

import gc
import logging
import os
import signal
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from random import Random

from PySide6.QtCore import QCoreApplication, QElapsedTimer, QEvent, QObject, Qt, QTimer
from PySide6.QtWidgets import QApplication

from ground_station import profile
from ground_station.running import OpenDesk
from ground_station.scripted_officer import ScriptedOfficer
from ground_station.settings import Settings
from ground_station.ui.first_run import FirstRun
from ground_station.ui.look import Look, load_fonts
from ground_station.ui.main_window import MainWindow
from ground_station.ui.station import Station
from ground_station.view_model import catalogue

log = logging.getLogger(__name__)

MAP_PATIENCE_S = 30.0
"""A picture of the window waits so much longer for a map that is not drawn yet."""
SETTLE_MS = 700
"""Between the map's last change and the picture: the page draws in its own process."""


GIVE_WAY_S = 0.001
"""How long the link's thread may keep the interpreter while the window's thread waits for it; Python's own 5 ms can be felt."""
SIGNALS_MS = 200
"""So often the first start looks whether the process is asked to end."""
SIZE = (1600, 900)
"""At the first start, device-independent pixels. A picture of the window always has this size."""


def prepare_engine(*, is_root: bool) -> None:
    """Set what Qt's web engine reads from the environment. Before Qt starts; what the user has set stays."""
    if is_root:
        os.environ.setdefault("QTWEBENGINE_DISABLE_SANDBOX", "1")  # Chromium refuses to start as root otherwise
    # Drawn by the processor: the map is a flat canvas, and a graphics driver in the field is one more thing that fails.
    # So is the window around it: with a driver that is itself a program, each repaint of any part would cost that of the whole window.
    os.environ.setdefault("QT_QUICK_BACKEND", "software")
    # Each drawing of the map leaves 44 kB of garbage, and the engine collects when it has filled what it may take: a share of the machine's
    # memory, 225 MB in 10 minutes here. The page itself needs 40 MB.
    flags = "--disable-gpu --disable-background-networking --js-flags=--max-old-space-size=192"
    os.environ.setdefault("QTWEBENGINE_CHROMIUM_FLAGS", flags)


def has_display(platform: str, environment: Mapping[str, str]) -> bool:
    """Whether Qt will find a screen. It ends the process with a page of text where it does not."""
    names = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    return platform in ("win32", "darwin") or any(environment.get(name) for name in names)


def run_window(open_desk: OpenDesk, settings: Settings) -> int:
    """Show the window until it is closed or the process is asked to end; the exit code (1: the journal failed, 2: no display)."""
    if not has_display(sys.platform, os.environ):
        sys.stderr.write("ground_station: there is no display to show the window on: set DISPLAY, or give --headless\n")
        return 2
    app = _application()
    look = Look(settings.theme or "day", touch=settings.touch)
    look.apply()
    officer = ScriptedOfficer(settings.think_s, Random(settings.seed)) if settings.scripted_officer else None
    cache = settings.journal.absolute().parent / "map-page"
    station = Station(look, open_desk, cache, theme=settings.theme, officer=officer, on_close=app.quit)
    station.window.started_with = {
        "station": settings.station,
        "broker": f"{settings.broker_host}:{settings.broker_port}",
        "officer": settings.officer,
    }
    station.window.keep = _keep
    station.window.resize(*SIZE)
    _end_by_signal(app.quit)  # heard at the gate's next period, because Python runs then
    sys.setswitchinterval(GIVE_WAY_S)
    gc.freeze()  # what lives as long as the program is never searched for garbage again: 14 ms less at each full search
    station.start(where_it_was=settings.screenshot is None)
    sys.stderr.write(f"ready: desk of {settings.officer} at {settings.station}\n")
    sys.stderr.flush()
    if settings.screenshot is not None:
        Screenshot(station.window, settings.screenshot, settings.after_s, app.quit)
    app.exec()
    station.window.hide()
    station.stop()
    code = 1 if station.has_failed else 0
    station.window.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    return code


def _keep(values: Mapping[str, str]) -> None:
    try:
        profile.save(profile.place(sys.platform, os.environ, Path.home()), values)
    except OSError as error:
        log.error("the settings of the next start cannot be kept: %s", error)


def ask_first(environment: Mapping[str, str], kept: Mapping[str, str]) -> dict[str, str] | None:
    """Ask at the first start for what is missing: the answers by the names of the settings, or None if the dialog was closed."""
    _application()
    catalogue.choose(environment.get("KESTREL_LANGUAGE") or kept.get("language") or catalogue.of_system(environment))
    look = Look("day")
    look.apply()
    dialog = FirstRun(look, kept)
    _end_by_signal(dialog.reject)
    ear = QTimer(dialog, interval=SIGNALS_MS)  # Python hears a signal only when it runs
    ear.timeout.connect(lambda: None)
    ear.start()
    accepted = dialog.exec() == dialog.DialogCode.Accepted
    return dialog.answers if accepted else None


def _end_by_signal(end: Callable[[], object]) -> None:
    """Let Ctrl-C and SIGTERM call `end` from within the event loop: Qt forgets whoever asks it to quit before that runs."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: QTimer.singleShot(0, end))


def _application() -> QApplication:
    """The one application of this process, made at the first call."""
    known = QApplication.instance()
    if isinstance(known, QApplication):
        return known
    prepare_engine(is_root=hasattr(os, "geteuid") and os.geteuid() == 0)
    QCoreApplication.setAttribute(Qt.ApplicationAttribute.AA_ShareOpenGLContexts)  # so that the engine may load later
    app = QApplication(["kestrel"])
    app.setApplicationName("Kestrel")
    load_fonts()
    return app


class Screenshot(QObject):
    """Saves one picture of the window, the map included, and then calls `on_saved`."""

    def __init__(self, window: MainWindow, path: Path, after_s: float, on_saved: Callable[[], None]):
        super().__init__(window)
        self._window, self._path, self._on_saved = window, path, on_saved
        self._waited = QElapsedTimer()
        self._waited.start()
        self._patience_ms = round((after_s + MAP_PATIENCE_S) * 1000)
        QTimer.singleShot(round(after_s * 1000), self, self._when_drawn)

    def _when_drawn(self) -> None:
        if self._window.map.is_drawn or self._waited.elapsed() > self._patience_ms:
            QTimer.singleShot(SETTLE_MS, self, self._save)
        else:
            QTimer.singleShot(100, self, self._when_drawn)

    def _save(self) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        if self._window.grab().save(str(self._path)):
            log.info("picture of the window saved: %s", self._path)
        else:
            log.error("the picture of the window could not be saved: %s", self._path)
        self._on_saved()
