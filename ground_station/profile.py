"""Who sits where: station, broker, officer and language of this machine's desk, as the first start asked for them.

A small JSON file in the platform's place for configuration. The command line and the environment win over it.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import msgspec

FILE = Path("kestrel") / "desk.json"
KEPT = ("station", "broker", "officer", "language")


def place(platform: str, environment: Mapping[str, str], home: Path) -> Path:
    """Where the file is: XDG's folder, %APPDATA%, or ~/Library/Preferences."""
    if platform == "win32":
        folder = Path(environment.get("APPDATA") or home / "AppData" / "Roaming")
    elif platform == "darwin":
        folder = home / "Library" / "Preferences"
    else:
        folder = Path(environment.get("XDG_CONFIG_HOME") or home / ".config")
    return folder / FILE


def load(path: Path) -> dict[str, str]:
    """What was kept, by the name of the setting; nothing if there is no file, or none that can be read."""
    try:
        found = msgspec.json.decode(path.read_bytes(), type=dict[str, str])
    except (OSError, msgspec.DecodeError):
        return {}
    return {name: value for name, value in found.items() if name in KEPT and value}


def save(path: Path, values: Mapping[str, str]) -> None:
    """Keep the values, and what was kept of the others. Raises OSError; there is never half a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_suffix(".new")
    kept = {**load(path), **{name: value for name, value in values.items() if name in KEPT}}
    beside.write_bytes(msgspec.json.format(msgspec.json.encode(kept)))
    os.replace(beside, path)
