"""What one tick costs the window's thread: a snapshot of N drones that all moved, drawn into the fleet table, and into the whole window.

Peer of the same run: the same rows shown by resetting a QStandardItemModel, as one writes it first. Drawing is to an offscreen surface
by the processor, the map page is not part of it (it draws in its own process). `_cpu_` is the time of the thread alone, which other work on
the machine does not lengthen.

    ./kestrel bench desk_window [--drones 1000] [--ticks 200] [--json FILE]
"""

from __future__ import annotations

import argparse
import os
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from time import perf_counter, thread_time
from typing import Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtGui import QStandardItem, QStandardItemModel
from PySide6.QtWidgets import QApplication, QTableView

import ground_station.ui  # noqa: F401  # first: see its immortal.py
from ground_station.ui.fleet_table import COLUMNS, FleetTable, text_of
from ground_station.ui.look import Look, load_fonts
from ground_station.ui.main_window import MainWindow
from ground_station.view_model.coding_desk import Who
from ground_station.view_model.events import TelemetryCame
from ground_station.view_model.memo import Memo
from ground_station.view_model.snapshot import FleetView
from ground_station.view_model.station import handle
from ground_station.view_model.station_state import DeskState, opened
from ground_station.view_model.view import view
from messages.ids import message_id
from messages.model import Telemetry

MEMO = Memo()
START = datetime(2026, 11, 22, 17, 0, tzinfo=UTC)


def main(arguments: list[str]) -> dict[str, Any]:
    """Figures by name, with units in the names."""
    parser = argparse.ArgumentParser(prog="kestrel bench desk_window")
    parser.add_argument("--drones", type=int, default=1_000)
    parser.add_argument("--ticks", type=int, default=200)
    options = parser.parse_args(arguments)
    app = QApplication.instance() or QApplication(["bench"])
    assert isinstance(app, QApplication)
    load_fonts()
    look = Look("day")
    look.apply()
    with tempfile.TemporaryDirectory(prefix="kestrel-bench-") as folder:
        window = MainWindow(look, lambda _intention: None, Path(folder), lambda: None)
        window.resize(1600, 900)
        window.show()
        table = FleetTable(look, lambda _intention: None, lambda: None)
        table.resize(830, 190)
        table.show()
        peer = QTableView()
        peer.resize(830, 190)
        peer.show()
        times = _measured(app, options.drones, options.ticks, window, table, peer)
        window.close()
        table.close()
        peer.close()
    figures: dict[str, Any] = {"drones": options.drones, "ticks": options.ticks}
    for name, took in times.items():
        figures[f"{name}_first_ms"] = round(took.pop(0)[0], 2)  # all drones are new
        for kind, sorted_ms in (("", sorted(t[0] for t in took)), ("_cpu", sorted(t[1] for t in took))):
            figures[f"{name}{kind}_p50_ms"] = round(sorted_ms[len(sorted_ms) // 2], 2)
            figures[f"{name}{kind}_p99_ms"] = round(sorted_ms[int(len(sorted_ms) * 0.99)], 2)
    figures["table_to_peer_ratio"] = round(figures["table_p50_ms"] / figures["peer_table_p50_ms"], 3)
    return figures


def _measured(
    app: QApplication, drones: int, ticks: int, window: MainWindow, table: FleetTable, peer: QTableView
) -> dict[str, list[tuple[float, float]]]:
    times: dict[str, list[tuple[float, float]]] = {"rules": [], "table": [], "window": [], "peer_table": []}
    state = opened(Who(station="midtown", officer="duarte", desk="d-1", boot=1, zone=UTC), START, lost_after_s=3.5)
    rng = Random(7)
    snapshots: list[FleetView] = []
    dice = iter(range(1, 1 << 62))
    for tick in range(ticks):
        now = START + timedelta(seconds=tick)
        events = [TelemetryCame(_telemetry(number, tick, now, rng)) for number in range(drones)]
        began, cpu = perf_counter(), thread_time()
        state, snapshot = _snapshot(state, events, now, lambda: next(dice))
        times["rules"].append(((perf_counter() - began) * 1_000, (thread_time() - cpu) * 1_000))
        for name, draw in (
            ("table", lambda view=snapshot.fleet: table.show_fleet(view)),
            ("window", lambda view=snapshot: window.show_view(view)),
        ):
            times[name].append(_took_ms(app, draw))
        snapshots.append(snapshot.fleet)
    for fleet in snapshots:  # on its own: the thousands of objects it leaves behind would be collected at our cost
        times["peer_table"].append(_took_ms(app, lambda view=fleet: _reset(peer, view)))  # type: ignore[misc]
    return times


def _snapshot(state: DeskState, events: list[TelemetryCame], now: datetime, dice: Callable[[], int]) -> Any:
    state, _effects = handle(state, events, now, dice)
    return state, view(state, now, MEMO)


def _took_ms(app: QApplication, draw: Callable[[], None]) -> tuple[float, float]:
    """The drawing with all the painting that it leads to: time that went by, and time of the thread alone."""
    began, cpu = perf_counter(), thread_time()
    draw()
    app.processEvents()
    return (perf_counter() - began) * 1_000, (thread_time() - cpu) * 1_000


def _reset(peer: QTableView, fleet: FleetView) -> None:
    model = QStandardItemModel(len(fleet.rows), len(COLUMNS), peer)
    for place, row in enumerate(fleet.rows):
        for column in range(len(COLUMNS)):
            model.setItem(place, column, QStandardItem(text_of(row, column, fleet.now_s)))
    before = peer.model()
    peer.setModel(model)
    if before is not None:
        before.deleteLater()


def _telemetry(number: int, tick: int, now: datetime, rng: Random) -> Telemetry:
    return Telemetry(
        id=message_id(now, number),
        drone_id=f"nyc-{number:04d}",
        boot=1,
        seq=tick + 1,
        captured_at=now,
        lat_deg=40.75 + rng.random() / 100,
        lon_deg=-73.98 + rng.random() / 100,
        alt_m=60.0,
        heading_deg=rng.random() * 359,
        speed_mps=8.0,
        battery_pct=30 + rng.random() * 70,
        link_pct=80 + rng.random() * 20,
        temp_c=24.0 + rng.random(),
        vibration_mps2=1.5,
        motor_load_pct=50.0,
        phase="patrol",
    )
