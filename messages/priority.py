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


def priority_of(message: Message) -> Lane:
    """The lane of a message: alerts and decisions, then violations and health, evidence, telemetry, and the historic file."""
    match message:
        case Correction() | Violation(needs_human=True):
            return Lane.ALERT
        case Violation() | Health() | CrowdReport():
            return Lane.VIOLATION
        case Evidence():
            return Lane.EVIDENCE
        case Telemetry():
            return Lane.TELEMETRY
        case HistoricTicket():
            return Lane.HISTORY
    raise TypeError(f"no lane for {type(message).__name__}")
