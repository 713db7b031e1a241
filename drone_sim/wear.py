"""How a drone ages and fails: battery, motors, vibration, radio link. The truth behind the readings is kept for a later model's test.

The figures are plausible for a 2 kg quadcopter and not those of any make: a full battery flies 35 minutes at hover, a motor lasts
about 300 hours, and a worn one runs hot and draws more.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from math import exp
from random import Random
from typing import Literal

import msgspec

from messages.model import Fault

ENDURANCE_S = 35 * 60.0  # of a full, healthy battery at hover
CHARGE_S = 20 * 60.0  # from empty to full
HOVER_LOAD_PCT = 45.0
MOTOR_LIFE_H = 300.0
WARMING_S = 60.0  # a motor nears its steady temperature with this time constant
AMBIENT_C = 14.0  # yearly mean of New York
REACH_M = 6_000.0  # of the station's radio: half the quality is left there

Level = Literal["notice", "warning", "alarm"]


class Wear(msgspec.Struct, frozen=True, kw_only=True):
    """Readings of a drone, and the truth behind them: `motor_wear` and `imbalance` 0 (new) to 1 (fails), `battery_health` 1 to 0."""

    battery_pct: float
    temp_c: float
    vibration_mps2: float
    motor_load_pct: float
    link_pct: float
    fading: float  # slow change of the radio link, -1 to 1
    battery_health: float
    motor_wear: float
    imbalance: float

    def hours_left(self) -> float:
        """The truth for a model's test: hours of flight until the motor fails."""
        return max(0.0, 1.0 - self.motor_wear) * MOTOR_LIFE_H


def new_wear(rng: Random) -> Wear:
    """A drone from the middle of a fleet's life: most are well, a few are worn."""
    return Wear(
        battery_pct=60.0 + 40.0 * rng.random(),
        temp_c=AMBIENT_C,
        vibration_mps2=0.0,
        motor_load_pct=0.0,
        link_pct=100.0,
        fading=0.0,
        battery_health=1.0 - 0.3 * rng.random() ** 2,
        motor_wear=0.95 * rng.random() ** 3,
        imbalance=0.95 * rng.random() ** 4,
    )


def step(
    wear: Wear, *, flying: bool, charging: bool, speed_mps: float, from_station_m: float, dt_s: float, rng: Random
) -> Wear:
    """The wear `dt_s` later. Draws the dice twice, whatever the drone does."""
    noise, drift = rng.random() - 0.5, rng.random() - 0.5
    load = 0.0
    if flying:
        load = min(100.0, HOVER_LOAD_PCT + 1.3 * speed_mps + 18.0 * wear.motor_wear + 4.0 * noise)
    drained = load / HOVER_LOAD_PCT * dt_s * 100.0 / ENDURANCE_S / wear.battery_health if flying else 0.004 * dt_s
    battery = wear.battery_pct + (dt_s * 100.0 / CHARGE_S if charging else -drained)
    steady_c = AMBIENT_C + (0.75 * load + 28.0 * wear.motor_wear if flying else 0.0)
    fading = max(-1.0, min(1.0, wear.fading * (1 - 0.02 * dt_s) + 0.25 * drift * dt_s**0.5))
    quality = 100.0 * exp(-0.7 * (from_station_m / REACH_M) ** 2) + 18.0 * fading
    return Wear(
        battery_pct=max(0.0, min(100.0, battery)),
        temp_c=wear.temp_c + (steady_c - wear.temp_c) * (1 - exp(-dt_s / WARMING_S)),
        vibration_mps2=max(0.0, 1.0 + 9.0 * wear.imbalance + 0.12 * speed_mps + 0.5 * noise) if flying else 0.0,
        motor_load_pct=load,
        link_pct=max(0.0, min(100.0, quality)),
        fading=fading,
        battery_health=wear.battery_health,
        motor_wear=min(1.0, wear.motor_wear + (load / 60.0 * dt_s / 3600.0 / MOTOR_LIFE_H if flying else 0.0)),
        imbalance=wear.imbalance,
    )


def faults_of(wear: Wear, active: tuple[Fault, ...], now: datetime) -> tuple[Fault, ...]:
    """The faults at `now`. One that goes on keeps its `since`; each ends a little later than it began, so that none flickers."""
    before = {fault.code: fault for fault in active}
    faults = []
    for code, level in _levels(wear, frozenset(before)):
        known = before.get(code)
        faults.append(known if known and known.level == level else Fault(code, level, known.since if known else now))
    return tuple(faults)


def _levels(wear: Wear, active: frozenset[str]) -> Iterator[tuple[str, Level]]:
    battery_limit = 30.0 if "battery_low" in active else 25.0
    if wear.battery_pct < battery_limit:
        yield "battery_low", "alarm" if wear.battery_pct < 10.0 else "warning"
    if wear.temp_c > (72.0 if "motor_hot" in active else 76.0):
        yield "motor_hot", "alarm" if wear.temp_c > 95.0 else "warning"
    if wear.vibration_mps2 > (7.0 if "vibration_high" in active else 8.5):
        yield "vibration_high", "warning"
    if wear.link_pct < (45.0 if "link_weak" in active else 35.0):
        yield "link_weak", "notice"
