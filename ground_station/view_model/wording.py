"""Every word and unit on screen. Numbers and times come in, plain text in full words comes out.

Times are given as aware datetimes and shown in the zone handed in (None: the system's). Ages and spans are seconds.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, tzinfo

from ground_station.view_model.language import later, t
from ground_station.view_model.language import number as number_text

NOTHING = "—"
FACT_LABELS: dict[str, str] = {
    "plate": later("Plate"),
    "plate_type": later("Plate type"),
    "plate_expiry": later("Expiry"),
    "make": later("Make or model"),
    "body": later("Body type"),
    "plate_state": later("State"),
}
REJECT_REASONS: tuple[str, ...] = (
    later("no violation to be seen"),
    later("vehicle is exempt"),
    later("picture shows another vehicle"),
    later("picture cannot be read"),
)
"""What an officer may choose for Reject besides words of their own."""

MONTHS: tuple[str, ...] = (
    later("January"),
    later("February"),
    later("March"),
    later("April"),
    later("May"),
    later("June"),
    later("July"),
    later("August"),
    later("September"),
    later("October"),
    later("November"),
    later("December"),
)
FAULTS: dict[str, str] = {
    "battery_low": later("battery"),
    "motor_hot": later("motor hot"),
    "vibration_high": later("vibration"),
    "link_weak": later("link weak"),
}
SHORT_MONTHS: tuple[str, ...] = (
    later("Jan"),
    later("Feb"),
    later("Mar"),
    later("Apr"),
    later("May"),
    later("Jun"),
    later("Jul"),
    later("Aug"),
    later("Sep"),
    later("Oct"),
    later("Nov"),
    later("Dec"),
)
REASONS: tuple[str, ...] = (
    later("the station has no such alert"),
    later("not claimed by you"),
    later("the decision is about another violation"),
)
_HELD_BY = re.compile(r"\Aclaimed by ([a-z0-9-]+) until (\S+)\Z")
_DECIDED_BY = re.compile(r"\Aalready (?:confirmed|corrected|rejected) by ([a-z0-9-]+)\Z")
FAULT_LEVELS: dict[str, str] = {"warning": later("warning"), "alarm": later("alarm")}
PHASES: dict[str, str] = {
    "parked": later("parked"),
    "takeoff": later("takeoff"),
    "patrol": later("patrol"),
    "inspect": later("inspect"),
    "return": later("return"),
    "landing": later("landing"),
    "charging": later("charging"),
}
KINDS: dict[str, str] = {
    "violation": later("violation"),
    "telemetry": later("telemetry"),
    "health": later("health"),
    "correction": later("correction"),
    "evidence": later("evidence"),
    "status": later("status"),
}
BRIDGE_STATES: dict[str, str] = {
    "online": later("online"),
    "stopped": later("stopped"),
    "offline": later("offline"),
    "full": later("full"),
    "failing": later("failing"),
}


_CAPS: dict[str, str] = {"claim": "C", "down": "↓"}


def use_caps(caps: Mapping[str, str]) -> None:
    """Sets the keys that texts name, by action, when an officer has changed some; as the language, one for the whole process."""
    _CAPS.update({action: caps[action] for action in _CAPS if caps.get(action)})


def cap(action: str) -> str:
    """What stands on the key of an action, for a text that names it."""
    return _CAPS[action]


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
    for unit in (later("B"), later("kB"), later("MB"), later("GB")):
        if value < 1000:
            return f"{decimal(value, 0 if unit == 'B' or value >= 10 else 1)} {t(unit)}"
        value /= 1000
    return f"{decimal(value, 1)} {t('TB')}"


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
        return t("{span} ago", span=span(seconds))
    local = at.astimezone(zone)
    return f"{local.day} {t(SHORT_MONTHS[local.month - 1])} {local:%H:%M}"


def about(seconds: float) -> str:
    """A span as one would say it: "8 s", "12 min", "3 h 20 min"."""
    whole = max(0, round(seconds))
    if whole < 60:
        return t("{value} s", value=whole)
    minutes = whole // 60
    if minutes < 60:
        return t("{value} min", value=minutes)
    hours, minutes = divmod(minutes, 60)
    return t("{hours} h {minutes} min", hours=hours, minutes=minutes) if minutes else t("{value} h", value=hours)


def count(number: int) -> str:
    """With separators for thousands: "1,204"."""
    return number_text(number)


def decimal(value: float, digits: int) -> str:
    """A number with so many digits after the point: "1,204", "1.2"; in French "1 204", "1,2"."""
    return number_text(value, digits)


def bare_age(text: str) -> str:
    """What `ago` says without its words around: "0:41 ago" -> "0:41"."""
    before, _, after = t("{span} ago", span="\0").partition("\0")
    return text.removeprefix(before).removesuffix(after)


def phase(code: str) -> str:
    """What a drone is doing, in a word; a phase that is not known here as it came."""
    return t(PHASES[code]) if code in PHASES else code


def kind(code: str) -> str:
    """A kind of report in words; one that is not known here as it came."""
    return t(KINDS[code]) if code in KINDS else code


def fault_level(code: str) -> str:
    """How bad a fault is: "warning" or "alarm"."""
    return t(FAULT_LEVELS[code]) if code in FAULT_LEVELS else code


def bridge_state(code: str) -> str:
    """What the bridge says of itself, in a word."""
    return t(BRIDGE_STATES[code]) if code in BRIDGE_STATES else code


def percent(value: float | None) -> str:
    """ "71 %", or a dash."""
    return NOTHING if value is None else t("{value} %", value=decimal(value, 0))


def degrees_c(value: float | None) -> str:
    """ "24 °C", or a dash."""
    return NOTHING if value is None else t("{value} °C", value=decimal(value, 0))


def metres(value: float) -> str:
    """ "38 m", "1.2 km"."""
    return t("{value} m", value=decimal(value, 0)) if value < 1000 else t("{value} km", value=decimal(value / 1000, 1))


def heard(seconds: float | None) -> str:
    """Since when nothing came: "0.8 s" under a live drone's limit, "9 s" under a minute, then "2:14"."""
    if seconds is None:
        return NOTHING
    if seconds < 3.5:
        return t("{value} s", value=decimal(max(0.0, seconds), 1))
    return t("{value} s", value=decimal(seconds, 0)) if seconds < 60 else span(seconds)


