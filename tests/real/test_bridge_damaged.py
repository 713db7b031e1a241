"""A real bridge whose store is damaged under load goes on by itself, and its drones fill what is lost."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from drone_sim.flash import Flash
from edge_bridge.storage.database import Connection
from edge_bridge.storage.gaps import gaps
from edge_bridge.storage.keys import PAGE
from edge_bridge.storage.pages import damaged_pages
from installers.local.mosquitto import Mosquitto
from installers.local.proof.journey import damage
from installers.local.proof.ledger import Gap, KindCensus, Known, prove
from installers.local.runs import Run
from messages.model import Violation
from tests.edge_bridge.storage.damage_runs import flip
from tests.real.bridge_runs import KEY, BridgeProcess, FieldClient, Fleet, a_bridge, stored

pytestmark = pytest.mark.real

REPORTS = 1_500


def damage_the_oldest_reports(path: Path) -> None:
    """Flips a bit in a page of the violations that no index holds a second time."""
    db = Connection(path, key=KEY, writes=True)
    db.one("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()
    for page in range(40, path.stat().st_size // PAGE):
        flip(path, (page - 1) * PAGE + 64)
        assert damaged_pages(path, KEY) == [page]
        db = Connection(path, key=KEY)
        try:
            db.all("SELECT payload FROM message_violation WHERE row < 200")
        except Exception:  # noqa: BLE001  (this is the page)
            return
        finally:
            db.close()
        flip(path, (page - 1) * PAGE + 64)
    raise AssertionError("no page holds them")


def a_damaged_store(folder: Path, field: FieldClient, fleet: Fleet, settings: dict[str, Any]) -> list[Violation]:
    """What a bridge that was killed has kept, with a page of the oldest reports damaged."""
    with a_bridge(folder, **settings) as bridge:
        sent = [fleet.violation(number % 3) for number in range(REPORTS)]
        for message in sent:
            field.send(message)
        field.wait(lambda: all(field.has_acknowledged(name, REPORTS // 3) for name in fleet.ids), 60)
        bridge.kill()
    damage_the_oldest_reports(bridge.store)
    return sent


@pytest.mark.timeout(120)
def test_a_page_that_is_damaged_under_load_costs_nothing_that_a_drone_still_has(tmp_path: Path, mosquitto: Mosquitto):
    station, fleet = "damaged", Fleet("dm", 3)
    settings: dict[str, Any] = {"broker": mosquitto.address, "station": station, "kafka": None}
    with FieldClient(mosquitto.port, station) as field:
        sent = a_damaged_store(tmp_path, field, fleet, settings)

        with BridgeProcess(tmp_path, **settings) as bridge:
            for message in sent[
                :200
            ]:  # drones whose broker lost the acknowledgement: the bridge looks, and meets the page
                field.send(message)
            new = [fleet.violation(number % 3) for number in range(30)]
            for message in new:
                field.send(message)
            field.wait(
                lambda: any(b'"state":"failing"' in said and b"malformed" in said for said in statuses(field)), 30
            )
            field.wait(
                lambda: field.status()["state"] == "online" and field.has_acknowledged(fleet.ids[0], fleet.highest(0)),
                60,
            )
            field.wait(lambda: field.status()["gaps"] == 0, 30)
            assert bridge.stop() == 0
    assert {row.id for row in stored(bridge.store)} == fleet.made.keys()
    assert len(list(stored(bridge.store))) == len(fleet.made)
    assert [name for name in os.listdir(tmp_path) if ".damaged-" in name and not name.endswith(("-wal", "-shm"))]


def statuses(field: FieldClient) -> list[bytes]:
    """Everything that the bridge said of itself."""
    return [payload for topic, said in field.heard.items() if topic.endswith("/bridge/status") for payload in said]


@pytest.mark.timeout(120)
def test_the_proof_names_what_damage_has_lost_for_good(
    tmp_path: Path, mosquitto: Mosquitto, monkeypatch: pytest.MonkeyPatch
):
    station, fleet = "damaged-for-good", Fleet("dg", 3)
    settings: dict[str, Any] = {"broker": mosquitto.address, "station": station, "kafka": None}
    with FieldClient(mosquitto.port, station) as field:
        sent = a_damaged_store(tmp_path, field, fleet, settings)
        with BridgeProcess(tmp_path, **settings) as bridge:
            for message in sent[:200:2]:  # of the others nobody has a copy
                field.send(message)
            field.wait(lambda: field.status().get("gaps") and field.status()["state"] == "online", 60)
            # Filled gaps are closed in the transaction of the report: when this one is acknowledged, those before it are.
            field.send(last := fleet.violation(0))
            field.wait(lambda: field.ack(last.drone_id).get("highest") == last.seq, 30)
            assert bridge.stop() == 0
    made = {one.id: Known(one.id, one.drone_id, one.boot, one.seq) for one in fleet.made.values()}
    kept = {row.id: made[row.id] for row in stored(bridge.store)}
    arrived = dict.fromkeys(kept, 1)
    census = {"violation": KindCensus(made, set(), kept, set(), set(), set(), arrived, set(), arrived)}

    proof = prove(census, [Gap(*gap) for gap in gaps(bridge.store, key=KEY)])

    assert proof.lost == len(made) - len(kept) > 0
    assert proof.unexplained == 0
    assert {gap.seq for gap in proof.gaps} == {made[id_].seq for id_ in made.keys() - kept.keys()}
    assert prove(census).unexplained == proof.lost  # without the station's word nobody would know why

    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "store.key").write_text(KEY)
    monkeypatch.setenv("KESTREL_HOME", str(tmp_path / "home"))
    drones = Flash(tmp_path / "drones.db")
    drones.put(fleet.made.values(), telemetry_published_at=None)
    drones.commit()
    drones.close()
    run = Run(folder=str(tmp_path), station=station, broker="", kafka="", archive="")
    lost = made.keys() - kept.keys()
    assert all(["was damaged" in step.words for step in damage(run, id_)] == [True] for id_ in lost)
    assert not list(damage(run, next(iter(kept))))
