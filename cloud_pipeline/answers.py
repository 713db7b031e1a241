"""What an analysis hands to the reports: plain values, ready to be written down. No Spark here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

Cell = str | int | float | None
Shape = Literal["bars", "ranked", "heat", "none"]
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True, kw_only=True)
class Answer:
    """One question's answer for one source. `rows` fit `columns`; None in a row is "not shown" or "not known"."""

    name: str  # also the file name: "codes-history"
    source: str  # live or history
    question: str
    headline: str  # the answer in one sentence
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""  # what the reader must know to read it rightly
    shape: Shape = "none"  # how it is drawn; bars and ranked: first column against `drawn`
    drawn: str = ""  # the column with the figures
    unit: str = ""  # of that column, in words


@dataclass(frozen=True, kw_only=True)
class Place:
    """How many cases each precinct has; only precincts with enough of them."""

    source: str
    precincts: dict[int, float]


@dataclass(frozen=True, kw_only=True)
class Source:
    """What the answers rest on."""

    source: str
    archived: int  # rows in the archive
    distinct: int  # after each ticket is counted once
    used: int  # after rejected ones and those of impossible dates are left out
    first_on: date | None
    last_on: date | None


@dataclass(frozen=True, kw_only=True)
class Answers:
    """A whole report."""

    sources: tuple[Source, ...]
    answers: tuple[Answer, ...]
    places: tuple[Place, ...]
