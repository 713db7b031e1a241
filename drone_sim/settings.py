"""The simulator's settings, from flags and from the environment (KESTREL_<NAME>); flags win."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, dataclass, fields
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, NoReturn, cast, get_args, get_type_hints

import msgspec

from drone_sim.drone import Pictures
from drone_sim.faults import LinkFaults
from messages.codec import EVIDENCE_PART_BYTES
from messages.geo import NEW_YORK, Position
from messages.model import DroneId, StationId


class SettingsError(ValueError):
    """A setting is wrong; the text is one line that names it and what it should be."""


@dataclass(frozen=True)
class Settings:
    """Field: unit and meaning; default and its reason on the same line."""

    broker: Annotated[str, "HOST:PORT of the station's MQTT broker"] = "127.0.0.1:1883"  # MQTT's own port
    station: Annotated[str, "the station that the drones report to, as in its topics"] = (
        "midtown-south"  # the precinct flown over
    )
    flash: Annotated[Path, "file in which the drones keep what is not acknowledged"] = Path(
        "drones.db"
    )  # beside the caller
    drones: Annotated[int, "how many drones fly, 1 to 9999"] = 20  # what one officer can watch
    drone_prefix: Annotated[str, "what a drone's name begins with"] = "nyc"  # nyc-01, nyc-02 ...
    seed: Annotated[int, "number from which everything is drawn: same seed, same reports"] = 7  # any
    violations_per_min: Annotated[float, "violations that each drone on patrol sees in a minute"] = (
        15.0  # 20 drones: an alert each 20 s
    )
    by_hour: Annotated[bool, "let that rate follow the hours of the day in New York"] = (
        False  # a demo at night wants to see something
    )
    seconds: Annotated[float | None, "make reports for so long, then only send what is kept, then end"] = (
        None  # until stopped
    )
    drain_s: Annotated[float, "seconds to wait at the end for the last acknowledgement"] = (
        60.0  # a bridge may be catching up
    )
    pictures: Annotated[Pictures, "which violations get a picture: all, alerts or none"] = "all"  # as the drones would
    part_bytes: Annotated[int, "bytes of a picture in one message"] = (
        32_768  # two parts a picture; a slow link delays others by little
    )
    telemetry_hz: Annotated[float, "telemetry messages a second, 0.01 to 20"] = 1.0  # enough for a map that glides
    centre: Annotated[str, "LAT,LON of the station"] = "40.7506,-73.9904"  # police precinct 14, Midtown South
    radius_km: Annotated[float | None, "how far from the station beats lie"] = None  # 2.5, and more for a big fleet
    to_file: Annotated[Path | None, "write the messages to this file as JSON lines instead, without a broker"] = (
        None  # fly
    )
    start: Annotated[str | None, "with --to-file: the time at which it begins, such as 2026-11-22T08:00:00Z"] = (
        None  # must be given
    )
    link_drop: Annotated[float, "share of reports that the radio link loses, 0 to 1"] = 0.0  # faults are for tests
    link_duplicate: Annotated[float, "share of reports that arrive twice"] = 0.0  # as above
    link_reorder: Annotated[float, "share of reports that the next one overtakes"] = 0.0  # as above
    link_delay_s: Annotated[float, "longest delay of the link in seconds"] = 0.0  # as above
    clock_skew_s: Annotated[float, "how wrong a drone's clock may be, in seconds"] = 0.0  # as above

    @property
    def broker_address(self) -> tuple[str, int]:
        """Host and port."""
        host, _, port = self.broker.rpartition(":")
        return host, int(port)

    @property
    def station_position(self) -> Position:
        """Where the station is."""
        lat, lon = self.centre.split(",")
        return Position(float(lat), float(lon))

    @property
    def reach_m(self) -> float:
        """How far from the station beats lie, in metres: wide enough that two drones in three have a beat of their own."""
        return 1000.0 * (self.radius_km if self.radius_km is not None else max(2.5, 0.25 * self.drones**0.5))

    @property
    def starts_at(self) -> datetime:
        """When the simulated clock begins; only with `start`."""
        return datetime.fromisoformat(cast(str, self.start))

    @property
    def link(self) -> LinkFaults:
        """The link's faults."""
        return LinkFaults(
            drop=self.link_drop, duplicate=self.link_duplicate, reorder=self.link_reorder, delay_s=self.link_delay_s
        )

    @property
    def drone_ids(self) -> list[str]:
        """The names of the drones."""
        width = max(2, len(str(self.drones)))
        return [f"{self.drone_prefix}-{number:0{width}d}" for number in range(1, self.drones + 1)]


