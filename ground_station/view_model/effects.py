"""What the desk asks of the world, as values. The shell (desk.py) carries them out in the order given, one after another."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from ground_station.view_model.intentions import ExportFormat
from messages.coding import Form
from messages.state import Command, DeskRequest

Sound = Literal["new_alert", "reminder"]


class _Effect(msgspec.Struct, frozen=True):
    """Root of all effects."""


class Ask(_Effect, frozen=True):
    """Send a request about an alert to the bridge."""

    request: DeskRequest


class Kept(_Effect, frozen=True, kw_only=True):
    """A decision on its way to the bridge. As an effect: write it to the journal, and forget its half-typed form."""

    correction_id: str
    violation_id: str
    drone_id: str
    boot: int
    seq: int
    status: Literal["confirmed", "corrected", "rejected"]
    code: int | None
    claimed_at: datetime
    decided_at: datetime
    payload: bytes  # the Correction: sent byte for byte, again and again, until it is answered
    sent_at: datetime | None = None  # first handed to the link


class SendDecision(_Effect, frozen=True):
    """Note in the journal that the decision is being sent (it can't be undone from here on), then send its bytes."""

    correction_id: str
    payload: bytes
    at: datetime


class TakeBack(_Effect, frozen=True):
    """Delete an unsent decision from the journal; its form becomes half-typed again."""

    correction_id: str
    violation_id: str
    form: Form


class NoteAnswer(_Effect, frozen=True):
    """Write the bridge's answer to a decision into the journal: it needs no sending any more."""

    correction_id: str
    at: datetime
    ok: bool
    reason: str


class KeepForm(_Effect, frozen=True):
    """Write a half-typed form to the journal."""

    violation_id: str
    form: Form
    at: datetime


class DropForm(_Effect, frozen=True):
    """The alert is closed: its half-typed form is of no use any more."""

    violation_id: str


class NoteShown(_Effect, frozen=True):
    """Write when alerts were first on screen."""

    violation_ids: tuple[str, ...]
    at: datetime


class KeepPreference(_Effect, frozen=True):
    """Write a preference to the journal."""

    name: str
    value: str


class Order(_Effect, frozen=True):
    """Send a command to a drone; the broker drops it after 10 s."""

    command: Command


class RetryHeadquarters(_Effect, frozen=True):
    """Tell the bridge to try headquarters now."""


class RetryBroker(_Effect, frozen=True):
    """Try the broker now."""


class FindPlace(_Effect, frozen=True):
    """Look up the words of an alert's place; the answer is the event PlaceFound."""

    violation_id: str
    lat_deg: float
    lon_deg: float


class SaveShift(_Effect, frozen=True):
    """Write the recorded shift into a file; the answer is the event ExportDone."""

    path: str
    format: ExportFormat


class PlaySound(_Effect, frozen=True):
    """Let the officer hear it."""

    sound: Sound


Effect = (
    Ask
    | Kept
    | SendDecision
    | TakeBack
    | NoteAnswer
    | KeepForm
    | DropForm
    | NoteShown
    | KeepPreference
    | Order
    | RetryHeadquarters
    | RetryBroker
    | FindPlace
    | SaveShift
    | PlaySound
)
