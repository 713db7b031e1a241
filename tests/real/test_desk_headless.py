"""The desk without a window on a real broker: sees every alert, decides each once, and loses nothing when it or the broker is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import msgspec
import pytest

from ground_station.journal import decided, shown
from installers.local.mosquitto import Mosquitto
from installers.local.ports import free_port
from messages import topics
from messages.alert import Picture
from messages.codec import decode, encode
from messages.ids import message_id
from messages.model import Correction, Violation
from tests.ground_station.bridge_double import BridgeDouble, wait_for
from tests.ground_station.given import a_telemetry, a_violation, an_id

ROOT = Path(__file__).parents[2]
STATION = "midtown"


class DeskProcess:
    """One desk as its own process."""

    def __init__(self, port: int, folder: Path, officer: str, *flags: str) -> None:
        self.journal = folder / f"desk-{officer}.db"
        starts = len(list(folder.glob(f"desk-{officer}-*.txt")))
        self._said = folder / f"desk-{officer}-{starts + 1}.txt"
        command = ["--broker", f"127.0.0.1:{port}", "--station", STATION, "--officer", officer]
        with self._said.open("ab") as out, (folder / f"desk-{officer}.log").open("ab") as log:
            self.process = subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    "ground_station",
                    *command,
                    "--journal",
                    str(self.journal),
                    "--headless",
                    *flags,
                ],
                stdout=out,
                stderr=log,
                cwd=ROOT,
                env={**os.environ, "PYTHONUNBUFFERED": "1"},
            )

    def said(self) -> str:
        return self._said.read_text()

    def waits_until_it_says(self, words: str) -> None:
        try:
            wait_for(lambda: words in self.said(), words)
        except TimeoutError:
            raise AssertionError(f"the desk did not say {words!r}, but:\n{self.said()}") from None

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def end(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=5.0)


@contextmanager
def a_desk(port: int, folder: Path, officer: str = "duarte", *flags: str) -> Iterator[DeskProcess]:
    desk = DeskProcess(port, folder, officer, *flags)
    try:
        yield desk
    finally:
        desk.kill()


class Broker:
    """A broker that can be taken away and brought back with the memory it had."""

    def __init__(self, folder: Path) -> None:
        self._folder, self.port = folder, free_port()
        self._server: Mosquitto | None = None

    def start(self) -> None:
        self._server = Mosquitto(self._folder, self.port)
        self._server.start()

    def stop(self) -> None:
        if self._server is not None:
            self._server.stop()
            self._server = None


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    broker = Broker(tmp_path / "broker")
    broker.start()
    yield broker
    broker.stop()


@pytest.fixture
def bridge(broker: Broker) -> Iterator[BridgeDouble]:
    double = BridgeDouble(broker.port, STATION)
    double.start()
    yield double
    double.stop()


def now() -> datetime:
    at = datetime.now(UTC)
    return at.replace(microsecond=at.microsecond // 1000 * 1000)


def violations(number: int) -> list[Violation]:
    at = now()
    return [a_violation(place, at=at) for place in range(number)]


def corrections(bridge: BridgeDouble) -> list[Correction]:
    found = [decode(payload) for payload in bridge.corrections]
    return [each for each in found if isinstance(each, Correction)]


OFFICER = ("--scripted-officer", "--think-s", "0.2")


def test_every_alert_is_shown_claimed_and_decided_once(bridge: BridgeDouble, tmp_path: Path) -> None:
    seen = violations(12)
    for violation in seen[:6]:
        bridge.raise_alert(violation)
    with a_desk(bridge.port, tmp_path, "duarte", *OFFICER) as desk:
        desk.waits_until_it_says("log: Connected")
        for violation in seen[6:]:
            bridge.raise_alert(violation)
        bridge.wait_until(lambda: len(bridge.closed()) == len(seen))
        wait_for(lambda: all(each.ok for each in decided(desk.journal)), "not every decision was answered")
        assert desk.end() == 0

    assert sorted(each.violation_id for each in corrections(bridge)) == sorted(each.id for each in seen)
    assert sorted(each.seq for each in corrections(bridge)) == list(range(1, len(seen) + 1))
    assert {each.violation_id for each in shown(desk.journal)} == {each.id for each in seen}
    assert len(list(decided(desk.journal))) == len(seen)


def test_a_desk_killed_between_decision_and_answer_delivers_the_same_decision_at_the_next_start(
    bridge: BridgeDouble, tmp_path: Path
) -> None:
    bridge.answers = False
    bridge.raise_alert(a_violation(1, at=now()))
    with a_desk(bridge.port, tmp_path, "duarte", *OFFICER) as desk:
        bridge.wait_until(lambda: len(bridge.corrections) == 1)
        desk.kill()
    bridge.answers = True
    assert [each.answered_at for each in decided(desk.journal)] == [None]

    with a_desk(bridge.port, tmp_path, "duarte") as again:
        wait_for(lambda: all(each.ok for each in decided(again.journal)), "the decision was not answered")
        assert again.end() == 0

    assert len(set(bridge.corrections)) == 1
    assert len(bridge.closed()) == 1


def test_a_decision_made_without_a_broker_arrives_once_although_the_desk_is_killed(
    broker: Broker, bridge: BridgeDouble, tmp_path: Path
) -> None:
    bridge.raise_alert(a_violation(1, at=now()))
    with a_desk(broker.port, tmp_path, "duarte", "--scripted-officer", "--think-s", "3") as desk:
        bridge.wait_until(lambda: any(alert.state == "claimed" for alert in bridge.alerts.values()))
        desk.waits_until_it_says("yours for")
        broker.stop()
        desk.waits_until_it_says("Broker away")
        wait_for(lambda: len(list(decided(desk.journal))) == 1, "nothing was decided")
        desk.kill()
    assert bridge.corrections == []
    broker.start()

    with a_desk(broker.port, tmp_path, "duarte") as again:
        bridge.wait_until(lambda: len(bridge.closed()) == 1)
        wait_for(lambda: all(each.ok for each in decided(again.journal)), "the decision was not answered")
        assert again.end() == 0

    assert len(set(bridge.corrections)) == 1


def test_two_officers_never_decide_the_same_alert(bridge: BridgeDouble, tmp_path: Path) -> None:
    seen = violations(16)
    for violation in seen:
        bridge.raise_alert(violation)
    with a_desk(bridge.port, tmp_path, "duarte", *OFFICER), a_desk(bridge.port, tmp_path, "moreno", *OFFICER):
        bridge.wait_until(lambda: len(bridge.closed()) == len(seen))

    made = corrections(bridge)
    assert len(made) == len({each.id for each in made}) == len({each.violation_id for each in made}) == len(seen)
    assert {each.officer for each in made} == {"duarte", "moreno"}


def test_the_whole_queue_is_there_after_connecting_and_each_alert_is_first_shown_once(
    bridge: BridgeDouble, tmp_path: Path
) -> None:
    seen = violations(200)
    for violation in seen:
        bridge.raise_alert(violation)
    with a_desk(bridge.port, tmp_path) as desk:
        desk.waits_until_it_says("log: Connected")
        wait_for(lambda: len(list(shown(desk.journal))) == len(seen), "not every alert was shown")
        assert desk.end() == 0
    with a_desk(bridge.port, tmp_path) as again:
        again.waits_until_it_says(f"alert {seen[-1].id[-12:]}")
        assert again.end() == 0

    assert len(list(shown(again.journal))) == len(seen)


def test_a_broker_that_restarts_brings_the_same_queue_back(
    broker: Mosquitto, bridge: BridgeDouble, tmp_path: Path
) -> None:
    bridge.raise_alert(a_violation(1, at=now()))
    with a_desk(broker.port, tmp_path) as desk:
        desk.waits_until_it_says("log: Alert from nyc-17")
        broker.stop()
        desk.waits_until_it_says("state: Broker away")
        broker.start()
        desk.waits_until_it_says("log: Connected again")
        bridge.raise_alert(a_violation(2, at=now(), drone_id="nyc-18"))
        desk.waits_until_it_says("log: Alert from nyc-18")
        assert "left the list" not in desk.said()
        assert desk.end() == 0


def test_a_picture_is_checked_before_it_is_called_complete(bridge: BridgeDouble, tmp_path: Path) -> None:
    data = b"\x89PNG picture"
    violation = a_violation(1, at=now(), evidence_ids=(an_id(3),))
    bridge.raise_alert(violation)
    alert = bridge.alerts[violation.id]
    picture = Picture(
        evidence_id=an_id(3),
        parts_here=2,
        parts=3,
        sha256=sha256(data).hexdigest(),
        media_type="image/png",
        checked=False,
    )

    def say(picture: Picture, version: int) -> None:
        told = msgspec.structs.replace(alert, picture=picture, version=version)
        bridge.publish(topics.alert_topic(STATION, violation.id), encode(told), retain=True)

    with a_desk(bridge.port, tmp_path) as desk:
        say(picture, 2)
        desk.waits_until_it_says("picture 2 of 3 parts")
        bridge.put_picture(violation.id, b"something else")
        say(msgspec.structs.replace(picture, parts_here=3, checked=True), 3)
        desk.waits_until_it_says("picture damaged")
        bridge.put_picture(violation.id, data)
        desk.waits_until_it_says("picture complete, checked")


def test_bytes_that_make_no_sense_are_passed_over(bridge: BridgeDouble, tmp_path: Path) -> None:
    with a_desk(bridge.port, tmp_path) as desk:
        desk.waits_until_it_says("log: Connected")
        for topic in (
            topics.alert_topic(STATION, message_id(now(), 1)),
            topics.drone_topic(STATION, "nyc-1", "telemetry"),
            topics.drone_topic(STATION, "nyc-1", "status"),
            topics.bridge_status_topic(STATION),
        ):
            bridge.publish(topic, b'{"kind": NaN' + b"[" * 1_000)
        bridge.publish(topics.drone_topic(STATION, "nyc-1", "telemetry"), encode(a_telemetry("nyc-2", at=now())))
        bridge.publish(topics.drone_topic(STATION, "nyc-3", "telemetry"), encode(a_telemetry("nyc-3", at=now())))
        desk.waits_until_it_says("1 of 1 drone")
        assert desk.end() == 0


def test_without_a_broker_the_desk_opens_says_so_and_closes(tmp_path: Path) -> None:
    with a_desk(free_port(), tmp_path) as desk:
        desk.waits_until_it_says("state: Broker away")
        assert desk.end() == 0
