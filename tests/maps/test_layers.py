"""Steps of a choropleth: about as many values in each, in order, with nothing left out."""

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maps.layers import colour_of, number_words, precinct_layer, steps_of
from maps.style import PALETTES, Theme

RAMP = ("#1", "#2", "#3", "#4", "#5")


@given(st.lists(st.integers(-1000, 100_000).map(float), min_size=1, max_size=80))
def test_every_value_has_a_step_that_holds_it(values: list[float]) -> None:
    steps = steps_of(values, RAMP)

    assert 1 <= len(steps) <= len(RAMP)
    assert all(one.high < other.low for one, other in itertools.pairwise(steps))
    for value in values:
        holders = [step for step in steps if step.low <= value <= step.high]
        assert [step.colour for step in holders] == [colour_of(value, steps)]


def test_one_giant_does_not_turn_the_rest_pale() -> None:
    steps = steps_of([*map(float, range(1, 20)), 100_000.0], RAMP)

    assert len(steps) == 5
    assert steps[0].high < 10


def test_one_value_alone_is_one_step() -> None:
    assert [(step.low, step.high) for step in steps_of([7.0, 7.0, 7.0], RAMP)] == [(7.0, 7.0)]


def test_what_is_no_number_has_no_step_and_no_colour() -> None:
    assert steps_of([math.nan, math.inf], RAMP) == ()
    assert colour_of(math.nan, steps_of([1.0, 2.0], RAMP)) is None
    assert colour_of(3.0, ()) is None


@pytest.mark.parametrize(("value", "words"), [(1204.0, "1,204"), (3.5, "3.5"), (0.0, "0"), (1234.56, "1,235")])
def test_numbers_are_written_as_people_write_them(value: float, words: str) -> None:
    assert number_words(value) == words


def test_only_precincts_with_a_value_are_drawn() -> None:
    layer = precinct_layer({14: 3.0, 999: 5.0}, steps_of([3.0, 5.0], RAMP), "tickets", PALETTES[Theme.DAY])

    drawn = [feature["properties"]["precinct"] for feature in layer.data["features"]]
    assert drawn == [14]
