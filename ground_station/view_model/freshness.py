"""Live, stale or lost: what a drone's silence means."""

from __future__ import annotations

from ground_station.view_model.snapshot import Freshness

LOST_AFTER_S = 3.5  # QGroundControl's default; a drone reports once a second, so three reports in a row are missing
STALE_SHARE = 0.6  # stale from 2.1 s on: two reports in a row are missing


def freshness_of(heard_s: float, lost_after_s: float = LOST_AFTER_S) -> Freshness:
    """The state of a drone that was last heard `heard_s` seconds ago. At exactly `lost_after_s` it is lost."""
    if heard_s >= lost_after_s:
        return "lost"
    return "stale" if heard_s >= lost_after_s * STALE_SHARE else "live"
