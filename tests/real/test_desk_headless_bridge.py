"""The desk and the real bridge, each its own process: a decision arrives once, whoever is killed when."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from ground_station.journal import decided, shown
from installers.local.mosquitto import Mosquitto
from installers.local.ports import free_port
from messages import topics
from messages.codec import encode
from tests.ground_station.bridge_double import wait_for
from tests.ground_station.given import a_violation
from tests.real.bridge_runs import bridge_environment, stored

ROOT = Path(__file__).parents[2]
STATION = "midtown"


@contextmanager
def running(folder: Path, name: str, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    with (folder / f"{name}.txt").open("ab") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", *arguments],
            stdout=out,
            stderr=out,
            cwd=ROOT,
            env=bridge_environment(PYTHONUNBUFFERED="1"),
        )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def bridge(port: int, folder: Path) -> list[str]:
    return [
        "edge_bridge",
        "run",
        "--broker",
        f"127.0.0.1:{port}",
        "--station",
        STATION,
        "--store",
        str(folder / "bridge.db"),
    ]


def desk(port: int, folder: Path, *flags: str) -> list[str]:
    command = ["ground_station", "--broker", f"127.0.0.1:{port}", "--station", STATION, "--officer", "duarte"]
    return [*command, "--journal", str(folder / "desk.db"), "--headless", *flags]


def report(port: int, number: int) -> str:
    """A drone reports a violation that needs a human; its id."""
    at = datetime.now(UTC)
    violation = a_violation(number, at=at.replace(microsecond=at.microsecond // 1000 * 1000))
    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="nyc-17", protocol=mqtt.MQTTv5)
    client.connect("127.0.0.1", port)
    client.loop_start()
    client.publish(topics.message_topic(STATION, violation), encode(violation), qos=1).wait_for_publish(10.0)
    client.disconnect()
    client.loop_stop()
    return violation.id


def corrections(folder: Path) -> list[str]:
    return [row.id for row in stored(folder / "bridge.db") if row.kind == "correction"]


def said(folder: Path, name: str) -> str:
    return (folder / f"{name}.txt").read_text()


def test_an_alert_goes_from_the_drone_to_the_officer_and_the_decision_back_into_the_store(tmp_path: Path) -> None:
    broker = Mosquitto(tmp_path / "broker", free_port())
    broker.start()
    with running(tmp_path, "bridge", *bridge(broker.port, tmp_path)) as bridge_process:
        wait_for(lambda: "ready:" in said(tmp_path, "bridge"), "the bridge is not ready")
        with running(
            tmp_path, "desk", *desk(broker.port, tmp_path, "--scripted-officer", "--think-s", "0.2")
        ) as officer:
            wait_for(lambda: "log: Connected" in said(tmp_path, "desk"), "the desk is not connected")
            made = [report(broker.port, number) for number in range(3)]
            wait_for(lambda: len(corrections(tmp_path)) == 3, "not every decision was stored")
            wait_for(lambda: all(each.ok for each in decided(tmp_path / "desk.db")), "not every decision was answered")
            officer.send_signal(signal.SIGTERM)
            assert officer.wait(5.0) == 0
        bridge_process.send_signal(signal.SIGTERM)
        bridge_process.wait(10.0)
    broker.stop()

    assert {each.violation_id for each in shown(tmp_path / "desk.db")} == set(made)
    assert sorted(corrections(tmp_path)) == sorted(each.correction_id for each in decided(tmp_path / "desk.db"))


def test_a_decision_made_while_the_bridge_is_dead_is_stored_once_although_the_desk_is_killed_too(
    tmp_path: Path,
) -> None:
    broker = Mosquitto(tmp_path / "broker", free_port())
    broker.start()
    thinks = ("--scripted-officer", "--think-s", "3")
    with running(tmp_path, "bridge", *bridge(broker.port, tmp_path)) as first_bridge:
        wait_for(lambda: "ready:" in said(tmp_path, "bridge"), "the bridge is not ready")
        with running(tmp_path, "desk", *desk(broker.port, tmp_path, *thinks)) as first_desk:
            wait_for(lambda: "log: Connected" in said(tmp_path, "desk"), "the desk is not connected")
            report(broker.port, 1)
            wait_for(lambda: "yours for" in said(tmp_path, "desk"), "the alert was not claimed")
            first_bridge.kill()
            first_bridge.wait()
            wait_for(lambda: "Bridge away" in said(tmp_path, "desk"), "the desk did not notice")
            wait_for(lambda: len(list(decided(tmp_path / "desk.db"))) == 1, "nothing was decided")
            first_desk.kill()
            first_desk.wait()
    assert corrections(tmp_path) == []

    with (
        running(tmp_path, "bridge", *bridge(broker.port, tmp_path)),
        running(tmp_path, "desk", *desk(broker.port, tmp_path)),
    ):
        wait_for(lambda: [each.ok for each in decided(tmp_path / "desk.db")] == [True], "the decision was not answered")
        wait_for(lambda: "Nothing to decide" in said(tmp_path, "desk"), "the queue is not empty")
    broker.stop()

    assert corrections(tmp_path) == [each.correction_id for each in decided(tmp_path / "desk.db")]
