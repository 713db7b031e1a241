"""Headquarters' alert consumer on a real Kafka: each alert told once, through kills and a broker that goes away."""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from cloud_pipeline.alerts.store import records
from installers.local.stack import Stack
from messages.model import Message
from tests.cloud_pipeline import samples
from tests.real.archive_runs import AlertsRun, send, wait_until

pytestmark = pytest.mark.timeout(600)


@pytest.fixture
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with Stack(tmp_path_factory.mktemp("headquarters")) as own:
        own.up(("kafka",))
        own.wait_ready("kafka")
        yield own


def a_day(count: int) -> list[Message]:
    """Violations of which every tenth needs a human, and a decision for every second of those."""
    found: list[Message] = []
    for number in range(count):
        seen = samples.violation(number, needs_human=number % 10 == 0)
        found.append(seen)
        if number % 20 == 0:
            found.append(samples.correction(number, seen))
    return found


def told(lines: list[str], words: str) -> Counter[str]:
    """Violation -> how often a line told of it."""
    return Counter(line.split("violation=")[1].split()[0] for line in lines if words in line)


def test_each_alert_is_told_once_and_decided_once(stack: Stack, tmp_path: Path) -> None:
    store, dice = tmp_path / "alerts.db", random.Random(3)
    sending = threading.Thread(target=send, args=(stack.kafka.bootstrap, a_day(6_000)))
    sending.start()
    lines: list[str] = []

    for _ in range(4):
        with AlertsRun(stack.kafka.bootstrap, store) as run:
            run.wait_for("alert raised", times=dice.randint(1, 20))
            run.kill()
            lines += run.lines()
    sending.join()
    send(stack.kafka.bootstrap, a_day(200))  # a station that was not sure sends again
    with AlertsRun(stack.kafka.bootstrap, store) as run:
        wait_until(lambda: sum(each.decided_at is not None for each in records(store)) == 300)
        wait_until(lambda: sum(each.seen_at is not None for each in records(store)) == 600)
        assert run.ask_to_stop() < 5.0
        assert run.process.returncode == 0
        lines += run.lines()

    # A line is written after the commit: a kill may swallow some, or all of one kind, and nothing makes one come twice.
    assert set(told(lines, "alert raised").values()) == {1}
    assert set(told(lines, "alert decided").values()) <= {1}


def test_it_waits_for_kafka_and_goes_on_when_it_went_away(stack: Stack, tmp_path: Path) -> None:
    store = tmp_path / "alerts.db"
    stack.kafka.stop()
    with AlertsRun(stack.kafka.bootstrap, store) as run:
        run.wait_for("waiting: Kafka")
        stack.restart("kafka")
        run.wait_for("ready:")
        send(stack.kafka.bootstrap, [samples.violation(1, needs_human=True)])
        run.wait_for("alert raised")

        stack.restart("kafka")
        send(stack.kafka.bootstrap, [samples.violation(2, needs_human=True)])
        run.wait_for("alert raised", times=2)

    assert len(list(records(store))) == 2
