"""The drones as the desk knows them: the newest telemetry of each, what it means, and the last hour's track.

Rules: what came late (an older boot, seq or capture) joins the track and changes nothing else; so a backfill never moves a live mark.
A drone that was heard is never forgotten while the desk runs.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

from ground_station.view_model import wording
from ground_station.view_model.events import DroneMoved, HealthCame, StatusCame, TelemetryCame
from ground_station.view_model.freshness import LOST_AFTER_S, freshness_of
from ground_station.view_model.language import t
from ground_station.view_model.snapshot import BatteryBand, Freshness
from ground_station.view_model.track import is_near_newest, with_point
from messages.model import Health, Telemetry
from messages.state import DroneStatus

LATE_S = 10.0  # telemetry that took longer than this to arrive is aged from its capture, not from its arrival
LOW_PCT, LOW_OVER_PCT = 25.0, 30.0  # enters the band below the first, leaves it above the second
CRITICAL_PCT, CRITICAL_OVER_PCT = 15.0, 20.0

DroneEvent = TelemetryCame | DroneMoved | HealthCame | StatusCame


class Drone(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of one drone. Unix times in seconds."""

    drone_id: str
    newest: Telemetry | None = None
    heard_s: float | None = None
    status: DroneStatus | None = None
    cut_off: bool = False  # the broker reported it lost, and nothing came since
    health: Health | None = None
    band: BatteryBand = "well"
    track: bytes = b""


class Fleet(msgspec.Struct, frozen=True):
    """All drones by id."""

    drones: dict[str, Drone] = {}
    lost_after_s: float = LOST_AFTER_S


def apply(fleet: Fleet, events: Sequence[DroneEvent], now: datetime) -> Fleet:
    """The fleet after what drones said, in the order it came. `now` is when it arrived."""
    if not events:
        return fleet
    drones = dict(fleet.drones)
    now_s = now.timestamp()
    for event in events:  # a replay at 60 times its speed has 60,000 of them a second
        if isinstance(event, DroneMoved):
            drone = drones.get(event.drone_id)
            # A recording begins with the whole telemetry of each drone.
            if drone is not None and drone.newest is not None:
                drones[event.drone_id] = _with_move(drone, drone.newest, event, now_s)
        elif isinstance(event, TelemetryCame):
            telemetry = event.telemetry
            drones[telemetry.drone_id] = _with_telemetry(_drone(drones, telemetry.drone_id), telemetry, now_s)
        elif isinstance(event, HealthCame):
            health = event.health
            drones[health.drone_id] = _with_health(_drone(drones, health.drone_id), health)
        else:
            status = event.status
            drones[status.drone_id] = _with_status(_drone(drones, status.drone_id), status)
    return msgspec.structs.replace(fleet, drones=drones)


def is_newer(message: Telemetry | Health, than: Telemetry | Health) -> bool:
    """Whether a message says more about the present than another of the same drone and stream.

    Within a boot the number decides, and a later boot beats an earlier one. A lower boot captured later is a drone whose memory
    was replaced and counts from one again.
    """
    if message.boot == than.boot:
        return message.seq > than.seq
    return message.boot > than.boot or message.captured_at > than.captured_at


def freshness(drone: Drone, now_s: float, lost_after_s: float) -> Freshness:
    """Whether the drone is live, stale or lost at `now_s`; lost as well if nothing was ever heard of it."""
    if drone.heard_s is None or drone.cut_off:
        return "lost"
    return freshness_of(now_s - drone.heard_s, lost_after_s)


def is_expected(drone: Drone) -> bool:
    """Whether the drone ought to be heard: it did not say that it stopped."""
    return drone.status is None or drone.status.state != "stopped"


def band_of(battery_pct: float, before: BatteryBand) -> BatteryBand:
    """The battery's band with hysteresis, so that a value that trembles at an edge does not flash."""
    if battery_pct < CRITICAL_PCT or (before == "critical" and battery_pct <= CRITICAL_OVER_PCT):
        return "critical"
    if battery_pct < LOW_PCT or (before != "well" and battery_pct <= LOW_OVER_PCT):
        return "low"
    return "well"


