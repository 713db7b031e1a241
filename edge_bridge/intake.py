"""What a received message is: a row to keep, a desk's wish, a word about a drone, or something for quarantine. Pure, and never raises."""

from __future__ import annotations

from collections.abc import Container
from datetime import datetime
from functools import lru_cache

import msgspec

from edge_bridge.ports import Received, Rejected, Row, StreamKey
from messages.codec import decode, decode_state
from messages.errors import DecodeError, Reason
from messages.model import (
    KINDS,
    AnyMessage,
    Correction,
    Counter,
    DroneId,
    HistoricTicket,
    MessageId,
    kind_of,
    stream_of,
)
from messages.priority import priority_of
from messages.state import DeskRequest, DroneStatus
from messages.topics import ROOT, kafka_key, parse_desk_topic, parse_drone_topic, retry_topic
from messages.validation import problems_of

KEPT_BYTES = 65_536  # of a message in quarantine that is nobody's: enough for a person to see what it was


class Accepted(msgspec.Struct, frozen=True):
    """A good message of a drone."""

    message: AnyMessage
    key: StreamKey
    received: Received


class Asked(msgspec.Struct, frozen=True):
    """A desk's request about an alert."""

    request: DeskRequest
    received: Received


class Decided(msgspec.Struct, frozen=True):
    """An officer's decision; kept byte for byte if the alert's rules allow it."""

    decision: Correction
    received: Received


class Seen(msgspec.Struct, frozen=True):
    """A drone says that it is there, or the broker that it is gone. Nothing is kept of it."""

    status: DroneStatus


class RetryWanted(msgspec.Struct, frozen=True):
    """An officer asks that headquarters be tried now."""


Intake = Accepted | Asked | Decided | Seen | RetryWanted | Rejected


class Rules(msgspec.Struct, frozen=True):
    """What this station takes. `fleet` None: every drone."""

    station: str
    fleet: Container[str] | None = None
    crowd_allowed: bool = False


class _Header(msgspec.Struct, frozen=True):
    """Whose message it was, read from bytes that are no message: its sender need not keep it for ever."""

    kind: str
    drone_id: DroneId
    boot: Counter
    seq: Counter


_header = msgspec.json.Decoder(_Header)


class _Wish(msgspec.Struct, frozen=True):
    """What a desk asked for, read from bytes that cannot be judged: it must hear so, or it asks for ever."""

    id: MessageId
    violation_id: MessageId


_wish = msgspec.json.Decoder(_Wish)


def read(received: Received, rules: Rules, now: datetime) -> Intake:
    """What the message is. A Rejected names its sender's number where that can be read and fits the topic."""
    try:
        return _read(received, rules, now)
    except DecodeError as error:
        return refusal(received, error.reason, error.detail, _sender_in(received))


def refusal(received: Received, reason: Reason, detail: str, sender: tuple[StreamKey, int] | None = None) -> Rejected:
    """The message for quarantine. One whose sender may now forget it is kept whole."""
    key, seq = sender if sender else (None, None)
    return Rejected(
        reason=reason,
        detail=detail[:500],
        topic=received.topic,
        payload=received.payload if sender else received.payload[:KEPT_BYTES],
        length=len(received.payload),
        received_at=received.received_at,
        sender=key,
        seq=seq,
    )


def wish_in(payload: bytes) -> tuple[str, str] | None:
    """Id and violation id of a desk's request or decision, however little else is right with it."""
    try:
        wish = _wish.decode(payload)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    return wish.id, wish.violation_id


def row_of(message: AnyMessage, payload: bytes, row: int, received_at: datetime, stored_at: datetime) -> Row:
    """The message as it is kept, byte for byte."""
    return Row(  # by position: half the time of names
        row,
        priority_of(message),
        kind_of(message),
        message.id,
        message.drone_id,
        message.boot,
        message.seq,
        unix_ms(message.captured_at),
        _shared_ms(received_at),
        _shared_ms(stored_at),
        kafka_key(message).decode() if isinstance(message, HistoricTicket) else None,
        payload,
    )


def unix_ms(at: datetime) -> int:
    """Milliseconds since 1970 UTC, rounded."""
    return round(at.timestamp() * 1000)


_shared_ms = lru_cache(maxsize=8)(unix_ms)  # the messages of one read and the rows of one batch have one moment


def is_urgent(received: Received) -> bool:
    """Whether somebody waits for it, so that no company should be waited for before it is stored. A guess by the bytes."""
    return "/desk/" in received.topic or (
        received.topic.endswith("/violation") and b'"needs_human":true' in received.payload
    )


def _read(received: Received, rules: Rules, now: datetime) -> Intake:
    place = parse_drone_topic(received.topic)
    if place is None:
        return _of_no_drone(received, rules, now)
    if place.station != rules.station:
        raise DecodeError("wrong_topic", "the topic is not one of this station")
    if place.leaf == "status":
        status = decode_state(received.payload, DroneStatus)
        if status.drone_id != place.drone_id:
            raise DecodeError("wrong_topic", f"the status of {status.drone_id} came on the topic of {place.drone_id}")
        if not 1 <= status.boot <= 2**53:  # a number that the store cannot hold
            raise DecodeError("wrong_shape", f"boot is {str(status.boot)[:30]}, and should be from 1 to 2**53")
        return Seen(status)
    message = decode(received.payload, topic=received.topic)
    key = StreamKey(message.drone_id, message.boot, stream_of(place.leaf))
    for problem in problems_of(message, now, fleet=rules.fleet, crowd_allowed=rules.crowd_allowed):
        return refusal(received, problem.reason, problem.detail, (key, message.seq))
    return Accepted(message, key, received)


def _of_no_drone(received: Received, rules: Rules, now: datetime) -> Intake:
    if not received.topic.startswith(f"{ROOT}/{rules.station}/"):
        raise DecodeError("wrong_topic", "the topic is not one of this station")
    if parse_desk_topic(received.topic) is not None:
        return _of_desk(received, rules, now)
    if received.topic == retry_topic(rules.station):
        return RetryWanted()
    raise DecodeError("wrong_topic", "the topic is not one on which a drone reports")


def _of_desk(received: Received, rules: Rules, now: datetime) -> Intake:
    place = parse_desk_topic(received.topic)
    assert place is not None
    if place.leaf == "claim":
        request = decode_state(received.payload, DeskRequest)
        if request.officer != place.officer:
            raise DecodeError("wrong_topic", f"a request of {request.officer} came on the topic of {place.officer}")
        return Asked(request, received)
    decision = decode(received.payload)
    if not isinstance(decision, Correction):
        raise DecodeError("wrong_topic", f"a {kind_of(decision)} came where decisions are handed in")
    if decision.officer != place.officer or decision.station != rules.station:
        raise DecodeError(
            "wrong_topic",
            f"a decision of {decision.officer} at {decision.station} came on the topic of {place.officer}",
        )
    for problem in problems_of(decision, now, fleet=rules.fleet):
        return refusal(received, problem.reason, problem.detail)
    return Decided(decision, received)


def _sender_in(received: Received) -> tuple[StreamKey, int] | None:
    place = parse_drone_topic(received.topic)
    if place is None or place.leaf not in KINDS:
        return None
    try:
        header = _header.decode(received.payload)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    if header.drone_id != place.drone_id or header.kind != place.leaf:
        return None
    return StreamKey(header.drone_id, header.boot, stream_of(header.kind)), header.seq
