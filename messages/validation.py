"""What is wrong with a message that decoded well: the checks that need a clock, a fleet or the code book."""

from __future__ import annotations

from collections.abc import Container
from datetime import datetime, timedelta

import msgspec

from messages.codebook import is_known
from messages.errors import Reason
from messages.model import Correction, CrowdReport, HistoricTicket, Message, Violation

CLOCK_SKEW = timedelta(minutes=5)  # a drone sets its clock by satellite; more than this is a broken clock
KEPT_FOR = timedelta(days=7)  # a drone keeps reports that long without a station; older ones are a clock set back


class Problem(msgspec.Struct, frozen=True):
    """One thing wrong: the word that is counted, and a line for a person."""

    reason: Reason
    detail: str


def problems_of(
    message: Message, now: datetime, *, fleet: Container[str] | None = None, crowd_allowed: bool = False
) -> list[Problem]:
    """Everything wrong with the message at `now`; an empty list if it is good. Never raises.

    `fleet` holds the drones of the station; None where no list is set. A historic ticket may be as old as it likes.
    """
    problems: list[Problem] = []
    if isinstance(message, CrowdReport) and not crowd_allowed:
        problems.append(Problem("switched_off", "the crowd exercise is a simulation and is switched off here"))
    if fleet is not None and not isinstance(message, HistoricTicket) and message.drone_id not in fleet:
        problems.append(Problem("not_in_fleet", f"{message.drone_id} is not in the fleet of this station"))
    if isinstance(message, HistoricTicket):
        return problems
    if message.captured_at > now + CLOCK_SKEW:
        problems.append(Problem("in_the_future", f"captured {(message.captured_at - now).total_seconds():.0f} s ahead"))
    if message.captured_at < now - KEPT_FOR:
        problems.append(Problem("too_old", f"captured {(now - message.captured_at).days} days ago"))
    for code in _codes(message):
        if not is_known(code):
            problems.append(Problem("unknown_code", f"code {code} is not in the code book"))
    return problems


def _codes(message: Message) -> list[int]:
    if isinstance(message, Violation):
        codes = [guess.code for guess in message.guesses]
        return codes if message.code is None else [message.code, *codes]
    if isinstance(message, Correction):
        return [code for code in (message.code_before, message.code_after) if code is not None]
    return []
