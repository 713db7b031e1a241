"""Places and distances, held against figures from elsewhere."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messages.geo import EARTH_RADIUS_M, NEW_YORK, Box, Position, bearing_deg, distance_m, moved_by

PARIS = Position(48.8566, 2.3522)
LONDON = Position(51.5074, -0.1278)
TIMES_SQUARE = Position(40.758, -73.9855)
GRAND_CENTRAL = Position(40.7527, -73.9772)

lats = st.floats(min_value=-80, max_value=80)
lons = st.floats(min_value=-179, max_value=179)
positions = st.builds(Position, lats, lons, st.floats(min_value=0, max_value=100))


@pytest.mark.parametrize(
    ("a", "b", "metres"),
    [
        (PARIS, LONDON, 343_556),  # great circle on the mean sphere
        (TIMES_SQUARE, GRAND_CENTRAL, 914),
        (Position(0, 0), Position(0, 1), 111_195),  # a degree on the equator
        (Position(0, 0), Position(0, 180), math.pi * EARTH_RADIUS_M),  # the far side
        (Position(90, 0), Position(-90, 77), math.pi * EARTH_RADIUS_M),
    ],
)
def test_known_distances(a: Position, b: Position, metres: float) -> None:
    assert distance_m(a, b) == pytest.approx(metres, rel=1e-3)


@pytest.mark.parametrize(
    ("b", "degrees"), [(Position(1, 0), 0), (Position(0, 1), 90), (Position(-1, 0), 180), (Position(0, -1), 270)]
)
def test_the_four_winds(b: Position, degrees: float) -> None:
    assert bearing_deg(Position(0, 0), b) == pytest.approx(degrees)


def test_the_way_from_paris_to_london() -> None:
    assert bearing_deg(PARIS, LONDON) == pytest.approx(330.0, abs=0.5)


def test_altitude_is_left_out_of_a_distance_and_kept_by_a_move() -> None:
    assert distance_m(Position(40, -73, 0), Position(40, -73, 100)) == 0
    assert moved_by(Position(40, -73, 25), bearing_deg=90, distance_m=10).alt_m == 25


def test_nobody_moves_backwards() -> None:
    with pytest.raises(ValueError, match="negative"):
        moved_by(PARIS, bearing_deg=0, distance_m=-1)


@given(positions, positions)
def test_distance_is_the_same_both_ways_and_never_negative(a: Position, b: Position) -> None:
    assert distance_m(a, b) == pytest.approx(distance_m(b, a))
    assert 0 <= distance_m(a, b) <= math.pi * EARTH_RADIUS_M + 1


@given(positions, positions)
def test_a_bearing_is_a_compass_course(a: Position, b: Position) -> None:
    assert 0 <= bearing_deg(a, b) < 360


@given(positions, st.floats(min_value=0, max_value=359.9), st.floats(min_value=1, max_value=100_000))
def test_after_a_move_one_is_as_far_away_as_one_moved(start: Position, course: float, metres: float) -> None:
    end = moved_by(start, bearing_deg=course, distance_m=metres)
    assert distance_m(start, end) == pytest.approx(metres, rel=1e-6, abs=0.01)
    assert -180 <= end.lon_deg <= 180


@given(positions, st.floats(min_value=10, max_value=5_000), st.floats(min_value=0, max_value=359.9))
def test_flying_towards_a_place_arrives_there(start: Position, metres: float, course: float) -> None:
    target = moved_by(start, bearing_deg=course, distance_m=metres)
    there = moved_by(start, bearing_deg=bearing_deg(start, target), distance_m=distance_m(start, target))
    assert distance_m(there, target) < 0.1


def test_crossing_the_date_line_wraps() -> None:
    assert moved_by(Position(0, 179.99), bearing_deg=90, distance_m=5_000).lon_deg == pytest.approx(-179.965, abs=0.001)


def test_new_york_holds_its_landmarks_and_its_edge_but_not_its_neighbours() -> None:
    assert NEW_YORK.holds(TIMES_SQUARE)
    assert NEW_YORK.holds(Position(NEW_YORK.south_deg, NEW_YORK.west_deg))
    assert not NEW_YORK.holds(Position(40.7357, -74.2724))  # Newark, the western part
    assert not NEW_YORK.holds(PARIS)
    assert not Box(0, 0, 1, 1).holds(Position(0.5, 1.0001))
