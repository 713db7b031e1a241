"""Wiring: settings -> journal, link, desk, and a front end around it."""

from __future__ import annotations

import logging
import secrets
import signal
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from random import Random

from ground_station.desk import Desk
from ground_station.headless import Headless
from ground_station.journal import Journal
from ground_station.links.mqtt_link import MqttLink
from ground_station.scripted_officer import ScriptedOfficer
from ground_station.settings import Settings
from ground_station.view_model.effects import Sound
from maps import base_map

log = logging.getLogger(__name__)


def run(settings: Settings) -> int:
    """Run the desk until it is closed; the exit code. Raises JournalError before anything is shown."""
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

    def open_desk(wake: Callable[[], None], sound: Callable[[Sound], None]) -> Desk:
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
            find_words=_words_of_place,
            wake=wake,
            sound=sound,
        )

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


def _words_of_place(lat_deg: float, lon_deg: float) -> tuple[str | None, int | None]:
    return base_map.place_words(lat_deg, lon_deg), base_map.precinct_of(lat_deg, lon_deg)
