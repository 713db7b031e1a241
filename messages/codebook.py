"""The violation codes, each with the time in which it was in force: a code is chosen by when the violation was seen.

Source: New York City Department of Finance, "Violation Codes, Fines, Rules & Regulations", published on NYC Open Data without
restriction on use; the city's abbreviations are written out. Fines are in US dollars: Manhattan at and below 96th Street, and elsewhere.

A code keeps its number when the rule that it cites is renumbered, and a ticket that cites the old number is void: in 2017 the paragraph
of the city's traffic rules for Muni Meters, 4-08(h)(10), became 4-08(h)(1) on 20 April (New York Law Journal, 8 December 2017). The
city's tickets of the fiscal years 2015 and 2017 file codes 37, 38, 42 and 69 under that one paragraph (law section 408, subdivision h1,
in a field of two letters), so each of the four has an entry before that day and one from it on.
"""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec


class CodeEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One code for one span of time: in force from `valid_from` (None: always was) to before `valid_to` (None: still is)."""

    code: int
    title: str
    fine_manhattan_usd: int
    fine_elsewhere_usd: int
    rule: str = (
        ""  # of the city's traffic rules (34 RCNY), as a ticket cites it; empty where this book does not know it
    )
    valid_from: datetime | None = None
    valid_to: datetime | None = None


def _row(code: int, title: str, fine_manhattan_usd: int, fine_elsewhere_usd: int) -> CodeEntry:
    return CodeEntry(
        code=code, title=title, fine_manhattan_usd=fine_manhattan_usd, fine_elsewhere_usd=fine_elsewhere_usd
    )


MUNI_METER_RULE_RENUMBERED = datetime(2017, 4, 20, 4, tzinfo=UTC)
"""Midnight in New York, daylight saving time."""


def _muni_meter(code: int, title: str, fine_manhattan_usd: int, fine_elsewhere_usd: int) -> tuple[CodeEntry, CodeEntry]:
    entry = _row(code, title, fine_manhattan_usd, fine_elsewhere_usd)
    change = MUNI_METER_RULE_RENUMBERED
    return (
        msgspec.structs.replace(entry, rule="4-08(h)(10)", valid_to=change),
        msgspec.structs.replace(entry, rule="4-08(h)(1)", valid_from=change),
    )


CODE_BOOK: tuple[CodeEntry, ...] = (
    _row(1, "Failure to display bus permit", 515, 515),
    _row(2, "No operator name, address or phone displayed", 515, 515),
    _row(3, "Unauthorised passenger pick-up", 515, 515),
    _row(4, "Bus parking in Lower Manhattan", 115, 115),
    _row(5, "Bus lane violation", 250, 250),
    _row(6, "Overnight tractor-trailer parking", 500, 500),
    _row(7, "Failure to stop at red light", 50, 50),
    _row(8, "Idling", 115, 115),
    _row(9, "Obstructing traffic or intersection", 115, 115),
    _row(10, "No stopping: day or time limits", 115, 115),
    _row(11, "No standing: hotel loading", 115, 115),
    _row(12, "Mobile bus lane violation", 250, 250),
    _row(13, "No standing: taxi stand", 115, 115),
    _row(14, "No standing: day or time limits", 115, 115),
    _row(15, "No standing: off-street lot", 115, 115),
    _row(16, "No standing: except truck loading", 95, 95),
    _row(17, "No standing: except authorised vehicle", 95, 95),
    _row(18, "No standing: bus lane", 115, 115),
    _row(19, "No standing: bus stop", 115, 115),
    _row(20, "No parking: day or time limits", 65, 60),
    _row(21, "No parking: street cleaning", 65, 65),
    _row(22, "No standing: taxi or for-hire relief stand", 115, 115),
    _row(23, "No parking: taxi stand", 65, 60),
    _row(24, "No parking: except authorised vehicle", 65, 60),
    _row(25, "No standing: commuter van stop", 115, 115),
    _row(26, "No standing: for-hire vehicle stand", 115, 115),
    _row(27, "No parking: except disability permit", 180, 180),
    _row(28, "Overtime standing: diplomat", 95, 95),
    _row(29, "Altering intercity bus permit", 515, 515),
    _row(30, "No stopping or standing: except passenger pick-up", 515, 515),
    _row(31, "No standing: commercial meter zone", 115, 115),
    _row(32, "Overtime parking: missing or broken meter", 65, 35),
    _row(33, "Misuse parking permit", 65, 65),
    _row(34, "Expired meter", 65, 35),
    _row(35, "Selling or offering merchandise at a meter", 65, 35),
    _row(36, "Photo school zone speed violation", 50, 50),
    *_muni_meter(37, "Expired muni meter", 65, 35),
    *_muni_meter(38, "Failing to display muni meter receipt", 65, 35),
    _row(39, "Overtime parking: time limit posted", 65, 60),
    _row(40, "Fire hydrant", 115, 115),
    _row(41, "Miscellaneous", 0, 0),
    *_muni_meter(42, "Expired muni meter: commercial zone", 65, 35),
    _row(43, "Expired meter: commercial zone", 65, 35),
    _row(44, "Parking over the limit: commercial meter zone", 65, 35),
    _row(45, "Traffic lane", 115, 115),
    _row(46, "Double parking", 115, 115),
    _row(47, "Double parking: Midtown commercial", 115, 115),
    _row(48, "Bike lane", 115, 115),
    _row(49, "Excavation: vehicle obstructs traffic", 95, 95),
    _row(50, "Crosswalk", 115, 115),
    _row(51, "Sidewalk", 115, 115),
    _row(52, "Intersection", 115, 115),
    _row(53, "Safety zone", 115, 115),
    _row(54, "Pick-up or discharge in prohibited zone", 115, 115),
    _row(55, "Elevated or divided highway, or tunnel", 115, 115),
    _row(56, "Divided highway", 115, 115),
    _row(57, "Blue zone", 65, 65),
    _row(58, "Marginal street or waterfront", 65, 45),
    _row(59, "Angle parking: commercial vehicle", 115, 115),
    _row(60, "Angle parking", 65, 45),
    _row(61, "Wrong way", 65, 45),
    _row(62, "Beyond marked space", 65, 45),
    _row(63, "Night-time standing or parking in a park", 95, 95),
    _row(64, "No standing: except consul or diplomat", 95, 95),
    _row(65, "Overtime standing: consul or diplomat", 95, 95),
    _row(66, "Detached trailer", 65, 45),
    _row(67, "Pedestrian ramp", 165, 165),
    _row(68, "Not complying with posted sign", 65, 60),
    *_muni_meter(69, "Failing to display muni meter receipt: commercial zone", 65, 35),
    _row(70, "Registration sticker expired or missing", 65, 65),
    _row(71, "Inspection sticker expired or missing", 65, 65),
    _row(72, "Inspection sticker damaged or counterfeit", 65, 65),
    _row(73, "Registration sticker damaged or counterfeit", 65, 65),
    _row(74, "Front or back plate missing", 65, 65),
    _row(75, "Plate and sticker do not match", 65, 65),
    _row(76, "Vehicle number obscured", 65, 65),
    _row(77, "Parked bus: except designated area", 65, 45),
    _row(78, "Night parking on residential street: commercial vehicle", 65, 65),
    _row(79, "Unauthorised bus layover", 115, 115),
    _row(80, "Missing equipment", 60, 45),
    _row(81, "No standing: except diplomat", 95, 95),
    _row(82, "Commercial plates on unaltered vehicle", 115, 115),
    _row(83, "Improper registration", 65, 65),
    _row(84, "Platform lifts lowered: commercial vehicle", 65, 45),
    _row(85, "Storage: three-hour commercial limit", 65, 65),
    _row(86, "Midtown parking or standing: three-hour limit", 115, 115),
    _row(87, "Fraudulent use of parking permit", 65, 65),
    _row(88, "Unaltered commercial vehicle: name or address", 115, 115),
    _row(89, "No standing: except trucks in the garment district", 115, 115),
    _row(90, "Vehicle sale, washing, repair or driveway", 40, 25),
    _row(91, "Vehicle for sale by dealers", 65, 45),
    _row(92, "Washing or repairing a vehicle", 65, 45),
    _row(93, "Removing or replacing a flat tyre", 65, 65),
    _row(96, "Railroad crossing", 95, 95),
    _row(97, "Vacant lot", 65, 45),
    _row(98, "Obstructing driveway", 95, 95),
    _row(99, "Other", 105, 105),
)

FREQUENT_CODES: tuple[int, ...] = (21, 38, 14, 20, 37, 46, 40, 71, 70)
"""What the digits 1 to 9 of the coding desk choose when the drone has no guess: the commonest codes that are not written by cameras.

