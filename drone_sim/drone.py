"""One drone: what it does in a moment of its life, and which messages that makes. Values in, values out.

parked ─▶ takeoff ─▶ patrol ◀─▶ inspect        inspect: a closer look at what needs a human, or an officer has taken control
  ▲                    │
  └── charging ◀─ landing ◀─ return            return: at low battery
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from hashlib import sha256
from random import Random
from typing import Literal

import msgspec

from drone_sim import motion, wear
from drone_sim.city import City, Place
from drone_sim.motion import Flight
from drone_sim.shares import Shares
from drone_sim.sightings import sighting
from drone_sim.wear import Wear
from messages.geo import Position, distance_m
from messages.ids import message_id
from messages.model import Evidence, Fault, FlightPhase, Health, Message, Telemetry, Violation
from messages.state import Command

Pictures = Literal["all", "alerts", "none"]
TakePicture = Callable[[Violation, int, int], bytes]
"""(violation, the code it really bears, seed) -> the bytes of a JPEG file."""

PATROL_MPS = 7.0  # slow enough to read plates
RETURN_MPS = 12.0
SUBSTEP_S = 0.5  # the flight is worked out in steps no longer than this
INSPECT_S = 8.0
INSPECT_ALT_M = 15.0
CONTROL_S = 60.0  # an officer's control ends by itself: a lost link must not keep a drone hovering
GO_HOME_PCT = 20.0  # home is at most 2 km away: 3 minutes, 10 % of a battery
READY_PCT = 95.0
PARKED_S = 5.0
BEAT_M = 600.0  # a beat: about eight blocks by three
WALK_POINTS = 12


class World(msgspec.Struct, frozen=True, kw_only=True):
    """What all drones of a run share."""

    city: City
    shares: Shares
    station: Position
    telemetry_s: float
    violations_per_s: float  # of one drone on patrol
    local_hour: Callable[[datetime], int] | None  # set: the rate follows the hours of the day in New York
    pictures: Pictures
    part_bytes: int
    take_picture: TakePicture


class Saved(msgspec.Struct, frozen=True):
    """What a drone's flash remembers of its last moment, so that a power-up begins where the drone really is."""

    position: Position
    heading_deg: float
    battery_pct: float
    at: datetime


class Drone(msgspec.Struct, frozen=True, kw_only=True):
    """A drone at the moment `at`."""

    drone_id: str
    boot: int
    at: datetime
    flight: Flight
    wear: Wear
    phase: FlightPhase
    phase_since: datetime
    base: Position
    alt_m: float  # it patrols at
    place: Place  # where its route ends
    route: tuple[Position, ...]
    until_sighting: float  # in mean intervals between two violations
    telemetry_due: datetime
    telemetry_seq: int = 0
    report_seq: int = 0
    faults: tuple[Fault, ...] | None = None  # None: not yet told since power-up
    inspect_until: datetime | None = None


def power_up(
    drone_id: str, *, boot: int, now: datetime, world: World, home: Random, rng: Random, saved: Saved | None = None
) -> Drone:
    """The drone as it wakes: on patrol at its beat, or where `saved` says it was.

    `home` deals out what stays the same in each life of the drone (beat, base, wear), `rng` what does not.
    """
    place = world.city.any_place(home)
    base = world.city.position(place)
    worn = wear.new_wear(home)
    alt_m = 25.0 + 20.0 * home.random()
    flight = Flight(Position(base.lat_deg, base.lon_deg, alt_m), 360.0 * home.random())
    phase: FlightPhase = "patrol"
    if saved is not None:
        flight = Flight(saved.position, saved.heading_deg)
        worn = msgspec.structs.replace(worn, battery_pct=saved.battery_pct)
        phase = "patrol" if saved.position.alt_m > 1.0 else "parked"
        place = world.city.nearest_place(saved.position, rng)
    return Drone(
        drone_id=drone_id,
        boot=boot,
        at=now,
        flight=flight,
        wear=worn,
        phase=phase,
        phase_since=now,
        base=base,
        alt_m=alt_m,
        place=place,
        route=(),
        until_sighting=rng.expovariate(1.0),
        telemetry_due=now,
    )


