"""Places on the Earth and the few formulas that drones, map and analyses share."""

from __future__ import annotations

from math import asin, atan2, cos, degrees, radians, sin, sqrt

import msgspec

EARTH_RADIUS_M = 6_371_008.8  # mean radius, IUGG


class Position(msgspec.Struct, frozen=True):
    """A place: WGS 84 degrees, and metres above the ground below."""

    lat_deg: float
    lon_deg: float
    alt_m: float = 0.0


class Box(msgspec.Struct, frozen=True):
    """A rectangle of latitude and longitude, edges included; it never crosses the date line."""

    south_deg: float
    west_deg: float
    north_deg: float
    east_deg: float

    def holds(self, position: Position) -> bool:
        """Whether the place lies in the box or on its edge."""
        return (
            self.south_deg <= position.lat_deg <= self.north_deg and self.west_deg <= position.lon_deg <= self.east_deg
        )


NEW_YORK = Box(south_deg=40.477, west_deg=-74.26, north_deg=40.918, east_deg=-73.699)
"""The five boroughs with their water. Source: extent of the city's borough boundaries."""


def distance_m(a: Position, b: Position) -> float:
    """Great-circle distance over the ground (haversine); altitude is left out. Within 0.6 % of the ellipsoid."""
    lat_a, lat_b = radians(a.lat_deg), radians(b.lat_deg)
    half_lat = sin((lat_b - lat_a) / 2)
    half_lon = sin(radians(b.lon_deg - a.lon_deg) / 2)
    h = half_lat * half_lat + cos(lat_a) * cos(lat_b) * half_lon * half_lon
    return 2 * EARTH_RADIUS_M * asin(min(1.0, sqrt(h)))


def bearing_deg(a: Position, b: Position) -> float:
    """First course from a to b, clockwise from true north, in [0, 360). 0 when the places are the same."""
    lat_a, lat_b, d_lon = radians(a.lat_deg), radians(b.lat_deg), radians(b.lon_deg - a.lon_deg)
    east = sin(d_lon) * cos(lat_b)
    north = cos(lat_a) * sin(lat_b) - sin(lat_a) * cos(lat_b) * cos(d_lon)
    course = degrees(atan2(east, north)) % 360.0
    return course if course < 360.0 else 0.0  # -1e-17 % 360.0 is 360.0


def moved_by(position: Position, *, bearing_deg: float, distance_m: float) -> Position:
    """Where flying `distance_m` along the great circle ends; altitude is kept.

    Raises ValueError for a negative distance. Source: Ed Williams, Aviation Formulary, "Lat/lon given radial and distance".
    """
    if distance_m < 0:
        raise ValueError(f"distance_m is {distance_m}, and must not be negative")
    lat, course, arc = radians(position.lat_deg), radians(bearing_deg), distance_m / EARTH_RADIUS_M
    lat_end = asin(sin(lat) * cos(arc) + cos(lat) * sin(arc) * cos(course))
    d_lon = atan2(sin(course) * sin(arc) * cos(lat), cos(arc) - sin(lat) * sin(lat_end))
    lon_end = (position.lon_deg + degrees(d_lon) + 540.0) % 360.0 - 180.0
    return Position(lat_deg=degrees(lat_end), lon_deg=lon_end, alt_m=position.alt_m)
