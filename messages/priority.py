"""Which message leaves the station first."""

from __future__ import annotations

from enum import IntEnum

from messages.model import Correction, CrowdReport, Evidence, Health, HistoricTicket, Message, Telemetry, Violation


class Lane(IntEnum):
    """The order in which kept messages leave; the smaller the sooner. FIFO per drone within each."""

    ALERT = 0  # an officer or headquarters waits for it
    VIOLATION = 1
    EVIDENCE = 2
    TELEMETRY = 3
    HISTORY = 4


_LANES: dict[type[Message], Lane] = {
    Correction: Lane.ALERT,
    Health: Lane.VIOLATION,
    CrowdReport: Lane.VIOLATION,
    Evidence: Lane.EVIDENCE,
    Telemetry: Lane.TELEMETRY,
    HistoricTicket: Lane.HISTORY,
}
"""Of every kind but violations, which are alerts or not."""


def priority_of(message: Message) -> Lane:
    """The lane of a message: alerts and decisions, then violations and health, evidence, telemetry, and the historic file."""
    if isinstance(message, Violation):
        return Lane.ALERT if message.needs_human else Lane.VIOLATION
    lane = _LANES.get(type(message))
    if lane is None:
        raise TypeError(f"no lane for {type(message).__name__}")
    return lane
