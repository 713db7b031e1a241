"""Where a drone was in the last hour and how it was, small: 36 bytes a point, at most one point in 10 s, so 13 kB a drone.

A track is bytes: (Unix time in s, latitude, longitude in degrees) as doubles and (height in m, battery, link in percent) as floats, one
after another in the order of time.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

SPAN_S = 3600.0
SPACING_S = 10.0
_POINT = struct.Struct("<dddfff")
_POINT_BYTES = _POINT.size
_read_time = struct.Struct("<d").unpack_from


class Reading(NamedTuple):
    """One point of a track."""

    at_s: float  # Unix time
    lat_deg: float
    lon_deg: float
    alt_m: float
    battery_pct: float
    link_pct: float


def is_near_newest(track: bytes, at_s: float) -> bool:
    """Whether a point of this time would be left out because the newest one is less than SPACING_S before it: nine of ten are."""
    if not track:
        return False
    newest_s: float = _read_time(track, len(track) - _POINT_BYTES)[0]
    return newest_s <= at_s < newest_s + SPACING_S


def with_point(
    track: bytes, at_s: float, lat_deg: float, lon_deg: float, alt_m: float, battery_pct: float, link_pct: float
) -> bytes:
    """The track with one more point, also one that came late; points too near in time to a neighbour are left out."""
    point = (at_s, lat_deg, lon_deg, alt_m, battery_pct, link_pct)
    if not track:
        return _POINT.pack(*point)
    newest_s = _time(track, len(track) - _POINT.size)
    if at_s >= newest_s + SPACING_S:
        return _without_old(track + _POINT.pack(*point), at_s)
    if at_s > newest_s - SPACING_S or at_s < newest_s - SPAN_S:
        return track
    place = _place(track, at_s)
    if place < len(track) and _time(track, place) - at_s < SPACING_S:
        return track
    if place > 0 and at_s - _time(track, place - _POINT.size) < SPACING_S:
        return track
    return track[:place] + _POINT.pack(*point) + track[place:]


def points(track: bytes) -> tuple[tuple[float, float], ...]:
    """The places as (latitude, longitude), oldest first."""
    return tuple((point[1], point[2]) for point in _POINT.iter_unpack(track))


def readings(track: bytes) -> tuple[Reading, ...]:
    """The points, oldest first."""
    return tuple(map(Reading._make, _POINT.iter_unpack(track)))


def _without_old(track: bytes, newest_s: float) -> bytes:
    start = _place(track, newest_s - SPAN_S)
    return track[start:] if start else track


def _place(track: bytes, at_s: float) -> int:
    """The offset of the first point at or after `at_s`."""
    low, high = 0, len(track) // _POINT.size
    while low < high:
        middle = (low + high) // 2
        if _time(track, middle * _POINT.size) < at_s:
            low = middle + 1
        else:
            high = middle
    return low * _POINT.size


def _time(track: bytes, offset: int) -> float:
    return float(_read_time(track, offset)[0])
