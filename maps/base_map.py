"""The shipped city (New York): streets, kerb meters, precincts. Standard library only, loaded once and only when asked for.

Source and licences of the data: maps/city/LICENCES.md. Street lines of Queens are not in the data; its meters and
precincts are, and the meters lend their street names there. All positions are WGS 84 degrees. A missing or damaged data
file raises CityDataError.
"""

import gzip
import json
import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import accumulate
from pathlib import Path
from typing import Any, Literal

CITY_FOLDER = Path(__file__).parent / "city"
CREDIT = "© OpenStreetMap contributors · NYC Open Data"
CITY_BOUNDS = (40.49, -74.26, 40.92, -73.69)  # south, west, north, east

StreetKind = Literal["primary", "secondary", "tertiary", "residential", "link"]

_UNIT = 1e-5
_M_PER_DEG = 111_320.0  # of latitude; longitude times cos(latitude)
_LON_SHRINK = math.cos(math.radians(40.7))  # the city is small: one factor is right to 0.3 %
_CELL = 200  # 1e-5 degree: about 220 m; a Manhattan block
_SLAB = 100  # 1e-5 degree of latitude: few edges of a precinct cross one slab
_CROSSING_WITHIN_M = 160.0  # half a long Manhattan block
_CROSSING_ANGLE_COS = math.cos(math.radians(30))


class CityDataError(Exception):
    """A file of maps/city is missing or damaged; the installation is not whole."""


@dataclass(frozen=True, slots=True)
class Street:
    """One unbroken line of a named street."""

    name: str  # without "East" or "West", as OpenStreetMap's copy has it
    kind: StreetKind
    borough: str
    points: tuple[tuple[float, float], ...]  # (lat_deg, lon_deg), at least 2, accurate to 1 m


@dataclass(frozen=True, slots=True)
class Meter:
    """One active parking meter at a kerb: where cars park."""

    lat_deg: float
    lon_deg: float
    street: str
    side: str  # "N", "E", "S", "W", "C" (median) or "" (not known)
    borough: str


def load_packed(name: str) -> dict[str, Any]:
    """The content of one packed file, such as "streets"; see maps/city_pack.py for its shape. Read anew at each call."""
    file = CITY_FOLDER / f"{name}.json.gz"
    try:
        content: dict[str, Any] = json.loads(gzip.decompress(file.read_bytes()))
    except (OSError, EOFError, ValueError) as error:  # gzip's BadGzipFile is an OSError
        raise CityDataError(f"{file}: {error}") from error
    return content


def city_to_draw() -> dict[str, Any]:
    """The packed city for a page's scripts, without what they do not draw (meters, precinct outlines)."""
    streets, areas = load_packed("streets"), load_packed("areas")
    return {
        "names": streets["names"],
        "lines": [[name, kind, flat] for name, kind, _, flat in streets["lines"]],
        "boroughs": areas["boroughs"],
        "land": areas["land"],
        "parks": areas["parks"],
        "borders": areas["borders"],
        "places": areas["places"],
        "waters": areas["waters"],
        "precincts": [[number, borough, centre] for number, borough, _, centre in areas["precincts"]],
    }


@cache
def streets() -> tuple[Street, ...]:
    """All street lines of Manhattan, the Bronx, Brooklyn and Staten Island; about 7,400."""
    packed = load_packed("streets")
    names, kinds, boroughs = packed["names"], packed["kinds"], packed["boroughs"]
    return tuple(
        Street(names[name], kinds[kind], boroughs[borough], _degrees(flat))
        for name, kind, borough, flat in packed["lines"]
    )


@cache
def meters() -> tuple[Meter, ...]:
    """All active kerb meters of the five boroughs; about 13,000."""
    packed = load_packed("meters")
    names, boroughs = packed["streets"], packed["boroughs"]
    return tuple(
        Meter(round(lat * _UNIT, 5), round(lon * _UNIT, 5), names[name], side, boroughs[borough])
        for name, side, borough, lon, lat in packed["meters"]
    )


def precinct_numbers() -> tuple[int, ...]:
    """The numbers of the 78 police precincts, ascending."""
    return tuple(precinct.number for precinct in _precincts())


def precinct_of(lat_deg: float, lon_deg: float) -> int | None:
    """The police precinct at a place, None on open water and outside the city. A point on a border belongs to one side."""
    precinct = _precinct_at(lat_deg, lon_deg)
    return precinct.number if precinct else None


def borough_of(lat_deg: float, lon_deg: float) -> str | None:
    """The borough at a place, None on open water and outside the city."""
    precinct = _precinct_at(lat_deg, lon_deg)
    return precinct.borough if precinct else None


def nearest_street(lat_deg: float, lon_deg: float, within_m: float = 150.0) -> str | None:
    """The name of the nearest street, None when there is none within `within_m` metres."""
    nearest = min(_near(lat_deg, lon_deg, within_m), default=None)
    return nearest[1] if nearest else None


def place_words(lat_deg: float, lon_deg: float) -> str | None:
    """The place as people say it: "42nd Street at Lexington Avenue"; one name alone where no other street crosses near."""
    near = sorted(_near(lat_deg, lon_deg, _CROSSING_WITHIN_M))
    if not near:
        return None
    _, name, direction = near[0]
    for _, other, other_direction in near:
        if other != name and abs(_cos_between(direction, other_direction)) < _CROSSING_ANGLE_COS:
            return f"{name} at {other}"
    return name


