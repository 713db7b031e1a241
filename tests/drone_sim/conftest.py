"""Small worlds for drones: a grid of streets in Midtown, and the real shares."""

from __future__ import annotations

import pytest

from drone_sim.city import City
from drone_sim.drone import World
from drone_sim.shares import Shares, load_shares
from tests.drone_sim.worlds import a_city, a_world


@pytest.fixture(scope="session")
def shares() -> Shares:
    return load_shares()


@pytest.fixture(scope="session")
def city() -> City:
    return a_city()


@pytest.fixture(scope="session")
def world(city: City, shares: Shares) -> World:
    return a_world(city, shares)
