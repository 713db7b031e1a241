"""The city as a drone knows it: street lines to fly along, and the kerbs where vehicles stand. Built from values; reads no file.

A line is a street cut into pieces of at most 30 m, so that two streets that cross have points close to each other: there a drone may
turn. Places are looked up in a grid of about 110 m.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise
from math import ceil, cos, floor, radians
from random import Random
from typing import NamedTuple

from messages.geo import NEW_YORK, Box, Position, bearing_deg, distance_m, moved_by

LatLon = tuple[float, float]

PIECE_M = 30.0  # two crossing lines then have points within 22 m of each other
CROSSING_M = 24.0
LOST_M = 250.0  # how far a drone looks for another street at a dead end
SEEN_M = 150.0  # how far from below itself a drone reads a plate: across one cell of the grid
KERB_M = 4.5  # from the middle of a street to the parked cars
EDGE_M = 200.0  # no street nearer than this to the city's edge is flown: braking takes 28 m
CELL_DEG = 0.001  # 111 m north, 84 m east: 139 m across
_M_PER_DEG = 111_195.0


class Spot(NamedTuple):
    """A place where a vehicle can stand. `street` in words as people say them; `meter`: a parking meter stands there."""

    position: Position
    street: str
    meter: bool


class Place(NamedTuple):
    """A point of a line, and which way along it the drone goes (1 or -1)."""

    line: int
    point: int
    way: int


class NoStreetError(ValueError):
    """There is no street where drones are wanted."""


class City:
    """The streets and kerbs around a centre. Look-ups are cached, so the same city may serve every drone of a process."""

    def __init__(
        self,
        streets: Iterable[Sequence[LatLon]],
        meters: Iterable[tuple[float, float, str]],
        *,
        centre: Position,
        radius_m: float,
        words_at: Callable[[float, float], str | None],
    ) -> None:
        """`streets`: lines of (lat_deg, lon_deg). `meters`: lat_deg, lon_deg, street name. What is out of reach is left out.

        Raises NoStreetError if no street is left.
        """
        self._words_at = words_at
        inside, reach = _inset(NEW_YORK, EDGE_M), _Reach(centre, radius_m)
        self._lines = [
            line
            for street in streets
            for part in _parts(street, lambda place: reach.holds(place) and inside.holds(Position(*place)))
            if len(line := _in_pieces(part)) >= 4
        ]
        if not self._lines:
            raise NoStreetError(f"no street within {radius_m:.0f} m of {centre.lat_deg:.4f}, {centre.lon_deg:.4f}")
        self._points: dict[tuple[int, int], list[tuple[int, int]]] = {}
        for number, line in enumerate(self._lines):
            for index, place in enumerate(line):
                self._points.setdefault(_cell(*place), []).append((number, index))
        self._meters: dict[tuple[int, int], list[tuple[float, float, str]]] = {}
        for meter in meters:
            if reach.holds(meter[:2]):
                self._meters.setdefault(_cell(*meter[:2]), []).append(meter)
        self._spots: dict[tuple[int, int], list[Spot]] = {}
        self._words: dict[tuple[float, float], str] = {}

    def any_place(self, rng: Random) -> Place:
        """A place to begin, as likely on each metre of street; with meters near it if there are any at all."""
        cells = sorted(cell for cell in self._meters if cell in self._points) or sorted(self._points)
        line, point = rng.choice(self._points[rng.choice(cells)])
        return Place(line, point, rng.choice((1, -1)))

    def position(self, place: Place) -> Position:
        """Where a place is; altitude 0."""
        return Position(*self._lines[place.line][place.point])

    def nearest_place(self, position: Position, rng: Random) -> Place:
        """The nearest point of any street, or any place if there is none near."""
        found = min(self._near(position, LOST_M), default=None)
        return Place(found[1], found[2], rng.choice((1, -1))) if found else self.any_place(rng)

    def walk(
        self, rng: Random, start: Place, beat: Position, beat_m: float, steps: int
    ) -> tuple[list[Position], Place]:
        """The next `steps` points of a patrol along the streets from `start`, and the place where it ends.

        It turns off at crossings now and then, turns round at dead ends, and heads home when farther than `beat_m` from `beat`.
        """
        place, route, straight = start, [], 0
        for _ in range(steps):
            line = self._lines[place.line]
            onward = place.point + place.way
            can_go_on = 0 <= onward < len(line)
            if (not can_go_on or straight >= 3) and (turn := self._turn(rng, place, beat, beat_m, must=not can_go_on)):
                place, straight = turn, 0
            elif can_go_on:
                place, straight = Place(place.line, onward, place.way), straight + 1
            else:
                place, straight = Place(place.line, place.point - place.way, -place.way), 0
            route.append(self.position(place))
        return route, place

    def spot_near(self, rng: Random, position: Position) -> Spot | None:
        """A place near the drone where a vehicle stands, by preference at a meter, within SEEN_M; None over a park or water."""
        cell = _cell(position.lat_deg, position.lon_deg)
        spots = self._spots.get(cell)
        if spots is None:
            spots = self._spots[cell] = list(self._spots_in(cell))
        if not spots:
            return None
        spot = spots[rng.randrange(len(spots))]
        shaken = Position(
            round(spot.position.lat_deg + (rng.random() - 0.5) * 3e-5, 6),  # 1.7 m at most: cars stand along the kerb
            round(spot.position.lon_deg + (rng.random() - 0.5) * 3e-5, 6),
        )
        return Spot(shaken, spot.street, spot.meter)

    def _turn(self, rng: Random, place: Place, beat: Position, beat_m: float, *, must: bool) -> Place | None:
        """Another street to go on along from here, or None to stay on this one."""
        here = self.position(place)
        away = distance_m(here, beat) > beat_m
        if not must and not away and rng.random() > 0.35:
            return None
        others = [found for found in self._near(here, CROSSING_M) if found[1] != place.line]
        if not others and must:
            others = sorted(found for found in self._near(here, LOST_M) if found[1] != place.line)[:3]
        if not others:
            return None
        options = [Place(line, point, way) for _, line, point in others for way in (1, -1)]
        options = [option for option in options if 0 <= option.point + 2 * option.way < len(self._lines[option.line])]
        if not options:
            return None
        if not away:
            return rng.choice(options)
        best = min(options, key=lambda option: distance_m(self._ahead(option), beat))
        return best if must or distance_m(self._ahead(best), beat) < distance_m(self._ahead(place), beat) else None

    def _ahead(self, place: Place) -> Position:
        """A place about 100 m farther on the same line, or its end."""
        line = self._lines[place.line]
        return Position(*line[max(0, min(len(line) - 1, place.point + 4 * place.way))])

    def _near(self, position: Position, within_m: float) -> Iterator[tuple[float, int, int]]:
        """(distance, line, point) of the points within reach."""
        for cell in _cells_around(position, within_m):
            for line, point in self._points.get(cell, ()):
                away = distance_m(position, Position(*self._lines[line][point]))
                if away <= within_m:
                    yield away, line, point

    def _spots_in(self, cell: tuple[int, int]) -> Iterator[Spot]:
        meters = self._meters.get(cell, [])
        for lat, lon, name in meters:
            yield Spot(Position(lat, lon), self._street_words(lat, lon) or name, True)
        for number, index in self._points.get(cell, [])[: 2 if meters else 8]:
            line = self._lines[number]
            along = bearing_deg(Position(*line[max(0, index - 1)]), Position(*line[min(len(line) - 1, index + 1)]))
            kerb = moved_by(Position(*line[index]), bearing_deg=(along + 90.0) % 360.0, distance_m=KERB_M)
            words = self._street_words(kerb.lat_deg, kerb.lon_deg)
            if words:
                yield Spot(kerb, words, False)

    def _street_words(self, lat_deg: float, lon_deg: float) -> str:
        key = (lat_deg, lon_deg)
        if key not in self._words:
            self._words[key] = (self._words_at(lat_deg, lon_deg) or "")[:80]
        return self._words[key]


class _Reach:
    """A circle, tested cheaply."""

    def __init__(self, centre: Position, radius_m: float) -> None:
        self._lat, self._lon = centre.lat_deg, centre.lon_deg
        self._north = (radius_m / _M_PER_DEG) ** 2
        self._shrink = cos(radians(centre.lat_deg)) ** 2

    def holds(self, place: LatLon) -> bool:
        return (place[0] - self._lat) ** 2 + self._shrink * (place[1] - self._lon) ** 2 <= self._north


def _parts(street: Sequence[LatLon], allowed: Callable[[LatLon], bool]) -> Iterator[list[LatLon]]:
    """The stretches of a street whose points are all allowed, two points at least."""
    part: list[LatLon] = []
    for place in street:
        if allowed(place):
            part.append(place)
            continue
        if len(part) > 1:
            yield part
        part = []
    if len(part) > 1:
        yield part


def _in_pieces(line: Sequence[LatLon]) -> list[LatLon]:
    """The line with points added so that none is farther than PIECE_M from the next."""
    pieces = [line[0]]
    for (lat_a, lon_a), (lat_b, lon_b) in pairwise(line):
        count = max(1, ceil(distance_m(Position(lat_a, lon_a), Position(lat_b, lon_b)) / PIECE_M))
        pieces.extend(
            (lat_a + (lat_b - lat_a) * n / count, lon_a + (lon_b - lon_a) * n / count) for n in range(1, count + 1)
        )
    return pieces


def _cell(lat_deg: float, lon_deg: float) -> tuple[int, int]:
    return floor(lat_deg / CELL_DEG), floor(lon_deg / CELL_DEG)


def _cells_around(position: Position, within_m: float) -> Iterator[tuple[int, int]]:
    north = within_m / _M_PER_DEG
    east = north / cos(radians(position.lat_deg))
    south_cell, west_cell = _cell(position.lat_deg - north, position.lon_deg - east)
    north_cell, east_cell = _cell(position.lat_deg + north, position.lon_deg + east)
    for row in range(south_cell, north_cell + 1):
        for column in range(west_cell, east_cell + 1):
            yield row, column


def _inset(box: Box, edge_m: float) -> Box:
    north, east = edge_m / _M_PER_DEG, edge_m / _M_PER_DEG / cos(radians(box.north_deg))
    return Box(box.south_deg + north, box.west_deg + east, box.north_deg - north, box.east_deg - east)
