"""The desk's settings: one frozen value, read from the command line and the environment (KESTREL_<NAME>; the command line wins)."""

from __future__ import annotations

import argparse
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal, NoReturn

import msgspec

LOST_AFTER_S = 3.5
_ID = re.compile(r"\A[a-z0-9-]{1,32}\Z")


class SettingError(Exception):
    """A setting is wrong; the text is one line that names it and says what it should be."""


class MissingSetting(SettingError):
    """The station or the officer is missing: the first start asks for them where there is a window."""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that can be set."""

    broker_host: str = "127.0.0.1"
    broker_port: int = 1883  # MQTT's own port
    station: str  # whose alerts and drones are shown
    officer: str  # who claims and decides
    journal: Path  # the desk's small memory; one file for each officer
    theme: Literal["day", "night", "contrast"] | None = None  # None: as it was when the desk was closed
    language: Literal["en", "fr", "xx"] | None = (
        None  # None: the officer's, else the system's; xx: the tests' pseudo-locale
    )
    usual_language: Literal["en", "fr", "xx"] | None = None  # of this machine, as the first start was told
    touch: bool = False  # targets of 44 px, for gloves
    headless: bool = False  # the same states as lines of text, without a window
    scripted_officer: bool = False  # somebody who codes every alert, for tests and the demo
    think_s: float = 2.0  # how long the scripted officer looks at an alert; a quick human
    lost_after_s: float = LOST_AFTER_S  # QGroundControl's default; a drone reports once a second
    seed: int = 7  # of the scripted officer's choices
    record: bool = True  # the shift is written down, for its log, its export and its replay
    shifts: Path = Path("shifts")  # the folder of recorded shifts
    record_mb: float = 2_000.0  # all shifts together; 200 drones make about 31 MB an hour
    record_days: float = 30.0  # then a shift is deleted
    store_key: str | None = None  # encrypts recorded shifts, as it does the bridge's store; only from the environment
    replay: str | None = None  # a recorded shift to be shown again: a file, the beginning of a name, or latest
    speed: int = 1  # of a replay, 1 to 60
    screenshot: Path | None = None  # where to put a picture of the window
    after_s: float = 10.0  # when to take it; the map and some drones are there by then


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise SettingError(message)


def read(arguments: Sequence[str], environment: Mapping[str, str], kept: Mapping[str, str] | None = None) -> Settings:
    """The settings; `kept`: what the first start was told, by name. Raises SettingError for a wrong one. `--help` prints and exits."""
    given = _parser().parse_args(list(arguments))
    values = {
        name: getattr(given, name) if getattr(given, name) is not None else environment.get(f"KESTREL_{name.upper()}")
        for name in vars(given)
    }
    values.update({name: value for name, value in (kept or {}).items() if name != "language" and not values[name]})
    host, port = broker_of(values["broker"] or "127.0.0.1:1883")
    replay = values["replay"] or None
    if replay is not None and _switch("scripted-officer", values["scripted_officer"]):
        raise SettingError("--replay shows the past: --scripted-officer has nothing to decide there")
    station = _identifier("station", values["station"] or (replay and "replay"))
    officer = _identifier("officer", values["officer"] or (replay and "replay"))
    journal = Path(values["journal"] or f"desk-{officer}.db")
    return Settings(
        broker_host=host,
        broker_port=port,
        station=station,
        officer=officer,
        journal=journal,
        theme=_theme(values["theme"]),
        language=_language(values["language"]),
        usual_language="fr" if (kept or {}).get("language") == "fr" else "en" if (kept or {}).get("language") else None,
        touch=_switch("touch", values["touch"]),
        headless=_switch("headless", values["headless"]),
        scripted_officer=_switch("scripted-officer", values["scripted_officer"]),
        think_s=_number("think-s", values["think_s"], 2.0, lowest=0.0),
        lost_after_s=_number("lost-after-s", values["lost_after_s"], LOST_AFTER_S, lowest=1.0),
        seed=int(_number("seed", values["seed"], 7, lowest=0)),
        record=not _switch("no-record", values["no_record"]),
        shifts=Path(values["shifts"]) if values["shifts"] else journal.parent / "shifts",
        record_mb=_number("record-mb", values["record_mb"], 2_000.0, lowest=1.0),
        record_days=_number("record-days", values["record_days"], 30.0, lowest=0.1),
        store_key=environment.get("KESTREL_STORE_KEY") or None,
        replay=replay,
        speed=_speed(values["speed"]),
        screenshot=Path(values["screenshot"]) if values["screenshot"] else None,
        after_s=_number("after-s", values["after_s"], 10.0, lowest=0.0),
    )


def wants_window(arguments: Sequence[str], environment: Mapping[str, str]) -> bool:
    """Whether somebody sits before this start: a window, and nobody who codes or takes pictures by himself."""
    given = _parser().parse_args(list(arguments))
    alone = (given.scripted_officer, given.screenshot, given.headless)
    return not any(alone) and not any(
        environment.get(f"KESTREL_{name}", "0").lower() not in ("0", "no", "false", "off", "")
        for name in ("SCRIPTED_OFFICER", "SCREENSHOT", "HEADLESS")
    )


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="python -m ground_station",
        description="The officer's desk: alerts, map, coding desk and fleet of one station.",
        epilog="Other uses: `shifts` lists the recorded shifts, `export SHIFT --format gpx --out FILE` saves one. "
        "Each setting can also be given in the environment, as KESTREL_BROKER, KESTREL_STATION and so on.",
    )
    add = parser.add_argument
    add("--broker", metavar="HOST:PORT", help="the station's MQTT broker (127.0.0.1:1883)")
    add("--station", metavar="ID", help="which station: small letters, digits and hyphens")
    add("--officer", metavar="ID", help="who sits at the desk: small letters, digits and hyphens")
    add("--journal", metavar="FILE", help="the desk's small memory (desk-OFFICER.db)")
    add("--theme", metavar="day|night|contrast", help="colours (as when the desk was last closed)")
    add("--language", metavar="en|fr", help="of everything on screen (the officer's, else the system's)")
    add("--touch", action="store_true", default=None, help="targets large enough for gloves")
    add("--headless", action="store_true", default=None, help="no window: the same states as lines of text")
    add("--scripted-officer", action="store_true", default=None, help="an invented officer codes every alert")
    add("--think-s", metavar="S", help="how long the invented officer looks at an alert (2.0)")
    add("--lost-after-s", metavar="S", help="silence after which a drone counts as lost (3.5)")
    add("--seed", metavar="N", help="of the invented officer's choices (7)")
    add("--no-record", action="store_true", default=None, help="do not write the shift down")
    add("--shifts", metavar="DIR", help="the folder of recorded shifts (shifts, beside the journal)")
    add("--record-mb", metavar="MB", help="what all recorded shifts may take on the disk (2000)")
    add("--record-days", metavar="DAYS", help="how long a recorded shift is kept (30)")
    add("--replay", metavar="SHIFT", help="show a recorded shift again: a file, the beginning of its name, or latest")
    add("--speed", metavar="N", help="of the replay: 1 to 60 (1)")
    add("--screenshot", metavar="FILE", help="save a picture of the window, and close it")
    add("--after-s", metavar="S", help="when to take the picture (10)")
    return parser


def _speed(text: str | None) -> int:
    number = _number("speed", text, 1, lowest=1.0)
    if number > 60 or number != int(number):
        raise SettingError(f"--speed is {text!r}: it must be a whole number from 1 to 60")
    return int(number)


def broker_of(text: str) -> tuple[str, int]:
    """Host and port of "HOST:PORT". Raises SettingError."""
    host, _, port = text.rpartition(":")
    if not host or not port.isascii() or not port.isdigit() or not 0 < int(port) < 65_536:
        raise SettingError(f"--broker is {text!r}: it must be HOST:PORT, as 127.0.0.1:1883")
    return host.strip("[]"), int(port)


def _theme(text: str | None) -> Literal["day", "night", "contrast"] | None:
    match text:
        case None | "day" | "night" | "contrast":
            return text
    raise SettingError(f"--theme is {text!r}: it must be day, night or contrast")


def _language(text: str | None) -> Literal["en", "fr", "xx"] | None:
    match text:
        case None | "en" | "fr" | "xx":
            return text
    raise SettingError(f"--language is {text!r}: it must be en or fr")


def _identifier(name: str, text: str | None) -> str:
    if text is None:
        raise MissingSetting(f"--{name} is missing: give an id of small letters, digits and hyphens")
    if not _ID.match(text):
        raise SettingError(f"--{name} is {text!r}: it must be 1 to 32 small letters, digits or hyphens")
    return text


def _number(name: str, text: str | None, default: float, *, lowest: float) -> float:
    if text is None:
        return default
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not lowest <= value < 1e12:
        raise SettingError(f"--{name} is {text!r}: it must be a number, at least {lowest:g}")
    return value


def _switch(name: str, given: str | bool | None) -> bool:
    if given is None or isinstance(given, bool):
        return bool(given)
    if given.lower() in ("1", "yes", "true", "on"):
        return True
    if given.lower() in ("0", "no", "false", "off", ""):
        return False
    raise SettingError(f"KESTREL_{name.upper().replace('-', '_')} is {given!r}: it must be yes or no")
