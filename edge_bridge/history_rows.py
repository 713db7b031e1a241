"""One record of the city's historic CSV -> HistoricTicket, or why not. Pure.

The columns are those of "Parking Violations Issued", New York City Department of Finance. They are found by name, never by position: the
city has published them with trailing blanks, underscores, dots, cut at 31 characters and in snake_case, and 8 more in some years.
"""

from __future__ import annotations

import csv
import hashlib
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time
from typing import Literal
from zoneinfo import ZoneInfo

import msgspec

from messages.codec import MAX_MESSAGE_BYTES, encode
from messages.errors import Reason
from messages.ids import message_id
from messages.model import HistoricTicket

COLUMNS: tuple[str, ...] = (
    *(
        "Summons Number",
        "Plate ID",
        "Registration State",
        "Plate Type",
        "Issue Date",
        "Violation Code",
        "Vehicle Body Type",
    ),
    *("Vehicle Make", "Issuing Agency", "Street Code1", "Street Code2", "Street Code3", "Vehicle Expiration Date"),
    *("Violation Location", "Violation Precinct", "Issuer Precinct", "Issuer Code", "Issuer Command", "Issuer Squad"),
    *("Violation Time", "Time First Observed", "Violation County", "Violation In Front Of Or Opposite", "House Number"),
    *(
        "Street Name",
        "Intersecting Street",
        "Date First Observed",
        "Law Section",
        "Sub Division",
        "Violation Legal Code",
    ),
    *("Days Parking In Effect", "From Hours In Effect", "To Hours In Effect", "Vehicle Color", "Unregistered Vehicle?"),
    *("Vehicle Year", "Meter Number", "Feet From Curb", "Violation Post Code", "Violation Description"),
    *("No Standing or Stopping Violation", "Hydrant Violation", "Double Parking Violation"),
)
NEEDED = ("Summons Number", "Plate ID", "Issue Date", "Violation Code", "Violation Time")
RECOGNISED = 20  # of the 43 at least: fewer, and it is another table that happens to name some things alike
NEW_YORK = ZoneInfo("America/New_York")

Borough = Literal["Manhattan", "Bronx", "Brooklyn", "Queens", "Staten Island"]
BOROUGHS: Mapping[str, Borough] = {
    **dict.fromkeys(("NY", "MN", "NEWY", "NEW Y", "MAN", "MH"), "Manhattan"),
    **dict.fromkeys(("BX", "BRONX"), "Bronx"),
    **dict.fromkeys(("K", "BK", "KINGS"), "Brooklyn"),
    **dict.fromkeys(("Q", "QN", "QNS", "QUEEN"), "Queens"),
    **dict.fromkeys(("R", "ST", "RICH"), "Staten Island"),
}
_NOT_A_PLATE = frozenset(("BLANKPLATE", "BLANK PLATE", "N/A", "NA", "NONE", "UNKNOWN"))
_DATES = (
    re.compile(r"(?P<m>\d{1,2})/(?P<d>\d{1,2})/(?P<y>\d{4})"),
    re.compile(r"(?P<y>\d{4})-(?P<m>\d{2})-(?P<d>\d{2})"),
)
_TIME = re.compile(r"(\d{2}):?(\d{2})\s*([AP]?)M?", re.IGNORECASE)


class Unreadable(msgspec.Struct, frozen=True):
    """A record that no ticket can be made of."""

    reason: Reason
    detail: str


class NotTheCitysFile(ValueError):
    """The file's first line does not name the city's columns. The text is one line for a person."""


class Layout(msgspec.Struct, frozen=True):
    """The names of a file's columns in their order: the city's own, or as they stand where they are none of the 43."""

    names: tuple[str, ...]


class Origin(msgspec.Struct, frozen=True):
    """Where a record stands: its file, the byte in the uncompressed file, its number from 1."""

    fingerprint: str
    file_name: str
    byte_offset: int
    number: int


