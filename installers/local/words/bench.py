"""`kestrel bench NAME`: runs tests/bench/NAME.py and prints its figures with the machine and the versions beside them."""

from __future__ import annotations

import argparse
import importlib
import importlib.metadata
import json
import os
import platform
import sys
from datetime import UTC, datetime
from pathlib import Path

import psutil

from installers.local.places import ROOT, kestrel_home
from installers.local.screen import screen
from installers.setup.java import java_home, version_of

BENCHES = ROOT / "tests" / "bench"
PACKAGES = ("paho-mqtt", "kafka-python", "pyspark", "deltalake", "duckdb", "pyside6", "msgspec", "sqlcipher3")


def main(arguments: list[str]) -> int:
    """A bench is a file with `main(arguments: list[str]) -> dict`: figures by name, the unit at the name's end."""
    names = sorted(path.stem for path in BENCHES.glob("*.py") if not path.stem.startswith(("_", "conftest")))
    parser = argparse.ArgumentParser(
        prog="kestrel bench", description="Measures one thing. Further flags go to the bench."
    )
    parser.add_argument("name", choices=names, help="what to measure")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    given, rest = parser.parse_known_args(arguments)
    with screen(kestrel_home() / "logs" / "screen.log") as variables:
        os.environ.update(variables)
        figures: dict[str, object] = importlib.import_module(f"tests.bench.{given.name}").main(rest)
    circumstances = {"machine": machine(), "versions": versions()}
    for name, value in figures.items():
        sys.stdout.write(f"{name:<48} {value:,.4g}\n" if isinstance(value, float) else f"{name:<48} {value}\n")
    for title, facts in circumstances.items():
        sys.stdout.write(f"{title}: {', '.join(f'{name} {value}' for name, value in facts.items())}\n")
    if given.json is not None:
        given.json.write_text(json.dumps({"bench": given.name, "figures": figures, **circumstances}, indent=1) + "\n")
    return 0


def machine() -> dict[str, object]:
    """What the figures depend on: processor, cores, memory, system, and the day."""
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "memory_gb": round(psutil.virtual_memory().total / 1e9, 1),
        "system": platform.platform(),
        "day": datetime.now(UTC).date().isoformat(),  # noqa: TID251 - a report says when it was made
    }


def versions() -> dict[str, object]:
    """Python's, Java's, and those of the packages that the figures depend on."""
    java = java_home()
    found: dict[str, object] = {"python": platform.python_version(), "java": version_of(java) if java else None}
    return found | {name: importlib.metadata.version(name) for name in PACKAGES}


def _processor() -> str:
    about = Path("/proc/cpuinfo")
    lines = about.read_text().splitlines() if about.exists() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()
