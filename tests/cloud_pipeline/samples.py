"""Messages for the tests of headquarters: a few literals, and the city's real tickets of the fiscal year 2015."""

from __future__ import annotations

import csv
import gzip
import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from messages.ids import message_id
from messages.model import Correction, Evidence, Guess, Health, HistoricTicket, Telemetry, Violation

NOON = datetime(2026, 11, 20, 17, 0, tzinfo=UTC)  # a Friday, noon in New York
TICKETS_2015 = Path(__file__).parents[1] / "data" / "dof43_pseudonymised_fy2015.csv.gz"
_COUNTIES = {
    **dict.fromkeys(("NY", "MN"), "Manhattan"),
    **dict.fromkeys(("K", "BK"), "Brooklyn"),
    **dict.fromkeys(("Q", "QN", "QNS"), "Queens"),
    "BX": "Bronx",
    **dict.fromkeys(("R", "ST", "RICH"), "Staten Island"),
}


def an_id(number: int, at: datetime = NOON) -> str:
    """The id of the `number`-th message of a test: the same number, the same id."""
    return message_id(at, int.from_bytes(hashlib.sha256(str(number).encode()).digest()[:10]))


def telemetry(number: int, *, at: datetime | None = None, drone_id: str = "d-01") -> Telemetry:
    """One report of a drone over Midtown."""
    at = at or NOON + timedelta(seconds=number)
    return Telemetry(
        id=an_id(number, at), drone_id=drone_id, boot=1, seq=number + 1, captured_at=at, lat_deg=40.75, lon_deg=-73.98,
        alt_m=50.0, heading_deg=90.0, speed_mps=8.0, battery_pct=80.0, link_pct=95.0, temp_c=41.0, vibration_mps2=1.5,
        motor_load_pct=55.0, phase="patrol",
    )  # fmt: skip


def violation(number: int, *, at: datetime | None = None, needs_human: bool = False, **changes: Any) -> Violation:
    """One violation on West 42nd Street, precinct 14, which the drone could code (21) unless it `needs_human`."""
    at = at or NOON + timedelta(seconds=number)
    fields: dict[str, Any] = {
        "id": an_id(number + 1_000_000, at), "drone_id": "d-01", "boot": 1, "seq": number + 1, "captured_at": at,
        "lat_deg": 40.7549, "lon_deg": -73.9840, "alt_m": 40.0, "code": None if needs_human else 21,
        "needs_human": needs_human, "guesses": (Guess(code=38, confidence=0.5), Guess(code=21, confidence=0.25)),
        "plate": "ABC1234", "plate_state": "NY", "plate_type": "PAS", "plate_expiry": "2027-01", "make": "FORD",
        "body": "SUBN", "colour": "BLUE", "year": 2015, "street": "West 42nd Street", "evidence_ids": (),
    }  # fmt: skip
    return Violation(**{**fields, **changes})


def correction(number: int, of: Violation, *, after_s: float = 30.0, **changes: Any) -> Correction:
    """An officer's decision on a violation `after_s` seconds after it was seen: corrected to 46."""
    decided_at = of.captured_at + timedelta(seconds=after_s)
    fields: dict[str, Any] = {
        "id": an_id(number + 2_000_000, decided_at), "drone_id": of.drone_id, "boot": 1, "seq": number + 1,
        "captured_at": decided_at, "violation_id": of.id, "station": "north", "officer": "moreno", "status": "corrected",
        "code_before": 38, "code_after": 46, "reason": None, "violation_captured_at": of.captured_at,
        "claimed_at": decided_at - timedelta(seconds=10), "decided_at": decided_at, "plate": "ABC1234",
        "plate_state": "NY", "plate_type": "PAS", "plate_expiry": "2027-01", "make": "FORD", "body": "SUBN",
    }  # fmt: skip
    return Correction(**{**fields, **changes})


def evidence(number: int, *, size: int = 30_000) -> Evidence:
    """A picture in one part; the bytes are not a picture, which nobody here looks at."""
    data = hashlib.sha256(str(number).encode()).digest() * (size // 32)
    at = NOON + timedelta(seconds=number)
    return Evidence(
        id=an_id(number + 3_000_000, at), drone_id="d-01", boot=1, seq=number + 1, captured_at=at,
        violation_id=an_id(number + 1_000_000, at), evidence_id=an_id(number + 4_000_000, at), part=1, parts=1,
        media_type="image/png", sha256=hashlib.sha256(data).hexdigest(), data=data,
    )  # fmt: skip


def health(number: int) -> Health:
    """A drone without faults."""
    at = NOON + timedelta(seconds=number)
    return Health(id=an_id(number + 5_000_000, at), drone_id="d-01", boot=1, seq=number + 1, captured_at=at, faults=())


def tickets_2015(most: int | None = None) -> Iterator[HistoricTicket]:
    """The real tickets as the contract has them; only what the analyses use is read, the rest stays in `raw`."""
    with gzip.open(TICKETS_2015, "rt", encoding="utf-8", newline="") as file:
        for number, row in enumerate(csv.DictReader(file)):
            if most is not None and number >= most:
                return
            yield _ticket(number, {name: text for name, text in row.items() if name and text})


def _ticket(number: int, row: dict[str, str]) -> HistoricTicket:
    issued_on = datetime.strptime(row["Issue Date"], "%m/%d/%Y").replace(tzinfo=ZoneInfo("America/New_York"))
    hour = _hour(row.get("Violation Time", ""))
    at = issued_on.replace(hour=hour or 0).astimezone(UTC)
    precinct = row.get("Violation Precinct", "")
    return HistoricTicket(
        id=an_id(number + 6_000_000, at), drone_id="h-0123456789ab", boot=1, seq=number + 1, captured_at=at,
        file_name=TICKETS_2015.name, byte_offset=number * 300, summons_number=row["Summons Number"],
        issued_on=issued_on.strftime("%Y-%m-%d"), hour=hour, code=int(row["Violation Code"]),
        plate=row.get("Plate ID"), plate_state=row.get("Registration State"), plate_type=row.get("Plate Type"),
        make=row.get("Vehicle Make"), body=row.get("Vehicle Body Type"), colour=row.get("Vehicle Color"), year=None,
        precinct=int(precinct) if precinct.isdecimal() else None, borough=_COUNTIES.get(row.get("Violation County", "")),  # type: ignore[arg-type]
        street=row.get("Street Name"), flags=(), raw=row,
    )  # fmt: skip


def _hour(text: str) -> int | None:
    if len(text) != 5 or not text[:4].isdecimal():
        return None
    hour = int(text[:2]) % 12 + (12 if text[4] == "P" else 0)
    return hour if int(text[:2]) <= 12 else None