def layout_of(header: str) -> Layout:
    """The layout that a first line names. Raises NotTheCitysFile."""
    found = next(csv.reader([header.lstrip("\ufeff")]), [])
    names = tuple(_city_name(name) or " ".join(name.split()) for name in found)
    missing = [name for name in NEEDED if name not in names]
    known = sum(1 for name in set(names) if name in COLUMNS)
    if missing or known < RECOGNISED:
        shown = ", ".join(name[:30] for name in names[:5]) or "nothing"
        lack = f"it has no column '{missing[0]}'" if missing else f"only {known} of its columns are the city's"
        raise NotTheCitysFile(f"it is no parking violations file of the city: {lack} (its first columns: {shown})")
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise NotTheCitysFile(f"it is no parking violations file of the city: it has the column '{twice}' twice")
    return Layout(names)


def fields_of(record: bytes, layout: Layout) -> tuple[list[str], list[str]] | Unreadable:
    """The fields of a record and what had to be forgiven, or why it has the wrong number of them."""
    flags = []
    try:
        text = record.decode()
    except UnicodeDecodeError:
        text = record.decode("cp1252", errors="replace")
        flags.append("encoding")
    text = text.rstrip("\r\n")
    wanted = len(layout.names)
    fields = _split(text)
    if len(fields) == 1 and "," in fields[0]:  # the whole record inside one pair of quotes
        fields = _split(fields[0])
        flags.append("wrapped")
    if len(fields) != wanted:
        plain = text.split(",")
        if len(plain) == wanted:  # a quote that is meant as an inch or a slip
            return plain, [*flags, "quotes"]
        return Unreadable("wrong_shape", f"{len(fields)} fields where the file has {wanted} columns")
    return fields, flags


def ticket_of(
    fields: Sequence[str], layout: Layout, origin: Origin, forgiven: Sequence[str]
) -> HistoricTicket | Unreadable:
    """The ticket of a record's fields. What cannot be read of it is None and flagged; without number or date there is no ticket."""
    raw = {name: _clean(value) for name, value in zip(layout.names, fields, strict=True)}
    raw = {name: value for name, value in raw.items() if value}
    summons_number = raw.get("Summons Number", "")
    if not re.fullmatch(r"[0-9]{1,20}", summons_number):
        return Unreadable("wrong_shape", f"the summons number is {summons_number[:30]!r}")
    issued_on = _date(raw.get("Issue Date", ""))
    if issued_on is None:
        return Unreadable("wrong_shape", f"the issue date is {raw.get('Issue Date', '')[:30]!r}")
    flags = list(forgiven)
    clock = _time(raw.get("Violation Time", ""))
    if clock is None:
        flags.append("hour")
    captured_at = datetime.combine(issued_on, clock or time(), tzinfo=NEW_YORK).astimezone(UTC)
    digest = hashlib.sha256(f"{origin.fingerprint}@{origin.byte_offset}".encode()).digest()
    ticket = HistoricTicket(
        id=message_id(captured_at, int.from_bytes(digest[:10]) & (1 << 74) - 1),
        drone_id=f"h-{origin.fingerprint[:12]}",
        boot=1,
        seq=origin.number,
        captured_at=captured_at,
        file_name=origin.file_name[-80:],
        byte_offset=origin.byte_offset,
        summons_number=summons_number,
        issued_on=issued_on.isoformat(),
        hour=clock.hour if clock is not None else None,
        code=_number(raw, "Violation Code", 0, 999, flags, "code") or 0,
        plate=_plate(raw, flags),
        plate_state=_known(raw, "Registration State", ("99",), flags, "plate_state"),
        plate_type=_known(raw, "Plate Type", ("999",), flags, "plate_type"),
        make=_text(raw, "Vehicle Make", flags, "make"),
        body=_text(raw, "Vehicle Body Type", flags, "body"),
        colour=_text(raw, "Vehicle Color", flags, "colour"),
        year=_year(raw, issued_on, flags),
        precinct=_number(raw, "Violation Precinct", 0, 999, flags, "precinct"),
        borough=_borough(raw, flags),
        street=_text(raw, "Street Name", flags, "street"),
        flags=tuple(flags),
        raw=raw,
    )
    if len(encode(ticket)) > MAX_MESSAGE_BYTES:
        return Unreadable(
            "too_large", f"the ticket would have {len(encode(ticket))} bytes; at most {MAX_MESSAGE_BYTES} are allowed"
        )
    return ticket


