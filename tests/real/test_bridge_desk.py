"""Alerts on a real broker: two officers at once, a decision on its way, and a broker that forgets."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from installers.local.kafka import Kafka
from installers.local.mosquitto import Mosquitto
from installers.local.stack import Stack
from messages.codec import encode
from messages.model import Violation
from messages.state import DeskRequest
from tests.real.bridge_runs import FieldClient, Fleet, a_bridge, alerts, now, records, stored, until
from tests.strategies import a_correction

PICTURE = bytes(range(256)) * 300


def claim(fleet: Fleet, violation: Violation, officer: str) -> bytes:
    """An officer's claim."""
    request = DeskRequest(id=fleet.new_id(), officer=officer, action="claim", violation_id=violation.id, at=now())
    return encode(request)


def decision(fleet: Fleet, violation: Violation, officer: str, station: str) -> bytes:
    """An officer's decision."""
    at = now()
    changes: dict[str, Any] = {"id": fleet.new_id(), "officer": officer, "station": station, "captured_at": at}
    return encode(a_correction(violation, **changes, decided_at=at, claimed_at=at, violation_captured_at=at))


def an_alert_with_its_picture(fleet: Fleet, field: FieldClient) -> Violation:
    """Sends an alert and the three parts of its picture."""
    evidence_id = fleet.new_id()
    violation = fleet.violation(0, alert=True, evidence_ids=(evidence_id,))
    field.send(violation)
    parts = [PICTURE[:30_000], PICTURE[30_000:60_000], PICTURE[60_000:]]
    sha256 = hashlib.sha256(PICTURE).hexdigest()
    for part in fleet.evidence(
        violation,
        3,
        evidence_id=evidence_id,
        media_type="image/png",
        sha256=sha256,
        data=lambda number: parts[number - 1],
    ):
        field.send(part)
    return violation


@pytest.mark.timeout(120)
def test_of_two_claims_at_once_one_wins_and_the_decision_reaches_kafka_before_the_alert_is_emptied(
    tmp_path: Path, mosquitto: Mosquitto, kafka: Kafka
):
    station = "two-officers"
    fleet = Fleet("tw", 1)
    settings = {"broker": mosquitto.address, "station": station, "kafka": kafka.edge_bootstrap}
    with a_bridge(tmp_path, **settings) as bridge, FieldClient(mosquitto.port, station) as field:
        violation = an_alert_with_its_picture(fleet, field)
        topic = f"alert/{violation.id}"
        field.wait(lambda: (json.loads(field.last(topic) or b"{}").get("picture") or {}).get("checked"))
        assert field.last(f"{topic}/picture") == PICTURE

        for officer in ("duarte", "moreno"):
            asked = claim(fleet, violation, officer)
            field.ask(f"desk/{officer}/claim", asked, officer.encode(), f"desk/{officer}/answer/one")
        field.wait(lambda: len(field.answers) == 2)
        winner = json.loads(field.last(topic) or b"{}")["claimed_by"]
        loser = {"duarte": "moreno", "moreno": "duarte"}[winner]
        assert field.answers[winner.encode()]["ok"]
        assert not field.answers[loser.encode()]["ok"]
        assert winner in field.answers[loser.encode()]["reason"]

        decided = decision(fleet, violation, winner, station)
        for name in (b"decided", b"decided again"):
            field.ask(f"desk/{winner}/decide", decided, name, f"desk/{winner}/answer/one")
        field.wait(lambda: {b"decided", b"decided again"} <= field.answers.keys())
        assert field.answers[b"decided"]["ok"]
        assert field.answers[b"decided again"]["ok"]
        field.wait(lambda: field.last(topic) == field.last(f"{topic}/picture") == b"")
        found = records(kafka.bootstrap, "correction", station)

        assert bridge.stop() == 0
    assert [record.value for record in found] == [decided]
    assert [row.kind for row in stored(bridge.store)].count("correction") == 1
    assert [alert.state for alert in alerts(bridge.store)] == ["confirmed"]


@pytest.mark.timeout(120)
def test_a_broker_that_is_killed_and_forgets_is_told_every_open_alert_and_its_picture_again(tmp_path: Path):
    with Stack(tmp_path / "stack") as stack:
        stack.up(["mosquitto"])
        stack.wait_ready("mosquitto")
        fleet = Fleet("fg", 1)
        settings = {"broker": stack.mosquitto.address, "station": "forgets", "kafka": None}
        with a_bridge(tmp_path, **settings) as bridge:
            with FieldClient(stack.mosquitto.port, "forgets") as field:
                violation = an_alert_with_its_picture(fleet, field)
                field.wait(lambda: field.last(f"alert/{violation.id}/picture"))
            for child in stack.mosquitto.children:
                child.kill()
            for file in (tmp_path / "stack" / "mosquitto" / "data").iterdir():
                file.unlink()

            stack.restart("mosquitto")

            with FieldClient(stack.mosquitto.port, "forgets") as field:
                field.wait(lambda: field.last(f"alert/{violation.id}/picture") == PICTURE)
                field.wait(lambda: field.last(f"alert/{violation.id}"))
                assert json.loads(field.last(f"alert/{violation.id}") or b"")["violation"]["id"] == violation.id
            until(lambda: "has lost the session" in bridge.log.read_text(), 30)
            assert bridge.stop() == 0


@pytest.mark.timeout(60)
def test_an_answer_goes_only_to_the_desk_that_asked(tmp_path: Path, mosquitto: Mosquitto):
    station = "own-answers"
    fleet = Fleet("ow", 1)
    with a_bridge(tmp_path, broker=mosquitto.address, station=station, kafka=None) as bridge:
        with FieldClient(mosquitto.port, station) as field:
            field.send(violation := fleet.violation(0, alert=True))
            field.ask("desk/duarte/claim", claim(fleet, violation, "duarte"), b"x", "drone/ow-0/command")
            field.ask("desk/duarte/claim", claim(fleet, violation, "duarte"), b"y", "desk/duarte/answer/one")
            field.wait(lambda: b"y" in field.answers)

            assert b"x" not in field.answers
        assert bridge.stop() == 0
