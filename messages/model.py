"""The messages of the contract as frozen structs: the one place where their fields, units and ranges are written.

Field names are the same in struct, JSON, SQL, Kafka, Parquet and on screen, with the unit in the name. Times are aware UTC with
milliseconds. JSON carries the kind in the field `kind`.

Who numbers what (`boot`, `seq`): a sender counts its power-ups in `boot`, and its messages within a boot in `seq` from 1 without
gaps, once for each stream. A drone has two streams: `telemetry` (may be lost in the air) and `report` (kept by the drone until the
bridge has stored it). A desk numbers its Corrections, and the loader the records of one historic file.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

DroneId = Annotated[str, Meta(pattern=r"\A[a-z0-9-]{1,32}\Z")]
StationId = Annotated[str, Meta(pattern=r"\A[a-z0-9-]{1,32}\Z")]
OfficerId = Annotated[str, Meta(pattern=r"\A[a-z0-9-]{1,32}\Z")]
MessageId = Annotated[str, Meta(pattern=r"\A[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\Z")]
Sha256 = Annotated[str, Meta(pattern=r"\A[0-9a-f]{64}\Z")]
Utc = Annotated[datetime, Meta(tz=True)]
Counter = Annotated[int, Meta(ge=1, le=2**53)]
Code = Annotated[int, Meta(ge=1, le=999)]
LatDeg = Annotated[float, Meta(ge=-90, le=90)]
LonDeg = Annotated[float, Meta(ge=-180, le=180)]
Percent = Annotated[float, Meta(ge=0, le=100)]
Share = Annotated[float, Meta(ge=0, le=1)]
ShortText = Annotated[str, Meta(max_length=80)]
LongText = Annotated[str, Meta(max_length=500)]

Stream = Literal["telemetry", "report", "correction", "history"]
FlightPhase = Literal["parked", "takeoff", "patrol", "inspect", "return", "landing", "charging"]


class Message(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind"):
    """What every message carries. `captured_at` is when the thing was seen or decided, never when it was sent."""

    id: MessageId
    drone_id: DroneId  # the drone it is about; for a Correction the drone whose violation was coded
    boot: Counter
    seq: Counter
    captured_at: Utc


class Telemetry(Message, frozen=True, kw_only=True, tag="telemetry"):
    """Where a drone is and how it feels, once a second. Sent once (QoS 0): a lost one is not asked for again."""

    lat_deg: LatDeg
    lon_deg: LonDeg
    alt_m: Annotated[float, Meta(ge=-500, le=10_000)]  # above the ground
    heading_deg: Annotated[float, Meta(ge=0, lt=360)]  # clockwise from true north
    speed_mps: Annotated[float, Meta(ge=0, le=150)]  # over the ground
    battery_pct: Percent
    link_pct: Percent  # quality of the radio link as the drone measures it
    temp_c: Annotated[float, Meta(ge=-80, le=200)]  # of the motor that is hottest
    vibration_mps2: Annotated[float, Meta(ge=0, le=1_000)]  # root mean square over the last second
    motor_load_pct: Percent
    phase: FlightPhase


class Guess(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One code the drone holds possible, and how sure it is (the shares of a violation's guesses sum to at most 1)."""

    code: Code
    confidence: Share


class Violation(Message, frozen=True, kw_only=True, tag="violation"):
    """A parking violation as the drone saw it. None means "the drone could not read it"."""

    lat_deg: LatDeg  # of the vehicle, not of the drone
    lon_deg: LonDeg
    alt_m: Annotated[float, Meta(ge=-500, le=10_000)]  # of the drone above the ground
    code: Code | None  # None exactly when needs_human
    needs_human: bool  # the drone cannot tell which violation it sees: about 1 % of violations
    guesses: Annotated[tuple[Guess, ...], Meta(max_length=8)]  # the likeliest first
    plate: ShortText | None
    plate_state: ShortText | None  # two letters, as the city writes them
    plate_type: ShortText | None  # PAS, COM, OMT ...
    plate_expiry: ShortText | None  # YYYY-MM
    make: ShortText | None
    body: ShortText | None
    colour: ShortText | None
    year: Annotated[int, Meta(ge=1900, le=2100)] | None
    street: ShortText | None
    evidence_ids: Annotated[tuple[MessageId, ...], Meta(max_length=16)]  # pictures that follow on their own
    status: Literal["raw"] = "raw"  # a Correction carries what a human made of it

    def __post_init__(self) -> None:
        if (self.code is None) is not self.needs_human:
            raise ValueError("code must be empty exactly when needs_human is true")


