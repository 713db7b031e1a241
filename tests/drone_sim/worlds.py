"""What the simulator's tests build on: a small city, a world in it, a drone and a fleet."""

from __future__ import annotations

from datetime import datetime
from random import Random
from typing import Any

import msgspec

from drone_sim.city import City
from drone_sim.drone import Drone, Saved, World, power_up
from drone_sim.fleet import Fleet
from drone_sim.shares import Shares, load_shares
from messages.geo import Position
from messages.model import Violation
from tests.strategies import NOON

CENTRE = Position(40.7506, -73.9904)
PICTURE = bytes(range(256)) * 200  # 51,200 bytes: two parts of 32 kB


def a_city() -> City:
    """Nine streets each way, 150 m apart, with meters along every other one."""
    norths = [40.7450 + 0.00135 * n for n in range(9)]
    easts = [-73.9980 + 0.00178 * n for n in range(9)]
    streets = [[(lat, easts[0]), (lat, easts[-1])] for lat in norths]
    streets += [[(norths[0], lon), (norths[-1], lon)] for lon in easts]
    meters = [(lat, easts[0] + 0.0004 * n, "42nd Street") for lat in norths[::2] for n in range(30)]
    return City(streets, meters, centre=CENTRE, radius_m=2_000, words_at=lambda _lat, _lon: "42nd Street at 5th Avenue")


def a_world(city: City | None = None, shares: Shares | None = None, **changes: Any) -> World:
    """A world with 60 violations a minute and no pictures, unless `changes` say otherwise."""
    world = World(
        city=city or a_city(),
        shares=shares or load_shares(),
        station=CENTRE,
        telemetry_s=1.0,
        violations_per_s=1.0,
        local_hour=None,
        pictures="none",
        part_bytes=32_768,
        take_picture=a_picture,
    )
    return msgspec.structs.replace(world, **changes)


def a_picture(_violation: Violation, _truth: int, _seed: int) -> bytes:
    """Bytes that stand for a picture."""
    return PICTURE


def a_drone(world: World, *, seed: int = 1, saved: Saved | None = None, now: datetime = NOON, **changes: Any) -> Drone:
    """A drone that has just been powered up."""
    drone = power_up("nyc-01", boot=1, now=now, world=world, home=Random(seed), rng=Random(seed), saved=saved)
    return msgspec.structs.replace(drone, **changes)


def a_fleet(world: World, count: int = 3, *, seed: int = 7, boot: int = 1, **options: Any) -> Fleet:
    """Drones nyc-01 and on, from noon."""
    boots = {f"nyc-{number:02d}": (boot, None) for number in range(1, count + 1)}
    return Fleet(world, boots, seed=seed, start=options.pop("start", NOON), **options)
