"""From bytes to events: whatever comes, the desk gets an event or the word that it is unreadable."""

from __future__ import annotations

from hashlib import sha256

from hypothesis import given
from hypothesis import strategies as st

from ground_station.links.incoming import event_of
from ground_station.view_model.events import (
    AlertCame,
    AlertGone,
    AnswerCame,
    BridgeCame,
    Event,
    PictureCame,
    PictureGone,
    StatusCame,
    TelemetryCame,
    Unreadable,
)
from messages import topics
from messages.codec import encode
from messages.state import DeskAnswer, DroneStatus
from tests.ground_station.given import NOON, a_bridge_status, a_telemetry, an_alert, an_id

ANSWERS = topics.answer_topic("midtown", "duarte", "d-1")
BRIDGE = topics.bridge_status_topic("midtown")
ALERT = topics.alert_topic("midtown", an_alert(1).violation.id)
PICTURE = topics.picture_topic("midtown", an_alert(1).violation.id)
TELEMETRY = topics.drone_topic("midtown", "nyc-1", "telemetry")


def read(topic: str, payload: bytes) -> Event | None:
    return event_of(topic, payload, answers_on=ANSWERS, bridge_on=BRIDGE)


def test_each_topic_gives_its_event() -> None:
    answer = DeskAnswer(id=an_id(1), violation_id=an_id(2), ok=True, reason="", at=NOON)
    status = DroneStatus(drone_id="nyc-1", boot=1, state="online", at=NOON)

    assert read(ALERT, encode(an_alert(1))) == AlertCame(an_alert(1))
    assert read(ALERT, b"") == AlertGone(an_alert(1).violation.id)
    assert read(PICTURE, b"png") == PictureCame(an_alert(1).violation.id, b"png", sha256(b"png").hexdigest())
    assert read(PICTURE, b"") == PictureGone(an_alert(1).violation.id)
    assert read(ANSWERS, encode(answer)) == AnswerCame(answer)
    assert read(BRIDGE, encode(a_bridge_status())) == BridgeCame(a_bridge_status())
    assert read(BRIDGE, b"") is None
    assert read(TELEMETRY, encode(a_telemetry())) == TelemetryCame(a_telemetry())
    assert read(topics.drone_topic("midtown", "nyc-1", "status"), encode(status)) == StatusCame(status)
    assert read(topics.drone_topic("midtown", "nyc-1", "status"), b"") is None


def test_a_topic_that_names_another_is_unreadable() -> None:
    status = DroneStatus(drone_id="nyc-1", boot=1, state="online", at=NOON)

    for topic, payload in (
        (topics.drone_topic("midtown", "nyc-2", "telemetry"), encode(a_telemetry())),
        (topics.drone_topic("midtown", "nyc-2", "status"), encode(status)),
        (ALERT, encode(an_alert(2))),
        ("kestrel/v1/elsewhere", b"{}"),
    ):
        event = read(topic, payload)
        assert isinstance(event, Unreadable)
        assert event.reason == "wrong_topic"


@given(st.sampled_from([ALERT, ANSWERS, BRIDGE, TELEMETRY]), st.binary(max_size=200))
def test_no_bytes_raise_anything(topic: str, payload: bytes) -> None:
    event = read(topic, payload)

    assert isinstance(event, Unreadable | AlertGone) or (event is None and not payload)


@given(st.data())
def test_no_cut_or_changed_byte_raises_anything(data: st.DataObject) -> None:
    topic, good = data.draw(
        st.sampled_from(
            [(ALERT, encode(an_alert(1))), (BRIDGE, encode(a_bridge_status())), (TELEMETRY, encode(a_telemetry()))]
        )
    )
    place = data.draw(st.integers(0, len(good) - 1))
    changed = good[:place] + data.draw(st.binary(max_size=3)) + good[place + data.draw(st.integers(0, 3)) :]

    read(topic, changed)
