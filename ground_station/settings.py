"""The desk's settings: one frozen value, read from the command line and the environment (KESTREL_<NAME>; the command line wins)."""

from __future__ import annotations

import argparse
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal, NoReturn

import msgspec

_ID = re.compile(r"\A[a-z0-9-]{1,32}\Z")


class SettingError(Exception):
    """A setting is wrong; the text is one line that names it and says what it should be."""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that can be set."""

    broker_host: str = "127.0.0.1"
    broker_port: int = 1883  # MQTT's own port
    station: str  # whose alerts and drones are shown
    officer: str  # who claims and decides
    journal: Path  # the desk's small memory; one file for each officer
    theme: Literal["day", "night", "contrast"] | None = None  # None: as it was when the desk was closed
    headless: bool = False  # the same states as lines of text, without a window
    scripted_officer: bool = False  # somebody who codes every alert, for tests and the demo
    think_s: float = 2.0  # how long the scripted officer looks at an alert; a quick human
    lost_after_s: float = 3.5  # QGroundControl's default; a drone reports once a second
    seed: int = 7  # of the scripted officer's choices
    screenshot: Path | None = None  # where to put a picture of the window
    after_s: float = 10.0  # when to take it; the map and some drones are there by then


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise SettingError(message)


def read(arguments: Sequence[str], environment: Mapping[str, str]) -> Settings:
    """The settings; raises SettingError for a wrong one. `--help` prints and exits."""
    given = _parser().parse_args(list(arguments))
    values = {
        name: getattr(given, name) if getattr(given, name) is not None else environment.get(f"KESTREL_{name.upper()}")
        for name in vars(given)
    }
    host, port = _broker(values["broker"] or "127.0.0.1:1883")
    station, officer = _identifier("station", values["station"]), _identifier("officer", values["officer"])
    return Settings(
        broker_host=host,
        broker_port=port,
        station=station,
        officer=officer,
        journal=Path(values["journal"] or f"desk-{officer}.db"),
        theme=_theme(values["theme"]),
        headless=_switch("headless", values["headless"]),
        scripted_officer=_switch("scripted-officer", values["scripted_officer"]),
        think_s=_number("think-s", values["think_s"], 2.0, lowest=0.0),
        lost_after_s=_number("lost-after-s", values["lost_after_s"], 3.5, lowest=1.0),
        seed=int(_number("seed", values["seed"], 7, lowest=0)),
        screenshot=Path(values["screenshot"]) if values["screenshot"] else None,
        after_s=_number("after-s", values["after_s"], 10.0, lowest=0.0),
    )


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="python -m ground_station",
        description="The officer's desk: alerts, map, coding desk and fleet of one station.",
        epilog="Each setting can also be given in the environment, as KESTREL_BROKER, KESTREL_STATION and so on.",
    )
    add = parser.add_argument
    add("--broker", metavar="HOST:PORT", help="the station's MQTT broker (127.0.0.1:1883)")
    add("--station", metavar="ID", help="which station: small letters, digits and hyphens")
    add("--officer", metavar="ID", help="who sits at the desk: small letters, digits and hyphens")
    add("--journal", metavar="FILE", help="the desk's small memory (desk-OFFICER.db)")
    add("--theme", metavar="day|night|contrast", help="colours (as when the desk was last closed)")
    add("--headless", action="store_true", default=None, help="no window: the same states as lines of text")
    add("--scripted-officer", action="store_true", default=None, help="an invented officer codes every alert")
    add("--think-s", metavar="S", help="how long the invented officer looks at an alert (2.0)")
    add("--lost-after-s", metavar="S", help="silence after which a drone counts as lost (3.5)")
    add("--seed", metavar="N", help="of the invented officer's choices (7)")
    add("--screenshot", metavar="FILE", help="save a picture of the window, and close it")
    add("--after-s", metavar="S", help="when to take the picture (10)")
    return parser


def _broker(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not host or not port.isascii() or not port.isdigit() or not 0 < int(port) < 65_536:
        raise SettingError(f"--broker is {text!r}: it must be HOST:PORT, as 127.0.0.1:1883")
    return host.strip("[]"), int(port)


def _theme(text: str | None) -> Literal["day", "night", "contrast"] | None:
    match text:
        case None | "day" | "night" | "contrast":
            return text
    raise SettingError(f"--theme is {text!r}: it must be day, night or contrast")


def _identifier(name: str, text: str | None) -> str:
    if text is None:
        raise SettingError(f"--{name} is missing: give an id of small letters, digits and hyphens")
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
