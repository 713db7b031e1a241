"""The states of the gallery: a station over Midtown told through the desk's own rules, from a seed, at a fixed time of day.

Everything is invented: drones on real streets, vehicles, plates, officers. Pictures are the simulator's.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, tzinfo
from hashlib import sha256
from math import cos, radians, sin
from random import Random
from zoneinfo import ZoneInfo

import msgspec

from drone_sim.camera import take_picture
from ground_station.view_model.coding_desk import Who
from ground_station.view_model.effects import FindPlace
from ground_station.view_model.events import (
    AlertCame,
    BridgeCame,
    HealthCame,
    LinkDown,
    LinkUp,
    PictureCame,
    PlaceFound,
    TelemetryCame,
    Tick,
)
from ground_station.view_model.intentions import ChooseDigit, Claim, MarkNotShown, SelectAlert, SelectDrone
from ground_station.view_model.station_state import opened
from maps import base_map
from messages.alert import Alert, Picture
from messages.model import Fault, Guess, Telemetry
from messages.state import BridgeStatus, LinkState
from tests.ground_station.given import Desk, a_bridge_status, a_health, a_telemetry, an_alert, an_id, claimed, seconds

NEW_YORK: tzinfo = ZoneInfo("America/New_York")
NOON = datetime(2026, 11, 27, 19, 30, tzinfo=UTC)  # 14:30 in New York
MIDTOWN = (40.735, 40.772, -74.008, -73.962)  # south, north, west, east
CITY = (40.60, 40.87, -74.02, -73.80)
MINUTE = timedelta(minutes=1)


class Scene:
    """One station as it goes on: `desk` holds the rules; each method lets something happen."""

    def __init__(self, drones: int = 48, box: tuple[float, float, float, float] = MIDTOWN, seed: int = 7) -> None:
        who = Who(station="midtown-south", officer="duarte", desk="d-1", boot=1, zone=NEW_YORK)
        self.desk = Desk(opened(who, NOON, lost_after_s=3.5))
        self.desk.now = NOON
        self.rng = Random(seed)
        self.spots = _spots(drones, box, self.rng)
        self.alerts: dict[int, Alert] = {}
        self._seq = 0
        self.quiet: frozenset[int] = frozenset()  # drones that say nothing any more
        self.hear(LinkUp(), BridgeCame(self._status()))
        self.fly()

    def hear(self, *events: object) -> None:
        effects = self.desk.hears(*events)  # type: ignore[arg-type]
        for effect in effects:
            if isinstance(effect, FindPlace):
                words = base_map.place_words(effect.lat_deg, effect.lon_deg)
                precinct = base_map.precinct_of(effect.lat_deg, effect.lon_deg)
                self.desk.hears(PlaceFound(effect.violation_id, words, precinct))

    def fly(self, span_s: float = 0.0) -> None:
        """So much time goes by, and every drone that is not quiet speaks at its end."""
        self.desk.waits(span_s)
        self._seq += 1
        telemetry = [self._report(n) for n in range(len(self.spots)) if n not in self.quiet]
        self.hear(*map(TelemetryCame, telemetry), BridgeCame(self._status()), Tick())

    def _report(self, number: int) -> Telemetry:
        lat_deg, lon_deg, heading_deg = self.spots[number]
        drained = self._seq * 0.25
        along = 0.00012 * (40 - abs(self._seq % 80 - 40))  # to the end of its beat and back, along its street
        return a_telemetry(
            f"nyc-{number:02d}",
            seq=self._seq,
            at=self.desk.now,
            lat_deg=lat_deg + along * cos(radians(heading_deg)),
            lon_deg=lon_deg + along * sin(radians(heading_deg)) / 0.757,  # cos of the latitude
            heading_deg=heading_deg if self._seq % 80 < 40 else (heading_deg + 180) % 360,
            battery_pct={40: 14.0, 5: 22.0, 11: 12.0}.get(number, max(31.0, 97.0 - number * 1.1 - drained)),
            link_pct={7: 61.0}.get(number, 92.0 + 7.0 * sin(self._seq / 13.0 + number)),
            temp_c=22.0 + number % 9,
            alt_m=60.0 + 14.0 * sin((self._seq + number) / 9.0),
            phase="return" if number == 40 else "patrol",
        )

    def raise_alert(self, number: int, drone: int, guesses: tuple[Guess, ...], parts: int = 3, **facts: object) -> None:
        """An alert of a drone, with the picture (or as many of its three parts as are here)."""
        lat_deg, lon_deg, _ = self.spots[drone]
        plate = str(facts.pop("plate", "KJH 4T2"))
        alert = an_alert(
            number,
            at=self.desk.now,
            drone_id=f"nyc-{drone:02d}",
            lat_deg=lat_deg + 0.0002,
            lon_deg=lon_deg + 0.0002,
            guesses=guesses,
            plate=plate,
            **facts,
        )
        data = take_picture(alert.violation, guesses[0].code if guesses else 14, seed=number)
        picture = Picture(
            evidence_id=an_id(500 + number),
            parts_here=parts,
            parts=3,
            sha256=sha256(data).hexdigest(),
            media_type="image/jpeg",
            checked=parts == 3,
        )
        alert = msgspec.structs.replace(alert, picture=picture, version=alert.version + 1)
        self.alerts[number] = alert
        self.hear(AlertCame(alert))
        if parts == 3:
            self.hear(PictureCame(alert.violation.id, data, picture.sha256))

    def grant(self, number: int, officer: str) -> None:
        """The bridge gives an officer the claim."""
        self.alerts[number] = claimed(self.alerts[number], officer, self.desk.now)
        self.hear(AlertCame(self.alerts[number]))

    def headquarters_is_away(self, since: timedelta) -> None:
        """The bridge keeps everything and says so."""
        now = self.desk.now
        link = LinkState(
            up=False, since=now - since, next_try_at=now + seconds(8), problem="no route to kafka.example:9092"
        )
        waiting = {"telemetry": 1_100, "violation": 92, "evidence": 12}
        self.hear(BridgeCame(self._status(headquarters=link, waiting=waiting, oldest_waiting_at=now - since)))

    def _status(self, **changes: object) -> BridgeStatus:
        return a_bridge_status(
            self.desk.now,
            stored={"telemetry": 61_204, "violation": 4_011},
            stored_per_s=48.0,
            alerts_open=len(self.alerts),
            disk_used_bytes=1_200_000_000,
            disk_quota_bytes=20_000_000_000,
            disk_free_bytes=64_000_000_000,
            encrypted=True,
            **changes,
        )


def working() -> Scene:
    """As in the drawing: four alerts, one of them this officer's with a code chosen, headquarters away for 12 minutes."""
    scene = Scene()
    scene.fly(300)
    scene.raise_alert(
        4, 22, (Guess(46, 0.41), Guess(47, 0.40)), plate="HTX 2290", make="Ford", body="VAN", colour="white"
    )
    scene.fly(45)
    scene.raise_alert(
        3, 5, (Guess(38, 0.52), Guess(37, 0.30)), parts=2, plate="LRB 4471", make="Honda", body="SUBN", colour="gray"
    )
    scene.fly(30)
    scene.quiet = frozenset((11,))
    scene.fly(9)
    scene.raise_alert(
        2, 31, (Guess(46, 0.44), Guess(47, 0.39)), plate="T71 88C", make="Nissan", body="VAN", colour="blue"
    )
    scene.fly(33)
    scene.raise_alert(
        1, 17, (Guess(14, 0.48), Guess(19, 0.44), Guess(40, 0.05)), make="Toyota", body="4DSD", colour="red"
    )
    hot = (Fault("vibration_high", "warning", scene.desk.now - 2 * MINUTE),)
    scene.hear(HealthCame(a_health("nyc-02", seq=10_000, faults=hot)))
    scene.grant(4, "moreno")
    scene.desk.wants(SelectAlert(scene.alerts[1].violation.id), Claim())
    scene.grant(1, "duarte")
    scene.desk.wants(ChooseDigit(1), MarkNotShown("plate_expiry"))
    scene.quiet = frozenset((11, 7))
    for _ in range(3):
        scene.fly(0.9)
    scene.headquarters_is_away(12 * MINUTE)
    return scene


