"""What drones see is drawn from the real shares, and one violation in a hundred needs a human. Held to both by counting."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping
from math import sqrt
from random import Random
from typing import Any

import pytest

from drone_sim.plates import NEW_YORK_SHAPES, STATE_SHAPES, invented_plate, shape_of
from drone_sim.shares import Shares
from drone_sim.sightings import CONFUSED, NEEDS_HUMAN, Sighting, month_after, sighting
from messages.codebook import is_known
from tests.strategies import NOON

COUNT = 120_000


@pytest.fixture(scope="module")
def seen(shares: Shares) -> list[Sighting]:
    rng = Random(2_026)
    return [sighting(rng, shares, NOON) for _ in range(COUNT)]


def chi_square_is_plausible(counts: Mapping[Any, int], expected: Mapping[Any, float]) -> bool:
    """Whether counts could come from the expected shares: chi-square below its mean plus 5 standard deviations."""
    total = sum(counts.values())
    rare = {value for value, share in expected.items() if share * total < 5}
    cells = [(counts.get(value, 0), share * total) for value, share in expected.items() if value not in rare]
    cells.append((sum(counts.get(value, 0) for value in rare), sum(expected[value] for value in rare) * total))
    assert set(counts) <= set(expected)
    square = sum((count - wanted) ** 2 / wanted for count, wanted in cells if wanted > 0)
    freedom = len(cells) - 1
    return square <= freedom + 5 * sqrt(2 * freedom)


def code_shares(shares: Shares) -> dict[Any, float]:
    """The share of each code over all plates: the chain of the draws, worked out."""
    found: defaultdict[Any, float] = defaultdict(float)
    for state, kind in shares.plates.values:
        group = shares.group_of(kind)
        for code in shares.codes[group].values:
            found[code] += shares.plates.share_of((state, kind)) * shares.codes[group].share_of(code)
    return dict(found)


def test_one_in_a_hundred_needs_a_human(seen: list[Sighting]) -> None:
    humans = sum(one.needs_human for one in seen)
    spread = sqrt(COUNT * NEEDS_HUMAN * (1 - NEEDS_HUMAN))
    assert NEEDS_HUMAN == 0.01
    assert abs(humans - COUNT * NEEDS_HUMAN) <= 4 * spread  # 1 in 16,000 seeds would miss by chance


def test_the_count_of_humans_would_find_a_wrong_share() -> None:
    """The control: 1.2 % instead of 1 % is far outside the bound."""
    spread = sqrt(COUNT * NEEDS_HUMAN * (1 - NEEDS_HUMAN))
    assert abs(COUNT * 0.012 - COUNT * NEEDS_HUMAN) > 4 * spread


def test_codes_come_as_often_as_on_real_streets(seen: list[Sighting], shares: Shares) -> None:
    assert chi_square_is_plausible(Counter(one.truth for one in seen), code_shares(shares))


def test_the_chi_square_would_find_wrong_shares(seen: list[Sighting], shares: Shares) -> None:
    """The control: two codes exchanged."""
    expected = code_shares(shares)
    expected[21], expected[46] = expected[46], expected[21]
    assert not chi_square_is_plausible(Counter(one.truth for one in seen), expected)


def test_the_shares_are_those_of_the_city(shares: Shares) -> None:
    """Against figures worked out elsewhere: of 8,158 tickets of fiscal year 2017 without cameras."""
    codes = code_shares(shares)
    assert codes[21] == pytest.approx(1_434 / 8_158, abs=0.01)
    assert codes[38] == pytest.approx(1_000 / 8_158, abs=0.01)
    assert codes[14] == pytest.approx(839 / 8_158, abs=0.01)
    assert shares.rate_factor(9) == pytest.approx(905 * 24 / 8_158, rel=0.02)
    assert 36 not in codes  # written by cameras only


def test_plates_come_as_often_as_on_real_streets(seen: list[Sighting], shares: Shares) -> None:
    read = Counter((one.plate_state, one.plate_type) for one in seen if one.plate_state)
    assert chi_square_is_plausible(read, {plate: shares.plates.share_of(plate) for plate in shares.plates.values})


def test_colours_years_and_bodies_come_as_often_as_on_real_streets(seen: list[Sighting], shares: Shares) -> None:
    colours = {colour: shares.colours.share_of(colour) for colour in shares.colours.values}
    assert chi_square_is_plausible(Counter(one.colour for one in seen), colours)
    years = {year if year is None else year + 9: shares.years.share_of(year) for year in shares.years.values}
    assert chi_square_is_plausible(Counter(one.year for one in seen), years)
    bodies = {body: shares.bodies["COM"].share_of(body) for body in shares.bodies["COM"].values}
    assert chi_square_is_plausible(Counter(one.body for one in seen if one.plate_type == "COM" and one.body), bodies)


def test_hours_average_to_the_rate_that_was_set(shares: Shares) -> None:
    factors = [shares.rate_factor(hour) for hour in range(24)]
    assert sum(factors) == pytest.approx(24)
    assert max(factors) == factors[9]


def test_a_doubtful_violation_has_two_or_three_guesses_that_fall_and_sum_to_at_most_one(seen: list[Sighting]) -> None:
    for one in seen:
        if one.needs_human:
            confidences = [guess.confidence for guess in one.guesses]
            assert one.code is None
            assert len(confidences) in (2, 3)
            assert confidences == sorted(confidences, reverse=True)
            assert sum(confidences) <= 1
            assert len({guess.code for guess in one.guesses}) == len(confidences)
            assert one.truth in {guess.code for guess in one.guesses}


def test_a_sure_violation_names_its_code_and_everything_of_the_plate(seen: list[Sighting]) -> None:
    for one in seen:
        if not one.needs_human:
            assert one.code == one.truth == one.guesses[0].code
            assert one.plate
            assert one.plate_state
            assert one.plate_type


def test_some_doubtful_violations_hide_the_plate_and_some_hide_the_vehicle(seen: list[Sighting]) -> None:
    doubtful = [one for one in seen if one.needs_human]
    assert 0.2 < sum(one.plate is None for one in doubtful) / len(doubtful) < 0.4
    assert 0.05 < sum(one.body is None for one in doubtful) / len(doubtful) < 0.25


def test_the_drones_best_guess_is_usually_right_and_often_enough_wrong(seen: list[Sighting]) -> None:
    doubtful = [one for one in seen if one.needs_human]
    right = sum(one.guesses[0].code == one.truth for one in doubtful) / len(doubtful)
    assert 0.55 < right < 0.75


def test_all_codes_are_in_the_book(seen: list[Sighting]) -> None:
    assert all(is_known(guess.code) for one in seen for guess in one.guesses)
    assert all(is_known(code) for pair in CONFUSED.items() for code in (pair[0], *pair[1]))


def test_plates_have_the_shape_of_their_state(seen: list[Sighting]) -> None:
    for one in seen[:20_000]:
        if one.plate:
            shape = shape_of(one.plate_state or "", one.plate_type or "")
            pattern = shape.replace("A", "[A-Z]").replace("9", "[0-9]")
            assert re.fullmatch(pattern, one.plate), (one.plate, shape)


def test_plates_hardly_ever_repeat(shares: Shares) -> None:
    rng = Random(3)
    plates = {invented_plate(rng, "NY", "PAS") for _ in range(10_000)}
    assert len(plates) > 9_950


def test_every_shape_is_made_of_letters_and_digits() -> None:
    assert all(set(shape) <= {"A", "9"} for shape in (*NEW_YORK_SHAPES.values(), *STATE_SHAPES.values()))


@pytest.mark.parametrize(
    ("months", "month"), [(0, "2026-11"), (1, "2026-12"), (2, "2027-01"), (-11, "2025-12"), (24, "2028-11")]
)
def test_months_are_counted_over_the_turn_of_the_year(months: int, month: str) -> None:
    assert month_after(NOON, months) == month
