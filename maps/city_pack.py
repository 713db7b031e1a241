"""Makes the shipped city data (maps/city/*.json.gz) from the published source files. Needs shapely; nothing at run time does.

The same sources always give the same bytes (sorted, no time stamp in the gzip header), so a rebuilt file can be compared.

Coordinates in the files are whole numbers of 1e-5 degree (about 1 m): first longitude and latitude, then differences.
"""

import csv
import gzip
import itertools
import json
import logging
import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from shapely.geometry import LineString, MultiPolygon, Polygon, shape
from shapely.ops import unary_union

log = logging.getLogger(__name__)

Point = tuple[int, int]  # longitude, latitude in 1e-5 degree

KINDS = ("primary", "secondary", "tertiary", "residential", "link")  # the order is the file's class number
_KIND_OF = {"unclassified": "residential", "living_street": "residential"}
BOROUGHS = ("Manhattan", "Bronx", "Brooklyn", "Queens", "Staten Island")
_METER_BOROUGHS = {"brookyln": "Brooklyn"}  # as spelt in the city's file
WATERS = (  # where a name may stand, (name, lat, lon); chosen by hand
    ("Hudson River", 40.7605, -74.0085),
    ("Hudson River", 40.7345, -74.0185),
    ("Hudson River", 40.8150, -73.9690),
    ("East River", 40.7365, -73.9685),
    ("East River", 40.7080, -73.9925),
    ("Harlem River", 40.8085, -73.9305),
    ("Upper Bay", 40.6650, -74.0400),
    ("Lower Bay", 40.5500, -74.0500),
    ("Gravesend Bay", 40.5900, -74.0120),
    ("Jamaica Bay", 40.6130, -73.8500),
    ("Flushing Bay", 40.7690, -73.8530),
    ("Long Island Sound", 40.8450, -73.7600),
)
STREET_CREDIT = "© OpenStreetMap contributors, ODbL 1.0"
CITY_CREDIT = "NYC Open Data"
_UNIT = 1e5
_STREET_TOLERANCE_DEG = 0.8e-5  # under 1 m: invisible at the closest zoom, a third of the points
_SMALLEST_RING_DEG2 = 2e-8  # about 200 m2: slivers between two simplified outlines
_SHARPEST_JOIN_COS = math.cos(math.radians(60))  # a street that turns more sharply goes on as another line


def pack(source: Path, target: Path) -> dict[str, int]:
    """Write streets, areas and meters into `target`; return the size of each file in bytes.

    `source` holds `geo/` and `reference/` as the city and OpenStreetMap published them. Raises FileNotFoundError or
    KeyError when a source file or one of its fields is missing.
    """
    target.mkdir(parents=True, exist_ok=True)
    contents = {
        "streets.json.gz": packed_streets(source / "geo"),
        "areas.json.gz": packed_areas(source / "geo"),
        "meters.json.gz": packed_meters(source / "reference" / "nyc_parking_meters_15406.csv"),
    }
    sizes = {}
    for name, content in contents.items():
        text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
        data = gzip.compress(text.encode(), compresslevel=9, mtime=0)
        (target / name).write_bytes(data)
        sizes[name] = len(data)
        log.info("wrote %s bytes=%d", name, len(data))
    return sizes


# --- streets ---------------------------------------------------------------------------------------------------------


def packed_streets(geo: Path) -> dict[str, Any]:
    """`lines`: [name number, class number, borough number, [lon, lat, dlon, dlat, ...]]."""
    ways: dict[tuple[str, str, int], list[list[Point]]] = defaultdict(list)
    for file in sorted(geo.glob("osm_streets_*.geojson")):
        borough = BOROUGHS.index(file.stem.removeprefix("osm_streets_").replace("_", " ").title())
        for feature in json.loads(file.read_text(encoding="utf-8"))["features"]:
            highway = feature["properties"]["highway"]
            kind = "link" if highway.endswith("_link") else _KIND_OF.get(highway, highway)
            name = " ".join(feature["properties"]["name"].split())
            points = _without_repeats(_ints(feature["geometry"]["coordinates"]))
            if len(points) > 1:
                ways[(name, kind, borough)].append(points)
    if not ways:
        raise FileNotFoundError(f"no osm_streets_*.geojson in {geo}")
    names = sorted({name for name, _, _ in ways})
    number_of = {name: number for number, name in enumerate(names)}
    lines = []
    for (name, kind, borough), parts in sorted(ways.items()):
        for chain in chained(sorted(parts)):
            lines.append([number_of[name], KINDS.index(kind), borough, deltas(_simplified(chain))])
    return {
        "format": 1,
        "credit": STREET_CREDIT,
        "kinds": KINDS,
        "boroughs": BOROUGHS,
        "names": names,
        "lines": lines,
    }