def alert_open() -> Scene:
    """An alert that nobody has taken yet, with facts that are missing."""
    scene = Scene()
    scene.fly(300)
    guesses = (Guess(21, 0.39), Guess(20, 0.22), Guess(14, 0.10))
    scene.raise_alert(
        15, 15, guesses, plate="JMN 5521", plate_type=None, plate_state=None, make="Hyundai", colour="gray"
    )
    scene.fly(0.8)
    scene.desk.wants(SelectAlert(scene.alerts[15].violation.id))
    return scene


def warned() -> Scene:
    """The same alert, with the two warnings that a plate can have: it is open near by, and it was ticketed an hour ago."""
    scene = Scene()
    scene.fly(300)
    scene.raise_alert(13, 15, (Guess(21, 0.60),), plate="JMN 5521", make="Hyundai", colour="gray")
    ticketed = msgspec.structs.replace(
        scene.alerts.pop(13),
        state="confirmed",
        decided_by="moreno",
        decided_at=scene.desk.now,
        code_after=21,
        version=9,
    )
    scene.hear(AlertCame(ticketed))
    scene.fly(3_300)
    scene.raise_alert(14, 15, (Guess(21, 0.52),), plate="JMN 5521", make="Hyundai", colour="gray")
    scene.fly(41)
    guesses = (Guess(21, 0.39), Guess(20, 0.22), Guess(14, 0.10))
    scene.raise_alert(15, 15, guesses, plate="JMN 5521", plate_type=None, make="Hyundai", colour="gray")
    scene.fly(0.8)
    scene.desk.wants(SelectAlert(scene.alerts[15].violation.id))
    return scene


