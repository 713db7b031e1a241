"""The map page inside the window, in a process of its own: drawn without a network, and never in the way of the desk's keys."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.real
def test_the_map_is_drawn_in_its_theme_asks_nobody_for_anything_and_leaves_the_keys_to_the_desk(tmp_path: Path) -> None:
    root = Path(__file__).resolve().parents[3]
    probe = subprocess.run(
        [sys.executable, "-m", "tests.ground_station.ui.window_probe", str(tmp_path)],
        cwd=root,
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )

    assert probe.returncode == 0, probe.stderr[-2_000:]
    seen = json.loads(probe.stdout.splitlines()[-1])
    assert seen["drawn"]
    assert seen["colours"] > 30
    assert seen["blocked_requests"] == 0
    assert seen["claimed_after_a_click_on_the_map"]
    assert seen["first_in_line"] or not sys.platform.startswith("linux")
    assert seen["colours_at_night"] == {"day": False, "night": True}
