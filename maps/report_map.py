"""Analysis rows -> one HTML map that opens without a network: base map, precincts by value, density, places, legend, credit."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import folium

from maps import base_map, layers, live_page, offline
from maps.style import PALETTES, Palette, Theme

_LARGEST_POINT_PX = 11.0
_SMALLEST_POINT_PX = 3.0


@dataclass(frozen=True, slots=True)
class PointRow:
    """One place of a report; its circle's area grows with `weight`. The label appears under the pointer, always as text."""

    lat_deg: float
    lon_deg: float
    label: str = ""
    weight: float = 1.0


def report_map(
    title: str,
    *,
    subtitle: str = "",
    precinct_values: Mapping[int, float] | None = None,
    value_words: str = "value",
    points: Sequence[PointRow] = (),
    point_words: str = "place",
    heat: Sequence[layers.HeatRow] = (),
    banner: str = "",
    theme: Theme = Theme.DAY,
) -> str:
    """The map as one HTML text of about 1 MB, to be written as a file or put into an iframe's `srcdoc`.

    `precinct_values`: precinct number -> value; precincts without one stay uncoloured, unknown numbers are left out.
    `banner`: a line that must stand out, such as SIMULATION. Rows whose position is not finite are left out.
    """
    palette = PALETTES[theme]
    values = dict(precinct_values or {})
    steps = layers.steps_of(list(values.values()), palette.ramp)
    shown = [point for point in points if _is_finite(point.lat_deg, point.lon_deg, point.weight)]
    page = offline.OfflineMap(
        location=[40.7, -73.94],
        zoom_start=11,
        min_zoom=9,
        max_zoom=18,
        zoom_control="bottomright",
        fade_animation=False,
        zoom_snap=0.25,  # a report is looked at as it opens: let the city fill it
    )
    if values:
        layers.precinct_layer(values, steps, value_words, palette).add_to(page)
    if heat:
        layers.heat_layer(heat, palette.heat, is_shown=not values).add_to(page)  # both at once hide each other
    if values and heat:
        folium.LayerControl(collapsed=False, position="topright").add_to(page)
    data = {
        "title": title,
        "subtitle": subtitle,
        "banner": banner,
        "points": _point_rows(shown),
        "legend": _legend(steps, value_words, bool(shown), point_words, palette),
        "bounds": _bounds(values, shown, heat),
    }
    offline.add_data(page, base_map.city_to_draw(), "kestrel-city")
    offline.add_data(page, data, "kestrel-report")
    if heat:
        offline.add_script(page, offline.asset("vendor/leaflet.heat/leaflet-heat.js"), "heat")
    for name in ("geometry", "base_layer", "name_layer", "report_page"):
        offline.add_script(page, offline.asset(f"page/{name}.js"), name)
    config = {"palette": asdict(palette), "words": asdict(live_page.MapWords()), "credit": base_map.CREDIT}
    offline.add_start(page, f"KestrelMap.startReport({page.get_name()}, {offline.json_for_html(config)});")
    return offline.page_html(page, title)


def _point_rows(points: Sequence[PointRow]) -> list[list[Any]]:
    """[lat, lon, label, radius in px]; the small are drawn last, so that none hides under a large one."""
    largest = max((point.weight for point in points), default=1.0)
    rows = []
    for point in sorted(points, key=lambda row: -row.weight):
        share = math.sqrt(max(0.0, point.weight) / largest) if largest > 0 else 0.0
        rows.append([point.lat_deg, point.lon_deg, point.label, max(_SMALLEST_POINT_PX, share * _LARGEST_POINT_PX)])
    return rows


def _legend(
    steps: Sequence[layers.Step], value_words: str, has_points: bool, point_words: str, palette: Palette
) -> list[dict[str, str]]:
    rows = []
    for step in steps:
        low, high = layers.number_words(step.low), layers.number_words(step.high)
        text = f"{low} {value_words}" if low == high else f"{low} to {high} {value_words}"
        rows.append({"shape": "area", "colour": step.colour, "text": text})
    if has_points:
        rows.append({"shape": "dot", "colour": palette.ink, "text": point_words})
    return rows


def _bounds(
    values: Mapping[int, float], points: Sequence[PointRow], heat: Sequence[layers.HeatRow]
) -> list[list[float]] | None:
    """What the map shows at first: the places; the whole city when precincts are coloured or there is nothing else."""
    places = [(point.lat_deg, point.lon_deg) for point in points]
    places += [(lat, lon) for lat, lon, weight in heat if _is_finite(lat, lon, weight)]
    if values or not places:
        south, west, north, east = base_map.CITY_BOUNDS
        return [[south, west], [north, east]]
    lats, lons = [lat for lat, _ in places], [lon for _, lon in places]
    return [[min(lats), min(lons)], [max(lats), max(lons)]]


def _is_finite(*numbers: float) -> bool:
    return all(map(math.isfinite, numbers))
