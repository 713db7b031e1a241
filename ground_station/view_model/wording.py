"""Every word and unit on screen. Numbers and times come in, plain text in full words comes out.

Times are given as aware datetimes and shown in the zone handed in (None: the system's). Ages and spans are seconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, tzinfo

from ground_station.view_model.language import t

NOTHING = "—"
FACT_LABELS: dict[str, str] = {
    "plate": "Plate",
    "plate_type": "Plate type",
    "plate_expiry": "Expiry",
    "make": "Make or model",
    "body": "Body type",
    "plate_state": "State",
}
REJECT_REASONS: tuple[str, ...] = (
    "no violation to be seen",
    "vehicle is exempt",
    "picture shows another vehicle",
    "picture cannot be read",
)
"""What an officer may choose for Reject besides words of their own."""

MONTHS: tuple[str, ...] = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
FAULTS: dict[str, str] = {
    "battery_low": "battery",
    "motor_hot": "motor hot",
    "vibration_high": "vibration",
    "link_weak": "link weak",
}


def clock(at: datetime, zone: tzinfo | None) -> str:
    """Local time of day: "14:32:07"."""
    return at.astimezone(zone).strftime("%H:%M:%S")


def day(at: datetime, zone: tzinfo | None) -> str:
    """The local day: "22 November 2026"."""
    local = at.astimezone(zone)
    return t("{day} {month} {year}", day=local.day, month=t(MONTHS[local.month - 1]), year=local.year)


def size(number: int) -> str:
    """An amount of bytes: "812 B", "4.1 MB", "20 GB"."""
    value = float(number)
    for unit in ("B", "kB", "MB", "GB"):
        if value < 1000:
            return f"{value:.0f} {unit}" if unit == "B" or value >= 10 else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} TB"


def span(seconds: float) -> str:
    """A counting span: "0:41", "12:05", "2:03:11"; never below zero."""
    whole = max(0, int(seconds))
    hours, rest = divmod(whole, 3600)
    minutes, left = divmod(rest, 60)
    return f"{hours}:{minutes:02d}:{left:02d}" if hours else f"{minutes}:{left:02d}"


def ago(at: datetime, now: datetime, zone: tzinfo | None) -> str:
    """How long ago: "0:41 ago"; from a day on the local date and time: "21 Nov 14:32"."""
    seconds = (now - at).total_seconds()
    if seconds < 86_400:
        return f"{span(seconds)} ago"
    local = at.astimezone(zone)
    return f"{local.day} {local:%b %H:%M}"


def about(seconds: float) -> str:
    """A span as one would say it: "8 s", "12 min", "3 h 20 min"."""
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole} s"
    minutes = whole // 60
    if minutes < 60:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"


def count(number: int) -> str:
    """With separators for thousands: "1,204"."""
    return f"{number:,}"


def plural(number: int, one: str, many: str | None = None) -> str:
    """ "1 alert", "1,204 alerts"."""
    return f"{count(number)} {one if number == 1 else many or one + 's'}"


def percent(value: float | None) -> str:
    """ "71 %", or a dash."""
    return NOTHING if value is None else f"{value:.0f} %"


def degrees_c(value: float | None) -> str:
    """ "24 °C", or a dash."""
    return NOTHING if value is None else f"{value:.0f} °C"


def metres(value: float) -> str:
    """ "38 m", "1.2 km"."""
    return f"{value:.0f} m" if value < 1000 else f"{value / 1000:.1f} km"


def heard(seconds: float | None) -> str:
    """Since when nothing came: "0.8 s" under a live drone's limit, "9 s" under a minute, then "2:14"."""
    if seconds is None:
        return NOTHING
    if seconds < 3.5:
        return f"{max(0.0, seconds):.1f} s"
    return f"{seconds:.0f} s" if seconds < 60 else span(seconds)


def usd(amount: int) -> str:
    """ "$115"."""
    return f"${amount}"


def name_of(identifier: str) -> str:
    """A name from an id: "midtown-south" -> "Midtown South"."""
    return " ".join(part.capitalize() for part in identifier.split("-") if part)


def fault(code: str) -> str:
    """A fault in words: "motor_hot" -> "motor hot"."""
    return FAULTS.get(code, code.replace("_", " "))


def listing(words: Sequence[str]) -> str:
    """ "plate", "plate and expiry", "plate, expiry and make"."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} and {words[-1]}"


def confirm_text(code: int | None, missing: Sequence[str]) -> str:
    """What the confirm button says: "Confirm code 14", or what it waits for. `missing` are names of facts."""
    if code is None:
        return "Choose a code"
    if not missing:
        return f"Confirm code {code}"
    first, *others = [FACT_LABELS[fact] for fact in missing]
    labels = listing([first, *(label.lower() for label in others)])
    return f"{labels} or not shown?" if len(missing) == 1 else f"{labels}: give or not shown?"