def step(drone: Drone, now: datetime, rng: Random, world: World) -> tuple[Drone, list[Message]]:
    """The drone at `now` and what it has to say of the time since `drone.at`, in the order of capture."""
    since, left_s = drone.at, (now - drone.at).total_seconds()
    while left_s > 0:
        dt_s = min(left_s, SUBSTEP_S)
        drone = _moved(drone, dt_s, rng, world)
        left_s = left_s - dt_s if left_s - dt_s > 1e-6 else 0.0
    drone = msgspec.structs.replace(drone, at=now)
    messages: list[Message] = []
    drone = _looked_around(drone, since, rng, world, messages)
    drone = _next_phase(drone, now)
    faults = wear.faults_of(drone.wear, drone.faults or (), now)
    if faults != drone.faults:
        drone = msgspec.structs.replace(drone, faults=faults, report_seq=drone.report_seq + 1)
        messages.append(
            Health(
                id=message_id(now, rng.getrandbits(74)),
                drone_id=drone.drone_id,
                boot=drone.boot,
                seq=drone.report_seq,
                captured_at=now,
                faults=faults,
            )
        )
    if now >= drone.telemetry_due:
        due = max(now, drone.telemetry_due + timedelta(seconds=world.telemetry_s))
        drone = msgspec.structs.replace(drone, telemetry_seq=drone.telemetry_seq + 1, telemetry_due=due)
        messages.append(_telemetry(drone, rng))
    return drone, messages


def commanded(drone: Drone, command: Command, now: datetime) -> Drone:
    """The drone after an officer's command: it hovers where it is, or goes on. On the ground, and for other actions, unchanged."""
    if command.action == "take_control" and drone.phase in ("patrol", "inspect", "return"):
        until = now + timedelta(seconds=CONTROL_S)
        return msgspec.structs.replace(drone, phase="inspect", phase_since=now, inspect_until=until)
    if command.action == "release_control" and drone.phase == "inspect":
        return msgspec.structs.replace(drone, phase="patrol", phase_since=now, inspect_until=None, route=())
    return drone


def saved_of(drone: Drone) -> Saved:
    """What the flash is to remember."""
    return Saved(drone.flight.position, drone.flight.heading_deg, drone.wear.battery_pct, drone.at)


def _moved(drone: Drone, dt_s: float, rng: Random, world: World) -> Drone:
    place, route = drone.place, drone.route
    target: Position | None = None
    alt_m, cruise_mps = drone.alt_m, PATROL_MPS
    match drone.phase:
        case "patrol":
            while route and motion.has_arrived(drone.flight, route[0]):
                route = route[1:]
            if not route:
                points, place = world.city.walk(rng, place, drone.base, BEAT_M, WALK_POINTS)
                route = tuple(points)
            target = route[0]
        case "inspect":
            alt_m = INSPECT_ALT_M
        case "return":
            target, cruise_mps = drone.base, RETURN_MPS
        case "parked" | "landing" | "charging":
            alt_m = 0.0
    flight = motion.step(drone.flight, target, cruise_mps=cruise_mps, alt_m=alt_m, dt_s=dt_s)
    worn = wear.step(
        drone.wear,
        flying=drone.phase not in ("parked", "charging"),
        charging=drone.phase == "charging",
        speed_mps=flight.speed_mps,
        from_station_m=distance_m(flight.position, world.station),
        dt_s=dt_s,
        rng=rng,
    )
    return msgspec.structs.replace(drone, flight=flight, wear=worn, place=place, route=route)


def _next_phase(drone: Drone, now: datetime) -> Drone:
    phase, flight, battery = drone.phase, drone.flight, drone.wear.battery_pct
    match phase:
        case "parked" if battery < READY_PCT / 2:
            phase = "charging"
        case "parked" if (now - drone.phase_since).total_seconds() >= PARKED_S:
            phase = "takeoff"
        case "takeoff" if flight.position.alt_m >= drone.alt_m - 1.0:
            phase = "patrol"
        case "patrol" | "inspect" if battery < GO_HOME_PCT:
            phase = "return"
        case "inspect" if drone.inspect_until is None or now >= drone.inspect_until:
            phase = "patrol"
        case "return" if motion.has_arrived(flight, drone.base) and flight.speed_mps < 0.5:
            phase = "landing"
        case "landing" if flight.position.alt_m <= 0.0 and flight.speed_mps == 0.0:
            phase = "charging"
        case "charging" if battery >= READY_PCT:
            phase = "takeoff"
    if phase == drone.phase:
        return drone
    # After a flight along no street the route begins anew where the drone is.
    route = () if phase != "inspect" else drone.route
    return msgspec.structs.replace(drone, phase=phase, phase_since=now, route=route, inspect_until=None)


