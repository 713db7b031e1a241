"""One fleet watched for a while by the real window: how soon alerts are painted, and how long the window's thread was held up."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import psutil

from ground_station.journal import shown
from installers.local.places import ROOT
from installers.local.proof.ledger import percentiles
from tests.bench._ground_field import STATION, field
from tests.ground_station.bridge_double import wait_for

ALERT_EVERY_S = 1.5
OFFICER = ("--scripted-officer", "--think-s", "0.2")
SETTLE_S = 4.0  # after the map was drawn: every drone has spoken, the first places are looked up
LAST_ALERT_S = 5.0


def figures(folder: Path, drones: int, seconds: float, blame_ms: float = 0.0) -> dict[str, Any]:
    """Figures of `drones` at 1 Hz for `seconds`; an invented officer decides every alert, as somebody at the desk would."""
    pause = threading.Event()
    with field(folder, drones, ALERT_EVERY_S) as running:
        with watched_desk(folder, running.broker.address, SETTLE_S, blame_ms, *OFFICER) as desk:
            wait_for(lambda: "watch begins" in desk.text(), "the map is not drawn")
            running.let_alerts_come(come=True)
            busy, began = desk.busy_s(), desk.now_s()
            pause.wait(seconds)
            busy_pct = {
                name: 100 * (s - busy.get(name, 0.0)) / (desk.now_s() - began) for name, s in desk.busy_s().items()
            }
            memory_mb = desk.memory_mb()
            running.let_alerts_come(come=False)
            pause.wait(LAST_ALERT_S)
        published = running.stop()
        bare = dict(running.peer.arrived)
    painted = {each.violation_id: each.shown_at for each in shown(folder / "desk.db")}
    ours = [_ms(published[key], at) for key, at in painted.items() if key in published]
    peers = [_ms(published[key], at) for key, at in bare.items() if key in published]
    blocks = desk.report["run"]
    worst = blocks.pop("worst", [])
    blamed = blocks.pop("blamed", [])
    name = f"drones_{drones}"
    return {
        f"{name}_alerts": len(published),
        f"{name}_alerts_not_painted": len(published.keys() - painted.keys()),
        **{f"{name}_published_to_painted_{share}_ms": value for share, value in _shares(ours).items()},
        **{f"{name}_published_to_bare_subscriber_{share}_ms": value for share, value in _shares(peers).items()},
        **{f"{name}_window_blocks_{what}": value for what, value in blocks.items()},
        **{f"{name}_block_{at + 1}": json.dumps(block) for at, block in enumerate(worst)},
        **{f"{name}_blamed_{at}": where for at, where in enumerate(blamed)},
        **{f"{name}_{what}_processor_pct": round(value, 1) for what, value in busy_pct.items()},
        **{f"{name}_{what}_memory_mb": round(value) for what, value in memory_mb.items()},
        f"{name}_exit_code": desk.exit_code,
        f"{name}_load": round(os.getloadavg()[0], 2),
    }


class WatchedDesk:
    """The window's process (see _watched_desk.py). `report` is there once it was closed."""

    def __init__(self, process: subprocess.Popen[bytes], log: Path) -> None:
        self.process, self._log = process, log
        self.report: dict[str, Any] = {}
        self.exit_code: int | None = None

    def text(self) -> str:
        """What it wrote so far."""
        return self._log.read_text(errors="replace")

    def busy_s(self) -> dict[str, float]:
        """Processor time so far, of the window's own process and of those of its map's engine."""
        return {name: sum(p.cpu_times().user + p.cpu_times().system for p in of) for name, of in self._parts().items()}

    def memory_mb(self) -> dict[str, float]:
        """Resident memory of the same."""
        return {name: sum(p.memory_info().rss for p in of) / 1e6 for name, of in self._parts().items()}

    def now_s(self) -> float:
        return datetime.now().timestamp()  # noqa: DTZ005 - a difference

    def _parts(self) -> dict[str, list[psutil.Process]]:
        own = psutil.Process(self.process.pid)
        return {"window": [own], "map_engine": own.children(recursive=True)}


@contextlib.contextmanager
def watched_desk(
    folder: Path, broker: str, settle_s: float, blame_ms: float = 0.0, *flags: str
) -> Iterator[WatchedDesk]:
    """The real window against a broker; closed as a system closes it (SIGTERM), and its figures read."""
    report = folder / "desk.json"
    own = ["--broker", broker, "--station", STATION, "--officer", "duarte", "--journal", str(folder / "desk.db")]
    own += flags
    watch = ["--report", str(report), "--settle-s", str(settle_s), "--blame-ms", str(blame_ms)]
    command = [sys.executable, "-m", "tests.bench._watched_desk", *watch, *own]
    log = folder / "desk.txt"
    with log.open("wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out, cwd=ROOT)
    desk = WatchedDesk(process, log)
    try:
        yield desk
        process.terminate()
        desk.exit_code = process.wait(30.0)
        desk.report = json.loads(report.read_text())
    finally:
        process.kill()
        process.wait()


def _ms(begin: datetime, end: datetime) -> float:
    return (end - begin).total_seconds() * 1000


def _shares(values: list[float]) -> dict[str, float]:
    return {name: value for name, value in (percentiles(values) or {}).items() if name != "count"}
