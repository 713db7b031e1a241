"""The one door: a message or DecodeError, never anything else, whatever the bytes are."""

from __future__ import annotations

import json
import sys
from contextlib import suppress

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from messages.alert import Alert
from messages.codec import (
    EVIDENCE_PART_BYTES,
    MAX_EVIDENCE_BYTES,
    MAX_MESSAGE_BYTES,
    decode,
    decode_state,
    encode,
)
from messages.errors import DecodeError
from messages.model import AnyMessage, Evidence, kind_of
from messages.state import Ack, BridgeStatus, Command, DeskAnswer, DeskRequest, DroneStatus
from messages.topics import message_topic
from tests.strategies import STATION, a_sure_violation, a_telemetry, a_violation, an_id
from tests.strategies import messages as any_message

GOOD = json.loads(encode(a_violation()))


def changed(**changes: object) -> bytes:
    """A violation's JSON with some fields changed; a value of ... takes the field out."""
    fields = {**GOOD, **changes}
    return json.dumps({name: value for name, value in fields.items() if value is not ...}).encode()


@given(any_message())
def test_what_was_encoded_decodes_to_the_same_message(message: AnyMessage) -> None:
    assert decode(encode(message)) == message


@given(any_message())
def test_encoding_is_canonical(message: AnyMessage) -> None:
    assert encode(decode(encode(message))) == encode(message)


@given(any_message())
def test_the_payload_names_its_kind_in_the_field_kind(message: AnyMessage) -> None:
    assert json.loads(encode(message))["kind"] == kind_of(message)


@given(st.binary(max_size=300))
def test_any_bytes_are_refused_as_a_value(junk: bytes) -> None:
    with pytest.raises(DecodeError):
        decode(junk)


@given(st.data())
def test_a_damaged_message_decodes_or_is_refused_and_nothing_else_happens(data: st.DataObject) -> None:
    payload = bytearray(encode(data.draw(any_message())))
    for _ in range(data.draw(st.integers(min_value=1, max_value=4))):
        at = data.draw(st.integers(min_value=0, max_value=len(payload) - 1))
        match data.draw(st.sampled_from(["change", "cut", "double"])):
            case "change":
                payload[at] = data.draw(st.integers(min_value=0, max_value=255))
            case "cut":
                del payload[at : at + data.draw(st.integers(min_value=1, max_value=20))]
            case "double":
                payload[at:at] = payload[at : at + data.draw(st.integers(min_value=1, max_value=200))]
        if not payload:
            break
    try:
        message = decode(bytes(payload))
    except DecodeError:
        return
    assert decode(encode(message)) == message


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
)


@given(st.sampled_from(sorted(GOOD)), json_values)
def test_any_json_in_any_field_decodes_or_is_refused(field: str, value: object) -> None:
    with suppress(DecodeError):
        decode(changed(**{field: value}))


NESTED = b"[" * 1_000 + b"]" * 1_000
POISON = {
    "nothing": (b"", "not_json"),
    "not JSON": (b"drone nyc-17 says hello", "not_json"),
    "not UTF-8": (b'{"kind":"violation","id":"\xff"}', "not_json"),
    "UTF-16": (json.dumps(GOOD).encode("utf-16"), "not_json"),
    "two messages": (encode(a_violation()) + encode(a_violation()), "not_json"),
    "half a message": (encode(a_violation())[:200], "not_json"),
    "nested 1,000 deep": (NESTED, "wrong_shape"),
    "a field nested 1,000 deep": (changed().replace(b'"KJH4T2"', NESTED), "wrong_shape"),
    "NaN": (changed().replace(b"40.7527", b"NaN"), "not_json"),
    "Infinity": (changed().replace(b"40.7527", b"Infinity"), "not_json"),
    "1e400": (changed().replace(b"40.7527", b"1e400"), "wrong_shape"),
    "a huge number": (changed().replace(b'"seq": 1', b'"seq": ' + b"9" * 400), "wrong_shape"),
    "a key twice": (changed().replace(b'"seq": 1', b'"seq": 1, "seq": 2'), "repeated_key"),
    "a key twice in an inner object": (changed().replace(b'"code": 14', b'"code": 14, "code": 19'), "repeated_key"),
    "a lone surrogate": (changed().replace(b'"KJH4T2"', b'"\\ud800"'), "not_json"),
    "an unknown field": (changed(shoe_size=43), "wrong_shape"),
    "an unknown kind": (changed(kind="selfie"), "wrong_shape"),
    "no kind": (changed(kind=...), "wrong_shape"),
    "a list": (b"[1,2,3]", "wrong_shape"),
    "a number": (b"17", "wrong_shape"),
    "null": (b"null", "wrong_shape"),
    "a text for a number": (changed(lat_deg="40.7"), "wrong_shape"),
    "a number for a text": (changed(plate=5), "wrong_shape"),
    "a missing field": (changed(plate=...), "wrong_shape"),
    "a place off the Earth": (changed(lat_deg=91), "wrong_shape"),
    "seq 0": (changed(seq=0), "wrong_shape"),
    "boot -1": (changed(boot=-1), "wrong_shape"),
    "a time without a zone": (changed(captured_at="2026-11-22T12:00:00"), "wrong_shape"),
    "no time": (changed(captured_at="yesterday"), "wrong_shape"),
    "an id that is none": (changed(id="42"), "wrong_shape"),
    "an id with a newline at its end": (changed(id=GOOD["id"] + "\n"), "wrong_shape"),
    "a drone with a newline at its end": (changed(drone_id="nyc-17\n"), "wrong_shape"),
    "a drone with capitals": (changed(drone_id="NYC-17"), "wrong_shape"),
    "a drone that is a path": (changed(drone_id="../../etc/passwd"), "wrong_shape"),
    "a drone of 33 letters": (changed(drone_id="x" * 33), "wrong_shape"),
    "a drone without a name": (changed(drone_id=""), "wrong_shape"),
    "a code and a call for a human": (changed(code=14), "wrong_shape"),
    "no code and no call for a human": (changed(needs_human=False), "wrong_shape"),
    "a plate as long as a book": (changed(plate="A" * 81), "wrong_shape"),
    "confidence above 1": (changed(guesses=[{"code": 14, "confidence": 1.2}]), "wrong_shape"),
    "more than its kind may have": (changed() + b" " * MAX_MESSAGE_BYTES, "too_large"),
    "more than any message may have": (b" " * (MAX_EVIDENCE_BYTES + 1), "too_large"),
}


