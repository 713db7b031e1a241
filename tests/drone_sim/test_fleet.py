"""Many drones in one order of time, each with dice of its own."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise

from drone_sim.drone import Saved, World
from drone_sim.fleet import Fleet
from drone_sim.motion import LIMITS
from messages.geo import Position, distance_m
from messages.model import Message, Telemetry, kind_of
from messages.state import Command
from tests.drone_sim.worlds import a_fleet
from tests.strategies import NOON, an_id


def after(fleet: Fleet, seconds: float, start: datetime = NOON) -> list[tuple[datetime, Message]]:
    """What the fleet says in some seconds from `start`, asked ten times a second."""
    told: list[tuple[datetime, Message]] = []
    for tenth in range(1, int(seconds * 10) + 1):
        told.extend(fleet.advance(start + timedelta(seconds=tenth / 10)))
    return told


def test_messages_come_in_the_order_in_which_they_are_due(world: World) -> None:
    told = after(a_fleet(world, 5), 30)
    dues = [due for due, _ in told]
    assert dues == sorted(dues)
    assert all(NOON <= due <= NOON + timedelta(seconds=30) for due in dues)


def test_what_a_fleet_says_does_not_depend_on_how_often_it_is_asked(world: World) -> None:
    seldom = a_fleet(world, 3)
    told = [item for second in range(1, 31) for item in seldom.advance(NOON + timedelta(seconds=second))]
    assert told == after(a_fleet(world, 3), 30)


def test_the_same_seed_says_the_same(world: World) -> None:
    assert after(a_fleet(world), 30) == after(a_fleet(world), 30)


def test_another_seed_and_another_boot_say_something_else(world: World) -> None:
    ids = [
        {message.id for _, message in after(fleet, 30)}
        for fleet in (a_fleet(world), a_fleet(world, seed=8), a_fleet(world, boot=2))
    ]
    assert ids[0].isdisjoint(ids[1])
    assert ids[0].isdisjoint(ids[2])


def test_what_one_drone_does_depends_on_no_other(world: World) -> None:
    alone = [message.captured_at for _, message in after(a_fleet(world, 1), 20) if isinstance(message, Telemetry)]
    places = {
        count: [
            (message.lat_deg, message.lon_deg)
            for _, message in after(a_fleet(world, count), 20)
            if isinstance(message, Telemetry) and message.drone_id == "nyc-01"
        ]
        for count in (1, 4)
    }
    assert len(alone) >= 20
    assert places[1] == places[4]


def test_drones_report_spread_over_the_second(world: World) -> None:
    told = after(a_fleet(world, 10), 5)
    offsets = {
        message.drone_id: message.captured_at.microsecond for _, message in told if isinstance(message, Telemetry)
    }
    assert len(set(offsets.values())) == 10


def test_a_clock_that_is_wrong_dates_messages_wrong_and_nothing_else(world: World) -> None:
    told = after(a_fleet(world, 8, clock_skew_s=120.0), 10)
    skews = {message.drone_id: message.captured_at - due for due, message in told if isinstance(message, Telemetry)}
    assert len(set(skews.values())) > 4
    assert all(abs(skew) <= timedelta(seconds=120) for skew in skews.values())
    assert [due for due, _ in told] == sorted(due for due, _ in told)


def test_a_machine_that_slept_goes_on_without_a_jump(world: World) -> None:
    fleet = a_fleet(world, 4)
    after(fleet, 20)
    before = [drone.flight.position for drone in fleet.drones]
    morning = NOON + timedelta(hours=9)
    told = [item for tenth in range(10) for item in fleet.advance(morning + timedelta(seconds=tenth / 10))]
    assert all(message.captured_at >= morning - timedelta(seconds=2) for _, message in told)
    assert len(told) < 60
    moved = [distance_m(a, drone.flight.position) for a, drone in zip(before, fleet.drones, strict=True)]
    assert max(moved) <= 3 * LIMITS.speed_mps


def test_a_clock_that_was_set_back_does_not_freeze_the_fleet(world: World) -> None:
    fleet = a_fleet(world, 4)
    after(fleet, 20)
    earlier = NOON - timedelta(hours=1)
    told = after(fleet, 5, start=earlier)
    assert sum(kind_of(message) == "telemetry" for _, message in told) >= 16
    assert all(message.captured_at < NOON for _, message in told)


def test_power_back_soon_goes_on_in_place_and_after_long_begins_at_the_base(world: World) -> None:
    place = Saved(Position(40.7490, -73.9900, 30.0), 90.0, 50.0, NOON)
    for minutes, same in ((5, True), (15, False)):
        start = NOON + timedelta(minutes=minutes)
        fleet = Fleet(world, {"nyc-01": (2, place)}, seed=7, start=start)
        assert (fleet.drones[0].flight.position == place.position) is same


def test_a_command_reaches_its_drone_and_no_other(world: World) -> None:
    fleet = a_fleet(world, 3)
    after(fleet, 10)
    command = Command(id=an_id(), drone_id="nyc-02", officer="duarte", action="take_control", at=NOON)
    fleet.command(command)
    assert fleet.drones[1].phase == "inspect"
    assert fleet.drones[0].phase == "patrol"


def test_a_command_for_a_strange_drone_is_left_alone(world: World) -> None:
    fleet = a_fleet(world, 1)
    fleet.command(Command(id=an_id(), drone_id="nyc-99", officer="duarte", action="take_control", at=NOON))
    assert fleet.drones[0].phase == "patrol"


def test_moments_name_every_drone(world: World) -> None:
    fleet = a_fleet(world, 3)
    assert [name for name, _ in fleet.moments()] == ["nyc-01", "nyc-02", "nyc-03"]
    assert all(a != b for a, b in pairwise(moment for _, moment in fleet.moments()))
