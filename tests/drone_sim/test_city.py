"""Drones follow streets, stay on their beat, and see vehicles only at kerbs near them. On the small city and on New York itself."""

from __future__ import annotations

from itertools import pairwise
from random import Random

import pytest

from drone_sim.city import CROSSING_M, LOST_M, PIECE_M, SEEN_M, City, NoStreetError
from maps import base_map
from messages.geo import NEW_YORK, Position, distance_m
from tests.drone_sim.worlds import CENTRE


@pytest.fixture(scope="module")
def new_york() -> City:
    return City(
        (street.points for street in base_map.streets()),
        ((meter.lat_deg, meter.lon_deg, meter.street) for meter in base_map.meters()),
        centre=CENTRE,
        radius_m=3_000,
        words_at=base_map.place_words,
    )


@pytest.mark.parametrize("seed", range(8))
def test_a_walk_goes_from_point_to_point_of_streets_without_a_jump(new_york: City, seed: int) -> None:
    rng = Random(seed)
    start = new_york.any_place(rng)
    route, end = new_york.walk(rng, start, new_york.position(start), 600, 400)
    hops = [distance_m(a, b) for a, b in pairwise([new_york.position(start), *route])]
    assert max(hops) <= LOST_M
    assert sum(1 for hop in hops if hop > max(PIECE_M, CROSSING_M)) <= len(hops) / 20  # dead ends are few
    assert route[-1] == new_york.position(end)


@pytest.mark.parametrize("seed", range(8))
def test_a_walk_stays_near_its_beat_and_covers_it(new_york: City, seed: int) -> None:
    rng = Random(seed)
    start = new_york.any_place(rng)
    beat = new_york.position(start)
    route, _ = new_york.walk(rng, start, beat, 600, 1_000)
    away = sorted(distance_m(place, beat) for place in route)
    assert away[len(away) * 9 // 10] <= 900
    assert away[-1] <= 2_500
    assert len(set(route)) > 150
    assert all(NEW_YORK.holds(place) for place in route)


def test_a_vehicle_stands_at_a_kerb_near_the_drone_on_a_street_that_has_a_name(new_york: City) -> None:
    rng = Random(1)
    start = new_york.any_place(rng)
    route, _ = new_york.walk(rng, start, new_york.position(start), 600, 300)
    spots = [spot for place in route if (spot := new_york.spot_near(rng, place))]
    assert len(spots) == len(route)
    assert all(spot.street for spot in spots)
    assert all(distance_m(spot.position, place) <= SEEN_M for spot, place in zip(spots, route, strict=True))
    assert all(base_map.precinct_of(spot.position.lat_deg, spot.position.lon_deg) for spot in spots)


def test_a_vehicle_at_a_meter_is_within_two_metres_of_a_real_meter(new_york: City) -> None:
    meters = [Position(meter.lat_deg, meter.lon_deg) for meter in base_map.meters()]
    rng = Random(2)
    start = new_york.any_place(rng)
    route, _ = new_york.walk(rng, start, new_york.position(start), 600, 40)
    found = [spot for place in route if (spot := new_york.spot_near(rng, place)) and spot.meter]
    assert found
    for spot in found:
        assert min(distance_m(spot.position, meter) for meter in meters) <= 3.0


def test_over_water_there_is_nothing_to_see(new_york: City) -> None:
    assert new_york.spot_near(Random(1), Position(40.70, -74.03)) is None


def test_the_same_dice_walk_the_same_way(city: City) -> None:
    walks = []
    for _ in range(2):
        rng = Random(5)
        start = city.any_place(rng)
        walks.append(city.walk(rng, start, city.position(start), 600, 100))
    assert walks[0] == walks[1]


def test_a_place_in_the_middle_of_nowhere_leads_back_to_a_street(city: City) -> None:
    assert city.position(city.nearest_place(Position(40.9, -74.2), Random(1)))


def test_the_nearest_place_is_near(city: City) -> None:
    here = Position(40.7504, -73.9980)
    assert distance_m(city.position(city.nearest_place(here, Random(1))), here) < PIECE_M


def test_where_there_is_no_street_no_drone_can_fly() -> None:
    with pytest.raises(NoStreetError, match="no street within 500 m"):
        City([], [], centre=CENTRE, radius_m=500, words_at=lambda _lat, _lon: None)


def test_streets_at_the_citys_edge_are_left_out() -> None:
    edge = [[(NEW_YORK.south_deg + 0.0005, -74.0), (NEW_YORK.south_deg + 0.0005, -73.99)]]
    with pytest.raises(NoStreetError):
        City(edge, [], centre=Position(40.48, -74.0), radius_m=5_000, words_at=lambda _lat, _lon: None)
