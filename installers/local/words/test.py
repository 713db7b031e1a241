"""`kestrel test`: the style checks, the types, the import rules, then every test. With paths: those tests alone.

All of it in three crews side by side, since one waits for Spark and HDFS to start while another counts: the archive's tests and the
faults, the journeys and the drones, and the checks with everything else, each crew with servers and a screen of its own.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TextIO

from installers.local.places import ROOT, kestrel_home
from installers.local.screen import screen

CHECKS = (
    ("ruff check", ("-m", "ruff", "check", ".")),
    ("ruff format", ("-m", "ruff", "format", "--check", "--quiet", ".")),
    ("types", ("-m", "mypy")),
    ("import rules", ("-c", "from importlinter.cli import lint_imports_command; lint_imports_command()")),
)
CREWS: dict[str, tuple[str, ...]] = {
    "archive and faults": (
        "tests/cloud_pipeline",
        "tests/real/test_archive.py",
        "tests/real/test_archive_alerts.py",
        "tests/real/faults",
        "tests/maps",
    ),
    "journeys and drones": ("tests/journeys", "tests/drone_sim", "tests/real/test_drone_fleet.py"),
}
"""What starts Spark, and enough besides that all three end at about the same time. A new file belongs to everything else until it is
named here."""


def main(arguments: list[str]) -> int:
    """Exit code 0 if all passed, 1 if not; every check runs even if an earlier one failed."""
    parser = argparse.ArgumentParser(
        prog="kestrel test",
        description="The style checks and every test. With paths, those tests alone. Other flags go to pytest (-k, -x, -p no:randomly).",
    )
    parser.add_argument("--soak", action="store_true", help="the long ones too, that take minutes to hours, one by one")
    given, rest = parser.parse_known_args(arguments)
    words = [absolute(word) for word in rest]
    if any(is_path(word) for word in words):
        failed = _tests("tests", [*_marks(given.soak), *words], sys.stderr)
    elif given.soak:
        failed = _checks(sys.stderr) + _tests("tests", [*_marks(soak=True), *words], sys.stderr)
    else:
        failed = _side_by_side(words)
    sys.stderr.write(f"failed: {', '.join(failed)}\n" if failed else "all passed\n")
    return 1 if failed else 0


def is_path(word: str) -> bool:
    """Whether a word of the command line names a file or folder, perhaps with a test in it (`file.py::test_name`)."""
    return not word.startswith("-") and Path(word.split("::")[0]).exists()


def absolute(word: str) -> str:
    """A path as it reads from any folder (pytest is started in the checkout); other words as they are."""
    if not is_path(word):
        return word
    path, *test = word.split("::")
    return "::".join([str(Path(path).absolute()), *test])


def _side_by_side(words: list[str]) -> list[str]:
    """The titles of what failed. One crew is seen as it goes, the others' lines are shown when all are done."""
    logs = kestrel_home() / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    kept = {title: logs / f"tests-{title.replace(' ', '-')}.log" for title in CREWS}
    failed: list[str] = []

    def work(title: str) -> None:
        with kept[title].open("w") as lines:
            failed.extend(_tests(title, [*_marks(), *words, *map(absolute_in_root, CREWS[title])], lines))

    crews = [threading.Thread(target=work, args=(title,)) for title in CREWS]
    for crew in crews:
        crew.start()
    others = [f"--ignore={absolute_in_root(path)}" for paths in CREWS.values() for path in paths]
    near = _checks(sys.stderr) + _tests("everything else", [*_marks(), *words, *others], sys.stderr)
    for crew in crews:
        crew.join()
    for lines in kept.values():
        sys.stderr.write(lines.read_text())
    return near + failed


def absolute_in_root(path: str) -> str:
    """A path of the checkout, from any folder."""
    return str(ROOT / path)


def _marks(soak: bool = False) -> list[str]:
    return [] if soak else ["-m", "not soak"]


def _checks(lines: TextIO) -> list[str]:
    return [title for title, command in CHECKS if not _passes(title, command, {}, lines)]


def _tests(title: str, words: list[str], lines: TextIO) -> list[str]:
    with screen(kestrel_home() / "logs" / f"screen-{title.replace(' ', '-')}.log") as variables:
        return [] if _passes(title, ("-m", "pytest", *words), variables, lines) else [title]


def _passes(title: str, command: tuple[str, ...], variables: dict[str, str], lines: TextIO) -> bool:
    lines.write(f"-- {title}\n")
    lines.flush()
    begun = time.monotonic()
    environment = {**os.environ, **variables}
    # pytest speaks on standard output: seen as it goes, or kept with the rest of its crew's lines.
    output = None if lines is sys.stderr else lines
    command = (sys.executable, *command)
    code = subprocess.run(command, cwd=ROOT, env=environment, stdout=output, stderr=output, check=False).returncode
    lines.write(f"   {title}: {'passed' if code == 0 else 'FAILED'} in {time.monotonic() - begun:.1f} s\n")
    lines.flush()
    return code == 0
