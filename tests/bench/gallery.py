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
from collections.abc import Callable, Sequence
from pathlib import Path
from time import perf_counter
from typing import Any, Literal, NamedTuple

from PIL import Image

PATIENCE_S = 60.0


SMALL = (1280, 720)


class Shot(NamedTuple):
    """One picture: which state, in which look and size, and where the map looks."""

    scene: str
    theme: Literal["day", "night", "contrast"] = "day"
    size: tuple[int, int] = (1600, 900)
    view: tuple[float, float, float] | None = (40.7535, -73.9845, 14)  # None: all drones
    page: str = "fleet"  # fleet, drone, log, state, keys
    language: str = "en"
    touch: bool = False
    part: Literal["window", "settings", "first_run"] = "window"
    most_bytes: int = 300_000


README = (1600, 820)
SHOTS: dict[str, Shot] = {
    "desk-day": Shot("working", size=README, view=(40.75, -73.9865, 14), most_bytes=150_000),
    "desk-night": Shot("working", "night", size=README, view=(40.75, -73.9865, 14), most_bytes=150_000),
    "day": Shot("working"),
    "night": Shot("working", "night"),
    "contrast": Shot("working", "contrast"),
    "french": Shot("working", language="fr"),
    "alert": Shot("alert"),
    "calm": Shot("calm", page="drone"),
    "offline": Shot("offline"),
    "thousand": Shot("thousand", view=None),
    "thousand-night": Shot("thousand", "night", view=(40.7535, -73.9845, 13)),
    "small": Shot("working", size=SMALL),
    "french-small": Shot("working", size=SMALL, language="fr"),
    "keys": Shot("working", page="keys"),
    "french-keys": Shot("working", page="keys", language="fr"),
    "state": Shot("working", page="state"),
    "touch": Shot("working", touch=True),
    "touch-small": Shot("alert", size=SMALL, touch=True),
    "touch-small-warned": Shot("warned", size=SMALL, touch=True),
    "settings": Shot("working", part="settings"),
    "settings-french": Shot("working", "night", part="settings", language="fr"),
    "first-run": Shot("working", part="first_run"),
    "first-run-french": Shot("working", part="first_run", language="fr"),
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
    from ground_station.ui.look import Look

    if not _speak(shot.language):
        return False
    look = Look(shot.theme, touch=shot.touch)
    look.apply()
    image = _first_run(app, look) if shot.part == "first_run" else _window(app, look, shot, cache / shot.language)
    image.save(str(file))
    with Image.open(file) as opened:
        whole = opened.convert("RGB")
    for count in (256, 128, 96, 64):
        if file.stat().st_size > shot.most_bytes:
            fewer_colours(whole, count, _own_colours(shot.theme)).save(file, optimize=True)
    return True


def _own_colours(theme: str) -> set[str]:
    """The colours of the window and of its map in a theme, as #RRGGBB: those that mean something."""
    from ground_station.ui import theme as window
    from maps import style

    palettes = (window.PALETTES[theme], style.PALETTES[style.Theme(theme)])  # type: ignore[index]  # a ThemeName
    values = {str(getattr(palette, field)) for palette in palettes for field in palette.__dataclass_fields__}
    return {value for value in values if len(value) == 7 and value.startswith("#")}


def fewer_colours(picture: Image.Image, count: int, exact: set[str]) -> Image.Image:
    """The picture in at most `count` colours: the `exact` ones as they are, and of the others a choice."""
    areas = picture.getcolors(picture.width * picture.height) or []
    kept = {bytes.fromhex(colour[1:]) for colour in exact}
    others = ((area, bytes(colour)) for area, colour in areas if isinstance(colour, tuple))
    weighed = b"".join(colour * max(1, round(area**0.5)) for area, colour in others if colour not in kept)
    sample = Image.frombytes("RGB", (len(weighed) // 3, 1), weighed)
    chosen = sample.quantize(count - len(kept), method=Image.Quantize.MEDIANCUT, kmeans=2).getpalette() or []
    palette = _triples((*b"".join(sorted(kept)), *chosen))
    near = {colour: _nearest(palette, colour) for _, colour in areas if isinstance(colour, tuple)}
    pixels = picture.tobytes()
    places = bytes(map(near.__getitem__, zip(pixels[::3], pixels[1::3], pixels[2::3], strict=True)))
    few = Image.frombytes("P", picture.size, places)
    few.putpalette([part for colour in palette for part in colour])
    return few


def _triples(values: Sequence[int]) -> list[tuple[int, ...]]:
    return [tuple(values[at : at + 3]) for at in range(0, len(values), 3)]


def _nearest(palette: list[tuple[int, ...]], colour: tuple[int, ...]) -> int:
    """The place of the colour of a palette that differs least."""
    return min(range(len(palette)), key=lambda at: sum((a - b) ** 2 for a, b in zip(palette[at], colour, strict=True)))


def _first_run(app: Any, look: Any) -> Any:
    """The first start, with a broker that does not answer."""
    from ground_station.ui.first_run import FirstRun

    dialog = FirstRun(look, {"station": "midtown-south"}, lambda _host, _port: "refused")
    dialog.show()
    dialog.try_connection()
    _wait(app, lambda: not dialog._timer.isActive(), "the trial had no end")
    _pass(app, 0.1)
    image = dialog.grab().toImage()
    dialog.close()
    dialog.deleteLater()
    return image


def _window(app: Any, look: Any, shot: Shot, cache: Path) -> Any:
    """The window, or its settings."""
    from ground_station.ui import lower_panel
    from ground_station.ui.main_window import MainWindow
    from ground_station.view_model.intentions import SetTheme
    from ground_station.view_model.view import view
    from tests.bench._gallery_scenes import SCENES

    scene = SCENES[shot.scene]()
    scene.desk.wants(SetTheme(shot.theme))
    window = MainWindow(look, lambda _intention: None, cache, lambda: None)
    window.started_with = {"station": "midtown-south", "broker": "127.0.0.1:1883", "officer": "duarte"}
    window.resize(*shot.size)
    pages = {page: getattr(lower_panel, page.upper()) for page in ("fleet", "drone", "log", "state", "keys")}
    window.lower_part.open(pages[shot.page])
    place = "" if shot.view is None else " ".join(f"{part:g}" for part in shot.view)
    seen = _with_place(view(scene.desk.state, scene.desk.now), place)
    window.show_view(seen)
    window.show()
    if shot.size[1] < 800:
        window.lower_part.fold(folds=True)
    if shot.part == "settings":
        window.open_settings()
        _pass(app, 0.2)
        image = window.settings.grab().toImage() if window.settings is not None else None
    else:
        window.map.load()
        _wait(app, lambda: window.map.is_drawn, "the map was not drawn")
        window.show_view(seen)  # the kerb from above asks for the page that is made by now
        _settle(app, window)
        image = window.grab().toImage()
    window.shut()
    window.close()
    window.deleteLater()
    app.processEvents()
    return image


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
        picture = window.grab().toImage()
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