def chained(ways: Sequence[list[Point]]) -> list[list[Point]]:
    """Join ways that meet end to end into the longest lines, straight on where there is a choice.

    OpenStreetMap cuts a street at every crossing; whole lines give better names on the map and better patrol routes.
    """
    ends: dict[Point, list[int]] = defaultdict(list)
    for number, way in enumerate(ways):
        ends[way[0]].append(number)
        ends[way[-1]].append(number)
    unused = set(range(len(ways)))

    def extended(chain: list[Point]) -> list[Point]:
        while True:
            best, best_cos = None, _SHARPEST_JOIN_COS
            for number in ends[chain[-1]]:
                if number not in unused:
                    continue
                way = ways[number] if ways[number][0] == chain[-1] else ways[number][::-1]
                straightness = _turn_cos(chain[-2], chain[-1], way[1])
                if straightness > best_cos:
                    best, best_cos, best_way = number, straightness, way
            if best is None:
                return chain
            unused.discard(best)
            chain = chain + best_way[1:]

    chains = []
    for number in range(len(ways)):
        if number in unused:
            unused.discard(number)
            forward = extended(list(ways[number]))
            chains.append(extended(forward[::-1])[::-1])
    return chains


def _turn_cos(before: Point, at: Point, after: Point) -> float:
    """1 = straight on, 0 = right angle, -1 = back."""
    shrink = math.cos(math.radians(at[1] / _UNIT))
    ax, ay = (at[0] - before[0]) * shrink, at[1] - before[1]
    bx, by = (after[0] - at[0]) * shrink, after[1] - at[1]
    return (ax * bx + ay * by) / ((math.hypot(ax, ay) * math.hypot(bx, by)) or 1.0)


def _simplified(points: list[Point]) -> list[Point]:
    return [(round(x), round(y)) for x, y in LineString(points).simplify(_STREET_TOLERANCE_DEG * _UNIT).coords]


# --- areas -----------------------------------------------------------------------------------------------------------


def packed_areas(geo: Path) -> dict[str, Any]:
    """Land by borough, parks and cemeteries, precincts, the borders between precincts, and neighbourhood names."""
    precincts = _features(geo / "nypd_precincts_78_simplified.geojson")
    boroughs = _features(geo / "nyc_boroughs_simplified.geojson")
    areas = _features(geo / "nyc_nta2020_simplified.geojson")
    shapes = {int(f["properties"]["precinct"]): shape(f["geometry"]).buffer(0) for f in precincts}
    outlines = {f["properties"]["borough"].title(): shape(f["geometry"]).buffer(0) for f in boroughs}
    borough_of = {number: _most_shared(area, outlines) for number, area in shapes.items()}
    land = [
        # both outlines are simplified on their own; precinct ground counts as land, or a precinct would lie in water
        [number, _rings(unary_union([outlines[name], *(shapes[p] for p in shapes if borough_of[p] == name)]))]
        for number, name in enumerate(BOROUGHS)
    ]
    parks = [
        [f["properties"]["name"], _rings(shape(f["geometry"]).buffer(0))]
        for f in areas
        if f["properties"]["nta_type"] in {"7", "9"}
    ]
    places = []
    for feature in areas:
        if feature["properties"]["nta_type"] == "0":
            inside = _largest(shape(feature["geometry"]).buffer(0)).representative_point()
            places.append([feature["properties"]["name"], round(inside.x * _UNIT), round(inside.y * _UNIT)])
    return {
        "format": 1,
        "credit": CITY_CREDIT,
        "boroughs": BOROUGHS,
        "land": land,
        "parks": sorted(parks),
        "precincts": [
            [number, BOROUGHS.index(borough_of[number]), _rings(shapes[number], smallest=0.0), _centre(shapes[number])]
            for number in sorted(shapes)
        ],
        "borders": [deltas(line) for line in shared_borders(precincts)],
        "places": sorted(places),
        "waters": [[name, round(lon * _UNIT), round(lat * _UNIT)] for name, lat, lon in WATERS],
    }


