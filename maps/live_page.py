"""The live map of the ground station: one page made once by folium, then fed with one batch of changes per tick.

Python speaks through `runJavaScript(apply_call(changes), ...)` and reads what the officer did from the same call's answer
with `live_events.events_of`. Only data crosses, never markup. The page asks the network for nothing.
"""

import hashlib
import json
import logging
import math
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Any, Literal

import msgspec

from maps import base_map
from maps.style import Theme, palettes_for_page

log = logging.getLogger(__name__)

SCRIPTS = (
    "geometry",
    "base_layer",
    "name_layer",
    "marks",
    "live_layer",
    "live_page",
)  # in the order they need each other
_FORMAT = 1  # raise it when this file makes another page from the same assets
_PAGE_PREFIX = "kestrel-map-"


class Keep(Enum):
    """The selection stays as it is (None already means: nothing selected)."""

    KEEP = "keep"


KEEP = Keep.KEEP


class DroneMark(msgspec.Struct, frozen=True, gc=False):  # no dataclass: hundreds are made four times a second
    """Where one drone is drawn. Raises ValueError for a position, heading or age that is not a finite number."""

    drone_id: str
    lat_deg: float
    lon_deg: float
    heading_deg: float  # clockwise from north
    state: Literal["live", "stale", "lost"] = "live"
    age_s: float = 0.0  # since it was last heard; the page counts on by itself
    alert: bool = False  # ring and triangle

    def __post_init__(self) -> None:
        _require_finite(self.lat_deg, self.lon_deg, self.heading_deg, self.age_s)


@dataclass(frozen=True, slots=True)
class AlertMark:
    """A place that wants a decision. Beside its own drone (with `alert` set) the drone's ring stands for it."""

    alert_id: str
    lat_deg: float
    lon_deg: float
    severity: Literal["must_decide", "attention"] = "must_decide"  # triangle, diamond
    drone_id: str | None = None
    label: str = ""  # shown when selected or under the pointer

    def __post_init__(self) -> None:
        _require_finite(self.lat_deg, self.lon_deg)


@dataclass(frozen=True, slots=True)
class Changes:
    """One tick's worth of change; every default means "as before"."""

    drones: Sequence[DroneMark] = ()
    removed: Sequence[str] = ()
    alerts: Sequence[AlertMark] | None = None  # the full list
    selection: str | Keep | None = KEEP  # a drone's or an alert's id
    track: Sequence[tuple[float, float]] | None = None  # (lat_deg, lon_deg), oldest first
    theme: Theme | None = None
    follow: bool | None = None
    smooth: bool | None = None
    reset: bool = False  # forget everything first


@dataclass(frozen=True, slots=True)
class MapWords:
    """The few words the page draws or speaks."""

    lost: str = "lost"  # between a drone's name and its age
    precinct: str = "Precinct"
    zoom_in: str = "Zoom in"
    zoom_out: str = "Zoom out"
    map_of_drones: str = "Map of drones and alerts"


@dataclass(frozen=True, slots=True)
class View:
    """What the map shows at first."""

    lat_deg: float = 40.7527
    lon_deg: float = -73.9812
    zoom: int = 14


@dataclass(frozen=True, slots=True)
class PageOptions:
    """What is written into the page once; all of it can be changed later by calls."""

    theme: Theme = Theme.DAY
    view: View = field(default_factory=View)
    words: MapWords = field(default_factory=MapWords)
    title: str = "Kestrel map"


# --- the page --------------------------------------------------------------------------------------------------------


def write_live_page(folder: Path, options: PageOptions | None = None) -> Path:
    """Write the page into `folder` unless it is already there, and return its path; older versions are removed.

    The name holds a hash of everything the page is made of, so a second start only reads (about 10 ms), and an update
    never shows the page of the version before. Raises OSError when the folder cannot be written.
    """
    options = options or PageOptions()
    page = _page_path(folder, options)
    if not page.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        text = live_page_html(options)
        part = page.with_suffix(f".{os.getpid()}.part")
        part.write_text(text, encoding="utf-8")
        os.replace(part, page)  # a killed start leaves no half page under the final name
        for old in folder.glob(f"{_PAGE_PREFIX}*.html"):
            if old != page:
                old.unlink(missing_ok=True)
        log.info("wrote live map page %s bytes=%d", page.name, len(text))
    return page


def find_live_page(folder: Path, options: PageOptions | None = None) -> Path | None:
    """The page that write_live_page would return, if it is written already."""
    page = _page_path(folder, options or PageOptions())
    return page if page.is_file() else None


def _page_path(folder: Path, options: PageOptions) -> Path:
    return folder / f"{_PAGE_PREFIX}{_fingerprint(options)}.html"


def page_fragment(theme: Theme, *, inset: bool = False) -> str:
    """What follows the # of the page's address: the theme of the first drawing, and `inset` for a small, still map without controls."""
    return f"inset,{theme}" if inset else str(theme)


