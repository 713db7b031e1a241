"""The clock jumps while the bridge runs, by an hour and by 400 days: order, acknowledgements, claims and retries go on as before."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from installers.local.kafka import Kafka
from installers.local.mosquitto import Mosquitto
from messages.codec import encode
from messages.state import DeskRequest
from tests.real.bridge_runs import BridgeProcess, FieldClient, Fleet, now, records, stored
from tests.real.faults.clocks import BridgeWithAClock
from tests.real.faults.conftest import needs
from tests.real.faults.drones import KeepingDrones
from tests.real.faults.proofs import arrives_once, broken_promises

HOUR, DAYS_400 = 3_600, 400 * 86_400
JUMPS = (HOUR, -HOUR, DAYS_400, 0)


def claim(field: FieldClient, fleet: Fleet, violation_id: str, officer: str) -> dict[str, Any]:
    """An officer's claim of an alert, and the answer."""
    request = DeskRequest(id=fleet.new_id(), officer=officer, action="claim", violation_id=violation_id, at=now())
    name = request.id.encode()
    field.ask(f"desk/{officer}/claim", encode(request), name, f"desk/{officer}/answer/one")
    field.wait(lambda: name in field.answers)
    return field.answers[name]


@pytest.mark.soak
@pytest.mark.timeout(300)
def test_a_clock_that_jumps_loses_doubles_delays_and_reorders_nothing(
    tmp_path: Path, mosquitto: Mosquitto, kafka: Kafka, figures: Callable[..., None]
):
    """The sending process comes afterwards, with the true clock: libfaketime stops the threads of kafka-python, whatever it fakes."""
    needs("faketime")
    station = "clock"
    fleet = Fleet("cl", 10)
    settings: dict[str, Any] = {"broker": mosquitto.address, "station": station}
    with (
        BridgeWithAClock(tmp_path, kafka=None, **settings) as bridge,
        FieldClient(mosquitto.port, station, f"kestrel/v1/{station}/bridge/status") as field,
        KeepingDrones("127.0.0.1", mosquitto.port, fleet, station, per_s=300.0) as drones,
    ):
        for jump in JUMPS:
            bridge.jump(jump)
            _its_clock_reads(field, jump)
            drones.wait_for_acks(300)
        drones.land()
        assert bridge.stop() == 0
    assert not field.status()["quarantined"]
    with BridgeProcess(tmp_path, kafka=kafka.bootstrap, **settings) as after:
        arrives_once(after.store, kafka.bootstrap, station, fleet)
        assert after.stop() == 0
    broken = broken_promises(bridge.store, drones.promised())
    assert broken.nothing, broken
    for drone_id in fleet.ids:  # lanes travel apart; within one, a drone's reports keep their order
        sure = [record for record in records(kafka.bootstrap, "violation", station) if record["id"] in fleet.made]
        seqs = [json.loads(record.value)["seq"] for record in sure if _is_sure(fleet, record["id"], drone_id)]
        assert seqs == sorted(seqs)
    assert max(Counter(row.row for row in stored(bridge.store)).values()) == 1
    figures(jumps=len(JUMPS), reports=len(fleet.made), lost=0, doubled=0)


def _is_sure(fleet: Fleet, id_: str, drone_id: str) -> bool:
    violation: Any = fleet.made[id_]
    return bool(violation.drone_id == drone_id and not violation.needs_human)


def _its_clock_reads(field: FieldClient, jump: int) -> None:
    """The jump has really happened: else the test would prove nothing."""

    def moved() -> bool:
        at = datetime.fromisoformat(field.status()["at"])
        return abs((at - now()).total_seconds() - jump) < 60

    field.wait(moved, why=f"the bridge's clock did not jump by {jump} s")


@pytest.mark.timeout(300)
def test_a_claim_does_not_outlast_its_lease_by_the_hour_that_the_clock_was_set_back(
    tmp_path: Path, mosquitto: Mosquitto
):
    needs("faketime")
    station = "clock-lease"
    fleet = Fleet("le", 1)
    with (
        BridgeWithAClock(tmp_path, broker=mosquitto.address, station=station, kafka=None) as bridge,
        FieldClient(mosquitto.port, station) as field,
    ):
        field.send(alert := fleet.violation(0, alert=True))
        field.wait(lambda: field.last(f"alert/{alert.id}"))
        assert claim(field, fleet, alert.id, "duarte")["ok"]
        assert not claim(field, fleet, alert.id, "moreno")["ok"]

        bridge.jump(-HOUR)
        _its_clock_reads(field, -HOUR)

        assert claim(field, fleet, alert.id, "moreno")["ok"]