class Evidence(Message, frozen=True, kw_only=True, tag="evidence"):
    """One part of a picture, sent apart from its violation; parts 1..parts joined in order have the SHA-256 given."""

    violation_id: MessageId
    evidence_id: MessageId
    part: Annotated[int, Meta(ge=1, le=1_000)]
    parts: Annotated[int, Meta(ge=1, le=1_000)]
    media_type: Literal["image/png", "image/jpeg"]
    sha256: Sha256  # of the whole picture
    data: bytes  # base64 in JSON


Outcome = Literal["confirmed", "corrected", "rejected"]


class Correction(Message, frozen=True, kw_only=True, tag="correction"):
    """An officer's decision on an alert. `captured_at` equals `decided_at`; `boot` and `seq` are the desk's."""

    violation_id: MessageId
    station: StationId
    officer: OfficerId
    status: Outcome
    code_before: Code | None  # the drone's best guess; None if it had none
    code_after: Code | None  # None exactly when rejected
    reason: LongText | None  # given when rejected
    violation_captured_at: Utc
    claimed_at: Utc
    decided_at: Utc
    plate: ShortText  # the five facts of New York VTL 238(2), and the state; "not shown" where it is not to be seen
    plate_state: ShortText
    plate_type: ShortText
    plate_expiry: ShortText
    make: ShortText
    body: ShortText

    def __post_init__(self) -> None:
        if (self.code_after is None) is not (self.status == "rejected"):
            raise ValueError("code_after must be empty exactly when the violation is rejected")
        if self.status == "rejected" and not self.reason:
            raise ValueError("a rejection needs a reason")


class Citizen(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An invented person of the fictional crowd exercise."""

    name: ShortText
    score: Annotated[int, Meta(ge=-100, le=100)]


class CrowdReport(Message, frozen=True, kw_only=True, tag="crowd"):
    """SIMULATION only, off by default: one minute of the fictional crowd exercise."""

    lat_deg: LatDeg
    lon_deg: LonDeg
    citizens: Annotated[tuple[Citizen, ...], Meta(max_length=100)]
    words: Annotated[tuple[ShortText, ...], Meta(max_length=100)]


class Fault(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One active fault of a drone."""

    code: Annotated[str, Meta(pattern=r"\A[a-z0-9_]{1,32}\Z")]  # battery_low, motor_hot, vibration_high, link_weak ...
    level: Literal["notice", "warning", "alarm"]
    since: Utc


class Health(Message, frozen=True, kw_only=True, tag="health"):
    """The full list of a drone's active faults, sent when it changes: a fault that is missing is over."""

    faults: Annotated[tuple[Fault, ...], Meta(max_length=50)]


class HistoricTicket(Message, frozen=True, kw_only=True, tag="history"):
    """One record of the city's historic CSV, as far as it can be read.

    `drone_id` names the file (`h-` and 12 hex digits of its fingerprint), `boot` is 1, `seq` is the number of the record in the file.
    `captured_at` is issue date and violation time, New York local time turned into UTC. What cannot be read is None and named in
    `flags`; the raw text of every column that is not empty stays in `raw`, under the city's own column name.
    """

    file_name: ShortText
    byte_offset: Annotated[int, Meta(ge=0)]  # of the record in the uncompressed file
    summons_number: Annotated[str, Meta(pattern=r"\A[0-9]{1,20}\Z")]
    issued_on: ShortText  # YYYY-MM-DD, local
    hour: Annotated[int, Meta(ge=0, le=23)] | None  # local
    code: Annotated[int, Meta(ge=0, le=999)]
    plate: ShortText | None
    plate_state: ShortText | None
    plate_type: ShortText | None
    make: ShortText | None
    body: ShortText | None
    colour: ShortText | None
    year: Annotated[int, Meta(ge=1900, le=2100)] | None
    precinct: Annotated[int, Meta(ge=0, le=999)] | None  # 0: written by a camera
    borough: Literal["Manhattan", "Bronx", "Brooklyn", "Queens", "Staten Island"] | None
    street: ShortText | None
    flags: Annotated[tuple[ShortText, ...], Meta(max_length=40)]
    raw: dict[str, str]


AnyMessage = Telemetry | Violation | Evidence | Correction | CrowdReport | Health | HistoricTicket
"""Everything that is stored, forwarded to Kafka and archived."""

KINDS: dict[str, type[Message]] = {
    "telemetry": Telemetry,
    "violation": Violation,
    "evidence": Evidence,
    "correction": Correction,
    "crowd": CrowdReport,
    "health": Health,
    "history": HistoricTicket,
}


_KIND_OF: dict[type[Message], str] = {kind: name for name, kind in KINDS.items()}


def kind_of(message: Message) -> str:
    """The word that names the message's kind in JSON, topics, tables and reports."""
    return _KIND_OF[type(message)]


def stream_of(kind: str) -> Stream:
    """Which of its sender's counters numbers a message of this kind."""
    if kind in ("telemetry", "correction", "history"):
        return kind  # type: ignore[return-value]  # the three are spelled alike
    return "report"
