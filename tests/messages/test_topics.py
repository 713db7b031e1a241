"""Topics are made and read in one place, and what is made is read back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from paho.mqtt.client import topic_matches_sub

from messages.model import KINDS, AnyMessage, kind_of
from messages.topics import (
    KAFKA_TOPICS,
    AlertTopic,
    DeskTopic,
    DroneTopic,
    alert_filter,
    alert_topic,
    answer_topic,
    bridge_status_topic,
    claim_topic,
    dead_letter_topic,
    decide_topic,
    desk_filter,
    drone_filter,
    drone_topic,
    kafka_key,
    kafka_topic,
    message_topic,
    parse_alert_topic,
    parse_desk_topic,
    parse_drone_topic,
    picture_topic,
    retry_topic,
)
from tests.strategies import historic_tickets, message_ids, names
from tests.strategies import messages as any_message

LEAVES = ("status", "telemetry", "violation", "evidence", "crowd", "health", "ack", "command")


@given(names, names, st.sampled_from(LEAVES))
def test_a_drones_topic_is_read_back(station: str, drone_id: str, leaf: str) -> None:
    topic = drone_topic(station, drone_id, leaf)  # type: ignore[arg-type]  # one of the leaves
    assert parse_drone_topic(topic) == DroneTopic(station, drone_id, leaf)
    assert topic_matches_sub(drone_filter(station, leaf), topic)  # type: ignore[arg-type]  # as above


@given(names, names)
def test_a_desks_topics_are_read_back(station: str, officer: str) -> None:
    assert parse_desk_topic(claim_topic(station, officer)) == DeskTopic(station, officer, "claim")
    assert parse_desk_topic(decide_topic(station, officer)) == DeskTopic(station, officer, "decide")
    assert topic_matches_sub(desk_filter(station), claim_topic(station, officer))


@given(names, names, names)
def test_an_answer_is_no_request_and_does_not_come_back_to_the_bridge(station: str, officer: str, desk: str) -> None:
    assert parse_desk_topic(answer_topic(station, officer, desk)) is None
    assert not topic_matches_sub(desk_filter(station), answer_topic(station, officer, desk))


@given(names, message_ids())
def test_an_alerts_topics_are_read_back(station: str, violation_id: str) -> None:
    assert parse_alert_topic(alert_topic(station, violation_id)) == AlertTopic(station, violation_id, False)
    assert parse_alert_topic(picture_topic(station, violation_id)) == AlertTopic(station, violation_id, True)
    for topic in (alert_topic(station, violation_id), picture_topic(station, violation_id)):
        assert topic_matches_sub(alert_filter(station), topic)


@given(st.text(max_size=100))
def test_any_text_is_read_without_an_exception(topic: str) -> None:
    for parse in (parse_drone_topic, parse_desk_topic, parse_alert_topic):
        parse(topic)


@pytest.mark.parametrize(
    "topic",
    [
        "kestrel/v1/s/drone/nyc-17/violation\n",
        "kestrel/v1/s/drone/nyc-17\n/violation",
        "kestrel/v1/s/drone/NYC-17/violation",
        "kestrel/v1/s/drone/../violation",
        "kestrel/v1/s/drone//violation",
        "kestrel/v1/s/drone/+/violation",
        "kestrel/v1/s/drone/nyc-17/violation/more",
        "kestrel/v2/s/drone/nyc-17/violation",
        " kestrel/v1/s/drone/nyc-17/violation",
    ],
)
def test_a_topic_that_is_nearly_right_is_wrong(topic: str) -> None:
    assert parse_drone_topic(topic) is None


@given(any_message(), names)
def test_a_message_goes_to_the_topic_of_its_drone_and_kind(message: AnyMessage, station: str) -> None:
    assert message_topic(station, message) == f"kestrel/v1/{station}/drone/{message.drone_id}/{kind_of(message)}"


@given(any_message())
def test_a_senders_messages_share_a_kafka_key(message: AnyMessage) -> None:
    assert kafka_key(message).startswith(message.drone_id.encode())


@given(historic_tickets())
def test_a_historic_record_is_keyed_by_file_and_offset(ticket: AnyMessage) -> None:
    assert b"@" in kafka_key(ticket)


def test_every_kind_has_a_kafka_topic_of_its_own_and_a_dead_letter_topic() -> None:
    assert set(KAFKA_TOPICS) == set(KINDS)
    assert len(set(KAFKA_TOPICS.values())) == len(KINDS)
    assert all(dead_letter_topic(kafka_topic(kind)) not in KAFKA_TOPICS.values() for kind in KINDS)


def test_a_word_that_is_no_kind_has_no_topic() -> None:
    with pytest.raises(KeyError):
        kafka_topic("selfie")


def test_the_bridges_topics_are_no_drones() -> None:
    assert parse_drone_topic(bridge_status_topic("s")) is None
    assert parse_drone_topic(retry_topic("s")) is None
