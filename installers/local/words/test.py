"""`kestrel test`: the style checks, the types, the import rules, then every test. With paths: those tests alone."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path

from installers.local.places import ROOT, kestrel_home
from installers.local.screen import screen

CHECKS = (
    ("ruff check", ("-m", "ruff", "check", ".")),
    ("ruff format", ("-m", "ruff", "format", "--check", "--quiet", ".")),
    ("types", ("-m", "mypy")),
    ("import rules", ("-c", "from importlinter.cli import lint_imports_command; lint_imports_command()")),
)


def main(arguments: list[str]) -> int:
    """Exit code 0 if all passed, 1 if not; every check runs even if an earlier one failed."""
    parser = argparse.ArgumentParser(
        prog="kestrel test",
        description="The style checks and every test. With paths, those tests alone. Other flags go to pytest (-k, -x, -p no:randomly).",
    )
    parser.add_argument("--soak", action="store_true", help="the long ones too, that take minutes to hours")
    given, rest = parser.parse_known_args(arguments)
    words = [absolute(word) for word in rest]
    failed: list[str] = []
    if not any(is_path(word) for word in words):
        failed += [title for title, command in CHECKS if not _passes(title, command, {})]
    chosen = [] if given.soak else ["-m", "not soak"]
    with screen(kestrel_home() / "logs" / "screen.log") as variables:
        if not _passes("tests", ("-m", "pytest", *chosen, *words), variables):
            failed.append("tests")
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


def _passes(title: str, command: tuple[str, ...], variables: dict[str, str]) -> bool:
    sys.stderr.write(f"-- {title}\n")
    sys.stderr.flush()
    begun = time.monotonic()
    code = subprocess.run([sys.executable, *command], cwd=ROOT, env={**os.environ, **variables}, check=False).returncode
    sys.stderr.write(f"   {title}: {'passed' if code == 0 else 'FAILED'} in {time.monotonic() - begun:.1f} s\n")
    return code == 0
