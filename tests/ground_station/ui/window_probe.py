"""A whole window with its map page, driven in a process of its own; prints what it saw as one JSON object. See test_map_page.py."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QCoreApplication, QElapsedTimer, QEvent, QPoint, Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from ground_station.ui.look import Look, load_fonts
from ground_station.ui.web_map import WebMap
from ground_station.ui.window import prepare_engine
from ground_station.view_model.events import TelemetryCame
from ground_station.view_model.intentions import Claim, SetTheme
from maps.style import PALETTES, Theme
from messages.alert import Alert
from tests.ground_station.given import a_connected_desk, a_telemetry, an_alert
from tests.ground_station.ui.shown import Shown

PATIENCE_MS = 60_000


def main(folder: Path) -> dict[str, object]:
    """Show a window with 30 drones and an alert, wait for its map, click into it, press C; then one at night without drones."""
    prepare_engine(is_root=hasattr(os, "geteuid") and os.geteuid() == 0)
    QCoreApplication.setAttribute(Qt.ApplicationAttribute.AA_ShareOpenGLContexts)
    app = QApplication(["probe"])
    load_fonts()
    look = Look("day")
    look.apply()
    shown = _window(look, folder, an_alert(1))
    shown.window.show()
    shown.window.map.load()
    _until(lambda: shown.window.map.is_drawn)
    shown.draw()
    _until(lambda: shown.window.map.is_drawn)
    _until(lambda: _colours(_map_picture(shown)) > 30)
    picture = _map_picture(shown)
    web = shown.window.map.findChild(WebMap)
    assert web is not None
    middle = QPoint(picture.width() // 2, picture.height() // 2)
    QTest.mouseClick(web.focusProxy() or web, Qt.MouseButton.LeftButton, pos=middle)
    app.processEvents()
    QTest.keyClick(QApplication.focusWidget() or shown.window, Qt.Key.Key_C)
    seen: dict[str, object] = {
        "drawn": shown.window.map.is_drawn,
        "colours": _colours(picture),
        "blocked_requests": shown.window.map.blocked_requests,
        "claimed_after_a_click_on_the_map": Claim() in shown.asked,
        "first_in_line": os.getpriority(os.PRIO_PROCESS, 0) < _first_in_line(web.page().renderProcessPid()),
    }
    _end(shown)
    look.switch("night")
    return seen | {"colours_at_night": _night_without_drones(look, folder)}


def _night_without_drones(look: Look, folder: Path) -> dict[str, bool]:
    """Which grounds the map showed from its loading until it was drawn, where nothing was heard that it could be told."""
    rules = a_connected_desk()
    rules.wants(SetTheme("night"))
    shown = Shown(look, folder, rules)
    shown.window.show()
    shown.window.map.load()
    land = {theme: QColor(PALETTES[theme].land).rgb() for theme in (Theme.DAY, Theme.NIGHT)}
    seen: set[int] = set()

    def is_drawn() -> bool:
        seen.update(_colours_of(_map_picture(shown)))
        return shown.window.map.is_drawn and land[Theme.NIGHT] in seen

    _until(is_drawn)
    _end(shown)
    return {str(theme): colour in seen for theme, colour in land.items()}


def _end(shown: Shown) -> None:
    shown.window.shut()
    shown.window.close()
    shown.window.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)


def _window(look: Look, folder: Path, alert: Alert) -> Shown:
    rules = a_connected_desk(alert)
    spots = [(40.74 + n * 0.001, -73.99 + (n % 7) * 0.002) for n in range(30)]
    rules.hears(
        *(TelemetryCame(a_telemetry(f"nyc-{n}", lat_deg=lat, lon_deg=lon)) for n, (lat, lon) in enumerate(spots))
    )
    return Shown(look, folder, rules)


def _map_picture(shown: Shown) -> QImage:
    return shown.window.map.grab().toImage()


def _colours(image: QImage) -> int:
    """How many colours a coarse grid of the picture has: a map has many, an empty page one or two."""
    return len(_colours_of(image))


def _colours_of(image: QImage) -> set[int]:
    step = 7
    return {image.pixel(x, y) for x in range(0, image.width(), step) for y in range(0, image.height(), step)}


def _first_in_line(process: int) -> int:
    """The niceness of the least nice thread of a process."""
    threads = Path(f"/proc/{process}/task").iterdir()
    return min(os.getpriority(os.PRIO_PROCESS, int(thread.name)) for thread in threads)


def _until(condition: Callable[[], bool]) -> None:
    clock = QElapsedTimer()
    clock.start()
    while not condition():
        QTest.qWait(20)  # lets Qt's events happen meanwhile
        if clock.elapsed() > PATIENCE_MS:
            raise TimeoutError("the map was not drawn in time")


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(Path(sys.argv[1]))) + "\n")
