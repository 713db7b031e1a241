"""Finds a Java that every server of the stack runs on."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

OLDEST = 17  # Kafka 4, Hadoop 3.5 and Spark 4.2 were built for it
TOO_NEW = 24  # took out the security manager that Hadoop's sign-in still calls

_PLACES = (
    "/usr/lib/jvm/*",
    "/opt/homebrew/opt/openjdk*",
    "/usr/local/opt/openjdk*",
    "/Library/Java/JavaVirtualMachines/*/Contents/Home",
    "C:/Program Files/Eclipse Adoptium/*",
    "C:/Program Files/Java/*",
)


def java_home(environment: Mapping[str, str] | None = None) -> Path | None:
    """The home folder of the first Java that fits (17 to 23), JAVA_HOME and PATH before the usual places; None if none does."""
    for home in _candidates(os.environ if environment is None else environment):
        if OLDEST <= version_of(home) < TOO_NEW:
            return home
    return None


def version_of(home: Path) -> int:
    """Major version of the Java in `home`, from its `release` file (no process started), else by asking it; 0 if there is none."""
    program = home / "bin" / ("java.exe" if os.name == "nt" else "java")
    if not program.is_file():
        return 0
    release = home / "release"
    if release.is_file():
        found = re.search(r'^JAVA_VERSION="(?:1\.)?(\d+)', release.read_text(errors="replace"), re.MULTILINE)
        if found:
            return int(found.group(1))
    try:
        answer = subprocess.run([str(program), "-version"], capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return 0
    found = re.search(r'version "(?:1\.)?(\d+)', answer.stderr)
    return int(found.group(1)) if found else 0


def _candidates(environment: Mapping[str, str]) -> Iterator[Path]:
    if environment.get("JAVA_HOME"):
        yield Path(environment["JAVA_HOME"])
    on_path = shutil.which("java", path=environment.get("PATH"))
    if on_path:
        yield Path(on_path).resolve().parent.parent
    for place in _PLACES:
        anchor = Path(place).anchor
        if Path(anchor).exists():
            yield from sorted(Path(anchor).glob(place[len(anchor) :]))
