"""Messages to bytes and back: canonical JSON, and one door through which every byte from outside comes.

Rules of the door: bytes in, a message or DecodeError out, never anything else, whatever the bytes are. msgspec refuses NaN, wrong
types, unknown fields and deep nesting by itself; what it lets through (a key twice in one object) is caught here.
"""

from __future__ import annotations

import json
from typing import Any, TypeVar

import msgspec

from messages.errors import DecodeError
from messages.model import KINDS, AnyMessage, Evidence, Message, kind_of
from messages.topics import parse_drone_topic

SCHEMA_VERSION = "1"
MAX_MESSAGE_BYTES = 16_384  # every kind but evidence: the largest real one is a ticket with its 43 columns, about 2 kB
MAX_EVIDENCE_BYTES = 1_000_000  # one part of a picture, base64 and envelope included; Kafka's default limit is 1 MiB
EVIDENCE_PART_BYTES = 700_000  # of picture in one part: 933 kB as base64

_encoder = msgspec.json.Encoder()
_decoder: msgspec.json.Decoder[AnyMessage] = msgspec.json.Decoder(AnyMessage)

T = TypeVar("T")


def encode(message: Message | msgspec.Struct) -> bytes:
    """The canonical JSON of a message or state: fields in the order of the struct, no blanks, UTF-8."""
    return _encoder.encode(message)


def decode(payload: bytes, *, topic: str | None = None) -> AnyMessage:
    """The message in the bytes; raises DecodeError with a reason.

    With `topic` (an MQTT topic of a drone) the message must be of the kind and the drone that the topic names.
    """
    if len(payload) > MAX_EVIDENCE_BYTES:
        raise DecodeError("too_large", f"{len(payload)} bytes; a message has at most {MAX_EVIDENCE_BYTES}")
    place = None
    if topic is not None:
        place = parse_drone_topic(topic)
        if place is None or place.leaf not in KINDS:
            raise DecodeError("wrong_topic", "the topic is not one on which a drone reports")
    try:
        message = _decoder.decode(payload)
    except msgspec.ValidationError as error:
        raise DecodeError("wrong_shape", str(error)) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise DecodeError("not_json", str(error) or type(error).__name__) from None
    if not isinstance(message, Evidence) and len(payload) > MAX_MESSAGE_BYTES:
        raise DecodeError("too_large", f"{len(payload)} bytes; a {kind_of(message)} has at most {MAX_MESSAGE_BYTES}")
    # A key twice in one object: msgspec takes the last, another reader may take the first. Canonical bytes cannot have one.
    if _encoder.encode(message) != payload:
        _refuse_repeated_keys(payload)
    if place is not None and (place.drone_id != message.drone_id or place.leaf != kind_of(message)):
        raise DecodeError(
            "wrong_topic",
            f"a {kind_of(message)} of {message.drone_id} came on the topic of {place.drone_id}/{place.leaf}",
        )
    return message


def _refuse_repeated_keys(payload: bytes) -> None:
    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(items)
        if len(found) != len(items):
            raise DecodeError("repeated_key", "an object has one key twice")
        return found

    json.loads(payload, object_pairs_hook=pairs)


_state_decoders: dict[type, msgspec.json.Decoder[Any]] = {}  # building a decoder costs more than using it


def decode_state(payload: bytes, kind: type[T]) -> T:
    """A state struct (messages.state, messages.alert) from its bytes; raises DecodeError."""
    decoder = _state_decoders.get(kind) or _state_decoders.setdefault(kind, msgspec.json.Decoder(kind))
    try:
        state: T = decoder.decode(payload)
    except msgspec.ValidationError as error:
        raise DecodeError("wrong_shape", str(error)) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise DecodeError("not_json", str(error) or type(error).__name__) from None
    return state
