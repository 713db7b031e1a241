"""kill -9 of the bridge's processes: nothing that was acknowledged is lost, nothing is in Kafka twice."""

from __future__ import annotations

import random
import shutil
import sqlite3
import threading
from collections import Counter
from functools import partial
from pathlib import Path

import pytest

from edge_bridge.storage.database import Connection, sent_path
from installers.local.kafka import Kafka
from installers.local.mosquitto import Mosquitto
from tests.real.bridge_runs import KEY, BridgeProcess, FieldClient, Fleet, a_bridge, records, stored, until

DRONES = 20
SEED = 20261122


def put_back(store: Path, copy: Path) -> None:
    """The sending process's file as it was when `copy` was made: whatever it learned since is forgotten, as by a kill before the mark."""
    sent = sent_path(store)
    for end in ("-wal", "-shm"):
        sent.with_name(sent.name + end).unlink(missing_ok=True)
    shutil.copyfile(copy, sent)


def everything_arrived(bridge: BridgeProcess, field: FieldClient, fleet: Fleet) -> None:
    """Waits until every report is acknowledged and nothing waits for Kafka."""
    for index, drone_id in enumerate(fleet.ids):
        field.wait(partial(field.has_acknowledged, drone_id, fleet.highest(index)), 60)
    until(lambda: all(row.sent_at for row in stored(bridge.store)), 60)


@pytest.mark.timeout(240)
def test_a_bridge_killed_again_and_again_under_load_loses_nothing_and_doubles_nothing(
    tmp_path: Path, mosquitto: Mosquitto, kafka: Kafka
):
    station, dice, moment = "killed-again", random.Random(SEED), threading.Event()
    fleet = Fleet("ka", DRONES)
    settings = {"broker": mosquitto.address, "station": station, "kafka": kafka.edge_bootstrap}
    with a_bridge(tmp_path, **settings) as bridge, FieldClient(mosquitto.port, station) as field:
        field.online(fleet)
        for _ in range(8):
            for number in range(dice.randrange(200, 500)):
                field.send(fleet.violation(number % DRONES, alert=dice.random() < 0.05))
            moment.wait(dice.uniform(0.05, 1.5))
            if dice.random() < 0.5:
                bridge.kill_sender()
            else:
                bridge.kill()
                bridge.start()
        everything_arrived(bridge, field, fleet)

        assert bridge.stop() == 0
    in_store = Counter(row.id for row in stored(bridge.store))
    in_kafka = Counter(record["id"] for record in records(kafka.bootstrap, "violation", station))
    assert set(in_store) == set(fleet.made)
    assert in_kafka == dict.fromkeys(fleet.made, 1)
    assert max(in_store.values()) == 1


@pytest.fixture
def forgetful(tmp_path: Path, mosquitto: Mosquitto, kafka: Kafka, request: pytest.FixtureRequest):
    """A stopped bridge whose sending process has forgotten everything it sent, as if killed before each mark."""
    station = f"forgetful-{abs(hash(request.node.name)) % 10_000}"
    fleet = Fleet("fo", 3)
    settings = {"broker": mosquitto.address, "station": station, "kafka": kafka.edge_bootstrap}
    with a_bridge(tmp_path, **settings) as bridge, FieldClient(mosquitto.port, station) as field:
        field.online(fleet)
        field.send(fleet.violation(0))
        everything_arrived(bridge, field, fleet)
        bridge.stop()
        copy = tmp_path / "sent.copy"
        shutil.copyfile(sent_path(bridge.store), copy)
        bridge.start()
        for number in range(600):
            field.send(fleet.violation(number % 3, alert=number % 10 == 0))
        everything_arrived(bridge, field, fleet)
        bridge.kill()
        until(lambda: not _is_locked(bridge), 30)
        put_back(bridge.store, copy)
        yield bridge, fleet, station


def _is_locked(bridge: BridgeProcess) -> bool:
    lock = bridge.store.with_name(bridge.store.name + ".sending")
    try:
        with sqlite3.connect(lock, timeout=0) as connection:
            connection.execute("BEGIN EXCLUSIVE")
    except sqlite3.OperationalError:
        return True
    finally:
        connection.close()
    return False


def test_rows_that_kafka_confirmed_before_the_kill_are_not_sent_again(forgetful, kafka: Kafka):
    bridge, fleet, station = forgetful

    bridge.start()
    until(lambda: all(row.sent_at for row in stored(bridge.store)), 60)

    in_kafka = Counter(record["id"] for record in records(kafka.bootstrap, "violation", station))
    assert in_kafka == dict.fromkeys(fleet.made, 1)


def test_control_without_a_look_at_the_tails_they_are_sent_twice(forgetful, kafka: Kafka):
    bridge, fleet, station = forgetful
    _skip_the_look(bridge, kafka)

    bridge.start()
    until(lambda: all(row.sent_at for row in stored(bridge.store)), 60)

    in_kafka = Counter(record["id"] for record in records(kafka.bootstrap, "violation", station))
    assert sum(in_kafka.values()) == len(fleet.made) + 600


def _skip_the_look(bridge: BridgeProcess, kafka: Kafka) -> None:
    """Moves the tails to the present ends, so that the look finds nothing."""
    from edge_bridge.kafka_sink import KafkaSink

    sink = KafkaSink(kafka.bootstrap, station="control", store_id="control")
    ends = sink.ends()
    sink.close()
    sent = Connection(sent_path(bridge.store), key=KEY, writes=True)
    with sent.transaction() as db:
        db.executemany(
            "INSERT OR REPLACE INTO tail VALUES (?, ?, ?)",
            [(topic, number, end) for (topic, number), end in ends.items()],
        )
    sent.close()
