"""Pictures of the desk's real window in every look and state, to be judged by a person beside the drawings.

Each is made of a state that the desk's own rules came to (a station told from a seed, at a fixed time), drawn by the real window with its
real map. The same seed gives the same picture.

    ./kestrel bench gallery --out FOLDER [--only day,night] [--json FILE]
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import Any, Literal, NamedTuple

from PIL import Image

MOST_BYTES = 300_000
PATIENCE_S = 60.0


class Shot(NamedTuple):
    """One picture: which state, in which look and size, and where the map looks."""

    scene: str
    theme: Literal["day", "night", "contrast"] = "day"
    size: tuple[int, int] = (1600, 900)
    view: tuple[float, float, float] | None = (40.7535, -73.9845, 14)  # None: all drones
    page: str = "fleet"  # fleet, drone, log, keys
    language: str = "en"


SHOTS: dict[str, Shot] = {
    "day": Shot("working"),
    "night": Shot("working", "night"),
    "contrast": Shot("working", "contrast"),
    "french": Shot("working", language="fr"),
    "alert": Shot("alert"),
    "calm": Shot("calm", page="drone"),
    "offline": Shot("offline"),
    "thousand": Shot("thousand", view=None),
    "thousand-night": Shot("thousand", "night", view=(40.7535, -73.9845, 13)),
    "small": Shot("working", size=(1280, 720)),
    "keys": Shot("working", page="keys"),
    "tall": Shot("alert", size=(1920, 1080)),
}


def main(arguments: list[str]) -> dict[str, Any]:
    """The pictures' sizes in bytes by name."""
    parser = argparse.ArgumentParser(prog="kestrel bench gallery")
    parser.add_argument("--out", type=Path, required=True, metavar="FOLDER")
    parser.add_argument("--only", default=",".join(SHOTS), help=f"of {', '.join(SHOTS)}")
    given = parser.parse_args(arguments)
    from PySide6.QtWidgets import QApplication

    from ground_station.ui.look import load_fonts
    from ground_station.ui.window import prepare_engine

    prepare_engine(is_root=hasattr(os, "geteuid") and os.geteuid() == 0)
    app = QApplication(["gallery"])
    load_fonts()
    given.out.mkdir(parents=True, exist_ok=True)
    figures: dict[str, Any] = {}
    with tempfile.TemporaryDirectory(prefix="kestrel-gallery-") as cache:
        for name in given.only.split(","):
            file = given.out / f"{name}.png"
            if _take(app, SHOTS[name], file, Path(cache)):
                figures[f"{name}_bytes"] = file.stat().st_size
            else:
                sys.stderr.write(f"{name}: this language is not there\n")
    return figures


def _take(app: Any, shot: Shot, file: Path, cache: Path) -> bool:
    from ground_station.ui import lower_panel
    from ground_station.ui.look import Look
    from ground_station.ui.main_window import MainWindow
    from ground_station.view_model.intentions import SetTheme
    from ground_station.view_model.view import view
    from tests.bench._gallery_scenes import SCENES

    if not _speak(shot.language):
        return False
    scene = SCENES[shot.scene]()
    scene.desk.wants(SetTheme(shot.theme))
    look = Look(shot.theme)
    look.apply()
    window = MainWindow(look, lambda _intention: None, cache / shot.language, lambda: None)
    window.resize(*shot.size)
    pages = {"fleet": lower_panel.FLEET, "drone": lower_panel.DRONE, "log": lower_panel.LOG, "keys": lower_panel.KEYS}
    window.lower_part.open(pages[shot.page])
    place = "" if shot.view is None else " ".join(f"{part:g}" for part in shot.view)
    seen = view(scene.desk.state, scene.desk.now)
    seen = _with_place(seen, place)
    window.show_view(seen)
    window.show()
    if shot.size[1] < 800:
        window.lower_part.fold(folds=True)
    window.map.load()
    _wait(app, lambda: window.map.is_drawn, "the map was not drawn")
    _settle(app, window)
    image = window.grab().toImage()
    image.save(str(file))
    if file.stat().st_size > MOST_BYTES:
        with Image.open(file) as whole:
            few = whole.convert("RGB").quantize(256, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
        few.save(file, optimize=True)
    window.shut()
    window.close()
    window.deleteLater()
    app.processEvents()
    return True


def _with_place(seen: Any, place: str) -> Any:
    import msgspec

    from ground_station.ui.map_view import VIEW_PREFERENCE

    return msgspec.structs.replace(seen, preferences={**seen.preferences, VIEW_PREFERENCE: place})


def _speak(language: str) -> bool:
    """Another language for everything that is made from here on; False where there is no catalogue of it."""
    from ground_station.view_model import catalogue

    catalogue.choose(language)
    return language in catalogue.LANGUAGES


def _settle(app: Any, window: Any) -> None:
    """Until the page has drawn every tile and name, and nothing changes on screen any more."""
    web = window.map._web
    answers: list[Any] = []

    def is_whole() -> bool:
        if answers and answers[-1] == 0:
            return True
        web.run("window.kestrel ? JSON.parse(kestrel.stats()).waiting_tiles : 1", answers.append)
        return False

    _wait(app, is_whole, "the map's tiles were not drawn")
    before, same, last = None, 0, perf_counter() + 10.0
    while same < 5 and perf_counter() < last:
        _pass(app, 0.15)
        picture = window.map.grab().toImage()
        same = same + 1 if before is not None and picture == before else 0
        before = picture


def _wait(app: Any, true: Callable[[], bool], what: str) -> None:
    last = perf_counter() + PATIENCE_S
    while not true():
        if perf_counter() > last:
            raise TimeoutError(what)
        _pass(app, 0.02)


def _pass(app: Any, span_s: float) -> None:
    from PySide6.QtCore import QEventLoop, QTimer

    loop = QEventLoop()
    QTimer.singleShot(round(span_s * 1000), loop.quit)
    loop.exec()
