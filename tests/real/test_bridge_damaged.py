"""A real bridge whose store is damaged under load goes on by itself, and its drones fill what is lost."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from edge_bridge.storage.database import Connection
from edge_bridge.storage.keys import PAGE
from edge_bridge.storage.pages import damaged_pages
from installers.local.mosquitto import Mosquitto
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


@pytest.mark.timeout(120)
def test_a_page_that_is_damaged_under_load_costs_nothing_that_a_drone_still_has(tmp_path: Path, mosquitto: Mosquitto):
    station, fleet = "damaged", Fleet("dm", 3)
    settings: dict[str, Any] = {"broker": mosquitto.address, "station": station, "kafka": None}
    with FieldClient(mosquitto.port, station) as field:
        with a_bridge(tmp_path, **settings) as bridge:
            sent = [fleet.violation(number % 3) for number in range(REPORTS)]
            for message in sent:
                field.send(message)
            field.wait(lambda: all(field.has_acknowledged(name, REPORTS // 3) for name in fleet.ids), 60)
            bridge.kill()
        damage_the_oldest_reports(bridge.store)

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