def _drone(drones: dict[str, Drone], drone_id: str) -> Drone:
    return drones.get(drone_id) or Drone(drone_id=drone_id)


def _with_telemetry(drone: Drone, telemetry: Telemetry, now_s: float) -> Drone:
    captured_s = telemetry.captured_at.timestamp()
    track, before = drone.track, drone.newest
    if not is_near_newest(track, captured_s):
        track = with_point(
            track,
            captured_s,
            telemetry.lat_deg,
            telemetry.lon_deg,
            telemetry.alt_m,
            telemetry.battery_pct,
            telemetry.link_pct,
        )
    if before is not None and not is_newer(telemetry, before):
        return drone if track is drone.track else msgspec.structs.replace(drone, track=track)
    heard_s = now_s if now_s - captured_s <= LATE_S else captured_s
    was_heard_s = drone.heard_s
    return Drone(
        drone_id=drone.drone_id,
        newest=telemetry,
        heard_s=heard_s if was_heard_s is None or heard_s > was_heard_s else was_heard_s,
        status=drone.status,
        cut_off=drone.cut_off and heard_s < now_s,
        health=drone.health,
        band=band_of(telemetry.battery_pct, drone.band),
        track=track,
    )


def _with_move(drone: Drone, newest: Telemetry, event: DroneMoved, now_s: float) -> Drone:
    """As with the whole telemetry; most moves are the next one of a drone that was heard a moment ago, and change nothing else."""
    captured_s = event.captured_at.timestamp()
    is_next = event.boot == newest.boot and event.seq > newest.seq and now_s - captured_s <= LATE_S
    was_heard_s = drone.heard_s
    if (
        not is_next
        or was_heard_s is None
        or now_s < was_heard_s
        or drone.cut_off
        or not is_near_newest(drone.track, captured_s)
    ):
        return _with_telemetry(drone, _moved(newest, event), now_s)
    return msgspec.structs.replace(drone, newest=_moved(newest, event), heard_s=now_s)


def _moved(newest: Telemetry, event: DroneMoved) -> Telemetry:
    return msgspec.structs.replace(
        newest,
        boot=event.boot,
        seq=event.seq,
        captured_at=event.captured_at,
        lat_deg=event.lat_deg,
        lon_deg=event.lon_deg,
        heading_deg=event.heading_deg,
    )


def _with_health(drone: Drone, health: Health) -> Drone:
    if drone.health is not None and not is_newer(health, drone.health):
        return drone
    return msgspec.structs.replace(drone, health=health)


def _with_status(drone: Drone, status: DroneStatus) -> Drone:
    """A late Will of an older boot is ignored."""
    if drone.newest is not None and status.boot < drone.newest.boot and status.at < drone.newest.captured_at:
        return drone
    if drone.status is not None and status.boot < drone.status.boot and status.at < drone.status.at:
        return drone
    return msgspec.structs.replace(drone, status=status, cut_off=status.state == "offline")


def attention_of(drone: Drone, fresh: Freshness) -> tuple[str, int]:
    """The one word for what is most wrong, and how urgent it is."""
    if not is_expected(drone):
        return t("stopped"), 2
    faults = drone.health.faults if drone.health else ()
    if fresh == "live" and drone.band == "well" and not faults:
        return "", 0  # nearly all of them, nearly always
    alarm = next((fault for fault in faults if fault.level == "alarm"), None)
    warning = next((fault for fault in faults if fault.level == "warning"), None)
    if drone.band == "critical":
        return t("battery"), 8
    if alarm:
        return wording.fault(alarm.code), 7
    if fresh == "lost":
        return t("lost"), 6
    if fresh == "stale":
        return t("stale"), 5
    if warning:
        return wording.fault(warning.code), 4
    if drone.band == "low":
        return t("battery low"), 3
    return "", 0