def calm() -> Scene:
    """Nothing to decide; a drone is selected and its last hour is drawn."""
    scene = Scene()
    for number in range(200):
        scene.quiet = frozenset((17,)) if 90 <= number < 110 else frozenset()
        scene.fly(14)
    scene.desk.wants(SelectDrone("nyc-17"))
    scene.fly(0.5)
    return scene


def offline() -> Scene:
    """The broker is gone while an alert lies on the desk, decided work is kept."""
    scene = working()
    scene.hear(LinkDown("connection refused", scene.desk.now + seconds(7)))
    scene.desk.waits(4)
    scene.hear(Tick())
    return scene


def thousand() -> Scene:
    """1,000 drones over the whole city."""
    scene = Scene(1_000, CITY)
    scene.fly(60)
    scene.quiet = frozenset(range(3, 1_000, 97))
    for _ in range(4):
        scene.fly(0.9)
    scene.raise_alert(9, 500, (Guess(14, 0.48), Guess(19, 0.44)))
    scene.raise_alert(
        8, 120, (Guess(46, 0.44), Guess(47, 0.39)), plate="T71 88C", colour="blue", make="Nissan", body="VAN"
    )
    scene.fly(0.5)
    return scene


SCENES: dict[str, Callable[[], Scene]] = {
    "working": working,
    "alert": alert_open,
    "warned": warned,
    "calm": calm,
    "offline": offline,
    "thousand": thousand,
}


def _spots(count: int, box: tuple[float, float, float, float], rng: Random) -> list[tuple[float, float, float]]:
    """Places on real streets within a box, and the heading along each; the same for the same seed."""
    south, north, west, east = box
    points = [
        (one, other)
        for street in base_map.streets()
        for one, other in zip(street.points, street.points[1:], strict=False)
        if south < one[0] < north and west < one[1] < east
    ]
    found: list[tuple[float, float, float]] = []
    nearest_deg = 0.0022 if count < 100 else 0.0
    while len(found) < count:
        (lat_deg, lon_deg), (to_lat, to_lon) = rng.choice(points)
        if all(abs(lat_deg - lat) + abs(lon_deg - lon) > nearest_deg for lat, lon, _ in found):
            heading_deg = 29.0 if abs(to_lat - lat_deg) > abs(to_lon - lon_deg) else 119.0
            found.append((lat_deg, lon_deg, heading_deg + rng.choice((0.0, 180.0))))
    return found
