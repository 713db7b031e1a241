"""One step of flight: speed, acceleration, turning and climbing within limits, so that no drone ever jumps.

A multirotor turns on the spot and flies where it points. It slows down in time for its target and for a turn: the speed allowed falls
with the angle still to turn, down to nothing at a right angle, so that it never circles a target that it cannot reach.
"""

from __future__ import annotations

from math import cos, radians, sqrt

import msgspec

from messages.geo import Position, bearing_deg, distance_m, moved_by


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """What the airframe can do."""

    speed_mps: float = 15.0  # the usual top speed of a 2 kg police quadcopter in a city
    accel_mps2: float = 4.0  # gentle enough for a steady camera
    turn_dps: float = 90.0
    climb_mps: float = 4.0


LIMITS = Limits()
ARRIVED_M = 6.0  # as near as a satellite fix is sure


class Flight(msgspec.Struct, frozen=True):
    """Where a drone is and how it moves: heading clockwise from true north in [0, 360), speed over the ground."""

    position: Position
    heading_deg: float = 0.0
    speed_mps: float = 0.0


def step(
    flight: Flight, target: Position | None, *, cruise_mps: float, alt_m: float, dt_s: float, limits: Limits = LIMITS
) -> Flight:
    """The flight `dt_s` later, on the way to `target` at no more than `cruise_mps` and to the altitude `alt_m`.

    Without a target it brakes and hovers. Raises ValueError for a negative time.
    """
    if dt_s < 0:
        raise ValueError(f"dt_s is {dt_s}, and must not be negative")
    heading, wanted = flight.heading_deg, 0.0
    if target is not None:
        away_m = distance_m(flight.position, target)
        off_deg = turn_deg(heading, bearing_deg(flight.position, target))
        turned = _clamped(off_deg, limits.turn_dps * dt_s)
        heading = (heading + turned) % 360.0
        heading = 0.0 if heading >= 360.0 else heading  # -1e-17 % 360 is 360.0
        left_deg = abs(off_deg - turned)
        if left_deg < 90.0:
            braking_mps = sqrt(2 * limits.accel_mps2 * away_m)
            wanted = min(cruise_mps, limits.speed_mps, braking_mps, away_m / max(dt_s, 0.1)) * cos(radians(left_deg))
    speed = flight.speed_mps + _clamped(wanted - flight.speed_mps, limits.accel_mps2 * dt_s)
    climbed = _clamped(alt_m - flight.position.alt_m, limits.climb_mps * dt_s)
    there = moved_by(flight.position, bearing_deg=heading, distance_m=speed * dt_s) if speed else flight.position
    return Flight(Position(there.lat_deg, there.lon_deg, flight.position.alt_m + climbed), heading, speed)


def has_arrived(flight: Flight, target: Position) -> bool:
    """Whether the target is as near as a drone can tell."""
    return distance_m(flight.position, target) <= ARRIVED_M


def turn_deg(from_deg: float, to_deg: float) -> float:
    """The shorter way round from one heading to another, in [-180, 180)."""
    return (to_deg - from_deg + 180.0) % 360.0 - 180.0


def _clamped(value: float, most: float) -> float:
    return max(-most, min(most, value))
