"""Receiving: what is kept, when it is acknowledged, what is said, and what happens when the disk refuses."""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from edge_bridge.errors import StoreDamaged, StoreError, StoreFull
from edge_bridge.intake import Rules
from edge_bridge.receiver import Receiver
from edge_bridge.storage.store import SqliteStore, stored
from messages.codec import encode
from messages.model import Correction, Evidence, Message
from messages.priority import Lane
from messages.state import DroneStatus, LinkState
from messages.topics import (
    alert_topic,
    answer_topic,
    bridge_status_topic,
    claim_topic,
    decide_topic,
    drone_topic,
    message_topic,
    picture_topic,
    retry_topic,
)
from tests.fakes.bridge_ports import Broker, Disk, FakeField, MemorySendings, MemoryStore
from tests.strategies import NOON, STATION, a_correction, a_request, a_sure_violation, a_telemetry, a_violation, an_id

PICTURE = b"one picture in three parts"


class Station:
    """A receiver on stand-ins."""

    def __init__(self, disk: Disk | None = None, broker: Broker | None = None) -> None:
        self.disk, self.broker = disk or Disk(), broker or Broker()
        self.store, self.field = MemoryStore(self.disk), FakeField(self.broker)
        self.retries: list[int] = []
        self.now = NOON
        self.stops_after_stays = 10**9
        self.receiver = Receiver(
            self.field,
            lambda: self.store,
            MemorySendings(self.disk),
            Rules(station=STATION),
            boot=1,
            clock=lambda: self.now,
            retry=lambda: self.retries.append(1),
            wake=lambda: None,
            stopping=lambda: len(self.field.stays) >= self.stops_after_stays,
        )

    def hears(self, *messages: Message) -> Station:
        """Messages of drones, in one batch."""
        for message in messages:
            self.broker.publish(message_topic(STATION, message), encode(message))
        self.receiver.turn(0.0)
        return self

    def asks(self, topic: str, message: msgspec.Struct, officer: str = "duarte") -> dict[str, Any]:
        """A desk's request; the answer."""
        answers = answer_topic(STATION, officer, "one")
        self.broker.publish(topic, encode(message), response_topic=answers, correlation=b"x")
        self.receiver.turn(0.0)
        return self.last(answers)

    def last(self, topic: str) -> dict[str, Any]:
        """The last thing said on a topic; empty if nothing was."""
        said = [payload for name, payload in self.broker.said if name == topic]
        found: dict[str, Any] = json.loads(said[-1]) if said else {}
        return found

    def restarted(self) -> Station:
        """The bridge after a power cut."""
        return Station(self.disk, self.broker)


def parts_of(violation_id: str, evidence_id: str, *, first_seq: int = 2, sha256: str = "") -> list[Evidence]:
    """The three parts of PICTURE."""
    pieces = (PICTURE[:10], PICTURE[10:20], PICTURE[20:])
    return [
        Evidence(
            id=an_id(500 + number),
            drone_id="nyc-17",
            boot=1,
            seq=first_seq + number,
            captured_at=NOON,
            violation_id=violation_id,
            evidence_id=evidence_id,
            part=number + 1,
            parts=3,
            media_type="image/png",
            sha256=sha256 or hashlib.sha256(PICTURE).hexdigest(),
            data=data,
        )
        for number, data in enumerate(pieces)
    ]


def test_a_message_is_acknowledged_only_after_it_is_on_disk():
    station = Station()
    station.store.refuses = True
    station.stops_after_stays = 3

    station.hears(a_violation(1))

    assert station.broker.acknowledged == []
    assert station.last(drone_topic(STATION, "nyc-17", "ack")) == {}
    assert len(station.field.stays) == 3


def test_when_the_disk_takes_again_the_batch_is_kept_and_acknowledged():
    station = Station()
    refusals = iter([True, True, False])
    commit = station.store.commit

    def sometimes(changes: Any) -> None:
        station.store.refuses = next(refusals, False)
        commit(changes)

    station.store.commit = sometimes  # type: ignore[method-assign]
    station.hears(a_violation(1))

    assert len(station.broker.acknowledged) == 1
    assert station.disk.ids() == [a_violation(1).id]


