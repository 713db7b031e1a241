"""A store with a quota, headquarters away: telemetry gives way, reports never, and a full bridge goes on by itself when there is room."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from installers.local.kafka import Kafka
from installers.local.link import Link
from installers.local.mosquitto import Mosquitto
from messages.model import Message, kind_of
from tests.real.bridge_runs import FieldClient, Fleet, a_bridge, records, stored, until

QUOTA_MB = 6
DRONES = 20
TELEMETRY = 12_500  # 7.5 MB: more than the quota


def a_flight(fleet: Fleet) -> Iterator[Message]:
    """Telemetry, and a violation with every fiftieth."""
    for number in range(TELEMETRY):
        yield fleet.telemetry(number % DRONES)
        if number % 50 == 0:
            yield fleet.violation(number % DRONES)


@pytest.mark.timeout(240)
def test_telemetry_gives_way_reports_never_and_a_full_bridge_goes_on_when_there_is_room(
    tmp_path: Path, mosquitto: Mosquitto, kafka: Kafka, link: Link
):
    station, fleet = "quota", Fleet("qu", DRONES)
    more = ("--quota-mb", str(QUOTA_MB), "--keep-free-mb", "0")
    link.cut()
    settings = {"broker": mosquitto.address, "station": station, "kafka": kafka.edge_bootstrap, "more": more}
    with a_bridge(tmp_path, **settings) as bridge, FieldClient(mosquitto.port, station) as field:
        field.online(fleet)
        field.send_all(a_flight(fleet))  # at QoS 1, so that all of it arrives and can be counted
        field.wait(lambda: field.status().get("stored", {}).get("telemetry") == TELEMETRY, 90)
        field.wait(lambda: field.status()["thinned"].get("telemetry", 0) > 0)
        thinned = field.status()
        assert thinned["state"] == "online"

        sent = 0
        while field.status()["state"] == "online" and sent < 40_000:
            field.send_all(fleet.violation(number % DRONES, street="x" * 80) for number in range(500))
            sent += 500
            field.wait(partial(_moved, field, field.status()["at"]))
        full = field.status()
        assert (full["state"], "never given up" in full["problem"]) == ("full", True)
        field.send_all(fleet.violation(number % DRONES) for number in range(1_000))
        for _ in range(3):  # seconds, in which nothing of it may be taken
            field.wait(partial(_moved, field, field.status()["at"]))
        kept = Counter(row.kind for row in stored(bridge.store))

        link.restore()
        for index, drone_id in enumerate(fleet.ids):
            field.wait(partial(field.has_acknowledged, drone_id, fleet.highest(index)), 60)
        until(lambda: all(row.sent_at for row in stored(bridge.store)), 60)
        field.wait(lambda: field.status()["state"] == "online" and not field.status()["waiting"])
        after = field.status()

        assert bridge.stop() == 0
    violations = [id_ for id_, message in fleet.made.items() if kind_of(message) == "violation"]
    assert 0 < thinned["thinned"]["telemetry"] < TELEMETRY
    assert kept["violation"] <= len(violations) - 1_000, "a full bridge takes nothing more"
    assert full["disk_used_bytes"] < 1.5 * QUOTA_MB * 1e6
    assert Counter(record["id"] for record in records(kafka.bootstrap, "violation", station)) == dict.fromkeys(
        violations, 1
    )
    in_kafka = len(records(kafka.bootstrap, "telemetry", station))
    assert in_kafka == TELEMETRY - after["thinned"]["telemetry"]


def _moved(field: FieldClient, before: str) -> bool:
    """Whether the bridge has said something since."""
    return bool(field.status()["at"] != before)
