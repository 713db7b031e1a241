"""What can happen to the desk from outside, as values; an officer's part is in intentions.py."""

from __future__ import annotations

from datetime import datetime

import msgspec

from messages.alert import Alert
from messages.errors import Reason
from messages.model import Health, Telemetry
from messages.state import BridgeStatus, DeskAnswer, DroneStatus


class _Event(msgspec.Struct, frozen=True, tag=True):
    """Root of all events. Each carries its name when a recording writes it down."""


class LinkUp(_Event, frozen=True):
    """The broker accepted the desk and its subscriptions."""


class LinkDown(_Event, frozen=True):
    """The broker is away. `next_try_at`: when it is tried again by itself."""

    problem: str
    next_try_at: datetime | None


class TelemetryCame(_Event, frozen=True):
    """A drone's telemetry, new or late."""

    telemetry: Telemetry


class DroneMoved(_Event, frozen=True):
    """What a recording keeps of most telemetry: where the drone was. Never comes over a link. Units as in Telemetry."""

    drone_id: str
    boot: int
    seq: int
    captured_at: datetime
    lat_deg: float
    lon_deg: float
    heading_deg: float


class HealthCame(_Event, frozen=True):
    """A drone's full list of faults."""

    health: Health


class StatusCame(_Event, frozen=True):
    """A drone came, stopped, or was lost by the broker."""

    status: DroneStatus


class AlertCame(_Event, frozen=True):
    """An alert's present state, retained or new."""

    alert: Alert


class AlertGone(_Event, frozen=True):
    """The alert is closed and archived: its topic was emptied."""

    violation_id: str


class PictureCame(_Event, frozen=True):
    """The bytes of an alert's evidence picture, and their SHA-256 as counted here."""

    violation_id: str
    image: bytes
    digest: str


class PictureGone(_Event, frozen=True):
    """The picture's topic was emptied."""

    violation_id: str


class BridgeCame(_Event, frozen=True):
    """How the bridge is."""

    status: BridgeStatus


class AnswerCame(_Event, frozen=True):
    """The bridge's answer to a request or decision of this desk."""

    answer: DeskAnswer


class Unreadable(_Event, frozen=True):
    """Bytes that are not what their topic promises; they change nothing but the count."""

    topic: str
    reason: Reason
    detail: str


class PlaceFound(_Event, frozen=True):
    """The words for an alert's place."""

    violation_id: str
    words: str | None
    precinct: int | None


class ExportDone(_Event, frozen=True):
    """The shift was written into a file, or could not be: `problem` says why in plain words."""

    path: str
    problem: str = ""


class RecordingChanged(_Event, frozen=True):
    """The shift is being recorded (`problem` is empty), or can't be at present."""

    path: str
    problem: str = ""


class Tick(_Event, frozen=True):
    """Time went on; comes about four times a second."""


class Closing(_Event, frozen=True):
    """The desk is being closed: what is held for undo goes out now."""


Event = (
    LinkUp
    | LinkDown
    | TelemetryCame
    | DroneMoved
    | HealthCame
    | StatusCame
    | AlertCame
    | AlertGone
    | PictureCame
    | PictureGone
    | BridgeCame
    | AnswerCame
    | Unreadable
    | PlaceFound
    | ExportDone
    | RecordingChanged
    | Tick
    | Closing
)
