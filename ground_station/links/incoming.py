"""From a topic and its bytes to an event: the one door through which outside bytes reach the desk. Pure; never raises."""

from __future__ import annotations

from hashlib import sha256

from ground_station.view_model.events import (
    AlertCame,
    AlertGone,
    AnswerCame,
    BridgeCame,
    Event,
    HealthCame,
    PictureCame,
    PictureGone,
    StatusCame,
    TelemetryCame,
    Unreadable,
)
from messages import topics
from messages.alert import Alert
from messages.codec import decode, decode_state
from messages.errors import DecodeError
from messages.model import Health, Telemetry
from messages.state import BridgeStatus, DeskAnswer, DroneStatus


def event_of(topic: str, payload: bytes, *, answers_on: str, bridge_on: str) -> Event | None:
    """The event in the bytes; None where there is nothing to say (an emptied topic that is not an alert's)."""
    try:
        place = topics.parse_alert_topic(topic)
        if place is not None:
            return _of_alert(place, payload)
        if topic == answers_on:
            return AnswerCame(decode_state(payload, DeskAnswer))
        if topic == bridge_on:
            return BridgeCame(decode_state(payload, BridgeStatus)) if payload else None
        return _of_drone(topic, payload)
    except DecodeError as error:
        return Unreadable(topic, error.reason, error.detail)


def _of_alert(place: topics.AlertTopic, payload: bytes) -> Event:
    if place.picture:
        if not payload:
            return PictureGone(place.violation_id)
        return PictureCame(place.violation_id, payload, sha256(payload).hexdigest())
    if not payload:
        return AlertGone(place.violation_id)
    alert = decode_state(payload, Alert)
    if alert.violation.id != place.violation_id:
        raise DecodeError("wrong_topic", "an alert came on the topic of another")
    return AlertCame(alert)


def _of_drone(topic: str, payload: bytes) -> Event | None:
    place = topics.parse_drone_topic(topic)
    if place is None:
        raise DecodeError("wrong_topic", "not one of the desk's topics")
    if place.leaf == "status":
        if not payload:
            return None
        status = decode_state(payload, DroneStatus)
        if status.drone_id != place.drone_id:
            raise DecodeError("wrong_topic", "a status came on the topic of another drone")
        return StatusCame(status)
    if place.leaf == "health" and not payload:
        return None
    message = decode(payload, topic=topic)
    match message:
        case Telemetry():
            return TelemetryCame(message)
        case Health():
            return HealthCame(message)
    raise DecodeError("wrong_topic", "the desk does not listen to this kind")
