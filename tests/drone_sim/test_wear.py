"""Batteries drain and charge, worn motors run hot, faults do not flicker."""

from __future__ import annotations

from datetime import timedelta
from random import Random
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drone_sim.wear import CHARGE_S, ENDURANCE_S, Wear, faults_of, new_wear, step
from messages.model import Fault
from tests.strategies import NOON

HEALTHY = Wear(
    battery_pct=100.0,
    temp_c=20.0,
    vibration_mps2=1.0,
    motor_load_pct=50.0,
    link_pct=95.0,
    fading=0.0,
    battery_health=1.0,
    motor_wear=0.0,
    imbalance=0.0,
)


def worn(**changes: Any) -> Wear:
    return msgspec.structs.replace(HEALTHY, **changes)


def flown(wear: Wear, seconds: int, *, flying: bool = True, charging: bool = False, speed_mps: float = 0.0) -> Wear:
    rng = Random(1)
    for _ in range(seconds):
        wear = step(wear, flying=flying, charging=charging, speed_mps=speed_mps, from_station_m=500, dt_s=1.0, rng=rng)
    return wear


def codes(faults: tuple[Fault, ...]) -> list[str]:
    return [fault.code for fault in faults]


def test_a_full_battery_lasts_about_its_endurance_at_hover() -> None:
    assert flown(HEALTHY, int(ENDURANCE_S * 0.9)).battery_pct > 5
    assert flown(HEALTHY, int(ENDURANCE_S * 1.1)).battery_pct == 0


def test_an_old_battery_lasts_less_and_flying_fast_costs_more() -> None:
    assert flown(worn(battery_health=0.7), 600).battery_pct < flown(HEALTHY, 600).battery_pct
    assert flown(HEALTHY, 600, speed_mps=12).battery_pct < flown(HEALTHY, 600).battery_pct


def test_it_charges_to_full_and_not_beyond() -> None:
    charged = flown(worn(battery_pct=10.0), int(CHARGE_S), flying=False, charging=True)
    assert charged.battery_pct == 100


def test_a_worn_motor_runs_hotter_and_has_fewer_hours_left() -> None:
    assert flown(worn(motor_wear=0.9), 600).temp_c > flown(HEALTHY, 600).temp_c + 15
    assert worn(motor_wear=0.9).hours_left() < HEALTHY.hours_left()


def test_flying_wears_and_standing_does_not() -> None:
    assert flown(HEALTHY, 600).motor_wear > 0
    assert flown(HEALTHY, 600, flying=False).motor_wear == 0


def test_an_unbalanced_rotor_shakes() -> None:
    assert flown(worn(imbalance=0.9), 10).vibration_mps2 > flown(HEALTHY, 10).vibration_mps2 + 5


@given(st.randoms(use_true_random=False), st.floats(min_value=0, max_value=25_000), st.booleans())
def test_readings_stay_within_the_contract(rng: Random, from_station_m: float, flying: bool) -> None:
    wear = new_wear(rng)
    for _ in range(50):
        wear = step(
            wear, flying=flying, charging=not flying, speed_mps=7, from_station_m=from_station_m, dt_s=1.0, rng=rng
        )
        assert 0 <= wear.battery_pct <= 100
        assert 0 <= wear.link_pct <= 100
        assert -80 <= wear.temp_c <= 200
        assert 0 <= wear.vibration_mps2 <= 1_000
        assert 0 <= wear.motor_load_pct <= 100


@pytest.mark.parametrize(
    ("wear", "code", "level"),
    [
        (worn(battery_pct=24.0), "battery_low", "warning"),
        (worn(battery_pct=9.0), "battery_low", "alarm"),
        (worn(temp_c=80.0), "motor_hot", "warning"),
        (worn(temp_c=99.0), "motor_hot", "alarm"),
        (worn(vibration_mps2=9.0), "vibration_high", "warning"),
        (worn(link_pct=20.0), "link_weak", "notice"),
    ],
)
def test_each_fault_has_its_level(wear: Wear, code: str, level: str) -> None:
    assert [(fault.code, fault.level) for fault in faults_of(wear, (), NOON)] == [(code, level)]


def test_a_healthy_drone_has_no_fault() -> None:
    assert faults_of(HEALTHY, (), NOON) == ()


def test_a_fault_keeps_its_beginning_and_ends_later_than_it_began() -> None:
    first = faults_of(worn(battery_pct=24.9), (), NOON)
    later = faults_of(worn(battery_pct=29.0), first, NOON + timedelta(minutes=5))
    assert later == first
    assert faults_of(worn(battery_pct=31.0), later, NOON + timedelta(minutes=6)) == ()


def test_a_fault_that_gets_worse_keeps_its_beginning() -> None:
    first = faults_of(worn(battery_pct=20.0), (), NOON)
    worse = faults_of(worn(battery_pct=5.0), first, NOON + timedelta(minutes=5))
    assert (worse[0].level, worse[0].since) == ("alarm", NOON)


def test_several_faults_stand_side_by_side() -> None:
    assert codes(faults_of(worn(battery_pct=5.0, temp_c=90.0, link_pct=10.0), (), NOON)) == [
        "battery_low",
        "motor_hot",
        "link_weak",
    ]
