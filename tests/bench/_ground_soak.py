"""A long shift at 50 times its speed: the real window and desk on a clock that runs 50 times as fast, a station behind the Link port.

Twenty drones report every second of the shift (1,000 reports a second of ours), alerts come, an invented officer decides each, and the
bridge archives them. Memory is taken every shift hour, of the window's process and of its map's engine; the growth is counted from the end
of the second hour, when the last hour's tracks are full. The same run says whether a turn takes longer at the end than at the beginning.

Freshness runs on the fast clock too: silence is lost after 175 s of the shift, which are 3.5 s of ours.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from installers.local.places import ROOT

SPEED = 50
DRONES = 20
ALERT_EVERY_S = 90.0  # of the shift: one and a half seconds of ours, 40 an hour
ARCHIVED_AFTER_S = 600.0
WARM_HOURS = 2.0
STEP_S = 0.05


def figures(folder: Path, hours: float) -> dict[str, Any]:
    """Memory by the hour in MB, its growth, and the turns' times."""
    report = folder / "soak.json"
    command = [sys.executable, "-m", "tests.bench._ground_soak", str(folder), str(hours), str(report)]
    subprocess.run(command, cwd=ROOT, check=True, timeout=hours * 3600 / SPEED * 2 + 120)
    found: dict[str, Any] = json.loads(report.read_text())
    return found


def _soak(folder: Path, hours: float, report: Path) -> int:
    from ground_station.settings import Settings
    from ground_station.ui.window import run_window
    from tests.bench._soak_station import SoakRun

    run = SoakRun(folder, hours, report)
    settings = Settings(
        broker_host="127.0.0.1",
        broker_port=1,
        station="midtown",
        officer="duarte",
        journal=folder / "desk.db",
        theme="day",
        lost_after_s=3.5 * SPEED,
    )
    return run_window(run.open_desk, settings)


if __name__ == "__main__":
    code = _soak(Path(sys.argv[1]), float(sys.argv[2]), Path(sys.argv[3]))
    sys.stdout.flush()
    os._exit(code)
