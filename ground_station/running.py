"""What a front end needs of a running desk, whether it shows now or the past."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event
from typing import Protocol

from ground_station.view_model.effects import Sound
from ground_station.view_model.intentions import Intention
from ground_station.view_model.snapshot import StationView


class RunningDesk(Protocol):
    """What a front end needs of a desk: desk.Desk of now, replay_desk.ReplayDesk of the past."""

    @property
    def failed(self) -> Event:
        """Set when the journal cannot be written any more."""

    @property
    def finished(self) -> Event:
        """Set when there is nothing more to come."""

    def start(self) -> None:
        """Begin to listen."""

    def take_in(self) -> bool:
        """Do a part of what the next pump would have to do; True where there is more, to be called again before long. A front end that
        calls it does so between any two turns; it need not."""

    def pump(self) -> StationView:
        """Take in what came; the snapshot to draw."""

    def do(self, intention: Intention) -> StationView:
        """An officer's intention; the snapshot after it."""

    def stop(self) -> None:
        """Send what was held and end."""


OpenDesk = Callable[[Callable[[], None], Callable[[Sound], None]], RunningDesk]
"""(wake, sound) -> the desk."""