@pytest.mark.parametrize(("payload", "reason"), POISON.values(), ids=POISON.keys())
def test_poison_is_refused_with_its_reason(payload: bytes, reason: str) -> None:
    with pytest.raises(DecodeError) as refused:
        decode(payload, topic=message_topic(STATION, a_violation()))
    assert refused.value.reason == reason
    assert "\n" not in refused.value.detail


def test_the_corpus_is_poison_and_its_base_is_not() -> None:
    assert decode(changed(), topic=message_topic(STATION, a_violation())) == a_violation()


def test_nesting_far_deeper_than_the_interpreter_allows_is_refused_too() -> None:
    depth = sys.getrecursionlimit() * 20
    with pytest.raises(DecodeError):
        decode(b'{"kind":"violation","id":' + b"[" * depth + b"]" * depth + b"}")


def test_a_message_on_the_topic_of_another_drone_is_refused() -> None:
    with pytest.raises(DecodeError, match="wrong_topic"):
        decode(encode(a_violation()), topic=message_topic(STATION, a_violation(drone_id="nyc-18")))


def test_a_message_on_the_topic_of_another_kind_is_refused() -> None:
    with pytest.raises(DecodeError, match="wrong_topic"):
        decode(encode(a_violation()), topic=message_topic(STATION, a_telemetry()))


@pytest.mark.parametrize(
    "topic", ["", "kestrel", "kestrel/v1/s/drone/nyc-17/status", "kestrel/v2/s/drone/nyc-17/violation"]
)
def test_a_topic_on_which_no_drone_reports_is_refused(topic: str) -> None:
    with pytest.raises(DecodeError, match="wrong_topic"):
        decode(encode(a_violation()), topic=topic)


def test_the_largest_part_of_a_picture_passes() -> None:
    part = Evidence(
        id=an_id(),
        drone_id="x" * 32,
        boot=2**53,
        seq=2**53,
        captured_at=a_violation().captured_at,
        violation_id=an_id(),
        evidence_id=an_id(),
        part=1_000,
        parts=1_000,
        media_type="image/jpeg",
        sha256="0" * 64,
        data=b"\xff" * EVIDENCE_PART_BYTES,
    )
    assert decode(encode(part)) == part


def test_blanks_between_fields_are_no_fault() -> None:
    assert decode(json.dumps(GOOD, indent=2).encode()) == a_violation()


STATES = (Ack, Alert, BridgeStatus, Command, DeskAnswer, DeskRequest, DroneStatus)


@pytest.mark.parametrize("kind", STATES)
@given(junk=st.binary(max_size=200))
def test_any_bytes_for_a_state_are_refused_as_a_value(kind: type[msgspec.Struct], junk: bytes) -> None:
    with pytest.raises(DecodeError):
        decode_state(junk, kind)


@pytest.mark.parametrize("kind", STATES)
def test_a_state_nested_too_deep_is_refused(kind: type[msgspec.Struct]) -> None:
    with pytest.raises(DecodeError):
        decode_state(b'{"extra":' + b"[" * 100_000 + b"]" * 100_000 + b"}", kind)


def test_a_state_may_have_fields_that_this_version_does_not_know() -> None:
    payload = b'{"drone_id":"nyc-17","boot":3,"state":"online","at":"2026-11-22T12:00:00Z","mood":"fine"}'
    assert decode_state(payload, DroneStatus).boot == 3


def test_a_sure_violation_and_a_doubtful_one_both_pass() -> None:
    assert decode(encode(a_sure_violation())) == a_sure_violation()
    assert decode(encode(a_violation())) == a_violation()
