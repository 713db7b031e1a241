"""Headquarters away, from the start or in between: everything is kept, the alert leaves first, nothing is doubled."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from installers.local.kafka import Kafka
from installers.local.link import Link
from installers.local.mosquitto import Mosquitto
from tests.real.bridge_runs import FieldClient, Fleet, a_bridge, records, stored, until

BACKLOG = 10_000


def all_sent(path: Path) -> bool:
    """Whether nothing waits."""
    return all(row.sent_at for row in stored(path))


@pytest.mark.timeout(180)
def test_with_headquarters_away_from_the_start_the_first_alert_is_there_before_the_backlog(
    tmp_path: Path, mosquitto: Mosquitto, kafka: Kafka, link: Link, figures: Callable[..., None]
):
    station = "away-at-start"
    fleet = Fleet("aw", 10)
    link.cut()
    settings = {"broker": mosquitto.address, "station": station, "kafka": kafka.edge_bootstrap}
    with a_bridge(tmp_path, **settings) as bridge, FieldClient(mosquitto.port, station) as field:
        field.send_all(fleet.violation(number % 10) for number in range(BACKLOG))
        alerts = [fleet.violation(number, alert=True) for number in range(3)]
        for alert in alerts:
            field.send(alert)
        field.wait(lambda: sum(field.status().get("stored", {}).values()) == BACKLOG + 3, 60)
        away = field.status()

        restored_ms = time.time() * 1000
        link.restore()
        until(lambda: all_sent(bridge.store), 60)
        field.wait(lambda: field.status()["headquarters"]["up"] and not field.status()["waiting"])

        assert bridge.stop() == 0
    assert away["headquarters"]["up"] is False
    assert away["headquarters"]["next_try_at"] is not None
    assert away["waiting"] == {"violation": BACKLOG + 3}
    found = records(kafka.bootstrap, "violation", station)
    assert Counter(record["id"] for record in found) == dict.fromkeys(fleet.made, 1)
    at_ms = {record["id"]: record.at_ms for record in found}
    last_alert_ms = max(at_ms[alert.id] for alert in alerts)
    figures(alerts_after_ms=round(last_alert_ms - restored_ms))
    assert sum(record.at_ms >= last_alert_ms for record in found) > BACKLOG / 2
    in_order = [json.loads(record.value)["seq"] for record in found if record["id"] not in {a.id for a in alerts}]
    assert len(in_order) == BACKLOG


@pytest.mark.timeout(180)
@pytest.mark.parametrize("outage", ["cut", "hang"])
def test_an_outage_in_full_flight_loses_nothing_and_doubles_nothing(
    tmp_path: Path, mosquitto: Mosquitto, kafka: Kafka, link: Link, outage: str, figures: Callable[..., None]
):
    station = f"outage-{outage}"
    fleet = Fleet(f"ou-{outage}", 10)
    settings = {"broker": mosquitto.address, "station": station, "kafka": kafka.edge_bootstrap}
    with a_bridge(tmp_path, **settings) as bridge, FieldClient(mosquitto.port, station) as field:
        field.wait(lambda: (field.status().get("headquarters") or {}).get("up"))
        field.send_all(fleet.violation(number % 10) for number in range(1_500))
        getattr(link, outage)()
        field.send_all(fleet.violation(number % 10) for number in range(4_500))
        field.wait(lambda: not field.status()["headquarters"]["up"], 60)
        field.send(late := fleet.violation(3, alert=True))
        field.wait(lambda: sum(field.status()["stored"].values()) == 6_001, 60)

        restored_ms = time.time() * 1000
        link.restore()
        until(lambda: all_sent(bridge.store), 60)

        assert bridge.stop() == 0
    found = records(kafka.bootstrap, "violation", station)
    assert Counter(record["id"] for record in found) == dict.fromkeys(fleet.made, 1)
    late_ms = next(record.at_ms for record in found if record["id"] == late.id)
    figures(alert_after_ms=round(late_ms - restored_ms))
    for drone_id in fleet.ids:
        seqs = [
            json.loads(record.value)["seq"]
            for record in found
            if record["id"] != late.id and fleet.made[record["id"]].drone_id == drone_id
        ]
        assert seqs == sorted(seqs)


@pytest.mark.timeout(120)
def test_an_officer_who_asks_for_a_retry_does_not_wait_for_the_next_try(
    tmp_path: Path, mosquitto: Mosquitto, kafka: Kafka, link: Link
):
    station = "retry-now"
    fleet = Fleet("re", 1)
    link.hang()  # it takes connections and says nothing: only the next try tells that it is back
    settings = {"broker": mosquitto.address, "station": station, "kafka": kafka.edge_bootstrap}
    with a_bridge(tmp_path, **settings) as bridge, FieldClient(mosquitto.port, station) as field:
        field.send(fleet.violation(0, alert=True))
        field.wait(lambda: (field.status().get("headquarters") or {"up": True})["up"] is False, 60)

        link.restore()
        field.send_raw("bridge/retry", b"")

        field.wait(lambda: not field.status().get("waiting", {"": 1}), 10)
        assert bridge.stop() == 0
