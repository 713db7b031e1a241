"""From starting the program to the window: that takes keys, that has painted an alert which waited at the broker, that has drawn its map.

Three alerts wait as retained messages of the real bridge. The first start makes the map's page; the ones after find it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psutil

from ground_station.journal import shown
from tests.bench._ground_field import field
from tests.bench._ground_live import watched_desk
from tests.ground_station.bridge_double import wait_for

STARTS = 4


def figures(folder: Path) -> dict[str, Any]:
    """Seconds; the first start by itself, and the median and the worst of those after."""
    marks: dict[str, list[float]] = {}
    with field(folder / "start", 20, alert_every_s=0.5) as running:
        running.let_alerts_come(come=True)
        wait_for(lambda: len(running.peer.arrived) >= 3, "no violations came")
        running.let_alerts_come(come=False)
        for number in range(STARTS):
            journal = running.folder / "desk.db"
            for file in running.folder.glob("desk.db*"):
                file.unlink()  # so that each start shows the alerts for the first time
            with watched_desk(running.folder, running.broker.address, 0.2) as desk:
                began_s = psutil.Process(desk.process.pid).create_time()
                wait_for(lambda: "watch begins" in desk.text(), "the map is not drawn")
                wait_for(lambda path=journal: bool(list(shown(path))), "no alert was shown")  # type: ignore[misc]
            first_s = min(each.shown_at.timestamp() for each in shown(journal))
            found = {**desk.report["marks"], "alert_painted_s": first_s - began_s}
            found["longest_block_ms"] = desk.report["start"]["max_ms"]
            for name, value in found.items():
                marks.setdefault(f"first_start_{name}" if number == 0 else f"start_{name}", []).append(round(value, 3))
    return {
        **{name: values[0] for name, values in marks.items() if name.startswith("first_")},
        **{
            f"{name}_p50": sorted(values)[len(values) // 2]
            for name, values in marks.items()
            if name.startswith("start_")
        },
        **{f"{name}_worst": max(values) for name, values in marks.items() if name.startswith("start_")},
    }