@pytest.mark.parametrize(
    ("error", "state", "tells_of_damage"),
    [
        (StoreFull("bridge.db: database or disk is full"), "full", False),
        (StoreError("bridge.db: disk I/O error"), "failing", False),
        (StoreError("bridge.db: attempt to write a readonly database"), "failing", False),
        (StoreDamaged("bridge.db: database disk image is malformed"), "failing", True),
    ],
)
def test_a_refusing_disk_is_said_in_the_status_with_its_reason(error: StoreError, state: str, tells_of_damage: bool):
    station = Station().hears(a_violation(1))
    told: list[str] = []
    station.receiver._damaged = lambda: told.append("damaged")

    def refuse(_changes: Any) -> None:
        raise error

    commit, station.store.commit = station.store.commit, refuse  # type: ignore[assignment]
    station.stops_after_stays = 1
    station.hears(a_violation(2))

    said = station.last(bridge_status_topic(STATION))
    assert (said["state"], said["problem"], bool(told)) == (state, str(error), tells_of_damage)
    station.store.commit = commit  # type: ignore[method-assign]
    station.stops_after_stays = 0
    station.hears(a_violation(2))
    assert station.receiver._state == "online"


def test_a_real_disk_that_is_full_is_waited_for_and_nothing_is_lost(tmp_path: Path):
    stores: list[SqliteStore] = []

    def open_store() -> SqliteStore:
        """Full for the first two openings."""
        store = SqliteStore(tmp_path / "bridge.db")
        stores.append(store)
        if len(stores) in (1, 2):
            pages = store._db.one("PRAGMA page_count") or (0,)
            store._db.raw.execute(f"PRAGMA max_page_count = {pages[0]}")
        return store

    broker = Broker()
    field = FakeField(broker)
    receiver = Receiver(
        field,
        open_store,
        None,
        Rules(station=STATION),
        boot=1,
        clock=lambda: NOON,
        retry=lambda: None,
        wake=lambda: None,
    )
    messages = [a_sure_violation(number, street="x" * 80) for number in range(1, 60)]
    for message in messages:
        broker.publish(message_topic(STATION, message), encode(message))

    receiver.turn(0.0)

    assert len(field.stays) == 2
    assert [row.id for row in stored(tmp_path / "bridge.db")] == [message.id for message in messages]
    assert len(broker.acknowledged) == len(messages)
    receiver.stop()


def test_one_ack_tells_a_drone_everything_of_a_batch():
    station = Station().hears(a_violation(1), a_sure_violation(2), a_sure_violation(5))

    acks = [payload for topic, payload in station.broker.said if topic.endswith("/ack")]
    assert len(acks) == 1
    assert json.loads(acks[0])["contiguous"] == 2
    assert json.loads(acks[0])["holes"] == [[3, 4]]


def test_a_message_that_comes_again_is_acknowledged_counted_and_not_kept_twice():
    station = Station().hears(a_violation(1)).restarted()

    station.hears(a_violation(1), a_violation(1))

    assert station.disk.ids() == [a_violation(1).id]
    assert station.disk.tally["duplicates"] == 2
    assert len(station.broker.acknowledged) == 3


@pytest.mark.parametrize("restart", [True, False])
def test_a_number_used_for_another_message_is_kept_apart(restart: bool):
    station = Station().hears(a_violation(1))
    station = station.restarted() if restart else station

    station.hears(a_violation(1, id=an_id(99)))

    assert [rejected.reason for rejected in station.disk.rejected.values()] == ["seq_taken"]
    assert station.disk.ids() == [a_violation(1).id]


def test_telemetry_that_was_lost_in_the_air_is_not_asked_for():
    station = Station().hears(a_telemetry(1), a_telemetry(500))

    assert not any(topic.endswith("/ack") for topic, _ in station.broker.said)
    assert len(station.disk.rows[Lane.TELEMETRY]) == 2


def test_a_message_in_quarantine_need_not_be_sent_again_when_its_number_is_known():
    station = Station().hears(a_sure_violation(1, code=777))

    assert station.last(drone_topic(STATION, "nyc-17", "ack"))["contiguous"] == 1
    assert station.disk.ids() == []


def test_a_good_message_is_not_taken_for_the_bad_one_that_used_its_number():
    bad = json.dumps({**msgspec.json.decode(encode(a_violation(1))), "lat_deg": "north"}).encode()
    station = Station()
    station.broker.publish(message_topic(STATION, a_violation(1)), bad)
    station.receiver.turn(0.0)

    station.restarted().hears(a_violation(1), a_violation(1))

    assert station.disk.ids() == [a_violation(1).id]
    assert station.disk.tally["duplicates"] == 1


