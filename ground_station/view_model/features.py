"""From two moments of the map to what changed between them: the map page is fed changes, never the whole again."""

from __future__ import annotations

from dataclasses import replace

from ground_station.view_model.snapshot import AlertSpot, DroneSpot, MapScene
from maps.live_page import KEEP, AlertMark, Changes, DroneMark
from maps.style import Theme


def changes_between(before: MapScene | None, after: MapScene) -> Changes | None:
    """What the page must be told to go from one scene to the other; None when that is nothing.

    `before` is what the page last got; None for a fresh page, which is told everything after a reset. The latest place of each drone
    only, however many came in between. Ages of silent drones count in the page, so silence alone is no change.
    """
    if before is None:
        return Changes(
            drones=tuple(_drone(drone_id, spot, after.now_s) for drone_id, spot in after.drones.items()),
            alerts=_alerts(after.alerts),
            selection=after.selection,
            track=after.track,
            reset=True,
        )
    moved = tuple(
        _drone(drone_id, spot, after.now_s)
        for drone_id, spot in after.drones.items()
        if (known := before.drones.get(drone_id)) is not spot and _differs(known, spot)
    )
    removed = tuple(drone_id for drone_id in before.drones if drone_id not in after.drones)
    alerts = None if before.alerts == after.alerts else _alerts(after.alerts)
    track = None if before.track == after.track else after.track
    if not moved and not removed and alerts is None and track is None and before.selection == after.selection:
        return None
    return Changes(
        drones=moved,
        removed=removed,
        alerts=alerts,
        selection=KEEP if before.selection == after.selection else after.selection,
        track=track,
    )


def with_theme(changes: Changes | None, theme: Theme) -> Changes:
    """The same changes in other colours."""
    return Changes(theme=theme) if changes is None else replace(changes, theme=theme)


def _differs(before: DroneSpot | None, after: DroneSpot) -> bool:
    if before is None or before.freshness != after.freshness or before.alert != after.alert:
        return True
    if after.freshness != "live" and before.heard_at_s != after.heard_at_s:
        return True
    return (before.lat_deg, before.lon_deg, before.heading_deg) != (after.lat_deg, after.lon_deg, after.heading_deg)


def _drone(drone_id: str, spot: DroneSpot, now_s: float) -> DroneMark:
    return DroneMark(
        drone_id,
        spot.lat_deg,
        spot.lon_deg,
        spot.heading_deg,
        state=spot.freshness,
        age_s=max(0.0, now_s - spot.heard_at_s),
        alert=spot.alert,
    )


def _alerts(spots: tuple[AlertSpot, ...]) -> tuple[AlertMark, ...]:
    return tuple(
        AlertMark(
            spot.violation_id,
            spot.lat_deg,
            spot.lon_deg,
            severity=spot.severity,
            drone_id=spot.drone_id,
            label=spot.label,
        )
        for spot in spots
    )
