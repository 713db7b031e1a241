"""Everything that can be set, with its unit, its default and why."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
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
    # 64 hex digits, or a passphrase: encrypts the store; none: plain. Not shown when the settings are.
    key: str | None = field(default=None, repr=False)
    compression: str | None = "lz4"  # of batches to Kafka: a fifth of the bytes for 8 % of the rate; none, lz4
    http: int | None = None  # port on loopback for /metrics and /ready; none: no page
    quota_bytes: int = 0  # what the store may take on the disk; 0: as much as there is
    keep_free_bytes: int = 67_108_864  # left to everybody else on the store's file system
    keep_sent_s: float = 86_400.0  # what headquarters has is kept for a day: the map's history
    quarantine_bytes: int = 256_000_000  # of messages that are nobody's; beyond it the oldest lose their bytes


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
    # 64 hex digits, or a passphrase: encrypts the store; none: plain. Not shown when the settings are.
    key: str | None = field(default=None, repr=False)


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


def existing_file(name: str, value: str) -> Path:
    """A file that is there. Raises SettingError."""
    if not Path(value).is_file():
        raise SettingError(f"{name} is {value!r}, and should be a file that exists")
    return Path(value)


PASSPHRASE_LETTERS = 12  # shorter ones are guessed, however slow each guess is


def store_key(environment: Mapping[str, str], key_file: str | None, *, plain: bool) -> str | None:
    """The store's key from a file or KESTREL_STORE_KEY; None only where a plain store is asked for. Raises SettingError."""
    key_file = key_file or from_environment(environment, "key-file")
    plain = plain or from_environment(environment, "plain") in ("1", "yes")
    if key_file:
        key: str | None = secret_in("--key-file", key_file)
    else:
        key = from_environment(environment, "store-key")
        if key is not None and len(key) < PASSPHRASE_LETTERS:
            raise SettingError(f"KESTREL_STORE_KEY is too short: it should be {_KEY_WORDS}")
    if key is not None and plain:
        raise SettingError("--plain and a key are given, and only one of them can be meant")
    if key is None and not plain:
        raise SettingError(
            "there is no key for the store: set KESTREL_STORE_KEY or --key-file FILE,"
            " or say --plain if anybody who finds the disk may read it"
        )
    return key


_KEY_WORDS = f"64 hex digits, or a passphrase of at least {PASSPHRASE_LETTERS} characters"


def secret_in(name: str, value: str) -> str:
    """The key in a file that only its owner can read. Raises SettingError, which never shows the content."""
    try:
        mode = os.stat(value).st_mode
        content = Path(value).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise SettingError(f"{name} is {value!r}, and should be a file with the key ({error.strerror})") from None
    except UnicodeDecodeError:
        raise SettingError(f"{name} is {value!r}, and should be a text file with {_KEY_WORDS}") from None
    if os.name == "posix" and mode & 0o077:
        raise SettingError(f"{name} is {value!r}, and others than its owner may use it: chmod 600 {value}")
    if len(content) < PASSPHRASE_LETTERS or "\n" in content or "\0" in content:
        raise SettingError(f"{name} is {value!r}, and should hold one line: {_KEY_WORDS}")
    return content


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
