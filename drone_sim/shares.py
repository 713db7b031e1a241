"""How often each code, plate, body, make and colour occurs on a real street: loaded from shares.json, drawn with dice.

Source: 8,158 tickets of New York City's fiscal year 2017 (a random sample of 10,000 without those written by cameras). The draws are
chained so that facts fit each other: plate -> body and code -> make. Each share by itself stays that of the sample.
"""

from __future__ import annotations

from bisect import bisect
from collections.abc import Sequence
from itertools import accumulate
from pathlib import Path
from random import Random
from typing import Generic, TypeVar

import msgspec

T = TypeVar("T")
SHARES_FILE = Path(__file__).with_name("shares.json")
CALIBRATED_ON = 2017  # the year of the tickets: a vehicle's model year is moved on from here to the year of capture


class Choice(Generic[T]):
    """A weighted choice, made once and drawn from often: one number of the dice for each draw."""

    def __init__(self, weighted: Sequence[tuple[T, int]]) -> None:
        """`weighted`: value and count. Raises ValueError if nothing has a weight."""
        self.values = [value for value, _ in weighted]
        self._ends = list(accumulate(count for _, count in weighted))
        if not self._ends or self._ends[-1] <= 0:
            raise ValueError("nothing to choose from")
        self.total = self._ends[-1]

    def draw(self, rng: Random) -> T:
        """One value, as often as its count says."""
        return self.values[bisect(self._ends, rng.random() * self.total)]

    def share_of(self, value: T) -> float:
        """How often `value` comes, 0 to 1."""
        at = self.values.index(value)
        return (self._ends[at] - (self._ends[at - 1] if at else 0)) / self.total


class _Counts(msgspec.Struct, frozen=True):
    """shares.json as it stands: [[value, count] ...]; None is "could not be read"."""

    source: str
    tickets: int
    plates: list[tuple[str, str, int]]  # state, type, count
    codes: dict[str, list[tuple[int, int]]]  # by plate type: PAS, COM, OMT, other
    bodies: dict[str, list[tuple[str, int]]]  # by plate type
    makes: dict[str, list[tuple[str, int]]]  # by body
    colours: list[tuple[str | None, int]]
    years: list[tuple[int | None, int]]
    expiry_months: list[tuple[int | None, int]]  # months left of the registration; negative: run out
    hours: tuple[int, ...]  # tickets in each hour of the day, New York time


class Shares:
    """The weighted choices of shares.json, ready to draw from."""

    def __init__(self, counts: _Counts) -> None:
        self.plates = Choice([((state, kind), count) for state, kind, count in counts.plates])
        self.codes = {group: Choice(rows) for group, rows in counts.codes.items()}
        self.bodies = {group: Choice(rows) for group, rows in counts.bodies.items()}
        self.makes = {body: Choice(rows) for body, rows in counts.makes.items()}
        self.colours = Choice(counts.colours)
        self.years = Choice(counts.years)
        self.expiry_months = Choice(counts.expiry_months)
        self.hours = counts.hours

    def group_of(self, plate_type: str) -> str:
        """The group of plate types that codes and bodies are counted by."""
        return plate_type if plate_type in self.codes else "other"

    def rate_factor(self, hour: int) -> float:
        """How busy an hour of the day (0-23, New York time) is against the mean hour: 1.0 is the mean."""
        return self.hours[hour] * 24 / sum(self.hours)


def load_shares(path: Path = SHARES_FILE) -> Shares:
    """The shares in the file; raises msgspec.DecodeError or OSError if it is not one."""
    return Shares(msgspec.json.decode(path.read_bytes(), type=_Counts))
