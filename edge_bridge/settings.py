"""Everything that can be set, with its unit, its default and why."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


class SettingError(ValueError):
    """A setting is wrong; the text is one line that names it and says what it should be."""


@dataclass(frozen=True)
class Settings:
    """Settings of a run. The command line and the environment (KESTREL_NAME) fill them."""

    broker: str  # HOST:PORT of the station's MQTT broker
    station: str  # the station's id, part of every topic: [a-z0-9-], at most 32
    store: Path  # file of the store; FILE.sent and SQLite's own files stand beside it
    kafka: str | None = None  # HOST:PORT[,HOST:PORT] of headquarters; none: everything is kept and waits
    fleet: frozenset[str] | None = None  # the drones of this station; none: every drone is heard
    key: str | None = None  # encrypts the store; none: plain
    compression: str | None = "lz4"  # of batches to Kafka: a fifth of the bytes for 8 % of the rate; none, lz4
    http: int | None = None  # port on loopback for /metrics and /ready; none: no page
    quota_bytes: int = 0  # what the store may take on the disk; 0: as much as there is


@dataclass(frozen=True)
class LoadSettings:
    """Settings of `load`."""

    file: Path  # the city's CSV, also as .gz
    store: Path  # file of the store
    kafka: str  # HOST:PORT of headquarters
    station: str = "history"  # named in the records' headers
    chunk: int = 500  # records at a time: about 300 kB, one commit
    ahead_rows: int = (
        20_000  # records that may wait for Kafka: reading pauses while more do, so that the store stays small
    )
    key: str | None = None  # encrypts the store; none: plain


def address(name: str, value: str) -> str:
    """A HOST:PORT list, checked. Raises SettingError."""
    for one in value.split(","):
        match = re.fullmatch(r"(\[[0-9a-fA-F:]+\]|[^:\s/]+):(\d{1,5})", one)
        if match is None or not 1 <= int(match[2]) <= 65_535:
            raise SettingError(f"{name} is {value!r}, and should be HOST:PORT such as 127.0.0.1:1883")
    return value


def identity(name: str, value: str) -> str:
    """A station's or drone's id, checked. Raises SettingError."""
    if not re.fullmatch(r"[a-z0-9-]{1,32}", value):
        raise SettingError(f"{name} is {value!r}, and should be 1 to 32 of a-z, 0-9 and -")
    return value


def writable_file(name: str, value: str) -> Path:
    """A file that is there or can be made. Raises SettingError."""
    path = Path(value)
    if not path.parent.is_dir():
        raise SettingError(f"{name} is {value!r}, and should be a file in a folder that exists")
    if path.is_dir():
        raise SettingError(f"{name} is {value!r}, and should be a file, not a folder")
    return path


def fleet_list(name: str, value: str) -> frozenset[str]:
    """The drone ids of a file, one a line; empty lines and lines that begin with # are passed over. Raises SettingError."""
    try:
        lines = Path(value).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingError(
            f"{name} is {value!r}, and should be a text file with one drone id a line ({error})"
        ) from None
    ids = [line.strip() for line in lines if line.strip() and not line.lstrip().startswith("#")]
    for number, drone_id in enumerate(ids, 1):
        identity(f"{name}, entry {number}", drone_id)
    return frozenset(ids)


def number(name: str, value: str, lowest: int, highest: int) -> int:
    """A whole number within bounds. Raises SettingError."""
    if not re.fullmatch(r"\d{1,12}", value) or not lowest <= int(value) <= highest:
        raise SettingError(f"{name} is {value!r}, and should be a whole number from {lowest} to {highest}")
    return int(value)


def needed(name: str, value: str | None, example: str) -> str:
    """A setting without a default. Raises SettingError."""
    if not value:
        environment = "KESTREL_" + name.lstrip("-").upper().replace("-", "_")
        raise SettingError(f"{name} is missing, and should be {example} (or set {environment})")
    return value


def from_environment(environment: Mapping[str, str], name: str) -> str | None:
    """KESTREL_NAME, if it is set and not empty."""
    return environment.get("KESTREL_" + name.upper().replace("-", "_")) or None
