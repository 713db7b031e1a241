"""No drone ever jumps, turns or climbs faster than it can, and each gets where it is sent."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drone_sim.motion import LIMITS, Flight, has_arrived, step, turn_deg
from messages.geo import Position, distance_m, moved_by

HERE = Position(40.7506, -73.9904, 30.0)

seconds = st.floats(min_value=0.01, max_value=1.0)
headings = st.floats(min_value=0, max_value=359.99)
speeds = st.floats(min_value=0, max_value=LIMITS.speed_mps)
flights = st.builds(lambda heading, speed: Flight(HERE, heading, speed), headings, speeds)
targets = st.none() | st.builds(
    lambda course, metres: moved_by(HERE, bearing_deg=course, distance_m=metres),
    headings,
    st.floats(min_value=0, max_value=5_000),
)


@given(flights, targets, st.floats(min_value=0, max_value=40), st.floats(min_value=0, max_value=120), seconds)
def test_one_step_keeps_every_limit(
    flight: Flight, target: Position | None, cruise_mps: float, alt_m: float, dt_s: float
) -> None:
    after = step(flight, target, cruise_mps=cruise_mps, alt_m=alt_m, dt_s=dt_s)
    assert distance_m(flight.position, after.position) <= LIMITS.speed_mps * dt_s + 0.001
    assert 0 <= after.speed_mps <= LIMITS.speed_mps + 1e-9
    assert abs(after.speed_mps - flight.speed_mps) <= LIMITS.accel_mps2 * dt_s + 1e-9
    assert abs(turn_deg(flight.heading_deg, after.heading_deg)) <= LIMITS.turn_dps * dt_s + 1e-6
    assert abs(after.position.alt_m - flight.position.alt_m) <= LIMITS.climb_mps * dt_s + 1e-9
    assert 0 <= after.heading_deg < 360


@given(flights, headings, st.floats(min_value=0, max_value=600))
def test_every_target_is_reached_in_time(flight: Flight, course: float, metres: float) -> None:
    target = moved_by(HERE, bearing_deg=course, distance_m=metres)
    for _ in range(4 * (20 + int(metres / 5))):
        if has_arrived(flight, target):
            return
        flight = step(flight, target, cruise_mps=7.0, alt_m=30.0, dt_s=0.25)
    pytest.fail(f"still {distance_m(flight.position, target):.0f} m away")


@given(flights)
def test_without_a_target_it_comes_to_rest(flight: Flight) -> None:
    for _ in range(20):
        flight = step(flight, None, cruise_mps=7.0, alt_m=30.0, dt_s=0.25)
    assert flight.speed_mps == 0
    assert step(flight, None, cruise_mps=7.0, alt_m=30.0, dt_s=0.25).position == flight.position


def test_it_turns_the_shorter_way_round() -> None:
    assert turn_deg(350, 10) == 20
    assert turn_deg(10, 350) == -20


def test_time_does_not_run_backwards() -> None:
    with pytest.raises(ValueError, match="negative"):
        step(Flight(HERE), None, cruise_mps=7.0, alt_m=30.0, dt_s=-1.0)


def test_the_limits_would_be_missed_without_the_check() -> None:
    """The control: a jump of one street is more than a step may take."""
    jumped = moved_by(HERE, bearing_deg=90, distance_m=80)
    assert distance_m(HERE, jumped) > LIMITS.speed_mps * 1.0
