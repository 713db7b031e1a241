"""The same seed and the same clock write the same bytes, down to ids and pictures."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from messages.codec import decode
from messages.model import Violation, kind_of

ROOT = Path(__file__).parents[2]
START = "2026-11-22T08:00:00Z"


def written(path: Path, *flags: str, seed: int = 7, seconds: int = 10) -> bytes:
    command = [sys.executable, "-m", "drone_sim", "--to-file", str(path), "--start", START]
    command += ["--seconds", str(seconds), "--seed", str(seed), *flags]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=120)
    return path.read_bytes()


def test_the_same_seed_writes_the_same_bytes(tmp_path: Path) -> None:
    once = written(tmp_path / "once")
    assert b'"kind":"evidence"' in once
    assert once == written(tmp_path / "twice")


@pytest.mark.parametrize("flags", [("--seed", "8"), ("--start", "2026-11-22T08:00:01Z"), ("--drones", "21")])
def test_another_seed_time_or_fleet_writes_others(tmp_path: Path, flags: tuple[str, ...]) -> None:
    """The control of the test above."""
    plain = ("--pictures", "none")
    assert written(tmp_path / "once", *plain) != written(tmp_path / "other", *plain, *flags)


def test_each_line_is_a_message_that_the_bridge_would_take(tmp_path: Path) -> None:
    lines = written(tmp_path / "f", "--violations-per-min", "60").splitlines()
    kinds = Counter(kind_of(decode(line)) for line in lines)
    assert kinds["telemetry"] in range(200, 221)
    assert kinds["violation"] > 150
    assert kinds["evidence"] == 2 * kinds["violation"]


def test_every_hundredth_violation_needs_a_human_in_the_file_too(tmp_path: Path) -> None:
    path = tmp_path / "f"
    lines = written(path, "--violations-per-min", "6000", "--pictures", "none", seconds=30).splitlines()
    violations = [message for line in lines if isinstance(message := decode(line), Violation)]
    humans = sum(violation.needs_human for violation in violations)
    assert len(violations) > 50_000
    assert 0.008 < humans / len(violations) < 0.012
