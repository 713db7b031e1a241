"""The port through which the desk hears the station and speaks to it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar

from ground_station.view_model.events import Event
from messages.state import Command, DeskRequest

Deliver = Callable[[Event], None]
"""Takes an event; called from the link's own thread, returns at once and never raises."""
What = TypeVar("What", covariant=True)
"""What the link brings: events of now (mqtt_link), or moments of a recorded shift (replay_link)."""


class Link(Protocol[What]):
    """A way to the station. No method blocks; what can't be sent now is either dropped or said again by the desk's own rules."""

    def start(self, deliver: Callable[[What], None]) -> None:
        """Begin to connect, and go on connecting for ever. What comes is delivered from the link's own thread."""

    def ask(self, request: DeskRequest) -> None:
        """Send a request about an alert."""

    def decide(self, payload: bytes, correction_id: str) -> None:
        """Send a Correction's bytes."""

    def order(self, command: Command) -> None:
        """Send a command to a drone."""

    def retry_headquarters(self) -> None:
        """Tell the bridge to try headquarters now."""

    def retry_now(self) -> None:
        """Try to connect now, without waiting for the next attempt."""

    def stop(self) -> None:
        """Say goodbye and end the link's thread, within 2 s."""
