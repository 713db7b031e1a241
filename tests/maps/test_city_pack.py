"""Packing the city: ways are joined, only real kerb meters are kept, and the same sources give the same bytes."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from maps.city_pack import chained, deltas, pack, packed_meters, shared_borders

METER_HEAD = "Status,Facility,Borough,On_Street,Side_of_Street,Latitude,Longitude\n"


def a_square(x: float, y: float, size: float = 0.01) -> dict[str, Any]:
    ring = [[x, y], [x + size, y], [x + size, y + size], [x, y + size], [x, y]]
    return {"type": "Polygon", "coordinates": [ring]}


def a_source(folder: Path) -> Path:
    """A tiny city of two precincts side by side, one park, two ways of one street, two meters."""
    geo, reference = folder / "geo", folder / "reference"
    geo.mkdir(parents=True)
    reference.mkdir()

    def write(name: str, *features: tuple[dict[str, Any], dict[str, Any]]) -> None:
        rows = [{"type": "Feature", "properties": p, "geometry": g} for p, g in features]
        (geo / name).write_text(json.dumps({"type": "FeatureCollection", "features": rows}), encoding="utf-8")

    write(
        "nypd_precincts_78_simplified.geojson",
        ({"precinct": 1}, a_square(-74.00, 40.70)),
        ({"precinct": 5}, a_square(-73.99, 40.70)),
    )
    outline = {
        "type": "Polygon",
        "coordinates": [[[-74, 40.7], [-73.98, 40.7], [-73.98, 40.71], [-74, 40.71], [-74, 40.7]]],
    }
    nowhere = [
        ({"borough": name}, a_square(-75, 41 + n))
        for n, name in enumerate(["BRONX", "BROOKLYN", "QUEENS", "STATEN ISLAND"])
    ]
    write("nyc_boroughs_simplified.geojson", ({"borough": "MANHATTAN"}, outline), *nowhere)
    write(
        "nyc_nta2020_simplified.geojson",
        ({"name": "A Park", "nta_type": "9"}, a_square(-73.998, 40.702, 0.002)),
        ({"name": "A Quarter", "nta_type": "0"}, a_square(-74.0, 40.7)),
    )
    way = {"name": "Main  Street", "highway": "primary"}
    write(
        "osm_streets_manhattan.geojson",
        (way, {"type": "LineString", "coordinates": [[-73.99, 40.705], [-73.985, 40.705]]}),
        (way, {"type": "LineString", "coordinates": [[-73.995, 40.705], [-73.99, 40.705]]}),
    )
    (reference / "nyc_parking_meters_15406.csv").write_text(
        METER_HEAD
        + "Active,On Street,Brookyln,Main  Street,n,40.70000,-73.99000\n"
        + "Retired,On Street,Manhattan,Main Street,N,40.7,-73.99\n"
        + "Active,Off Street,Manhattan,Main Street,N,40.7,-73.99\n",
        encoding="utf-8",
    )
    return folder


def test_the_same_sources_give_the_same_bytes(tmp_path: Path) -> None:
    source = a_source(tmp_path / "source")

    pack(source, tmp_path / "one")
    pack(source, tmp_path / "two")

    for name in ("streets.json.gz", "areas.json.gz", "meters.json.gz"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_a_street_cut_in_two_is_one_line_again(tmp_path: Path) -> None:
    pack(a_source(tmp_path / "source"), tmp_path / "city")

    streets = json.loads(gzip.decompress((tmp_path / "city" / "streets.json.gz").read_bytes()))

    assert streets["names"] == ["Main Street"]
    assert len(streets["lines"]) == 1


def test_a_missing_source_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="osm_streets"):
        pack(tmp_path, tmp_path / "city")


def test_only_active_meters_at_a_kerb_are_kept_and_misspelt_boroughs_are_mended(tmp_path: Path) -> None:
    packed = packed_meters(a_source(tmp_path) / "reference" / "nyc_parking_meters_15406.csv")

    assert packed["streets"] == ["Main Street"]
    assert packed["meters"] == [[0, "N", packed["boroughs"].index("Brooklyn"), -7_399_000, 4_070_000]]


def test_a_chain_goes_straight_on_where_ways_fork() -> None:
    forks = [[(0, 0), (100, 0)], [(100, 0), (200, 5)], [(100, 0), (150, 80)]]

    chains = chained(forks)

    assert [(0, 0), (100, 0), (200, 5)] in chains
    assert sum(len(chain) - 1 for chain in chains) == 3  # nothing is drawn twice, nothing is lost


def test_borders_are_where_two_precincts_touch_and_never_the_coast() -> None:
    features = [{"geometry": a_square(0.0, 0.0)}, {"geometry": a_square(0.01, 0.0)}]

    assert shared_borders(features) == [[(1000, 0), (1000, 1000)]]


def test_points_are_stored_as_differences() -> None:
    assert deltas([(10, 20), (13, 18), (13, 30)]) == [10, 20, 3, -2, 0, 12]
