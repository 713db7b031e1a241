"""Invented input for looking at the maps: a page with flying drones, an example report. Places are real, values are not."""

import random

from maps import base_map, live_page, offline
from maps.report_map import PointRow, report_map
from maps.style import Theme

_SOUTH, _WEST, _NORTH, _EAST = 40.725, -74.01, 40.785, -73.95


def demo_page_html(drones: int, theme: Theme) -> str:
    """The live page with `drones` invented drones that fly along real streets of Manhattan by themselves."""
    rng = random.Random(17)
    lines = [
        street.points
        for street in base_map.streets()
        if street.kind != "link" and all(_SOUTH < lat < _NORTH and _WEST < lon < _EAST for lat, lon in street.points)
    ]
    routes = offline.json_for_html(rng.choices(lines, k=drones))
    return live_page.live_page_html(
        live_page.PageOptions(theme=theme, title="Kestrel map, demonstration"),
        extra_script=offline.asset("page/demo.js"),
        extra_start=f"KestrelMap.startDemo({routes});",
    )


def example_report_html() -> str:
    """A report map with every kind of layer, from invented values."""
    rng = random.Random(47)
    meters = rng.sample(base_map.meters(), 400)
    return report_map(
        "Example: violations by precinct",
        subtitle="Invented values on the real city",
        precinct_values={number: float(rng.randint(3, 900)) for number in base_map.precinct_numbers()},
        value_words="violations",
        heat=[(meter.lat_deg, meter.lon_deg, 1.0) for meter in meters],
        points=[
            PointRow(
                meter.lat_deg, meter.lon_deg, f"{meter.street}, side {meter.side or 'unknown'}", rng.uniform(1, 30)
            )
            for meter in meters[:40]
        ],
        point_words="kerb with repeated violations",
    )
