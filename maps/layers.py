"""What a report lays over the base map, as folium layers: precincts in steps of colour, heat. And the steps themselves."""

import html
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

import folium
from folium.plugins import HeatMap

from maps import base_map
from maps.style import Palette

HeatRow = tuple[float, float, float]  # lat_deg, lon_deg, weight


@dataclass(frozen=True, slots=True)
class Step:
    """One colour of a choropleth: `low` <= value <= `high`."""

    low: float
    high: float
    colour: str


class _OfflineHeatMap(HeatMap):
    """folium's heat map without its script from the network; report_map puts the vendored one into the page."""

    default_js: list[tuple[str, str]] = []  # noqa: RUF012  folium reads it as a class attribute


def steps_of(values: Sequence[float], ramp: Sequence[str]) -> tuple[Step, ...]:
    """Steps with about the same number of values each, few to many, so that one giant does not turn the rest pale.

    Equal values share a step; fewer different values than colours give fewer steps. Not-finite values are left out.
    """
    ordered = sorted(value for value in values if math.isfinite(value))
    if not ordered:
        return ()
    different = sorted(set(ordered))
    count = min(len(ramp), len(different))
    tops = sorted({ordered[max(0, math.ceil(len(ordered) * part / count) - 1)] for part in range(1, count + 1)})
    colours = [ramp[round(at * (len(ramp) - 1) / max(1, len(tops) - 1))] for at in range(len(tops))]
    lows = [different[0], *(min(value for value in different if value > top) for top in tops[:-1])]
    return tuple(Step(low, high, colour) for low, high, colour in zip(lows, tops, colours, strict=True))


def colour_of(value: float, steps: Sequence[Step]) -> str | None:
    """The colour of a value, None when it is not a finite number or there are no steps."""
    if not math.isfinite(value):
        return None
    return next((step.colour for step in steps if value <= step.high), steps[-1].colour if steps else None)


def number_words(value: float) -> str:
    """A value as people write it: 1,204 or 3.5."""
    return f"{value:,.0f}" if value == round(value) or abs(value) >= 100 else f"{value:,.2g}"


def precinct_layer(
    values: Mapping[int, float], steps: Sequence[Step], value_words: str, palette: Palette
) -> folium.GeoJson:
    """The precincts that have a value, coloured by step; the number and value appear under the pointer."""

    def style(feature: dict[str, Any]) -> dict[str, Any]:
        colour = colour_of(values[feature["properties"]["precinct"]], steps)
        return {
            "fillColor": colour or palette.land,
            "fillOpacity": 0.72 if colour else 0.0,
            "color": palette.ink,
            "weight": 0.8,
            "opacity": 0.55,
        }

    return folium.GeoJson(
        {"type": "FeatureCollection", "features": _precinct_features(values)},
        name=html.escape(f"Precincts: {value_words}"),
        style_function=style,
        tooltip=folium.GeoJsonTooltip(fields=["precinct", "value"], aliases=["Precinct", html.escape(value_words)]),
    )


def heat_layer(rows: Sequence[HeatRow], ramp: Sequence[str], is_shown: bool) -> HeatMap:
    """Density of weighted places. Rows that are not finite are left out."""
    gradient = {round((at + 1) / len(ramp), 2): colour for at, colour in enumerate(ramp)}
    finite = [list(row) for row in rows if all(map(math.isfinite, row))]
    return _OfflineHeatMap(  # type: ignore[no-untyped-call]  # folium's plugins ship no types
        finite, name="Density", min_opacity=0.25, radius=18, blur=16, gradient=gradient, max_zoom=15, show=is_shown
    )


def _precinct_features(values: Mapping[int, float]) -> list[dict[str, Any]]:
    """GeoJSON of the precincts in `values`."""
    features = []
    for number, _, polygons, _ in base_map.load_packed("areas")["precincts"]:
        if number not in values:
            continue
        coordinates = [[_ring(flat) for flat in rings] for rings in polygons]
        features.append(
            {
                "type": "Feature",
                "properties": {"precinct": number, "value": number_words(values[number])},
                "geometry": {"type": "MultiPolygon", "coordinates": coordinates},
            }
        )
    return features


def _ring(flat: Sequence[int]) -> list[list[float]]:
    lons, lats = accumulate(flat[0::2]), accumulate(flat[1::2])
    return [[round(lon * 1e-5, 5), round(lat * 1e-5, 5)] for lon, lat in zip(lons, lats, strict=True)]