def usd(amount: int) -> str:
    """ "$115"."""
    return t("${amount}", amount=count(amount))


def name_of(identifier: str) -> str:
    """A name from an id: "midtown-south" -> "Midtown South"."""
    return " ".join(part.capitalize() for part in identifier.split("-") if part)


def fault(code: str) -> str:
    """A fault in words: "motor_hot" -> "motor hot"."""
    return t(FAULTS[code]) if code in FAULTS else code.replace("_", " ")


def reason(text: str) -> str:
    """Why the bridge refused, in the language in use; a reason that is not known here as it came."""
    if held := _HELD_BY.match(text):
        return t("claimed by {name} until {time}", name=name_of(held[1]), time=held[2])
    if decided := _DECIDED_BY.match(text):
        return t("already decided by {name}", name=name_of(decided[1]))
    return t(text) if text in REASONS else text


def listing(words: Sequence[str]) -> str:
    """ "plate", "plate and expiry", "plate, expiry and make"."""
    if len(words) < 2:
        return "".join(words)
    return t("{most} and {last}", most=", ".join(words[:-1]), last=words[-1])


def confirm_text(code: int | None, missing: Sequence[str]) -> str:
    """What the confirm button says: "Confirm code 14", or what it waits for. `missing` are names of facts."""
    if code is None:
        return t("Choose a code")
    if not missing:
        return t("Confirm code {code}", code=code)
    first, *others = [t(FACT_LABELS[fact]) for fact in missing]
    labels = listing([first, *(label.lower() for label in others)])
    if len(missing) == 1:
        return t("{labels} or not shown?", labels=labels)
    return t("{labels}: give or not shown?", labels=labels)
