"""Places in words come from a process of their own, and from here where there can be none."""

from __future__ import annotations

import sys

import pytest

from ground_station.places import Places
from maps import base_map

HERE = (40.7517, -73.9757)


def never(_lat_deg: float, _lon_deg: float) -> tuple[str | None, int | None]:
    raise AssertionError("looked up in this process")


def test_the_process_answers_as_the_map_would() -> None:
    places = Places(never)

    assert places.words(*HERE) == (base_map.place_words(*HERE), base_map.precinct_of(*HERE))
    assert places.words(0.0, 0.0) == (None, None)
    assert places.words(float("nan"), 1e300) == (None, None)
    places.close()
    assert places.words(*HERE) == (None, None)


def test_a_process_that_died_is_started_again() -> None:
    places = Places(never)
    first = places.words(*HERE)
    assert places._process is not None
    places._process.kill()
    places._process.wait()

    assert places.words(*HERE) == first
    places.close()


def test_without_a_process_the_answer_comes_from_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    places = Places(lambda _lat_deg, _lon_deg: ("Broadway", 14))

    assert places.words(*HERE) == ("Broadway", 14)
    places.close()


def test_a_process_that_was_begun_answers_and_one_that_still_reads_is_ended_at_once() -> None:
    places = Places(never)
    places.begin()
    begun = places._process
    assert begun is not None
    assert places.words(*HERE) == (base_map.place_words(*HERE), base_map.precinct_of(*HERE))
    assert places._process is begun
    places.close()

    reading = Places(never)
    reading.begin()
    process = reading._process
    assert process is not None
    reading.close()
    assert process.poll() is not None