def test_a_message_that_its_drone_may_forget_is_kept_whole_in_quarantine():
    part = parts_of(a_violation(1).id, an_id(400))[0]
    large = msgspec.structs.replace(part, data=b"x" * 200_000, captured_at=NOON - timedelta(days=30))

    station = Station().hears(large)

    assert [rejected.payload for rejected in station.disk.rejected.values()] == [encode(large)]


def test_a_drone_that_comes_back_is_told_what_is_kept_even_if_that_is_nothing():
    station = Station().hears(a_violation(1))
    for drone_id, boot in (("nyc-17", 2), ("nyc-18", 7)):
        status = DroneStatus(drone_id=drone_id, boot=boot, state="online", at=NOON)
        station.broker.publish(drone_topic(STATION, drone_id, "status"), encode(status))

    station = station.restarted()
    station.receiver.turn(0.0)

    acks = [json.loads(payload) for topic, payload in station.broker.said if topic.endswith("/ack")]
    told = {(ack["drone_id"], ack["boot"]): ack["contiguous"] for ack in acks}
    assert told == {("nyc-17", 1): 1, ("nyc-17", 2): 0, ("nyc-18", 7): 0}


def test_an_alert_stands_on_the_broker_and_is_said_again_after_a_restart():
    station = Station().hears(a_violation(1), a_sure_violation(2))
    topic = alert_topic(STATION, a_violation(1).id)
    assert json.loads(station.broker.retained[topic])["state"] == "new"
    station.broker.retained.clear()

    station.restarted().receiver.turn(0.0)

    assert json.loads(station.broker.retained[topic])["state"] == "new"


@pytest.mark.parametrize("parts_first", [True, False])
def test_a_picture_is_shown_once_its_parts_are_here_and_right(parts_first: bool):
    violation = a_violation(1, evidence_ids=(an_id(400),))
    parts = parts_of(violation.id, an_id(400))
    station = Station()

    for message in [*reversed(parts), violation] if parts_first else [violation, *reversed(parts)]:
        station.hears(message)

    topic = picture_topic(STATION, violation.id)
    assert station.broker.retained[topic] == PICTURE
    assert station.last(alert_topic(STATION, violation.id))["picture"]["checked"] is True
    station.broker.retained.clear()
    station.restarted().receiver.turn(0.0)
    assert station.broker.retained[topic] == PICTURE


def test_a_picture_whose_hash_is_wrong_is_never_shown():
    violation = a_violation(1, evidence_ids=(an_id(400),))

    station = Station().hears(violation, *parts_of(violation.id, an_id(400), sha256="0" * 64))

    picture = station.last(alert_topic(STATION, violation.id))["picture"]
    assert (picture["parts_here"], picture["checked"]) == (3, False)
    assert picture_topic(STATION, violation.id) not in station.broker.retained


def test_of_two_claims_in_one_batch_the_first_wins():
    violation = a_violation(1)
    station = Station().hears(violation)
    for officer in ("duarte", "moreno"):
        station.broker.publish(
            claim_topic(STATION, officer),
            encode(a_request(violation, "claim", officer)),
            response_topic=answer_topic(STATION, officer, "one"),
            correlation=officer.encode(),
        )

    station.receiver.turn(0.0)

    assert station.last(answer_topic(STATION, "duarte", "one"))["ok"] is True
    assert station.last(answer_topic(STATION, "moreno", "one"))["ok"] is False
    assert station.last(alert_topic(STATION, violation.id))["claimed_by"] == "duarte"


def test_a_decision_is_kept_byte_for_byte_and_answered_the_same_when_it_comes_again():
    violation = a_violation(1)
    station = Station().hears(violation)
    decision: Correction = a_correction(violation)

    first = station.asks(decide_topic(STATION, "duarte"), decision)
    second = station.restarted().asks(decide_topic(STATION, "duarte"), decision)

    assert (first["ok"], second["ok"]) == (True, True)
    kept = [row for row in station.disk.rows[Lane.ALERT] if row.kind == "correction"]
    assert [row.payload for row in kept] == [encode(decision)]


def test_two_desks_that_count_alike_are_not_taken_for_one_another():
    first, second = a_violation(1), a_violation(2)
    station = Station().hears(first, second)

    station.asks(decide_topic(STATION, "duarte"), a_correction(first, 1))
    answer = station.asks(
        decide_topic(STATION, "moreno"), a_correction(second, 1, id=an_id(77), officer="moreno"), "moreno"
    )

    assert answer["ok"] is True
    assert sum(row.kind == "correction" for row in station.disk.rows[Lane.ALERT]) == 2


