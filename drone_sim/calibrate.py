"""Makes shares.json from a file of the city's tickets: `python -m drone_sim.calibrate FILE.csv.gz > drone_sim/shares.json`.

Only counts leave this file: no plate, no summons, no street, and nothing that was seen fewer than five times.
"""

from __future__ import annotations

import csv
import gzip
import json
import sys
from collections import Counter
from collections.abc import Iterable
from typing import Any

from messages.codebook import is_known

RARE = 5  # seen fewer times: left out, as noise, and so that no single vehicle shows
CAMERAS = "V"  # the agency whose tickets are written by fixed cameras: no drone sees a red-light violation at a kerb

MAKES = {
    "ACURA": "Acura", "AUDI": "Audi", "BMW": "BMW", "BUICK": "Buick", "CADIL": "Cadillac", "CHEVR": "Chevrolet",
    "CHRYS": "Chrysler", "DODGE": "Dodge", "FIAT": "Fiat", "FORD": "Ford", "FRUEH": "Fruehauf", "GMC": "GMC",
    "HARLE": "Harley-Davidson", "HIN": "Hino", "HONDA": "Honda", "HYUND": "Hyundai", "INFIN": "Infiniti",
    "INTER": "International", "ISUZU": "Isuzu", "JAGUA": "Jaguar", "JEEP": "Jeep", "KENWO": "Kenworth", "KIA": "Kia",
    "LEXUS": "Lexus", "LINCO": "Lincoln", "MACK": "Mack", "MAZDA": "Mazda", "ME/BE": "Mercedes-Benz",
    "MERCU": "Mercury", "MINI": "Mini", "MITSU": "Mitsubishi", "NISSA": "Nissan", "OLDSM": "Oldsmobile",
    "PETER": "Peterbilt", "PONTI": "Pontiac", "PORSC": "Porsche", "ROVER": "Land Rover", "SAAB": "Saab",
    "SATUR": "Saturn", "SCION": "Scion", "SMART": "Smart", "SUBAR": "Subaru", "SUZUK": "Suzuki", "TESLA": "Tesla",
    "TOYOT": "Toyota", "UD": "UD Trucks", "VOLKS": "Volkswagen", "VOLVO": "Volvo", "WORKH": "Workhorse",
    "YAMAH": "Yamaha",
}  # fmt: skip
"""The city's abbreviations, written out."""

COLOURS = {
    "WHITE": "White", "WH": "White", "WHT": "White", "WHI": "White", "W": "White",
    "GY": "Grey", "GREY": "Grey", "GRAY": "Grey", "GRY": "Grey", "GR": "Green", "GREEN": "Green", "GRN": "Green",
    "BK": "Black", "BLACK": "Black", "BLK": "Black", "BLA": "Black", "BL": "Blue", "BLUE": "Blue", "BLU": "Blue",
    "RD": "Red", "RED": "Red", "SILVE": "Silver", "SILV": "Silver", "SIL": "Silver", "SL": "Silver",
    "BROWN": "Brown", "BR": "Brown", "BRN": "Brown", "TN": "Tan", "TAN": "Tan", "BEIGE": "Tan",
    "YW": "Yellow", "YELLO": "Yellow", "GOLD": "Gold", "GL": "Gold", "GD": "Gold", "MR": "Maroon", "MAROO": "Maroon",
    "OR": "Orange", "ORANG": "Orange", "PURPL": "Purple", "PR": "Purple",
}  # fmt: skip


def shares_of(tickets: Iterable[dict[str, str]], source: str) -> dict[str, Any]:
    """The counts that a simulated violation is drawn from. In: the city's columns, blanks taken off their names."""
    seen = [ticket for ticket in tickets if ticket["Issuing Agency"] != CAMERAS]
    hours = Counter(hour for ticket in seen if (hour := _hour(ticket["Violation Time"])) is not None)
    return {
        "source": source,
        "tickets": len(seen),
        "plates": _counted((t["Registration State"], t["Plate Type"]) for t in seen if _is_real_plate(t)),
        "codes": _by(seen, lambda t: _group(t["Plate Type"]), _code),
        "bodies": _by(seen, lambda t: _group(t["Plate Type"]), lambda t: t["Vehicle Body Type"] or None),
        "makes": _by(seen, lambda t: t["Vehicle Body Type"], lambda t: MAKES.get(t["Vehicle Make"])),
        "colours": _counted((COLOURS.get(t["Vehicle Color"]),) for t in seen),
        "years": _counted((_year(t["Vehicle Year"]),) for t in seen),
        "expiry_months": _counted((_months_left(t),) for t in seen),
        "hours": [hours[hour] for hour in range(24)],
    }


def _group(plate_type: str) -> str:
    return plate_type if plate_type in ("PAS", "COM", "OMT") else "other"


def _is_real_plate(ticket: dict[str, str]) -> bool:
    return ticket["Registration State"] != "99" and ticket["Plate Type"] != "999"


def _code(ticket: dict[str, str]) -> int | None:
    code = int(ticket["Violation Code"] or 0)
    return code if is_known(code) else None


def _year(text: str) -> int | None:
    return int(text) if text.isdigit() and 1950 <= int(text) <= 2017 else None


def _hour(text: str) -> int | None:
    """`0143A` -> 1, `0011A` -> 0, `1200P` -> 12, `1520P` -> 15; None for what is no time."""
    if len(text) != 5 or not text[:4].isdigit() or text[4] not in "AP":
        return None
    hour = int(text[:2])
    if text[4] == "A":
        return hour % 12 if hour <= 12 else None
    return hour % 12 + 12 if hour <= 12 else hour if hour < 24 else None


def _months_left(ticket: dict[str, str]) -> int | None:
    """Months from the ticket to the end of the registration, -12 to 24; None where the city wrote no such month."""
    expiry, issued = ticket["Vehicle Expiration Date"], ticket["Issue Date"].split("/")
    if len(expiry) != 8 or not expiry.isdigit() or not 1 <= int(expiry[4:6]) <= 12 or len(issued) != 3:
        return None
    months = (int(expiry[:4]) - int(issued[2])) * 12 + int(expiry[4:6]) - int(issued[0])
    return months if -12 <= months <= 24 else None


def _counted(values: Iterable[tuple[Any, ...]]) -> list[list[Any]]:
    """[[value ..., count] ...], the commonest first; None stands for "could not be read" and is counted too."""
    ordered = sorted(Counter(values).items(), key=lambda item: (-item[1], str(item[0])))
    return [[*value, count] for value, count in ordered if count >= RARE]


def _by(tickets: list[dict[str, str]], key: Any, value: Any) -> dict[str, list[list[Any]]]:
    groups: dict[str, list[tuple[Any, ...]]] = {}
    for ticket in tickets:
        found = value(ticket)
        if found is not None:
            groups.setdefault(key(ticket), []).append((found,))
    return {name: counts for name, values in sorted(groups.items()) if (counts := _counted(values))}


def main(path: str) -> None:
    """Reads the file and writes the JSON to standard output."""
    with gzip.open(path, "rt", encoding="utf-8", errors="replace", newline="") as file:
        rows = csv.DictReader(file)
        tickets = [{name.strip(): (text or "").strip() for name, text in row.items() if name} for row in rows]
    source = "New York City Department of Finance, parking violations issued, fiscal year 2017; 10,000 drawn at random"
    lines = [f"{json.dumps(name)}: {json.dumps(value)}" for name, value in shares_of(tickets, source).items()]
    sys.stdout.write("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    main(sys.argv[1])
