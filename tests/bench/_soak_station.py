"""The station of the soak: a fast clock, drones, alerts and their archiving behind the desk's Link port; and the notes of the run."""

from __future__ import annotations

import json
import secrets
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from time import monotonic
from typing import Any

import psutil
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from ground_station.desk import Desk
from ground_station.journal import Journal, decided
from ground_station.scripted_officer import ScriptedOfficer
from ground_station.ui.station import Station
from ground_station.view_model.effects import Sound
from ground_station.view_model.events import AlertCame, AlertGone, BridgeCame, TelemetryCame
from messages.alert import is_open, raised
from tests.bench._ground_field import STATION, telemetry_of, violation_of
from tests.bench._ground_soak import ALERT_EVERY_S, ARCHIVED_AFTER_S, DRONES, SPEED, STEP_S, WARM_HOURS
from tests.bench._loop_watch import LoopWatch
from tests.ground_station.given import a_bridge_status
from tests.ground_station.ui.station_link import StationLink

THINK_S = 0.3  # of ours: 15 s of the shift
HOUR_S = 3600 / SPEED


class FastClock:
    """The shift's time: SPEED times as fast as ours, from now on."""

    def __init__(self) -> None:
        self._began, self._at = monotonic(), datetime.now(UTC)

    def __call__(self) -> datetime:
        return self._at + timedelta(seconds=(monotonic() - self._began) * SPEED)


class SoakLink(StationLink):
    """Drones that fly, alerts that come and are archived when they are decided, until it is stopped."""

    def __init__(self, clock: FastClock) -> None:
        super().__init__()
        self._clock, self._ending = clock, threading.Event()
        self._flight = threading.Thread(target=self._fly, name="soak-drones")
        self.reports = self.raised = 0

    def start(self, deliver: Any) -> None:
        super().start(deliver)
        self._flight.start()

    def stop(self) -> None:
        self._ending.set()
        self._flight.join()
        super().stop()

    def _fly(self) -> None:
        rng, began = Random(7), self._clock()
        second, next_alert_s = 0, 30.0
        while not self._ending.wait(STEP_S):
            now = self._clock()
            at_s = (now - began).total_seconds()
            while second < at_s:
                second += 1
                at = began + timedelta(seconds=second)
                self.say(*(TelemetryCame(telemetry_of(number, second, at, DRONES)) for number in range(DRONES)))
                self.reports += DRONES
            if at_s >= next_alert_s:
                next_alert_s += ALERT_EVERY_S
                alert = raised(violation_of(self.raised, now, rng), now=now)
                self.raised += 1
                self.alerts[alert.violation.id] = alert
                self.say(AlertCame(alert))
            self.say(BridgeCame(a_bridge_status(now)))
            self._archive(now)

    def _archive(self, now: datetime) -> None:
        old = [
            key
            for key, alert in list(self.alerts.items())
            if not is_open(alert) and (now - alert.raised_at).total_seconds() > ARCHIVED_AFTER_S
        ]
        for key in old:
            del self.alerts[key]
            self.say(AlertGone(key))
        self.decisions.clear()


class SoakRun:
    """Opens the desk of the run, notes memory and blocks every hour of the shift, and ends the window after the last."""

    def __init__(self, folder: Path, hours: float, report: Path) -> None:
        self._journal, self._hours, self._report = folder / "desk.db", hours, report
        self._clock = FastClock()
        self.link = SoakLink(self._clock)
        self._watch = LoopWatch()
        self._rows: list[dict[str, Any]] = []
        plain_start, run = Station.start, self

        def start(station: Station, *, where_it_was: bool = False) -> None:
            station._officer = ScriptedOfficer(THINK_S, Random(7))
            plain_start(station, where_it_was=where_it_was)
            run._watch.begin()
            timer = QTimer(station)
            timer.timeout.connect(run._note)
            timer.start(round(HOUR_S * 1000 / 2))

        Station.start = start  # type: ignore[method-assign, assignment]

    def open_desk(self, wake: Callable[[], None], sound: Callable[[Sound], None]) -> Desk:
        """The desk on the fast clock."""
        dice = lambda: secrets.randbits(80)  # noqa: E731
        journal = Journal.open(self._journal, station=STATION, officer="duarte", now=self._clock(), dice=dice)
        return Desk(
            self.link,
            journal,
            station=STATION,
            officer="duarte",
            lost_after_s=3.5 * SPEED,
            wake=wake,
            sound=sound,
            clock=self._clock,
            dice=dice,
        )

    def _note(self) -> None:
        own = psutil.Process()
        blocks = self._watch.figures()
        self._rows.append(
            {
                "hour": (len(self._rows) + 1) / 2,
                "window_mb": own.memory_info().rss / 1e6,
                "map_engine_mb": sum(child.memory_info().rss for child in own.children(recursive=True)) / 1e6,
                "p99_ms": blocks.get("p99_ms", 0.0),
                "own_p99_ms": blocks.get("own_p99_ms", 0.0),
                "max_ms": blocks.get("max_ms", 0.0),
            }
        )
        self._watch.begin()
        self._report.write_text(json.dumps(self._figures()))
        if self._rows[-1]["hour"] >= self._hours:
            app = QApplication.instance()
            assert app is not None
            app.quit()

    def _figures(self) -> dict[str, Any]:
        warm = next((row for row in self._rows if row["hour"] >= min(WARM_HOURS, self._hours / 2)), self._rows[0])
        last = self._rows[-1]
        answered = [row for row in decided(self._journal) if row.ok]
        return {
            "shift_hours": last["hour"],
            "reports": self.link.reports,
            "alerts": self.link.raised,
            "decided_and_answered": len(answered),
            "window_memory_warm_mb": round(warm["window_mb"]),
            "window_memory_last_mb": round(last["window_mb"]),
            "window_memory_growth_mb": round(last["window_mb"] - warm["window_mb"], 1),
            "map_engine_memory_growth_mb": round(last["map_engine_mb"] - warm["map_engine_mb"], 1),
            "window_own_p99_warm_ms": warm["own_p99_ms"],
            "window_own_p99_last_ms": last["own_p99_ms"],
            **{
                f"hour_{row['hour']:g}": f"{row['window_mb']:.0f} MB, map {row['map_engine_mb']:.0f} MB, "
                f"blocks p99 {row['p99_ms']} ms, own {row['own_p99_ms']} ms, longest {row['max_ms']} ms"
                for row in self._rows
            },
        }
