"""What a received message is taken for."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_bridge.intake import (
    Accepted,
    Asked,
    Decided,
    RetryWanted,
    Rules,
    Seen,
    is_urgent,
    read,
    row_of,
    wish_in,
)
from edge_bridge.ports import Received, Rejected, StreamKey
from messages.codec import encode
from messages.model import CrowdReport, Message
from messages.priority import Lane
from messages.state import DroneStatus
from messages.topics import claim_topic, decide_topic, drone_topic, message_topic, retry_topic
from tests.strategies import (
    NOON,
    STATION,
    a_correction,
    a_request,
    a_sure_violation,
    a_telemetry,
    a_violation,
    an_id,
)

RULES = Rules(station=STATION)


def received(message: Message, topic: str | None = None) -> Received:
    """As it comes from the broker."""
    return Received(topic or message_topic(STATION, message), encode(message), NOON)


def rejected(item: object) -> Rejected:
    """The item, which is for quarantine."""
    assert isinstance(item, Rejected)
    return item


def test_a_good_message_is_accepted_with_its_stream():
    assert read(received(a_violation(3)), RULES, NOON) == Accepted(
        a_violation(3), StreamKey("nyc-17", 1, "report"), received(a_violation(3))
    )
    telemetry = read(received(a_telemetry(3)), RULES, NOON)
    assert isinstance(telemetry, Accepted)
    assert telemetry.key.stream == "telemetry"


@given(topic=st.text(), payload=st.binary(max_size=300))
def test_no_bytes_and_no_topic_make_it_raise(topic: str, payload: bytes):
    read(Received(topic, payload, NOON), RULES, NOON)


@given(payload=st.binary(max_size=300), leaf=st.sampled_from(["violation", "telemetry", "status", "evidence"]))
def test_no_bytes_on_a_drones_topic_make_it_raise(payload: bytes, leaf: Any):
    read(Received(drone_topic(STATION, "nyc-17", leaf), payload, NOON), RULES, NOON)


def test_a_message_that_is_kept_apart_tells_whose_number_it_used():
    old = rejected(read(received(a_violation(5, captured_at=NOON - timedelta(days=30))), RULES, NOON))
    assert (old.reason, old.sender, old.seq) == ("too_old", StreamKey("nyc-17", 1, "report"), 5)

    misshapen = msgspec.json.encode({**msgspec.json.decode(encode(a_violation(6))), "lat_deg": "north"})
    shape = rejected(read(Received(message_topic(STATION, a_violation(6)), misshapen, NOON), RULES, NOON))
    assert (shape.reason, shape.sender, shape.seq) == ("wrong_shape", StreamKey("nyc-17", 1, "report"), 6)


@pytest.mark.parametrize("payload", [b"", b"{", b"[1]", b'{"kind":"violation"}', b"\xff\xfe"])
def test_bytes_that_tell_nothing_belong_to_nobody(payload: bytes):
    item = rejected(read(Received(drone_topic(STATION, "nyc-17", "violation"), payload, NOON), RULES, NOON))

    assert item.sender is None
    assert item.payload == payload


def test_a_number_is_not_taken_from_another_drones_topic():
    topic = drone_topic(STATION, "nyc-18", "violation")

    item = rejected(read(received(a_violation(1), topic), RULES, NOON))

    assert (item.reason, item.sender) == ("wrong_topic", None)


def test_of_what_is_nobodys_only_the_first_64_kb_are_kept_and_the_length_is_told():
    item = rejected(read(Received(drone_topic(STATION, "x", "violation"), b"x" * 100_000, NOON), RULES, NOON))

    assert (len(item.payload), item.length) == (65_536, 100_000)


def test_a_drone_of_another_fleet_and_the_crowd_exercise_are_refused():
    fleet = Rules(station=STATION, fleet=frozenset({"nyc-18"}))
    crowd = CrowdReport(
        id=an_id(), drone_id="nyc-17", boot=1, seq=1, captured_at=NOON, lat_deg=0, lon_deg=0, citizens=(), words=()
    )

    assert rejected(read(received(a_violation(1)), fleet, NOON)).reason == "not_in_fleet"
    assert rejected(read(received(crowd), RULES, NOON)).reason == "switched_off"


def test_another_stations_topic_is_refused():
    assert rejected(read(received(a_violation(1)), Rules(station="elsewhere"), NOON)).reason == "wrong_topic"


def test_what_desks_say_is_told_apart():
    violation = a_violation(1)
    claim = Received(claim_topic(STATION, "duarte"), encode(a_request(violation, "claim")), NOON)
    decide = Received(decide_topic(STATION, "duarte"), encode(a_correction(violation)), NOON)

    assert isinstance(read(claim, RULES, NOON), Asked)
    assert isinstance(read(decide, RULES, NOON), Decided)
    assert isinstance(read(Received(retry_topic(STATION), b"", NOON), RULES, NOON), RetryWanted)


def test_an_officer_cannot_speak_for_another_or_for_another_station():
    violation = a_violation(1)
    claim = Received(claim_topic(STATION, "moreno"), encode(a_request(violation, "claim")), NOON)
    decide = Received(decide_topic(STATION, "moreno"), encode(a_correction(violation)), NOON)
    abroad = Received(decide_topic(STATION, "duarte"), encode(a_correction(violation, station="abroad")), NOON)

    assert [rejected(read(item, RULES, NOON)).reason for item in (claim, decide, abroad)] == ["wrong_topic"] * 3


def test_a_decision_that_cannot_be_taken_still_tells_what_it_was_about():
    violation = a_violation(1)

    assert wish_in(encode(a_correction(violation))) == (a_correction(violation).id, violation.id)
    assert wish_in(b"nonsense") is None


def test_a_drones_status_is_seen_and_not_kept_and_its_topic_must_be_its_own():
    status = DroneStatus(drone_id="nyc-17", boot=2, state="online", at=NOON)

    assert read(Received(drone_topic(STATION, "nyc-17", "status"), encode(status), NOON), RULES, NOON) == Seen(status)
    other = read(Received(drone_topic(STATION, "nyc-18", "status"), encode(status), NOON), RULES, NOON)
    assert rejected(other).reason == "wrong_topic"


@pytest.mark.parametrize("boot", ["0", "-1", "1" + "0" * 30])
def test_a_boot_that_no_store_can_hold_is_refused(boot: str):
    payload = b'{"drone_id":"nyc-17","boot":' + boot.encode() + b',"state":"online","at":"2026-11-22T12:00:00Z"}'

    assert (
        rejected(read(Received(drone_topic(STATION, "nyc-17", "status"), payload, NOON), RULES, NOON)).reason
        == "wrong_shape"
    )


def test_a_row_keeps_the_bytes_and_lane_of_its_message():
    row = row_of(a_violation(1), b"the very bytes", 9, NOON, NOON)

    assert (row.lane, row.payload, row.row, row.key) == (Lane.ALERT, b"the very bytes", 9, None)
    assert row_of(a_sure_violation(1), b"", 1, NOON, NOON).lane is Lane.VIOLATION


def test_what_somebody_waits_for_is_urgent():
    assert is_urgent(received(a_violation(1)))
    assert is_urgent(Received(claim_topic(STATION, "duarte"), b"", NOON))
    assert not is_urgent(received(a_sure_violation(1)))
    assert not is_urgent(received(a_telemetry(1)))