def shared_borders(features: Iterable[dict[str, Any]]) -> list[list[Point]]:
    """The lines where two precincts touch; the coast is left out (dotted piers would shout)."""
    seen: dict[tuple[Point, Point], int] = defaultdict(int)
    for feature in features:
        for ring in _polygon_rings(feature["geometry"]):
            points = _ints(ring)
            for a, b in itertools.pairwise(points):
                seen[(min(a, b), max(a, b))] += 1
    shared = sorted(list(edge) for edge, count in seen.items() if count > 1 and edge[0] != edge[1])
    return chained(shared)


def _most_shared(area: Any, outlines: dict[str, Any]) -> str:
    return max(outlines, key=lambda name: float(area.intersection(outlines[name]).area))


def _largest(area: Polygon | MultiPolygon) -> Polygon:
    return max(area.geoms, key=lambda part: part.area) if isinstance(area, MultiPolygon) else area


def _centre(area: Polygon | MultiPolygon) -> Point:
    """A point well inside, for the precinct's number."""
    inside = _largest(area).buffer(-0.002)
    point = (_largest(inside) if not inside.is_empty else _largest(area)).representative_point()
    return round(point.x * _UNIT), round(point.y * _UNIT)


def _rings(area: Polygon | MultiPolygon, smallest: float = _SMALLEST_RING_DEG2) -> list[list[list[int]]]:
    """Polygons, each a list of rings (outer first) in difference form; rings below `smallest` degree2 are dropped."""
    parts = list(area.geoms) if isinstance(area, MultiPolygon) else [area]
    polygons = []
    for part in sorted(parts, key=lambda p: -p.area):
        if part.area >= smallest:
            holes = [ring for ring in part.interiors if Polygon(ring).area >= smallest]
            polygons.append([deltas(_without_repeats(_ints(ring.coords))) for ring in (part.exterior, *holes)])
    return polygons


# --- meters ----------------------------------------------------------------------------------------------------------


def packed_meters(file: Path) -> dict[str, Any]:
    """Active meters at a kerb: [street number, side, borough number, lon, lat]; sorted, coordinates absolute."""
    rows = []
    with file.open(encoding="utf-8-sig", newline="") as handle:
        for row in csv.DictReader(handle):
            if row["Status"] != "Active" or row["Facility"] != "On Street":
                continue
            spelt = row["Borough"].strip()
            borough = BOROUGHS.index(_METER_BOROUGHS.get(spelt.lower(), spelt.title()))
            side = row["Side_of_Street"].strip().upper()
            where = (round(float(row["Longitude"]) * _UNIT), round(float(row["Latitude"]) * _UNIT))
            rows.append((" ".join(row["On_Street"].split()), side if side in set("NESWC") else "", borough, *where))
    streets = sorted({row[0] for row in rows})
    number_of = {name: number for number, name in enumerate(streets)}
    return {
        "format": 1,
        "credit": CITY_CREDIT,
        "boroughs": BOROUGHS,
        "streets": streets,
        "meters": sorted([number_of[name], side, borough, lon, lat] for name, side, borough, lon, lat in rows),
    }


# --- small things ----------------------------------------------------------------------------------------------------


def deltas(points: Sequence[Point]) -> list[int]:
    """[(x0, y0), (x1, y1)] -> [x0, y0, x1 - x0, y1 - y0]."""
    flat = [*points[0]]
    for (x0, y0), (x1, y1) in itertools.pairwise(points):
        flat += (x1 - x0, y1 - y0)
    return flat


def _ints(coordinates: Iterable[Sequence[float]]) -> list[Point]:
    return [(round(lon * _UNIT), round(lat * _UNIT)) for lon, lat, *_ in coordinates]


def _without_repeats(points: list[Point]) -> list[Point]:
    return [point for at, point in enumerate(points) if at == 0 or point != points[at - 1]]


def _features(file: Path) -> list[dict[str, Any]]:
    features: list[dict[str, Any]] = json.loads(file.read_text(encoding="utf-8"))["features"]
    return features


def _polygon_rings(geometry: dict[str, Any]) -> Iterable[Sequence[Sequence[float]]]:
    polygons = geometry["coordinates"] if geometry["type"] == "MultiPolygon" else [geometry["coordinates"]]
    for polygon in polygons:
        yield from polygon
