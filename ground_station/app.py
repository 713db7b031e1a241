"""Wiring: settings -> journal, link, desk, and a front end around it."""

from __future__ import annotations

import logging
import os
import secrets
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import msgspec

from ground_station.desk import Desk
from ground_station.exports import Export
from ground_station.headless import Headless
from ground_station.journal import Journal
from ground_station.links.mqtt_link import MqttLink
from ground_station.links.replay_link import ReplayLink
from ground_station.places import Places
from ground_station.recording import Limits, Recorder
from ground_station.replay_desk import ReplayDesk
from ground_station.running import OpenDesk, RunningDesk
from ground_station.scripted_officer import ScriptedOfficer
from ground_station.settings import LOST_AFTER_S, Settings
from ground_station.shift_command import half_of
from ground_station.shift_files import ShiftFile, ShiftFileError, find_shift
from ground_station.view_model import catalogue
from ground_station.view_model.effects import Sound
from ground_station.view_model.intentions import ExportFormat
from maps import base_map

log = logging.getLogger(__name__)

LOOK_S = 0.25  # how often an export looks whether the desk was closed


def run(settings: Settings) -> int:
    """Run the desk until it is closed; the exit code. Raises JournalError or ShiftFileError before anything is shown."""
    usual = settings.usual_language or catalogue.of_system(os.environ)
    catalogue.choose(settings.language or usual)
    if settings.replay is not None:
        return _run_front_end(*_replay(settings))
    log.info(
        "broker=%s:%s station=%s officer=%s journal=%s headless=%s scripted_officer=%s lost_after_s=%s",
        settings.broker_host,
        settings.broker_port,
        settings.station,
        settings.officer,
        settings.journal,
        settings.headless,
        settings.scripted_officer,
        settings.lost_after_s,
    )
    journal = Journal.open(
        settings.journal,
        station=settings.station,
        officer=settings.officer,
        now=datetime.now(UTC),  # noqa: TID251 - a shell
        dice=lambda: secrets.randbits(80),
    )
    preferences = journal.preferences()
    catalogue.choose(settings.language or preferences.get("language") or usual)
    settings = with_preferences(settings, preferences)
    places = Places(_words_of_place)
    try:
        return _run_front_end(_live(settings, journal, places), settings)
    finally:
        places.close()


def _live(settings: Settings, journal: Journal, places: Places) -> OpenDesk:
    """A desk of now."""

    def open_desk(wake: Callable[[], None], sound: Callable[[Sound], None]) -> RunningDesk:
        places.begin()
        link = MqttLink(
            settings.broker_host,
            settings.broker_port,
            station=settings.station,
            officer=settings.officer,
            desk=journal.desk,
        )
        return Desk(
            link,
            journal,
            station=settings.station,
            officer=settings.officer,
            lost_after_s=settings.lost_after_s,
            find_words=places.words,
            recorder=_recorder(settings) if settings.record else None,
            export=exporter(settings.store_key),
            wake=wake,
            sound=sound,
        )

    return open_desk


def with_preferences(settings: Settings, preferences: Mapping[str, str]) -> Settings:
    """The settings with what the officer has chosen at the desk, where nothing else was asked for at the start."""
    if preferences.get("touch") == "on":
        settings = msgspec.structs.replace(settings, touch=True)
    try:
        lost_after_s = float(preferences.get("lost_after_s", "nan"))
    except ValueError:
        return settings
    if 1.0 <= lost_after_s <= 600.0 and settings.lost_after_s == LOST_AFTER_S:
        settings = msgspec.structs.replace(settings, lost_after_s=lost_after_s)
    return settings


def _run_front_end(open_desk: OpenDesk, settings: Settings) -> int:
    if not settings.headless:
        from ground_station.ui.window import run_window  # here, so that a headless machine needs no Qt

        return run_window(open_desk, settings)
    officer = ScriptedOfficer(settings.think_s, Random(settings.seed)) if settings.scripted_officer else None
    front_end = Headless(open_desk, sys.stdout, officer)
    for end in (signal.SIGTERM, signal.SIGINT):
        signal.signal(end, lambda *_: front_end.finish())
    sys.stderr.write(f"ready: desk of {settings.officer} at {settings.station}\n")
    sys.stderr.flush()
    return front_end.run()


def _recorder(settings: Settings) -> Recorder:
    return Recorder(
        settings.shifts,
        station=settings.station,
        officer=settings.officer,
        key=settings.store_key,
        limits=Limits(total_bytes=round(settings.record_mb * 1e6), days=settings.record_days),
    )


def _replay(settings: Settings) -> tuple[OpenDesk, Settings]:
    """A desk over a recorded shift, and the settings with that shift's station and officer."""
    path = find_shift(settings.shifts, settings.replay or "", settings.store_key)
    file = ShiftFile.open(path, settings.store_key)
    shift, marks_s = file.about(), file.alerts_s()
    if next(file.past(), None) is None:
        raise ShiftFileError(f"{path.name} holds nothing yet")
    log.info("replay=%s start=%s end=%s speed=%s", path.name, shift.start, shift.end, settings.speed)

    def open_desk(wake: Callable[[], None], sound: Callable[[Sound], None]) -> RunningDesk:
        link = ReplayLink(file)
        return ReplayDesk(
            link, shift, speed=settings.speed, marks_s=marks_s, export=exporter(settings.store_key), wake=wake
        )

    return open_desk, msgspec.structs.replace(settings, station=shift.station, officer=shift.officer)


def exporter(store_key: str | None) -> Export:
    """The command `export` in a process of its own: it takes a processor for a while, and the window must not feel it."""

    def export(shift: str, path: str, kind: ExportFormat, cut: threading.Event) -> str:
        environment = {**os.environ}
        if store_key is not None:
            environment["KESTREL_STORE_KEY"] = store_key
        command = [sys.executable, "-m", "ground_station", "export", shift, "--format", kind, "--out", path]
        try:
            process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        except OSError as error:
            return str(error)
        with process:
            said = _said_by(process, cut)
        if process.returncode == 0:
            return ""
        half_of(Path(path), process.pid).unlink(missing_ok=True)
        return said[-1] if said else f"code {process.returncode}"

    return export


def _said_by(process: subprocess.Popen[bytes], cut: threading.Event) -> list[str]:
    """The lines that a process writes until it ends, or until it is killed because of `cut`."""
    while True:
        if cut.is_set():
            process.kill()
        try:
            _, errors = process.communicate(timeout=LOOK_S)
            return errors.decode(errors="replace").strip().splitlines()
        except subprocess.TimeoutExpired:
            continue


def _words_of_place(lat_deg: float, lon_deg: float) -> tuple[str | None, int | None]:
    return base_map.place_words(lat_deg, lon_deg), base_map.precinct_of(lat_deg, lon_deg)
