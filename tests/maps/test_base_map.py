"""The shipped city answers where a place lies, as the city's own records say it."""

import csv
import gzip
import math
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maps import base_map

GRAND_CENTRAL = (40.75176, -73.97627)
UPPER_BAY = (40.66, -74.04)
CHECKED = Path(__file__).parent / "checked_tickets.csv"


def test_every_checked_ticket_lies_in_the_precinct_that_the_city_wrote_on_it() -> None:
    rows = list(csv.DictReader(CHECKED.read_text(encoding="utf-8").splitlines()))

    wrong = [r for r in rows if base_map.precinct_of(float(r["lat"]), float(r["lon"])) != int(r["violation_precinct"])]

    assert len(rows) >= 300
    assert wrong == []


def test_there_are_78_precincts_and_open_water_is_in_none() -> None:
    assert len(base_map.precinct_numbers()) == 78
    assert base_map.precinct_of(*UPPER_BAY) is None
    assert base_map.precinct_of(math.nan, -74.0) is None


@pytest.mark.parametrize(
    ("place", "precinct", "borough"),
    [
        (GRAND_CENTRAL, 17, "Manhattan"),
        ((40.7813, -73.9665), 22, "Manhattan"),  # Central Park
        ((40.8296, -73.9262), 44, "Bronx"),  # Yankee Stadium
        ((40.6872, -73.9418), 79, "Brooklyn"),
        ((40.7282, -73.8300), 107, "Queens"),
        ((40.6437, -74.0736), 120, "Staten Island"),
    ],
)
def test_a_known_place_has_its_precinct_and_borough(place: tuple[float, float], precinct: int, borough: str) -> None:
    assert base_map.borough_of(*place) == borough
    assert base_map.precinct_of(*place) in {precinct, *neighbours_of(precinct)}


def neighbours_of(precinct: int) -> set[int]:
    """Places on a border street may fall to the other side of it."""
    return {17: {14}, 79: {77, 81}, 107: {110, 112}}.get(precinct, set())


@pytest.fixture(scope="module", autouse=True)
def _city_is_loaded() -> None:
    """Loading takes its moment once; no test is timed with it."""
    base_map.precinct_of(*GRAND_CENTRAL)
    base_map.nearest_street(*GRAND_CENTRAL)


@given(st.floats(allow_nan=True, allow_infinity=True), st.floats(allow_nan=True, allow_infinity=True))
def test_any_number_is_a_place_without_an_error(lat_deg: float, lon_deg: float) -> None:
    assert base_map.precinct_of(lat_deg, lon_deg) in {None, *base_map.precinct_numbers()}
    assert base_map.nearest_street(lat_deg, lon_deg) is None or 40 < lat_deg < 41


def test_a_corner_is_said_as_people_say_it() -> None:
    assert base_map.place_words(*GRAND_CENTRAL) == "42nd Street at Lexington Avenue"
    assert base_map.nearest_street(*GRAND_CENTRAL) == "42nd Street"
    assert base_map.place_words(*UPPER_BAY) is None


def test_the_crossing_street_is_never_the_next_parallel_one() -> None:
    between_fifth_and_madison = (40.75330, -73.98005)

    words = base_map.place_words(*between_fifth_and_madison)

    assert words is not None
    assert words.startswith("42nd Street at ")
    assert "Street" not in words.removeprefix("42nd Street at ")


def test_streets_are_lines_inside_the_city_with_a_name() -> None:
    south, west, north, east = base_map.CITY_BOUNDS
    streets = base_map.streets()

    assert len(streets) > 7000
    assert {street.borough for street in streets} == {"Manhattan", "Bronx", "Brooklyn", "Staten Island"}
    assert all(street.name and len(street.points) >= 2 for street in streets)
    assert all(south <= lat <= north and west <= lon <= east for street in streets for lat, lon in street.points)


def test_meters_stand_in_their_borough_and_have_a_street() -> None:
    meters = base_map.meters()

    assert len(meters) > 13_000
    assert all(meter.street and meter.side in {"N", "E", "S", "W", "C", ""} for meter in meters)
    elsewhere = sum(base_map.borough_of(meter.lat_deg, meter.lon_deg) != meter.borough for meter in meters)
    assert elsewhere <= 20  # wrong in the city's own file


def test_a_precinct_is_found_in_a_tenth_of_a_millisecond() -> None:
    places = [(40.55 + (n % 37) * 0.009, -74.2 + (n % 41) * 0.012) for n in range(2000)]
    base_map.precinct_of(*GRAND_CENTRAL)

    used = time.process_time()  # this process's own work, whatever else the machine does
    for place in places:
        base_map.precinct_of(*place)

    assert (time.process_time() - used) / len(places) < 1e-4


@pytest.mark.parametrize("damage", [b"", b"not gzip", gzip.compress(b"{half")])
def test_a_damaged_file_is_named(damage: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(base_map, "CITY_FOLDER", tmp_path)
    (tmp_path / "streets.json.gz").write_bytes(damage)

    with pytest.raises(base_map.CityDataError, match=r"streets\.json\.gz"):
        base_map.load_packed("streets")


def test_shipped_files_are_small_and_say_their_licence() -> None:
    files = list(base_map.CITY_FOLDER.glob("*.json.gz"))

    assert {file.name for file in files} == {"streets.json.gz", "areas.json.gz", "meters.json.gz"}
    assert all(file.stat().st_size < 2_000_000 for file in files)
    assert "OpenStreetMap contributors" in base_map.load_packed("streets")["credit"]
    assert "ODbL" in (base_map.CITY_FOLDER / "LICENCES.md").read_text(encoding="utf-8")