def live_page_html(options: PageOptions, extra_script: str = "", extra_start: str = "") -> str:
    """The page as text. `extra_script` joins the page's scripts, `extra_start` runs last (the demonstration uses both)."""
    # Imported here: folium takes most of a second to load, and a start that finds its page never needs it.
    from maps import offline

    view = options.view
    page = offline.OfflineMap(
        location=[view.lat_deg, view.lon_deg],
        zoom_start=view.zoom,
        min_zoom=10,
        max_zoom=18,
        zoom_control=False,
        **_leaflet_options(),
    )
    offline.add_data(page, base_map.city_to_draw(), "kestrel-city")
    for name in SCRIPTS:
        offline.add_script(page, offline.asset(f"page/{name}.js"), name)
    if extra_script:
        offline.add_script(page, extra_script, "extra")
    config = offline.json_for_html(_config(options))
    offline.add_start(page, f"KestrelMap.startLive({page.get_name()}, {config});{extra_start}")
    return offline.page_html(page, options.title)


def _leaflet_options() -> dict[str, Any]:
    return {
        "keyboard": False,  # the desk owns the keys
        "fade_animation": False,  # a tile that fades in costs frames and looks like change
        "box_zoom": False,
        "max_bounds_viscosity": 0.9,
        "wheel_px_per_zoom_level": 90,
    }


def _config(options: PageOptions) -> dict[str, Any]:
    return {
        "theme": str(options.theme),
        "palettes": palettes_for_page(),
        "words": asdict(options.words),
        "credit": base_map.CREDIT,
    }


@cache  # the page's parts do not change under a running program
def _fingerprint(options: PageOptions) -> str:
    digest = hashlib.sha256(json.dumps([_FORMAT, _config(options), asdict(options)], sort_keys=True).encode())
    assets = Path(__file__).parent / "assets"
    for file in sorted(f for f in (*assets.rglob("*"), *base_map.CITY_FOLDER.glob("*.gz")) if f.is_file()):
        digest.update(file.name.encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()[:16]


# --- what Python says ------------------------------------------------------------------------------------------------


def apply_call(changes: Changes) -> str:
    """The script for `runJavaScript` that brings the page up to date and answers with its events (see `events_of`)."""
    batch: dict[str, Any] = {}
    if changes.reset:
        batch["reset"] = True
    if changes.removed:
        batch["removed"] = list(changes.removed)
    if changes.alerts is not None:
        batch["alerts"] = [
            [a.alert_id, round(a.lat_deg, 6), round(a.lon_deg, 6), a.severity, a.drone_id, a.label]
            for a in changes.alerts
        ]
    if not isinstance(changes.selection, Keep):
        batch["selection"] = changes.selection
    if changes.track is not None:
        batch["track"] = [[round(lat, 6), round(lon, 6)] for lat, lon in changes.track]
    if changes.theme is not None:
        batch["theme"] = str(changes.theme)
    if changes.follow is not None:
        batch["follow"] = changes.follow
    if changes.smooth is not None:
        batch["smooth"] = changes.smooth
    rest = _literal(batch)
    if not changes.drones:
        return _call("apply", rest)
    return _call("apply", f'{{"drones":{_drone_rows(changes.drones)}{"," if batch else ""}{rest[1:]}')


def fit_call(bounds: tuple[float, float, float, float] | None) -> str:
    """Show `bounds` (south, west, north, east in degrees), or with None all drones and alerts."""
    return _call("fit", _literal(None if bounds is None else list(bounds)))


def pan_call(lat_deg: float, lon_deg: float, zoom: float | None = None) -> str:
    """Bring a place to the middle; `zoom` 10 (the city) to 18 (a kerb), None = as it is."""
    return _call("pan_to", _literal(lat_deg), _literal(lon_deg), _literal(zoom))


def zoom_call(steps: int) -> str:
    """Zoom in (+) or out (-)."""
    return _call("zoom_by", _literal(steps))


def _call(name: str, *literals: str) -> str:
    # Before the page is ready the answer is "".
    return f'window.kestrel?window.kestrel.{name}({",".join(literals)}):""'


def _literal(value: object) -> str:
    """A value as ASCII JSON, which is also a JavaScript literal: no text from outside can leave it."""
    return json.dumps(value, separators=(",", ":"), allow_nan=False)


def _drone_rows(drones: Sequence[DroneMark]) -> str:
    """A row for each drone as a JavaScript literal, in an eighth of the time of _literal(). Their numbers are finite."""
    rows = [
        (
            drone.drone_id,
            round(drone.lat_deg * 1e6) / 1e6,  # rounding to a whole number takes a fifth of the time of round(x, 6)
            round(drone.lon_deg * 1e6) / 1e6,
            round(drone.heading_deg * 10) / 10,
            drone.state,
            round(drone.age_s * 10) / 10,
            drone.alert,
        )
        for drone in drones
    ]
    text = msgspec.json.encode(rows).decode()
    return text if text.isascii() else _literal(rows)


def _require_finite(*numbers: float) -> None:
    if not all(map(math.isfinite, numbers)):
        raise ValueError(f"a mark on the map needs finite numbers, not {numbers}")
