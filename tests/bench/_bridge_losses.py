"""What each contender of the bridge's bench loses and doubles after kill -9, a Kafka that hangs, and a broker that is killed."""

from __future__ import annotations

import json
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

from installers.local.stack import Stack
from tests.bench._bridge_load import PatientPublisher
from tests.bench._bridge_peers import Contender
from tests.bench._bridge_runs import KafkaTopic, NothingPasses, running

RATE = 500.0
BEFORE_S, AFTER_S = 2.0, 3.0  # reports flow so long before a fault and after it, and during it
DOWN_S = 2.0  # between a kill and the next start
SETTLE_S = (
    90.0  # what does not come within it is lost; two processes that start again on a busy machine have taken 20 s
)
AGAIN_S = 3.0  # all are there, and nothing came for so long: nothing comes a second time


def losses(stack: Stack, contender: Contender, hang_s: float) -> dict[str, Any]:
    """For each fault how many reports were sent meanwhile, and how many of them are not in Kafka in the end or more than once.

    The publisher is a plain one: it sends again what the broker has not acknowledged, and forgets the rest.
    """

    def kill() -> None:
        contender.kill()
        time.sleep(DOWN_S)
        contender.start()

    def hang() -> None:
        assert stack.link is not None
        stack.link.hang()
        time.sleep(hang_s)
        stack.link.restore()

    def broker() -> None:
        for child in stack.mosquitto.children:
            child.kill()
        time.sleep(DOWN_S)
        stack.restart("mosquitto")

    faults: dict[str, Callable[[], None]] = {
        "kill_9": kill,
        f"kafka_hangs_{hang_s:.0f}_s": hang,
        "broker_killed": broker,
    }
    return {name: _one(stack, contender, fault) for name, fault in faults.items()}


def _one(stack: Stack, contender: Contender, fault: Callable[[], None]) -> dict[str, int] | str:
    """Its figures; or why there are none, when it let nothing pass before the fault."""
    try:
        return _through(stack, contender, fault)
    except NothingPasses as error:
        return f"not run: {error}"


def _through(stack: Stack, contender: Contender, fault: Callable[[], None]) -> dict[str, int]:
    with running(stack, contender) as topic:
        publisher = PatientPublisher(stack.mosquitto.port, contender.station)
        publisher.send(int(BEFORE_S * RATE), RATE)
        meanwhile = threading.Thread(target=fault, name="fault")
        meanwhile.start()
        while meanwhile.is_alive():
            publisher.send(int(RATE / 4), RATE)
        publisher.send(int(AFTER_S * RATE), RATE)
        publisher.finish()
        ids = _arrived(topic, publisher)
    return {"sent": publisher.sent, "lost": publisher.sent - len(ids), "doubled": sum(ids.values()) - len(ids)}


def _arrived(topic: KafkaTopic, publisher: PatientPublisher) -> Counter[str]:
    """How often each of the publisher's reports is in Kafka, once all are there and no more come, or none came for SETTLE_S.

    Its own only: a contender that was killed gets again what it had not acknowledged of the reports before.
    """
    while True:
        before = topic.count()  # first: what comes while the values are read is not among them
        ids = _own(topic, publisher)
        if len(ids) >= publisher.sent:
            break
        topic.wait(before + publisher.sent - len(ids), SETTLE_S, SETTLE_S)
        if topic.count() == before:
            return ids
    topic.wait(sys.maxsize, SETTLE_S, AGAIN_S)
    return _own(topic, publisher)


def _own(topic: KafkaTopic, publisher: PatientPublisher) -> Counter[str]:
    reports = (json.loads(value) for _, value in topic.values())
    return Counter(report["id"] for report in reports if report["boot"] == publisher.boot)
