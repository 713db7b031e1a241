"""A drone's life: it patrols without a jump, goes home in time, and numbers what it says without a gap."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from hashlib import sha256
from itertools import pairwise
from random import Random

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drone_sim.city import SEEN_M
from drone_sim.drone import CONTROL_S, GO_HOME_PCT, Drone, Saved, World, commanded, saved_of, step
from drone_sim.motion import LIMITS, Flight, turn_deg
from drone_sim.wear import Wear
from messages.codec import decode, encode
from messages.geo import NEW_YORK, Position, distance_m
from messages.model import Evidence, Health, Message, Telemetry, Violation, kind_of, stream_of
from messages.state import Command
from tests.drone_sim.worlds import PICTURE, a_drone, a_world
from tests.strategies import NOON, an_id

TICK = timedelta(seconds=0.25)


def lived(drone: Drone, world: World, seconds: float, seed: int = 1) -> tuple[Drone, list[Message]]:
    """The drone after some time, and all it said."""
    rng = Random(seed)
    drone, said = step(drone, drone.at, rng, world)
    for _ in range(int(seconds * 4)):
        drone, messages = step(drone, drone.at + TICK, rng, world)
        said.extend(messages)
    return drone, said


def with_battery(drone: Drone, percent: float) -> Drone:
    wear: Wear = msgspec.structs.replace(drone.wear, battery_pct=percent)
    return msgspec.structs.replace(drone, wear=wear)


def a_command(action: str, violation_id: str | None = None) -> Command:
    return Command(
        id=an_id(5),
        drone_id="nyc-01",
        officer="duarte",
        action=action,  # type: ignore[arg-type]  # tests name any action
        violation_id=violation_id,
        at=NOON,
    )


@settings(max_examples=25)
@given(seed=st.integers(min_value=0, max_value=10_000), battery=st.floats(min_value=18, max_value=100))
def test_no_step_of_any_life_jumps_or_leaves_the_city(seed: int, battery: float) -> None:
    world = WORLD
    rng = Random(seed)
    drone = with_battery(a_drone(world, seed=seed), battery)
    for _ in range(400):
        before = drone
        drone, _ = step(drone, drone.at + TICK, rng, world)
        moved = distance_m(before.flight.position, drone.flight.position)
        assert moved <= LIMITS.speed_mps * 0.25 + 0.001
        assert abs(turn_deg(before.flight.heading_deg, drone.flight.heading_deg)) <= LIMITS.turn_dps * 0.25 + 1e-6
        assert abs(before.flight.position.alt_m - drone.flight.position.alt_m) <= LIMITS.climb_mps * 0.25 + 1e-9
        assert NEW_YORK.holds(drone.flight.position)
        assert 0 <= drone.flight.position.alt_m <= 60


WORLD = a_world()


def test_a_low_battery_flies_home_lands_charges_and_takes_off_again(world: World) -> None:
    rng = Random(3)
    drone = with_battery(a_drone(world, seed=3), GO_HOME_PCT + 0.5)
    phases = [drone.phase]
    for _ in range(4 * 1_800):
        drone, _ = step(drone, drone.at + TICK, rng, world)
        if drone.phase != phases[-1]:
            phases.append(drone.phase)
            if drone.phase == "landing":
                assert distance_m(drone.flight.position, drone.base) < 10
        assert drone.wear.battery_pct > 5, "the way home was too long"
        if phases[-2:] == ["takeoff", "patrol"]:
            break
    assert [phase for phase in phases if phase != "inspect"] == [
        "patrol",
        "return",
        "landing",
        "charging",
        "takeoff",
        "patrol",
    ]


def test_on_the_ground_nothing_is_seen(world: World) -> None:
    _, said = lived(a_drone(world, phase="charging", flight=Flight(Position(40.7506, -73.9904))), world, 60)
    assert not [message for message in said if isinstance(message, Violation)]


def test_telemetry_comes_once_a_second_by_the_drones_clock(world: World) -> None:
    _, said = lived(a_drone(world), world, 60)
    times = [message.captured_at for message in said if isinstance(message, Telemetry)]
    assert len(times) == 61
    assert {later - earlier for earlier, later in pairwise(times)} == {timedelta(seconds=1)}


def test_violations_come_at_the_rate_that_was_set(world: World) -> None:
    _, said = lived(a_drone(world), world, 900)
    count = sum(isinstance(message, Violation) for message in said)
    assert 900 - 5 * 30 < count < 900 + 5 * 30  # Poisson: 5 standard deviations


def test_a_rate_by_the_hour_is_higher_at_nine_than_at_four() -> None:
    counts = []
    for hour in (9, 4):
        world = msgspec.structs.replace(WORLD, local_hour=lambda _at, hour=hour: hour)
        _, said = lived(a_drone(world), world, 300)
        counts.append(sum(isinstance(message, Violation) for message in said))
    assert counts[0] > 5 * counts[1]


def test_a_rate_of_nothing_sees_nothing() -> None:
    world = a_world(violations_per_s=0.0)
    _, said = lived(a_drone(world), world, 60)
    assert {kind_of(message) for message in said} == {"telemetry", "health"}


def test_each_stream_is_numbered_from_one_without_a_gap_and_in_the_order_of_capture() -> None:
    world = a_world(pictures="all")
    _, said = lived(a_drone(world), world, 120)
    for stream in ("telemetry", "report"):
        own = [message for message in said if stream_of(kind_of(message)) == stream]
        assert [message.seq for message in own] == list(range(1, len(own) + 1))
        times = [message.captured_at for message in own]
        assert times == sorted(times)


def test_every_message_is_good_and_has_an_id_of_its_own() -> None:
    world = a_world(pictures="alerts", violations_per_s=20.0)
    _, said = lived(a_drone(world), world, 120)
    assert len({message.id for message in said}) == len(said)
    assert all(decode(encode(message)) == message for message in said)


def test_a_violation_stands_where_the_vehicle_is_near_the_drone(world: World) -> None:
    rng = Random(4)
    drone = a_drone(world, seed=4)
    for _ in range(1_000):
        drone, messages = step(drone, drone.at + TICK, rng, world)
        for message in messages:
            if isinstance(message, Violation):
                away = distance_m(Position(message.lat_deg, message.lon_deg), drone.flight.position)
                assert away <= SEEN_M + 10
                assert message.street


def test_a_picture_follows_its_violation_in_parts_with_the_hash_of_the_whole() -> None:
    world = a_world(pictures="all")
    _, said = lived(a_drone(world), world, 60)
    violations = {message.id: message for message in said if isinstance(message, Violation)}
    parts: dict[str, list[Evidence]] = {}
    for message in said:
        if isinstance(message, Evidence):
            assert message.violation_id in violations
            assert violations[message.violation_id].seq < message.seq
            parts.setdefault(message.evidence_id, []).append(message)
    assert len(parts) == len(violations) > 10
    for violation in violations.values():
        (evidence_id,) = violation.evidence_ids
        pieces = parts[evidence_id]
        assert [piece.part for piece in pieces] == list(range(1, pieces[0].parts + 1))
        assert b"".join(piece.data for piece in pieces) == PICTURE
        assert {piece.sha256 for piece in pieces} == {sha256(PICTURE).hexdigest()}


@pytest.mark.parametrize(
    ("pictures", "of_alerts", "of_others"), [("all", True, True), ("alerts", True, False), ("none", False, False)]
)
def test_pictures_are_of_what_was_asked_for(pictures: str, of_alerts: bool, of_others: bool) -> None:
    world = a_world(pictures=pictures, violations_per_s=20.0)
    _, said = lived(a_drone(world), world, 120)
    violations = [message for message in said if isinstance(message, Violation)]
    assert {bool(one.evidence_ids) for one in violations if one.needs_human} == {of_alerts}
    assert {bool(one.evidence_ids) for one in violations if not one.needs_human} == {of_others}


def test_a_doubtful_violation_gets_a_closer_look() -> None:
    world = a_world(violations_per_s=20.0)
    rng = Random(6)
    drone = a_drone(world, seed=6)
    for _ in range(2_000):
        drone, messages = step(drone, drone.at + TICK, rng, world)
        if any(isinstance(message, Violation) and message.needs_human for message in messages):
            assert drone.phase == "inspect"
            return
    pytest.fail("no doubtful violation in 500 s")


def test_faults_are_told_at_power_up_and_whenever_the_list_changes(world: World) -> None:
    drone = with_battery(a_drone(world), 26.0)
    _, said = lived(drone, world, 300)
    lists = [message.faults for message in said if isinstance(message, Health)]
    assert said[0] == next(message for message in said if isinstance(message, Health))
    assert all(a != b for a, b in pairwise(lists))
    assert any(fault.code == "battery_low" for fault in lists[-1])


def test_control_holds_a_drone_in_place_until_it_is_released(world: World) -> None:
    drone, _ = lived(a_drone(world), world, 20)
    held, _ = lived(commanded(drone, a_command("take_control"), drone.at), world, 10)
    later, _ = lived(held, world, 20)
    assert held.phase == later.phase == "inspect"
    assert distance_m(held.flight.position, later.flight.position) < 1.0
    assert commanded(later, a_command("release_control"), later.at).phase == "patrol"


def test_control_ends_by_itself(world: World) -> None:
    quiet = msgspec.structs.replace(world, violations_per_s=0.0)
    drone, _ = lived(a_drone(quiet), quiet, 20)
    drone, _ = lived(commanded(drone, a_command("take_control"), drone.at), quiet, CONTROL_S + 5)
    assert drone.phase == "patrol"


def test_a_drone_on_the_ground_cannot_be_controlled(world: World) -> None:
    drone = a_drone(world, phase="charging")
    assert commanded(drone, a_command("take_control"), NOON) == drone


def test_a_new_boot_begins_where_the_last_one_ended(world: World) -> None:
    drone, _ = lived(a_drone(world), world, 60)
    woken = a_drone(world, saved=saved_of(drone), now=drone.at)
    assert woken.flight.position == drone.flight.position
    assert woken.wear.battery_pct == drone.wear.battery_pct
    assert woken.phase == "patrol"
    again, said = lived(woken, world, 30)
    assert min(message.seq for message in said) == 1
    assert distance_m(again.flight.position, drone.flight.position) <= 30 * LIMITS.speed_mps


def test_a_drone_that_lost_power_on_the_ground_takes_off_from_there(world: World) -> None:
    saved = Saved(Position(40.7506, -73.9904, 0.0), 90.0, 80.0, NOON)
    drone = a_drone(world, saved=saved)
    assert drone.phase == "parked"
    drone, _ = lived(drone, world, 40)
    assert drone.phase in ("patrol", "inspect")


def captured(said: list[Message]) -> list[datetime]:
    return [message.captured_at for message in said]


def test_times_have_whole_milliseconds(world: World) -> None:
    _, said = lived(a_drone(world), world, 60)
    assert all(at.microsecond % 1_000 == 0 for at in captured(said))


def test_the_same_dice_live_the_same_life(world: World) -> None:
    assert lived(a_drone(world), world, 120) == lived(a_drone(world), world, 120)


def test_other_dice_live_another(world: World) -> None:
    kinds = Counter(kind_of(message) for message in lived(a_drone(world), world, 60, seed=1)[1])
    assert lived(a_drone(world), world, 60, seed=1)[1] != lived(a_drone(world), world, 60, seed=2)[1]
    assert kinds["telemetry"] == 61
