"""Hypothesis strategies for the messages of the contract, and single good ones for examples. The only place that invents messages."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from messages.codebook import CODE_BOOK
from messages.ids import message_id
from messages.model import (
    AnyMessage,
    Citizen,
    Correction,
    CrowdReport,
    Evidence,
    Fault,
    Guess,
    Health,
    HistoricTicket,
    Outcome,
    Telemetry,
    Violation,
)
from messages.state import DeskRequest

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
STATION = "midtown-south"


def an_id(number: int = 1, at: datetime = NOON) -> str:
    """A message id; the same for the same number."""
    return message_id(at, number)


def a_violation(number: int = 1, **changes: Any) -> Violation:
    """A violation that needs a human, unless `changes` say otherwise."""
    violation = Violation(
        id=an_id(number),
        drone_id="nyc-17",
        boot=1,
        seq=number,
        captured_at=NOON,
        lat_deg=40.7527,
        lon_deg=-73.9772,
        alt_m=38.0,
        code=None,
        needs_human=True,
        guesses=(Guess(14, 0.48), Guess(19, 0.44), Guess(40, 0.05)),
        plate="KJH4T2",
        plate_state="NY",
        plate_type="PAS",
        plate_expiry=None,
        make="Toyota",
        body="4DSD",
        colour="Red",
        year=2019,
        street="42nd Street at Lexington Avenue",
        evidence_ids=(),
    )
    return msgspec.structs.replace(violation, **changes)


def a_sure_violation(number: int = 1, **changes: Any) -> Violation:
    """A violation whose code the drone knows."""
    return a_violation(number, **{"code": 38, "needs_human": False, "guesses": (Guess(38, 0.95),), **changes})


def a_telemetry(number: int = 1, **changes: Any) -> Telemetry:
    """Telemetry of a drone on patrol."""
    telemetry = Telemetry(
        id=an_id(number),
        drone_id="nyc-17",
        boot=1,
        seq=number,
        captured_at=NOON,
        lat_deg=40.7527,
        lon_deg=-73.9772,
        alt_m=38.0,
        heading_deg=29.0,
        speed_mps=7.0,
        battery_pct=71.0,
        link_pct=98.0,
        temp_c=41.0,
        vibration_mps2=1.8,
        motor_load_pct=54.0,
        phase="patrol",
    )
    return msgspec.structs.replace(telemetry, **changes)


def a_correction(violation: Violation, number: int = 1, **changes: Any) -> Correction:
    """The decision of an officer, by default duarte's that code 14 is right."""
    correction = Correction(
        id=an_id(1_000 + number),
        drone_id=violation.drone_id,
        boot=1,
        seq=number,
        captured_at=NOON,
        violation_id=violation.id,
        station=STATION,
        officer="duarte",
        status="confirmed",
        code_before=14,
        code_after=14,
        reason=None,
        violation_captured_at=violation.captured_at,
        claimed_at=NOON,
        decided_at=NOON,
        plate="KJH4T2",
        plate_state="NY",
        plate_type="PAS",
        plate_expiry="not shown",
        make="Toyota",
        body="4DSD",
    )
    return msgspec.structs.replace(correction, **changes)


def a_request(violation: Violation, action: str, officer: str = "duarte") -> DeskRequest:
    """What an officer asks of an alert."""
    return DeskRequest(
        id=an_id(2_000),
        officer=officer,
        action=action,  # type: ignore[arg-type]  # tests name any action
        violation_id=violation.id,
        at=NOON,
    )


def times() -> SearchStrategy[datetime]:
    """Moments with whole milliseconds, as messages carry them."""
    return st.integers(min_value=0, max_value=40 * 365 * 86_400_000).map(
        lambda ms: datetime(2000, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms)
    )


def message_ids() -> SearchStrategy[str]:
    """Ids of any time."""
    return st.builds(message_id, times(), st.integers(min_value=0, max_value=2**74 - 1))


names = st.from_regex(r"\A[a-z0-9-]{1,32}\Z")
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=80)
codes = st.sampled_from([entry.code for entry in CODE_BOOK])
counters = st.integers(min_value=1, max_value=2**53)
lats = st.floats(min_value=-90, max_value=90)
lons = st.floats(min_value=-180, max_value=180)
percents = st.floats(min_value=0, max_value=100)
altitudes = st.floats(min_value=-500, max_value=10_000)
hashes = st.from_regex(r"\A[0-9a-f]{64}\Z")
phases = st.sampled_from(["parked", "takeoff", "patrol", "inspect", "return", "landing", "charging"])


def _maybe(strategy: SearchStrategy[Any]) -> SearchStrategy[Any]:
    return st.none() | strategy


def _envelope() -> dict[str, SearchStrategy[Any]]:
    return {"id": message_ids(), "drone_id": names, "boot": counters, "seq": counters, "captured_at": times()}