def test_a_decision_about_nothing_and_one_that_cannot_be_taken_are_answered():
    violation = a_violation(1)
    station = Station().hears(violation)

    unknown = station.asks(decide_topic(STATION, "duarte"), a_correction(a_violation(9)))
    wrong_code = station.asks(decide_topic(STATION, "duarte"), a_correction(violation, code_after=777))

    assert (unknown["ok"], unknown["reason"]) == (False, "the station has no such alert")
    assert (wrong_code["ok"], wrong_code["reason"]) == (False, "the station cannot take this: unknown_code")


@pytest.mark.parametrize(
    "elsewhere",
    ["", "#", "drone/nyc-17/command", "desk/moreno/answer/one", "desk/duarte/answer/#", "desk/duarte/answer/a/b"],
)
def test_an_answer_goes_to_a_desk_of_the_officer_who_asked_and_nowhere_else(elsewhere: str):
    violation = a_violation(1)
    station = Station().hears(violation)
    topic = f"kestrel/v1/{STATION}/{elsewhere}"

    station.broker.publish(
        claim_topic(STATION, "duarte"), encode(a_request(violation, "claim")), response_topic=topic, correlation=b"x"
    )
    station.receiver.turn(0.0)

    assert station.last(topic) == {}
    assert station.last(alert_topic(STATION, violation.id))["claimed_by"] == "duarte"


def test_a_picture_that_the_broker_would_not_take_is_kept_and_not_said():
    large = b"x" * 1_200_000
    violation = a_violation(1, evidence_ids=(an_id(400),))
    parts = parts_of(violation.id, an_id(400), sha256=hashlib.sha256(large).hexdigest())
    pieces = (large[:600_000], large[600_000:], b"")

    station = Station().hears(
        violation, *(msgspec.structs.replace(part, data=data) for part, data in zip(parts, pieces, strict=True))
    )

    assert station.last(alert_topic(STATION, violation.id))["picture"]["checked"] is True
    assert picture_topic(STATION, violation.id) not in station.broker.retained


def test_a_closed_alert_leaves_the_broker_once_kafka_has_the_decision():
    violation = a_violation(1)
    station = Station().hears(violation)
    station.asks(decide_topic(STATION, "duarte"), a_correction(violation))
    topic = alert_topic(STATION, violation.id)
    station.restarted().receiver.turn(0.0)
    assert json.loads(station.broker.retained[topic])["state"] == "confirmed"

    station.disk.through[Lane.ALERT] = 2
    again = station.restarted()
    again.receiver.turn(0.0)

    assert station.broker.retained[topic] == b""
    assert station.disk.retired == {violation.id}


def test_the_status_tells_what_waits_and_how_the_link_stands():
    station = Station()
    station.disk.link = LinkState(up=False, since=NOON, problem="no answer")

    station.hears(a_violation(1), a_sure_violation(2), a_telemetry(3))
    station.restarted().receiver.turn(0.0)

    status = station.last(bridge_status_topic(STATION))
    assert status["stored"] == status["waiting"] == {"violation": 2, "telemetry": 1}
    assert status["headquarters"]["problem"] == "no answer"
    assert status["oldest_waiting_at"] is not None
    assert status["alerts_open"] == 1


def test_an_officer_may_ask_for_a_retry():
    station = Station()
    station.broker.publish(retry_topic(STATION), b"")

    station.receiver.turn(0.0)

    assert station.retries == [1]


def test_stopping_says_so():
    station = Station().hears(a_violation(1))

    station.receiver.stop()

    assert station.last(bridge_status_topic(STATION))["state"] == "stopped"


@pytest.mark.parametrize("jump", [timedelta(hours=-1), timedelta(hours=1), timedelta(days=400)])
def test_a_clock_that_is_set_while_the_bridge_runs_puts_nothing_into_quarantine(jump: timedelta):
    station = Station()

    station.now = NOON + jump
    station.hears(a_violation(1))

    assert station.disk.ids() == [an_id(1)]
    assert not station.disk.rejected


def test_a_drone_whose_clock_is_wrong_is_still_found_out():
    station = Station()

    station.hears(a_violation(1, captured_at=NOON + timedelta(hours=1)))

    assert [rejected.reason for rejected in station.disk.rejected.values()] == ["in_the_future"]