# --- precincts -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Precinct:
    number: int
    borough: str
    box: tuple[int, int, int, int]  # west, south, east, north in 1e-5 degree
    slabs: dict[int, list[tuple[int, int, int, int]]]  # latitude slab -> edges (x0, y0, x1, y1) that touch it


@cache
def _precincts() -> tuple[_Precinct, ...]:
    packed = load_packed("areas")
    found = []
    for number, borough, polygons, _ in packed["precincts"]:
        slabs: dict[int, list[tuple[int, int, int, int]]] = defaultdict(list)
        xs: list[int] = []
        ys: list[int] = []
        for ring in (ring for polygon in polygons for ring in polygon):
            ring_xs, ring_ys = list(accumulate(ring[0::2])), list(accumulate(ring[1::2]))
            xs += ring_xs
            ys += ring_ys
            for edge in zip(ring_xs, ring_ys, ring_xs[1:], ring_ys[1:], strict=False):
                low, high = sorted((edge[1], edge[3]))
                for slab in range(low // _SLAB, high // _SLAB + 1):
                    slabs[slab].append(edge)
        found.append(_Precinct(number, packed["boroughs"][borough], (min(xs), min(ys), max(xs), max(ys)), dict(slabs)))
    return tuple(found)


def _precinct_at(lat_deg: float, lon_deg: float) -> _Precinct | None:
    if not _is_on_earth(lat_deg, lon_deg):
        return None
    x, y = lon_deg / _UNIT, lat_deg / _UNIT
    slab = math.floor(y / _SLAB)
    for precinct in _precincts():
        west, south, east, north = precinct.box
        if not (west <= x <= east and south <= y <= north):
            continue
        inside = False
        for x0, y0, x1, y1 in precinct.slabs.get(slab, ()):
            if (y0 > y) != (y1 > y) and x < (x1 - x0) * (y - y0) / (y1 - y0) + x0:
                inside = not inside
        if inside:
            return precinct
    return None


# --- streets near a place --------------------------------------------------------------------------------------------


@cache
def _segments() -> dict[tuple[int, int], list[tuple[int, int, int, int, str]]]:
    """Grid cell (column, row) -> segments (x0, y0, x1, y1, street name) whose box touches it; 1e-5 degree."""
    cells: dict[tuple[int, int], list[tuple[int, int, int, int, str]]] = defaultdict(list)
    packed = load_packed("streets")
    names = packed["names"]
    for name, _, _, flat in packed["lines"]:
        xs, ys = list(accumulate(flat[0::2])), list(accumulate(flat[1::2]))
        for x0, y0, x1, y1 in zip(xs, ys, xs[1:], ys[1:], strict=False):
            segment = (x0, y0, x1, y1, names[name])
            for column in range(min(x0, x1) // _CELL, max(x0, x1) // _CELL + 1):
                for row in range(min(y0, y1) // _CELL, max(y0, y1) // _CELL + 1):
                    cells[(column, row)].append(segment)
    for meter in meters():
        if meter.borough == "Queens":  # no street lines there: a meter names its street on its own spot
            x, y = round(meter.lon_deg / _UNIT), round(meter.lat_deg / _UNIT)
            cells[(x // _CELL, y // _CELL)].append((x, y, x, y, meter.street))
    return dict(cells)


def _near(lat_deg: float, lon_deg: float, within_m: float) -> Iterator[tuple[float, str, tuple[float, float]]]:
    """(distance in m, street name, direction of the nearest piece) of each street near; unsorted, names may repeat."""
    if not _is_on_earth(lat_deg, lon_deg):
        return
    x, y = lon_deg / _UNIT, lat_deg / _UNIT
    reach_y = within_m / _M_PER_DEG / _UNIT
    reach_x = reach_y / _LON_SHRINK
    cells, seen = _segments(), set()
    for column in range(math.floor((x - reach_x) / _CELL), math.floor((x + reach_x) / _CELL) + 1):
        for row in range(math.floor((y - reach_y) / _CELL), math.floor((y + reach_y) / _CELL) + 1):
            for segment in cells.get((column, row), ()):
                if segment in seen:
                    continue
                seen.add(segment)
                x0, y0, x1, y1, name = segment
                along = ((x1 - x0) * _LON_SHRINK, float(y1 - y0))
                metres = _distance(((x - x0) * _LON_SHRINK, y - y0), along) * _UNIT * _M_PER_DEG
                if metres <= within_m:
                    yield metres, name, along


def _is_on_earth(lat_deg: float, lon_deg: float) -> bool:
    return abs(lat_deg) <= 90.0 and abs(lon_deg) <= 180.0  # false for NaN too


def _distance(point: tuple[float, float], along: tuple[float, float]) -> float:
    """From `point` to the piece that runs from the origin to `along`."""
    length2 = along[0] ** 2 + along[1] ** 2
    share = min(1.0, max(0.0, (point[0] * along[0] + point[1] * along[1]) / length2)) if length2 else 0.0
    return math.hypot(point[0] - share * along[0], point[1] - share * along[1])


def _cos_between(one: tuple[float, float], other: tuple[float, float]) -> float:
    lengths = math.hypot(*one) * math.hypot(*other)
    return (one[0] * other[0] + one[1] * other[1]) / lengths if lengths else 1.0


def _degrees(flat: Sequence[int]) -> tuple[tuple[float, float], ...]:
    """Difference form -> ((lat_deg, lon_deg), ...)."""
    lats = (round(y * _UNIT, 5) for y in accumulate(flat[1::2]))
    lons = (round(x * _UNIT, 5) for x in accumulate(flat[0::2]))
    return tuple(zip(lats, lons, strict=True))
