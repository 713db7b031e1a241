"""What was made at the last snapshot, so that the next costs what changed and not how long the shift has been. Belongs to one desk."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from ground_station.view_model.fleet_rows import FleetMemo

R = TypeVar("R")


class Memo:
    """`fleet` is that of the fleet. It changes the cost of a snapshot and never its result."""

    def __init__(self) -> None:
        self.fleet = FleetMemo()
        self._last: dict[Callable[..., Any], tuple[tuple[Any, ...], Any]] = {}

    def again(self, make: Callable[..., R], *given: Any) -> R:
        """`make(*given)`, from the last time if it was given the same: the very same things, equal words and numbers. `make` is a pure
        function that is there once."""
        known = self._last.get(make)
        if known is not None and all(map(_same, known[0], given)):
            found: R = known[1]
            return found
        made = make(*given)
        self._last[make] = (given, made)
        return made


def _same(one: object, other: object) -> bool:
    """Not whether they are equal: to find that out of a shift's alerts would cost what is to be saved."""
    return one is other or (isinstance(one, str | int) and one == other)
