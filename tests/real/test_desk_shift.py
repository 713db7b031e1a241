"""A shift on a real broker: recorded by a desk that is killed, gone on with by the next one, exported, and replayed without a broker."""

from __future__ import annotations

import os
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path

import pytest

from ground_station.journal import decided
from ground_station.shift_files import ShiftFile
from installers.local.mosquitto import Mosquitto
from installers.local.ports import free_port
from messages import topics
from messages.codec import encode
from tests.ground_station.bridge_double import BridgeDouble, wait_for
from tests.ground_station.given import a_telemetry, a_violation
from tests.real.test_desk_headless import OFFICER, ROOT, STATION, a_desk, now

KEY = {"KESTREL_STORE_KEY": "a key for a test"}


@pytest.fixture
def bridge(tmp_path: Path) -> Iterator[BridgeDouble]:
    server = Mosquitto(tmp_path / "broker", free_port())
    server.start()
    double = BridgeDouble(server.port, STATION)
    double.start()
    yield double
    double.stop()
    server.stop()


def test_a_killed_desks_shift_is_gone_on_with_exported_and_replayed(
    bridge: BridgeDouble, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in KEY.items():
        monkeypatch.setenv(name, value)
    first, second = a_violation(1, at=now()), a_violation(2, at=now(), drone_id="nyc-18")
    bridge.raise_alert(first)
    with a_desk(bridge.port, tmp_path, "duarte", *OFFICER) as desk:
        bridge.wait_until(lambda: len(bridge.closed()) == 1)
        wait_for(lambda: all(each.ok for each in decided(desk.journal)), "the decision was not answered")
        bridge.publish(topics.drone_topic(STATION, "nyc-1", "telemetry"), encode(a_telemetry("nyc-1", at=now())))
        desk.waits_until_it_says("drone nyc-1")
        wait_for(lambda: "nyc-1" in spoken_of(tmp_path), "the telemetry is not on disk", within_s=10.0)
        desk.kill()
    with a_desk(bridge.port, tmp_path, "duarte") as again:
        again.waits_until_it_says("log: Connected")
        bridge.raise_alert(second)
        again.waits_until_it_says("log: Alert from nyc-18")
        assert again.end() == 0
    (path,) = (tmp_path / "shifts").glob("*.shift")  # one shift, although its desk was killed
    assert not path.read_bytes().startswith(b"SQLite format 3")

    out = tmp_path / "shift.gpx"
    said = command(tmp_path, "export", "latest", "--format", "gpx", "--out", str(out))
    assert "2 alerts, 1 drones" in said
    assert len(ET.parse(out).getroot().findall("{http://www.topografix.com/GPX/1/1}wpt")) == 2

    replayed = command(tmp_path, "--replay", "latest", "--speed", "60", "--headless", "--broker", "127.0.0.1:9")
    assert "replay: REPLAY" in replayed
    # Its street is the drone's or the city's, as the look-up was quick.
    for line in ("log: Code 14 for nyc-17, ", "log: Alert from nyc-18, E 42nd Street"):
        assert line in replayed


def spoken_of(folder: Path) -> set[str]:
    """The drones whose telemetry is in the recording."""
    drones: set[str] = set()
    for path in (folder / "shifts").glob("*.shift"):
        file = ShiftFile.open(path, KEY["KESTREL_STORE_KEY"])
        for past in file.past():
            for event in getattr(past, "events", ()):
                telemetry = getattr(event, "telemetry", None)
                if telemetry is not None:
                    drones.add(telemetry.drone_id)
        file.close()
    return drones


def command(folder: Path, *arguments: str) -> str:
    """What `python -m ground_station` says when it is run over the folder's shifts."""
    done = subprocess.run(
        [sys.executable, "-m", "ground_station", *arguments, "--shifts", str(folder / "shifts")],
        cwd=ROOT,
        env={**os.environ, **KEY},
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    return done.stdout