def _looked_around(drone: Drone, since: datetime, rng: Random, world: World, messages: list[Message]) -> Drone:
    """Appends the violations seen between `since` and `drone.at`, at the times at which they were seen, with their pictures."""
    if drone.phase not in ("patrol", "inspect") or world.violations_per_s <= 0:
        return drone
    rate = world.violations_per_s
    if world.local_hour is not None:
        rate *= world.shares.rate_factor(world.local_hour(drone.at))
    span_s = (drone.at - since).total_seconds()
    spent_s, until, seq = 0.0, drone.until_sighting, drone.report_seq
    closer_look = False
    while rate > 0 and spent_s + until / rate <= span_s:
        spent_s += until / rate
        until = rng.expovariate(1.0)
        at = since + timedelta(milliseconds=int(spent_s * 1000))
        for message in _sighted(drone, at, rng, world):
            seq += 1
            messages.append(msgspec.structs.replace(message, seq=seq))
            closer_look = closer_look or (isinstance(message, Violation) and message.needs_human)
    drone = msgspec.structs.replace(drone, until_sighting=until - (span_s - spent_s) * rate, report_seq=seq)
    if closer_look and drone.phase == "patrol":
        until_at = drone.at + timedelta(seconds=INSPECT_S)
        drone = msgspec.structs.replace(drone, phase="inspect", phase_since=drone.at, inspect_until=until_at)
    return drone


def _sighted(drone: Drone, at: datetime, rng: Random, world: World) -> Iterator[Message]:
    """The violation at `at` and the parts of its picture; `seq` is left to the caller. Nothing where no vehicle can stand."""
    spot = world.city.spot_near(rng, drone.flight.position)
    if spot is None:
        return
    seen = sighting(rng, world.shares, at)
    violation_id, evidence_id = message_id(at, rng.getrandbits(74)), message_id(at, rng.getrandbits(74))
    pictured = world.pictures == "all" or (world.pictures == "alerts" and seen.needs_human)
    violation = Violation(
        id=violation_id,
        drone_id=drone.drone_id,
        boot=drone.boot,
        seq=1,
        captured_at=at,
        lat_deg=spot.position.lat_deg,
        lon_deg=spot.position.lon_deg,
        alt_m=round(drone.flight.position.alt_m, 1),
        code=seen.code,
        needs_human=seen.needs_human,
        guesses=seen.guesses,
        plate=seen.plate,
        plate_state=seen.plate_state,
        plate_type=seen.plate_type,
        plate_expiry=seen.plate_expiry,
        make=seen.make,
        body=seen.body,
        colour=seen.colour,
        year=seen.year,
        street=spot.street,
        evidence_ids=(evidence_id,) if pictured else (),
    )
    yield violation
    if pictured:
        picture = world.take_picture(violation, seen.truth, rng.getrandbits(32))
        yield from _parts_of(violation, evidence_id, picture, rng, world.part_bytes)


def _parts_of(
    violation: Violation, evidence_id: str, picture: bytes, rng: Random, part_bytes: int
) -> Iterator[Message]:
    digest = sha256(picture).hexdigest()
    parts = [picture[start : start + part_bytes] for start in range(0, len(picture), part_bytes)]
    for number, part in enumerate(parts, start=1):
        yield Evidence(
            id=message_id(violation.captured_at, rng.getrandbits(74)),
            drone_id=violation.drone_id,
            boot=violation.boot,
            seq=1,
            captured_at=violation.captured_at,
            violation_id=violation.id,
            evidence_id=evidence_id,
            part=number,
            parts=len(parts),
            media_type="image/jpeg",
            sha256=digest,
            data=part,
        )


def _telemetry(drone: Drone, rng: Random) -> Telemetry:
    flight, worn = drone.flight, drone.wear
    return Telemetry(
        id=message_id(drone.at, rng.getrandbits(74)),
        drone_id=drone.drone_id,
        boot=drone.boot,
        seq=drone.telemetry_seq,
        captured_at=drone.at,
        lat_deg=round(flight.position.lat_deg, 6),
        lon_deg=round(flight.position.lon_deg, 6),
        alt_m=round(flight.position.alt_m, 1),
        heading_deg=round(flight.heading_deg, 1) % 360.0,
        speed_mps=round(flight.speed_mps, 2),
        battery_pct=round(worn.battery_pct, 1),
        link_pct=round(worn.link_pct, 1),
        temp_c=round(worn.temp_c, 1),
        vibration_mps2=round(worn.vibration_mps2, 2),
        motor_load_pct=round(worn.motor_load_pct, 1),
        phase=drone.phase,
    )
