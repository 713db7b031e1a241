"""What a drone makes of a vehicle at a kerb: code or guesses, and the facts of the vehicle that it could read."""

from __future__ import annotations

from datetime import datetime
from random import Random

import msgspec

from drone_sim.plates import invented_plate
from drone_sim.shares import CALIBRATED_ON, Shares
from messages.model import Guess

NEEDS_HUMAN = 0.01  # the share of violations that a drone cannot tell: the number that the whole project is sized on

CONFUSED: dict[int, tuple[int, ...]] = {
    9: (50, 45, 52), 10: (14, 19), 14: (19, 20, 40), 16: (14, 31, 17), 17: (14, 24, 16), 18: (19, 14, 5),
    19: (14, 18, 40), 20: (14, 21, 24), 21: (20, 14), 24: (20, 17), 31: (16, 14, 69), 37: (38, 42), 38: (37, 69),
    40: (14, 19, 98), 42: (37, 69), 45: (46, 9), 46: (47, 45, 14), 47: (46, 45), 48: (46, 14), 50: (52, 9, 14),
    51: (98, 50), 52: (50, 9), 53: (14, 50), 68: (20, 14), 69: (38, 42), 70: (71, 83), 71: (70, 72), 74: (75, 70),
    78: (85, 20), 82: (88, 80), 84: (46, 16), 85: (78, 86), 98: (51, 40), 11: (13, 14), 13: (22, 14),
}  # fmt: skip
"""The codes that look alike from the air, the likeliest first: same kerb and sign, or same place on the windscreen."""


class Sighting(msgspec.Struct, frozen=True, kw_only=True):
    """The part of a Violation that depends on the vehicle; `truth` is the code it really bears, which the drone does not know."""

    truth: int
    code: int | None
    needs_human: bool
    guesses: tuple[Guess, ...]
    plate: str | None
    plate_state: str | None
    plate_type: str | None
    plate_expiry: str | None
    make: str | None
    body: str | None
    colour: str | None
    year: int | None


def sighting(rng: Random, shares: Shares, at: datetime) -> Sighting:
    """A vehicle drawn from the real shares, as a drone sees it at `at`; one in a hundred needs a human."""
    state, plate_type = shares.plates.draw(rng)
    group = shares.group_of(plate_type)
    truth = shares.codes[group].draw(rng)
    body = shares.bodies[group].draw(rng)
    makes = shares.makes.get(body)
    year = shares.years.draw(rng)
    months_left = shares.expiry_months.draw(rng)
    needs_human = rng.random() < NEEDS_HUMAN
    # An unreadable plate takes state and type along; a doubtful code often comes with a poor view of the vehicle.
    plate_seen = not needs_human or rng.random() < 0.7
    vehicle_seen = not needs_human or rng.random() < 0.85
    return Sighting(
        truth=truth,
        code=None if needs_human else truth,
        needs_human=needs_human,
        guesses=doubtful_guesses(rng, shares, truth)
        if needs_human
        else (Guess(truth, 0.86 + rng.randrange(14) / 100),),
        plate=invented_plate(rng, state, plate_type) if plate_seen else None,
        plate_state=state if plate_seen else None,
        plate_type=plate_type if plate_seen else None,
        plate_expiry=month_after(at, months_left) if plate_seen and months_left is not None else None,
        make=makes.draw(rng) if makes and vehicle_seen else None,
        body=body if vehicle_seen else None,
        colour=shares.colours.draw(rng),
        year=None if year is None else year + at.year - CALIBRATED_ON,
    )


def doubtful_guesses(rng: Random, shares: Shares, truth: int) -> tuple[Guess, ...]:
    """Two or three codes with falling confidence, in sum below 1; the true one is usually, not always, the first."""
    codes = [truth, *CONFUSED.get(truth, ())][:3]
    while len(codes) < 2:
        other = shares.codes["PAS"].draw(rng)
        if other not in codes:
            codes.append(other)
    if len(codes) == 3 and rng.random() < 0.3:
        codes.pop()
    if rng.random() < 0.35:  # the drone's best guess is wrong: these are the alerts that end as "corrected"
        codes[0], codes[1] = codes[1], codes[0]
    percents = [rng.randrange(38, 56)]
    percents.append(rng.randrange(22, min(percents[0], 96 - percents[0])))
    if len(codes) == 3:
        percents.append(rng.randrange(2, min(21, 101 - sum(percents))))
    return tuple(Guess(code, percent / 100) for code, percent in zip(codes, percents, strict=True))


def month_after(at: datetime, months: int) -> str:
    """The month that lies `months` after `at` (before it if negative), as YYYY-MM."""
    year, month = divmod(at.year * 12 + at.month - 1 + months, 12)
    return f"{year:04d}-{month + 1:02d}"