def settings_of(argv: Sequence[str], environ: Mapping[str, str]) -> Settings:
    """The settings; raises SettingsError. `--help` prints and ends the process with code 0."""
    parser = _Parser(
        prog="python -m drone_sim",
        description="Simulated drones over New York: they report where they are and which parking violations they see.",
        allow_abbrev=False,
    )
    for name, kind, words, default in _described():
        shown = "" if default in (None, False) else f" (default {default})"
        if kind is bool:
            parser.add_argument(_flag(name), action="store_const", const="1", help=words)
        else:
            parser.add_argument(_flag(name), metavar="X", help=words + shown)
    given = {name: text for name, text in vars(parser.parse_args(argv)).items() if text is not None}
    values: dict[str, Any] = {}
    for name, kind, _, default in _described():
        text = given.get(name, environ.get(f"KESTREL_{name.upper()}"))
        values[name] = default if text is None else _read(name, kind, text)
    return _checked(Settings(**values))


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise SettingsError(message)


def _described() -> list[tuple[str, Any, str, Any]]:
    """(name, type, words for the help, default) of each field."""
    hints = get_type_hints(Settings, include_extras=True)
    rows = []
    for field in fields(Settings):
        kind, words = get_args(hints[field.name])
        rows.append((field.name, kind, words, None if field.default is MISSING else field.default))
    return rows


def _flag(name: str) -> str:
    return "--" + name.replace("_", "-")


def _read(name: str, kind: Any, text: str) -> Any:
    options = [option for option in get_args(kind) if option is not type(None)]
    if kind is bool:
        return text.lower() in ("1", "true", "yes", "on")
    if options and isinstance(options[0], str):
        if text not in options:
            raise SettingsError(f"{_flag(name)} is {text!r}, and should be one of {', '.join(options)}")
        return text
    make: Callable[[str], Any] = options[0] if options else kind
    try:
        return make(text)
    except ValueError:
        wanted = {int: "a whole number", float: "a number"}.get(cast(type, make), "text")
        raise SettingsError(f"{_flag(name)} is {text!r}, and should be {wanted}") from None


def _checked(settings: Settings) -> Settings:
    for name, good, wanted in _rules(settings):
        if not good:
            raise SettingsError(f"{_flag(name)} is {getattr(settings, name)!s}, and should be {wanted}")
    return settings


def _rules(settings: Settings) -> list[tuple[str, bool, str]]:
    s = settings
    host, _, port = s.broker.rpartition(":")
    shares = [
        (name, 0 <= getattr(s, name) <= 1, "a share from 0 to 1")
        for name in ("link_drop", "link_duplicate", "link_reorder")
    ]
    return [
        ("broker", bool(host) and port.isdigit() and 0 < int(port) < 65536, "HOST:PORT, such as 127.0.0.1:1883"),
        ("station", _is(s.station, StationId), "1 to 32 of a-z, 0-9 and -"),
        ("drones", 1 <= s.drones <= 9999, "from 1 to 9999"),
        ("drone_prefix", _is(f"{s.drone_prefix}-0000", DroneId), "1 to 27 of a-z, 0-9 and -"),
        ("violations_per_min", 0 <= s.violations_per_min <= 100_000, "from 0 to 100000"),
        ("seconds", s.seconds is None or s.seconds > 0, "more than 0"),
        ("drain_s", s.drain_s >= 0, "0 or more"),
        ("part_bytes", 1_000 <= s.part_bytes <= EVIDENCE_PART_BYTES, f"from 1000 to {EVIDENCE_PART_BYTES}"),
        ("telemetry_hz", 0.01 <= s.telemetry_hz <= 20, "from 0.01 to 20"),
        ("centre", _is_in_new_york(s.centre), "LAT,LON in New York, such as 40.7506,-73.9904"),
        ("radius_km", s.radius_km is None or 0.5 <= s.radius_km <= 50, "from 0.5 to 50"),
        ("to_file", s.to_file is None or s.to_file.absolute().parent.is_dir(), "a file in a folder that exists"),
        ("flash", s.flash.absolute().parent.is_dir(), "a file in a folder that exists"),
        (
            "start",
            s.to_file is None or _is_time(s.start),
            "a time with its zone, such as 2026-11-22T08:00:00Z, with --to-file",
        ),
        ("seconds", s.to_file is None or s.seconds is not None, "given with --to-file"),
        *shares,
        ("link_delay_s", 0 <= s.link_delay_s <= 60, "from 0 to 60"),
        ("clock_skew_s", 0 <= s.clock_skew_s <= 86_400, "from 0 to 86400"),
    ]


def _is(text: str, kind: Any) -> bool:
    try:
        msgspec.convert(text, kind)
    except msgspec.ValidationError:
        return False
    return True


def _is_in_new_york(text: str) -> bool:
    try:
        lat, lon = (float(part) for part in text.split(","))
    except ValueError:
        return False
    return NEW_YORK.holds(Position(lat, lon))


def _is_time(text: str | None) -> bool:
    try:
        return text is not None and datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False
