"""Wires the simulator: city, drones, flash and connections; and runs it until its time is over or it is told to stop."""

from __future__ import annotations

import logging
import os
import signal
import sys
from collections.abc import Callable, Mapping
from dataclasses import fields
from datetime import UTC, datetime
from random import Random
from threading import Event
from time import monotonic
from types import FrameType
from zoneinfo import ZoneInfo

from drone_sim.camera import take_picture
from drone_sim.city import City
from drone_sim.drone import Saved, World
from drone_sim.file_publisher import write_file
from drone_sim.flash import Flash
from drone_sim.fleet import Fleet
from drone_sim.mqtt_publisher import MqttFleet
from drone_sim.settings import Settings
from drone_sim.shares import load_shares
from drone_sim.shift import Shift
from maps import base_map

log = logging.getLogger(__name__)

BEAT_S = 0.1  # ten commits a second whatever the rate: a report waits 50 ms in the mean before it is sent
FILES_PER_DRONE = 3  # a socket and paho's own pair


def run(settings: Settings) -> int:
    """Runs the simulator; returns the exit code. Raises FlashError, NoStreetError or OSError if it cannot begin."""
    log.info("settings: %s", " ".join(f"{field.name}={getattr(settings, field.name)}" for field in fields(settings)))
    return write(settings) if settings.to_file is not None else fly(settings)


def write(settings: Settings) -> int:
    """Writes to a file on a simulated clock."""
    start = settings.starts_at.astimezone(UTC)
    fleet = _fleet(settings, dict.fromkeys(settings.drone_ids, (1, None)), start)
    if settings.to_file is None or settings.seconds is None:
        raise ValueError("to_file and seconds must be set")
    before = monotonic()
    counts = write_file(fleet, settings.to_file, start=start, seconds=settings.seconds)
    took_s = monotonic() - before
    log.info("wrote %s took_s=%.1f", " ".join(f"{kind}={count}" for kind, count in sorted(counts.items())), took_s)
    return 0


def fly(settings: Settings) -> int:
    """Flies against a broker until the time is over or a signal comes."""
    stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _setter(stop))
    _allow_files(settings.drones * FILES_PER_DRONE + 100)
    flash = Flash(settings.flash)
    boots = flash.power_up(settings.drone_ids)
    fleet = _fleet(settings, boots, wall_clock())
    air = MqttFleet(
        settings.broker_address,
        settings.station,
        [(drone_id, boot) for drone_id, (boot, _) in boots.items()],
        clock=wall_clock,
        rng=Random(settings.seed),
    )
    faults = (
        settings.link
        if any((settings.link_drop, settings.link_duplicate, settings.link_reorder, settings.link_delay_s))
        else None
    )
    shift = Shift(fleet, flash, air, steady=steady_clock, rng=Random(settings.seed), faults=faults)
    log.info("ready: %d drones of %s over %s", settings.drones, settings.station, settings.broker)
    left = _loop(shift, air, stop, settings)
    shift.finish()
    air.close()
    flash.close()
    if left and not stop.is_set():
        sys.stderr.write(
            f"drone_sim: {left} reports are not acknowledged after {settings.drain_s:g} s; "
            f"they stay in {settings.flash} and go out at the next start\n"
        )
        return 1
    return 0


def wall_clock() -> datetime:
    """The time in whole milliseconds, as messages carry it."""
    now = datetime.now(UTC)  # noqa: TID251  # the shell's clock
    return now.replace(microsecond=now.microsecond // 1000 * 1000)


def steady_clock() -> datetime:
    """A time that nobody can set, for waiting only."""
    return datetime.fromtimestamp(monotonic(), UTC)


def _loop(shift: Shift, air: MqttFleet, stop: Event, settings: Settings) -> int:
    """Beats until a signal, or until the time is over and everything is acknowledged; returns how many reports are not."""
    began = monotonic()
    ends = None if settings.seconds is None else began + settings.seconds
    next_beat = began
    while not stop.is_set():
        making = ends is None or monotonic() < ends
        shift.beat(wall_clock(), making=making)
        if ends is not None and not making:
            left = shift.unacknowledged()
            if left == 0 or monotonic() > ends + settings.drain_s:
                return left
        next_beat = max(next_beat + BEAT_S, monotonic())
        while True:
            for event in air.turn(min(BEAT_S, next_beat - monotonic())):
                shift.hear(event, wall_clock())
            if monotonic() >= next_beat or stop.is_set():
                break
    return shift.unacknowledged()


def _fleet(settings: Settings, boots: Mapping[str, tuple[int, Saved | None]], start: datetime) -> Fleet:
    station = settings.station_position
    world = World(
        city=City(
            (street.points for street in base_map.streets()),
            ((meter.lat_deg, meter.lon_deg, meter.street) for meter in base_map.meters()),
            centre=station,
            radius_m=settings.reach_m,
            words_at=base_map.place_words,
        ),
        shares=load_shares(),
        station=station,
        telemetry_s=1.0 / settings.telemetry_hz,
        violations_per_s=settings.violations_per_min / 60.0,
        local_hour=_hour_in_new_york() if settings.by_hour else None,
        pictures=settings.pictures,
        part_bytes=settings.part_bytes,
        take_picture=take_picture,
    )
    return Fleet(world, boots, seed=settings.seed, start=start, clock_skew_s=settings.clock_skew_s)


def _hour_in_new_york() -> Callable[[datetime], int]:
    zone = ZoneInfo("America/New_York")
    return lambda at: at.astimezone(zone).hour


def _setter(stop: Event) -> Callable[[int, FrameType | None], None]:
    return lambda _number, _frame: stop.set()


def _allow_files(count: int) -> None:
    """Lets the process open that many files, as far as the system allows."""
    if os.name != "posix":
        return
    import resource  # only there

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < count:
        resource.setrlimit(
            resource.RLIMIT_NOFILE, (count if hard == resource.RLIM_INFINITY else min(count, hard), hard)
        )
