"""A recorded shift of a whole fleet at 60 times its speed in the real window: how long its thread is held up, and how fast it goes."""

from __future__ import annotations

import os
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from ground_station.recording import Limits, Recorder
from ground_station.view_model.coding_desk import Who
from ground_station.view_model.events import AlertCame, LinkUp, TelemetryCame, Tick
from ground_station.view_model.moments import Moment
from ground_station.view_model.station import handle
from ground_station.view_model.station_state import opened
from messages.alert import raised
from tests.bench._ground_field import STATION, telemetry_of, violation_of
from tests.bench._ground_live import watched_desk
from tests.ground_station.bridge_double import wait_for

SPEED = 60
WATCH_S = 15.0
SLICE = timedelta(milliseconds=250)
ALERT_EVERY = 240  # slices
SLICES_A_BLOCK = 3  # 0.75 s, as the recorder writes by itself (recording.BLOCK_S)


def figures(folder: Path, drones: int, minutes: float, blame_ms: float = 0.0) -> dict[str, Any]:
    """Figures of the replay of a shift of so many minutes, watched from when the map is drawn."""
    folder.mkdir(parents=True)
    path = recorded(folder / "shifts", drones, minutes)
    flags = ("--replay", str(path), "--speed", str(SPEED))
    with watched_desk(folder, "127.0.0.1:1", 1.0, blame_ms, *flags) as desk:
        wait_for(lambda: "watch begins" in desk.text(), "the map is not drawn", within_s=90.0)
        threading.Event().wait(WATCH_S)
    blocks = desk.report["run"]
    worst, blamed = blocks.pop("worst", []), blocks.pop("blamed", [])
    name = f"replay_{drones}"
    return {
        f"{name}_shift_mb": round(path.stat().st_size / 1e6, 1),
        f"{name}_times_the_speed": desk.report.get("replay_speed"),
        **{f"{name}_window_blocks_{what}": value for what, value in blocks.items()},
        **{f"{name}_block_{at + 1}": str(block) for at, block in enumerate(worst[:5])},
        **{f"{name}_blamed_{at}": where for at, where in enumerate(blamed)},
        f"{name}_load": round(os.getloadavg()[0], 2),
    }


def recorded(folder: Path, drones: int, minutes: float) -> Path:
    """A shift's file, written by the real rules and the real recorder, though not in its own time."""
    now = datetime.now(UTC) - timedelta(minutes=minutes)  # a shift that is over
    recorder = Recorder(folder, station=STATION, officer="duarte", key=None, limits=Limits(10**10, 30.0))
    told = threading.Event()
    recorder.start(lambda _event: told.set())
    state = opened(Who(station=STATION, officer="duarte", desk="desk", boot=1), now, lost_after_s=3.5)
    rng, alerts = Random(7), 0
    for turn in range(round(minutes * 240)):
        now += SLICE
        events: list[Any] = [] if turn else [LinkUp()]
        events += [TelemetryCame(telemetry_of(n, turn // 4 + 1, now, drones)) for n in range(turn % 4, drones, 4)]
        if turn % ALERT_EVERY == ALERT_EVERY - 1:
            events.append(AlertCame(raised(violation_of(alerts, now, rng), now=now)))
            alerts += 1
        events.append(Tick())
        state, _ = handle(state, events, now, lambda: 1)
        recorder.note(Moment(now, tuple(events), None, b""), state)
        if turn % SLICES_A_BLOCK == 0:
            recorder.flush()
    recorder.flush()
    recorder.stop()
    (path,) = folder.glob("*.shift")
    return path