def _split(text: str) -> list[str]:
    try:
        return next(csv.reader([text], strict=False), [])
    except csv.Error:
        return []


def _bare(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


_BARE = {_bare(name): name for name in COLUMNS}
CUT = 15  # letters: a name that was cut keeps at least these


def _city_name(name: str) -> str | None:
    bare = _bare(name)
    if bare in _BARE:
        return _BARE[bare]
    longer = [city for known, city in _BARE.items() if len(bare) >= CUT and known.startswith(bare)]
    return longer[0] if len(longer) == 1 else None


def _clean(value: str) -> str:
    """Blanks of every kind as one, none at the ends."""
    return " ".join(value.replace("\u00a0", " ").replace("\x00", " ").split())


def _date(value: str) -> date | None:
    for pattern in _DATES:
        if match := pattern.match(value):
            try:
                found = date(int(match["y"]), int(match["m"]), int(match["d"]))
            except ValueError:
                return None
            return (
                found if 1971 <= found.year <= 2999 else None
            )  # an id counts from 1970; years to 2097 are in the files
    return None


def _time(value: str) -> time | None:
    """`0143A`, `0011A` (just after midnight), `1200P` (noon), `08:25A`; also `1520P`, `1106` and `1900P`, as officers write them."""
    match = _TIME.fullmatch(value)
    if match is None:
        return None
    hour, minute, half = int(match[1]), int(match[2]), match[3].upper()
    if half == "P" and hour < 12:
        hour += 12
    elif half == "A" and hour == 12:
        hour = 0
    return time(hour, minute) if hour < 24 and minute < 60 else None


def _number(raw: Mapping[str, str], column: str, lowest: int, highest: int, flags: list[str], flag: str) -> int | None:
    value = raw.get(column, "")
    if re.fullmatch(r"\d{1,9}(\.0)?", value) and lowest <= int(value.split(".")[0]) <= highest:
        return int(value.split(".")[0])
    if value or flag == "code":
        flags.append(flag)
    return None


def _year(raw: Mapping[str, str], issued_on: date, flags: list[str]) -> int | None:
    if raw.get("Vehicle Year", "0") in ("0", "0.0"):
        return None  # not written down
    year = _number(raw, "Vehicle Year", 1900, 2100, flags, "year")
    if year is not None and year > issued_on.year + 2:  # 2055 to 2069: a slip
        flags.append("year")
        return None
    return year


def _text(raw: Mapping[str, str], column: str, flags: list[str], flag: str) -> str | None:
    value = raw.get(column)
    if value is not None and len(value) > 80:
        flags.append(flag)
        return value[:80]
    return value


def _known(raw: Mapping[str, str], column: str, unknown: Sequence[str], flags: list[str], flag: str) -> str | None:
    value = _text(raw, column, flags, flag)
    if value in unknown:
        flags.append(flag)
        return None
    return value


def _plate(raw: Mapping[str, str], flags: list[str]) -> str | None:
    value = _text(raw, "Plate ID", flags, "plate")
    if value is not None and value.upper() in _NOT_A_PLATE:
        flags.append("plate")
        return None
    return value


def _borough(raw: Mapping[str, str], flags: list[str]) -> Borough | None:
    value = raw.get("Violation County", "")
    found = BOROUGHS.get(value.upper())
    if value and found is None:
        flags.append("borough")
    return found