def telemetries() -> SearchStrategy[Telemetry]:
    """Any good telemetry."""
    return st.builds(
        Telemetry,
        **_envelope(),
        lat_deg=lats,
        lon_deg=lons,
        alt_m=altitudes,
        heading_deg=st.floats(min_value=0, max_value=360, exclude_max=True),
        speed_mps=st.floats(min_value=0, max_value=150),
        battery_pct=percents,
        link_pct=percents,
        temp_c=st.floats(min_value=-80, max_value=200),
        vibration_mps2=st.floats(min_value=0, max_value=1_000),
        motor_load_pct=percents,
        phase=phases,
    )


@st.composite
def violations(draw: st.DrawFn) -> Violation:
    """Any good violation, one half of them in need of a human."""
    needs_human = draw(st.booleans())
    facts = {
        name: draw(_maybe(texts))
        for name in ("plate", "plate_state", "plate_type", "plate_expiry", "make", "body", "colour", "street")
    }
    guesses = st.lists(st.builds(Guess, codes, st.floats(min_value=0, max_value=1)), max_size=8)
    return Violation(
        **{name: draw(strategy) for name, strategy in _envelope().items()},
        **facts,
        lat_deg=draw(lats),
        lon_deg=draw(lons),
        alt_m=draw(altitudes),
        code=None if needs_human else draw(codes),
        needs_human=needs_human,
        guesses=tuple(draw(guesses)),
        year=draw(_maybe(st.integers(min_value=1900, max_value=2100))),
        evidence_ids=tuple(draw(st.lists(message_ids(), max_size=16))),
    )


def evidences() -> SearchStrategy[Evidence]:
    """Any good part of a picture."""
    return st.builds(
        Evidence,
        **_envelope(),
        violation_id=message_ids(),
        evidence_id=message_ids(),
        part=st.integers(min_value=1, max_value=1_000),
        parts=st.integers(min_value=1, max_value=1_000),
        media_type=st.sampled_from(["image/png", "image/jpeg"]),
        sha256=hashes,
        data=st.binary(max_size=2_000),
    )


@st.composite
def corrections(draw: st.DrawFn) -> Correction:
    """Any good decision."""
    outcomes: list[Outcome] = ["confirmed", "corrected", "rejected"]
    status = draw(st.sampled_from(outcomes))
    facts: dict[str, Any] = {
        name: draw(texts) for name in ("plate", "plate_state", "plate_type", "plate_expiry", "make", "body")
    }
    rejected = status == "rejected"
    return Correction(
        **{name: draw(strategy) for name, strategy in _envelope().items()},
        **facts,
        violation_id=draw(message_ids()),
        station=draw(names),
        officer=draw(names),
        status=status,
        code_before=draw(_maybe(codes)),
        code_after=None if rejected else draw(codes),
        reason=draw(texts.filter(bool)) if rejected else None,
        violation_captured_at=draw(times()),
        claimed_at=draw(times()),
        decided_at=draw(times()),
    )


def healths() -> SearchStrategy[Health]:
    """Any good list of faults."""
    fault = st.builds(
        Fault, st.from_regex(r"\A[a-z0-9_]{1,32}\Z"), st.sampled_from(["notice", "warning", "alarm"]), times()
    )
    return st.builds(Health, **_envelope(), faults=st.lists(fault, max_size=5).map(tuple))


def crowd_reports() -> SearchStrategy[CrowdReport]:
    """Any good report of the fictional crowd exercise."""
    citizen = st.builds(Citizen, texts, st.integers(min_value=-100, max_value=100))
    return st.builds(
        CrowdReport,
        **_envelope(),
        lat_deg=lats,
        lon_deg=lons,
        citizens=st.lists(citizen, max_size=4).map(tuple),
        words=st.lists(texts, max_size=4).map(tuple),
    )


def historic_tickets() -> SearchStrategy[HistoricTicket]:
    """Any good record of the city's historic file."""
    return st.builds(
        HistoricTicket,
        **_envelope(),
        file_name=texts,
        byte_offset=st.integers(min_value=0, max_value=2**53),
        summons_number=st.from_regex(r"\A[0-9]{1,20}\Z"),
        issued_on=texts,
        hour=_maybe(st.integers(min_value=0, max_value=23)),
        code=st.integers(min_value=0, max_value=999),
        plate=_maybe(texts),
        plate_state=_maybe(texts),
        plate_type=_maybe(texts),
        make=_maybe(texts),
        body=_maybe(texts),
        colour=_maybe(texts),
        year=_maybe(st.integers(min_value=1900, max_value=2100)),
        precinct=_maybe(st.integers(min_value=0, max_value=999)),
        borough=_maybe(st.sampled_from(["Manhattan", "Bronx", "Brooklyn", "Queens", "Staten Island"])),
        street=_maybe(texts),
        flags=st.lists(texts, max_size=3).map(tuple),
        raw=st.dictionaries(texts, texts, max_size=5),
    )


BY_KIND: dict[str, SearchStrategy[Any]] = {
    "telemetry": telemetries(),
    "violation": violations(),
    "evidence": evidences(),
    "correction": corrections(),
    "crowd": crowd_reports(),
    "health": healths(),
    "history": historic_tickets(),
}
"""A strategy for each kind of the contract."""


def messages() -> SearchStrategy[AnyMessage]:
    """Any good message of any kind."""
    return st.one_of(*BY_KIND.values())
