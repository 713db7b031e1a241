"""What the desk's tests are given: messages, alerts and a desk, with as few words as possible."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from hashlib import sha256
from random import Random
from zlib import crc32

import msgspec

from ground_station.view_model.coding_desk import Who
from ground_station.view_model.effects import Effect
from ground_station.view_model.events import AlertCame, BridgeCame, Event, LinkUp
from ground_station.view_model.intentions import Intention
from ground_station.view_model.station import handle, want
from ground_station.view_model.station_state import DeskState, Dice, opened
from messages.alert import Alert, Picture, raised, step
from messages.ids import message_id
from messages.model import Guess, Health, Telemetry, Violation
from messages.state import BridgeStatus, DeskRequest, LinkState

NOON = datetime(2026, 11, 22, 17, 0, tzinfo=UTC)
PICTURE = b"\x89PNG not really"
WHO = Who(station="midtown", officer="duarte", desk="d-1", boot=1, zone=UTC)


def seconds(number: float) -> timedelta:
    return timedelta(seconds=number)


def dice_from(seed: int = 1) -> Dice:
    rng = Random(seed)
    return lambda: rng.getrandbits(80)


def an_id(number: int) -> str:
    return message_id(NOON, number)


def a_telemetry(
    drone_id: str = "nyc-1", *, boot: int = 1, seq: int = 1, at: datetime = NOON, **changes: object
) -> Telemetry:
    telemetry = Telemetry(
        id=message_id(at, crc32(f"{drone_id} {boot} {seq}".encode())),
        drone_id=drone_id,
        boot=boot,
        seq=seq,
        captured_at=at,
        lat_deg=40.75,
        lon_deg=-73.98,
        alt_m=60.0,
        heading_deg=90.0,
        speed_mps=8.0,
        battery_pct=71.0,
        link_pct=98.0,
        temp_c=24.0,
        vibration_mps2=1.5,
        motor_load_pct=50.0,
        phase="patrol",
    )
    return msgspec.structs.replace(telemetry, **changes)


def a_health(drone_id: str = "nyc-1", *, seq: int = 1, **changes: object) -> Health:
    health = Health(id=an_id(900 + seq), drone_id=drone_id, boot=1, seq=seq, captured_at=NOON, faults=())
    return msgspec.structs.replace(health, **changes)


def a_violation(number: int = 1, *, at: datetime = NOON, **changes: object) -> Violation:
    violation = Violation(
        id=message_id(at, number),
        drone_id="nyc-17",
        boot=1,
        seq=number + 1,
        captured_at=at,
        lat_deg=40.7517,
        lon_deg=-73.9757,
        alt_m=60.0,
        code=None,
        needs_human=True,
        guesses=(Guess(14, 0.48), Guess(19, 0.44), Guess(40, 0.05)),
        plate="KJH 4T2",
        plate_state="NY",
        plate_type="PAS",
        plate_expiry=None,
        make="Toyota",
        body="4DSD",
        colour="red",
        year=2014,
        street="E 42nd Street",
        evidence_ids=(),
    )
    return msgspec.structs.replace(violation, **changes)


def an_alert(number: int = 1, *, at: datetime = NOON, **changes: object) -> Alert:
    return raised(a_violation(number, at=at, **changes), now=at)


def claimed(alert: Alert, officer: str, now: datetime) -> Alert:
    request = DeskRequest(id=an_id(77), officer=officer, action="claim", violation_id=alert.violation.id, at=now)
    outcome = step(alert, request, now)
    assert isinstance(outcome, Alert)
    return outcome


def with_picture(alert: Alert, *, here: int = 3, parts: int = 3, data: bytes = PICTURE) -> Alert:
    picture = Picture(
        evidence_id=an_id(5),
        parts_here=here,
        parts=parts,
        sha256=sha256(data).hexdigest(),
        media_type="image/png",
        checked=here == parts,
    )
    return msgspec.structs.replace(alert, picture=picture, version=alert.version + 1)


def a_bridge_status(now: datetime = NOON, **changes: object) -> BridgeStatus:
    status = BridgeStatus(
        station="midtown",
        state="online",
        boot=1,
        at=now,
        headquarters=LinkState(up=True, since=now - timedelta(minutes=5)),
    )
    return msgspec.structs.replace(status, **changes)


class Desk:
    """The desk's rules with a clock that the test turns, and everything they asked for."""

    def __init__(self, state: DeskState | None = None, seed: int = 1) -> None:
        self.now = NOON
        self.state = state or opened(WHO, NOON, lost_after_s=3.5)
        self.effects: list[Effect] = []
        self._dice = dice_from(seed)

    def hears(self, *events: Event) -> list[Effect]:
        self.state, effects = handle(self.state, events, self.now, self._dice)
        self.effects += effects
        return effects

    def wants(self, *intentions: Intention) -> list[Effect]:
        made: list[Effect] = []
        for intention in intentions:
            self.state, effects = want(self.state, intention, self.now, self._dice)
            made += effects
        self.effects += made
        return made

    def waits(self, span_s: float) -> None:
        self.now += seconds(span_s)

    def asked(self, kind: type[Effect]) -> list[Effect]:
        return [effect for effect in self.effects if isinstance(effect, kind)]


def a_connected_desk(*alerts: Alert, seed: int = 1) -> Desk:
    desk = Desk(seed=seed)
    desk.hears(LinkUp(), BridgeCame(a_bridge_status()), *(AlertCame(alert) for alert in alerts))
    return desk
