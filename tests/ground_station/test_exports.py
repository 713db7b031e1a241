"""Shifts that are being saved when the desk is closed: waited for, or cut off in plain sight, and never half a file."""

from __future__ import annotations

import logging
import threading
from pathlib import Path

import pytest

from ground_station.app import exporter
from ground_station.exports import Exports
from ground_station.view_model.events import LinkUp, TelemetryCame
from ground_station.view_model.intentions import ExportFormat
from tests.ground_station.given import a_telemetry
from tests.ground_station.test_replay import Recorded, the_file


def test_a_closing_desk_waits_for_what_is_being_saved() -> None:
    may_end = threading.Event()
    told: list[str] = []

    def export(_shift: str, _path: str, _kind: ExportFormat, cut: threading.Event) -> str:
        assert may_end.wait(30.0)
        return "cut" if cut.is_set() else ""

    exports = Exports(export, "an-export")
    exports.begin("a.shift", "/tmp/a.gpx", "gpx", told.append)
    closing = threading.Thread(target=lambda: told.append(str(exports.stop(within_s=30.0))))
    closing.start()
    assert told == []
    may_end.set()
    closing.join(30.0)

    assert told == ["", "[]"]
    assert "an-export" not in {thread.name for thread in threading.enumerate()}


def test_what_takes_too_long_is_cut_off_and_said(caplog: pytest.LogCaptureFixture) -> None:
    told: list[str] = []

    def export(_shift: str, _path: str, _kind: ExportFormat, cut: threading.Event) -> str:
        assert cut.wait(30.0)
        return "cut off"

    exports = Exports(export, "an-export")
    for name in ("a", "b"):
        exports.begin("a.shift", f"/tmp/{name}.gpx", "gpx", told.append)
    with caplog.at_level(logging.WARNING):
        assert exports.stop(within_s=0.0) == ["/tmp/a.gpx", "/tmp/b.gpx"]

    assert told == ["cut off", "cut off"]
    assert [record.getMessage() for record in caplog.records] == [
        f"the export to /tmp/{name}.gpx was cut off, because the desk was closed: nothing is written there"
        for name in ("a", "b")
    ]
    assert "an-export" not in {thread.name for thread in threading.enumerate()}


def test_the_command_that_saves_a_shift_is_ended_without_half_a_file(tmp_path: Path) -> None:
    made = Recorded(tmp_path / "shifts")
    made.hears(LinkUp(), TelemetryCame(a_telemetry()))
    made.ends()
    export = exporter(None)
    out, cut = tmp_path / "out" / "shift.gpx", threading.Event()
    out.parent.mkdir()

    assert export(str(the_file(made.folder)), str(out), "gpx", cut) == ""
    whole = out.read_text()
    out.unlink()
    cut.set()
    assert export(str(the_file(made.folder)), str(out), "gpx", cut) != ""

    assert "<gpx" in whole
    assert list(out.parent.iterdir()) == []
