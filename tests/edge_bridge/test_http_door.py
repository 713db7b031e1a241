"""What a watcher of the station sees."""

from __future__ import annotations

from datetime import timedelta
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from edge_bridge.http_door import HttpDoor
from edge_bridge.metrics import is_ready, prometheus_text
from messages.state import BridgeStatus, LinkState
from tests.strategies import NOON, STATION

STATUS = BridgeStatus(
    station=STATION,
    state="online",
    boot=1,
    at=NOON,
    headquarters=LinkState(up=False, since=NOON),
    stored={"violation": 7, "telemetry": 2},
    waiting={"violation": 3},
    oldest_waiting_at=NOON - timedelta(seconds=90),
    quarantined={"not_json": 1},
    commit_p99_ms=12.5,
)


def test_every_figure_has_a_line_with_its_kind():
    lines = prometheus_text(STATUS).splitlines()

    for line in (
        "kestrel_bridge_up 1",
        "kestrel_bridge_headquarters_up 0",
        'kestrel_bridge_stored_total{kind="violation"} 7',
        'kestrel_bridge_waiting{kind="violation"} 3',
        'kestrel_bridge_waiting{kind="telemetry"} 0',
        'kestrel_bridge_quarantined_total{reason="not_json"} 1',
        "kestrel_bridge_oldest_waiting_seconds 90",
        "kestrel_bridge_commit_p99_seconds 0.0125",
        "# TYPE kestrel_bridge_stored_total counter",
        "# TYPE kestrel_bridge_waiting gauge",
    ):
        assert line in lines
    names = [line.split()[2] for line in lines if line.startswith("# TYPE")]
    assert len(names) == len(set(names))


def test_a_headquarters_that_is_away_does_not_make_it_unready_and_a_full_disk_does():
    assert is_ready(STATUS)
    assert not is_ready(None)
    assert not is_ready(BridgeStatus(station=STATION, state="full", boot=1, at=NOON))


@pytest.mark.parametrize(("status", "code"), [(STATUS, 200), (None, 503)])
def test_the_pages_are_served_on_loopback(status: BridgeStatus | None, code: int):
    door = HttpDoor(0, lambda: status)
    try:
        with urlopen(f"http://127.0.0.1:{door.port}/metrics") as page:
            assert "kestrel_bridge_up" in page.read().decode()
        assert _code(f"http://127.0.0.1:{door.port}/ready") == code
        assert _code(f"http://127.0.0.1:{door.port}/etc/passwd") == 404
    finally:
        door.close()


def _code(url: str) -> int:
    try:
        with urlopen(url) as page:
            return int(page.status)
    except HTTPError as error:
        with error:
            return error.code
