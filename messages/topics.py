"""Every MQTT and Kafka topic: made here from a message and read back here. The only strings of that kind in the project."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Literal

import msgspec

from messages.model import HistoricTicket, Message, kind_of

ROOT = "kestrel/v1"
TOPICS_REMEMBERED = 4_096  # taken apart once: a fleet of 1,000 drones speaks on a few topics each; about 1 MB

DroneLeaf = Literal["status", "telemetry", "violation", "evidence", "crowd", "health", "ack", "command"]
_DRONE_TOPIC = re.compile(
    r"\Akestrel/v1/([a-z0-9-]{1,32})/drone/([a-z0-9-]{1,32})/(status|telemetry|violation|evidence|crowd|health|ack|command)\Z"
)
_DESK_TOPIC = re.compile(r"\Akestrel/v1/([a-z0-9-]{1,32})/desk/([a-z0-9-]{1,32})/(claim|decide)\Z")
_ALERT_TOPIC = re.compile(r"\Akestrel/v1/([a-z0-9-]{1,32})/alert/([0-9a-f-]{36})(/picture)?\Z")


class DroneTopic(msgspec.Struct, frozen=True):
    """A drone's topic taken apart."""

    station: str
    drone_id: str
    leaf: str


class DeskTopic(msgspec.Struct, frozen=True):
    """A desk's topic taken apart; `leaf` is claim or decide."""

    station: str
    officer: str
    leaf: str


class AlertTopic(msgspec.Struct, frozen=True):
    """An alert's topic taken apart; `picture` when it carries the evidence and not the state."""

    station: str
    violation_id: str
    picture: bool


def drone_topic(station: str, drone_id: str, leaf: DroneLeaf) -> str:
    """The topic on which a drone says `leaf`, or is told it."""
    return f"{ROOT}/{station}/drone/{drone_id}/{leaf}"


def message_topic(station: str, message: Message) -> str:
    """The topic on which a drone sends this message."""
    return f"{ROOT}/{station}/drone/{message.drone_id}/{kind_of(message)}"


def drone_filter(station: str, leaf: DroneLeaf) -> str:
    """Subscribes to one leaf of every drone of a station."""
    return f"{ROOT}/{station}/drone/+/{leaf}"


@lru_cache(maxsize=TOPICS_REMEMBERED)
def parse_drone_topic(topic: str) -> DroneTopic | None:
    """The parts of a drone's topic, or None if it is not one."""
    match = _DRONE_TOPIC.match(topic)
    return DroneTopic(*match.groups()) if match else None


def claim_topic(station: str, officer: str) -> str:
    """Where a desk asks for an alert (DeskRequest)."""
    return f"{ROOT}/{station}/desk/{officer}/claim"


def decide_topic(station: str, officer: str) -> str:
    """Where a desk hands in a decision (Correction)."""
    return f"{ROOT}/{station}/desk/{officer}/decide"


def answer_topic(station: str, officer: str, desk: str) -> str:
    """Where one desk of an officer hears the bridge's answers (DeskAnswer): the response topic of its requests."""
    return f"{ROOT}/{station}/desk/{officer}/answer/{desk}"


def desk_filter(station: str) -> str:
    """Subscribes to the claims and decisions of every desk of a station."""
    return f"{ROOT}/{station}/desk/+/+"


@lru_cache(maxsize=TOPICS_REMEMBERED)
def parse_desk_topic(topic: str) -> DeskTopic | None:
    """The parts of a desk's claim or decide topic, or None if it is neither."""
    match = _DESK_TOPIC.match(topic)
    return DeskTopic(*match.groups()) if match else None


def alert_topic(station: str, violation_id: str) -> str:
    """The retained state of an alert (Alert); an empty payload once it is closed and archived."""
    return f"{ROOT}/{station}/alert/{violation_id}"


def picture_topic(station: str, violation_id: str) -> str:
    """The retained evidence picture of an open alert: the raw bytes of the file, put together and checked by the bridge."""
    return f"{ROOT}/{station}/alert/{violation_id}/picture"


def alert_filter(station: str) -> str:
    """Subscribes to every alert of a station and its picture."""
    return f"{ROOT}/{station}/alert/#"


def parse_alert_topic(topic: str) -> AlertTopic | None:
    """The parts of an alert's topic, or None if it is not one."""
    match = _ALERT_TOPIC.match(topic)
    return AlertTopic(match[1], match[2], match[3] is not None) if match else None


def bridge_status_topic(station: str) -> str:
    """The retained state of the bridge (BridgeStatus)."""
    return f"{ROOT}/{station}/bridge/status"


def retry_topic(station: str) -> str:
    """An officer's wish that the bridge try headquarters now; the payload is empty."""
    return f"{ROOT}/{station}/bridge/retry"


KAFKA_TOPICS: dict[str, str] = {
    "telemetry": "kestrel.telemetry",
    "violation": "kestrel.violations",
    "evidence": "kestrel.evidence",
    "correction": "kestrel.corrections",
    "crowd": "kestrel.crowd",
    "history": "kestrel.history",
    "health": "kestrel.health",
}
"""Kind -> Kafka topic. Each has a twin for what headquarters cannot read: see dead_letter_topic."""


def kafka_topic(kind: str) -> str:
    """The Kafka topic of a kind; KeyError for a word that is not one."""
    return KAFKA_TOPICS[kind]


def dead_letter_topic(kafka_topic: str) -> str:
    """Where records of a Kafka topic go that headquarters cannot read."""
    return f"{kafka_topic}.dlq"


def kafka_key(message: Message) -> bytes:
    """Keeps a sender's messages in one partition and so in order; a historic record is keyed by file and offset."""
    if isinstance(message, HistoricTicket):
        return f"{message.drone_id}@{message.byte_offset}".encode()
    return message.drone_id.encode()