Source: 10,000 tickets of the fiscal year 2017, random sample, cameras (agency V) left out.
"""

_BY_CODE: dict[int, tuple[CodeEntry, ...]] = {}
for _entry in CODE_BOOK:
    _BY_CODE[_entry.code] = (*_BY_CODE.get(_entry.code, ()), _entry)


def is_known(code: int) -> bool:
    """Whether the book has the code at any time."""
    return code in _BY_CODE


def entry_at(code: int, at: datetime) -> CodeEntry | None:
    """The entry of the code that was in force at `at` (aware); None if there was none."""
    for entry in _BY_CODE.get(code, ()):
        if (entry.valid_from is None or entry.valid_from <= at) and (entry.valid_to is None or at < entry.valid_to):
            return entry
    return None


def is_valid(code: int, at: datetime) -> bool:
    """Whether the code was in force at `at` (aware)."""
    return entry_at(code, at) is not None


def title_of(code: int) -> str:
    """What the code is called in the newest entry; "Code 123" for one that the book does not have."""
    entries = _BY_CODE.get(code)
    return entries[-1].title if entries else f"Code {code}"


def search(words: str, at: datetime) -> list[CodeEntry]:
    """The entries in force at `at` that begin with the number typed, or whose title or rule has every word typed (any case).

    A word with a hyphen or bracket, such as 4-08(h)(1), is the beginning of a rule too.
    Numbers first, then titles in the order of the book; everything for an empty text.
    """
    wanted = words.lower().split()
    in_force = [entry for entry in CODE_BOOK if entry_at(entry.code, at) is entry]
    if not wanted:
        return in_force
    by_number = [entry for entry in in_force if len(wanted) == 1 and str(entry.code).startswith(wanted[0])]
    by_words = [
        entry
        for entry in in_force
        if all(word in entry.title.lower() or _cites(entry, word) for word in wanted) and entry not in by_number
    ]
    return by_number + by_words


def _cites(entry: CodeEntry, word: str) -> bool:
    """Whether the word is the entry's rule, or the beginning of it that ends with a part: 4-08 and 4-08(h), not 4-08(h)(1 of (10)."""
    if not entry.rule.startswith(word) or not ("-" in word or "(" in word):
        return False
    return entry.rule[len(word) :][:1] in ("", "(")
