"""Real servers for every test that wants them: each starts when the first test asks, once per session, on free loopback ports.

    def test_something(kafka: Kafka) -> None:         # also: mosquitto, hdfs, stack
        KafkaConsumer(bootstrap_servers=kafka.bootstrap)

They are shared: take topics, drone ids and folders of your own, and leave every server and the link running and restored. A test that
kills a server makes its own Stack in `tmp_path`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from installers.local.hdfs import Hdfs
from installers.local.kafka import Kafka
from installers.local.link import Link
from installers.local.mosquitto import Mosquitto
from installers.local.stack import Stack

FIGURES = pytest.StashKey[list[str]]()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """The figures of the tests that ran, one line each, also when nobody asked for the output of those that passed."""
    lines = config.stash.get(FIGURES, [])
    if lines:
        terminalreporter.section("figures of the tests with real servers")
        for line in lines:
            terminalreporter.write_line(line)


@pytest.fixture
def figures(request: pytest.FixtureRequest) -> Callable[..., None]:
    """figures(points=152, lost=0) keeps a line for the end, named after the test."""

    def say(**found: object) -> None:
        lines = request.config.stash.setdefault(FIGURES, [])
        lines.append(f"{request.node.name}: " + " ".join(f"{name}={value}" for name, value in found.items()))

    return say


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder is `real`, without saying so in each file."""
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here):
            item.add_marker(pytest.mark.real)


@pytest.fixture(scope="session")
def idle_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The session's stack with nothing started; the fixtures below start what they name. Its link stands before Kafka's EDGE door."""
    with Stack(tmp_path_factory.mktemp("stack"), cuttable=True) as stack:
        yield stack


@pytest.fixture(scope="session")
def mosquitto(idle_stack: Stack) -> Mosquitto:
    """A broker with the station's configuration at `.address`, `.port`."""
    idle_stack.up(["mosquitto"])
    idle_stack.wait_ready("mosquitto")
    return idle_stack.mosquitto


@pytest.fixture(scope="session")
def kafka(idle_stack: Stack) -> Kafka:
    """A Kafka with all topics at `.bootstrap`; at `.edge_bootstrap` through the link."""
    idle_stack.up(["kafka"])
    idle_stack.wait_ready("kafka")
    return idle_stack.kafka


@pytest.fixture(scope="session")
def hdfs(idle_stack: Stack) -> Hdfs:
    """An HDFS that paths beginning with `.uri` live in."""
    idle_stack.up(["hdfs"])
    idle_stack.wait_ready("hdfs")
    return idle_stack.hdfs


@pytest.fixture(scope="session")
def stack(idle_stack: Stack) -> Stack:
    """All three, started side by side."""
    idle_stack.up()
    for part in ("mosquitto", "kafka", "hdfs"):
        idle_stack.wait_ready(part)
    return idle_stack


@pytest.fixture
def link(idle_stack: Stack, kafka: Kafka) -> Iterator[Link]:
    """The field's link to Kafka, whole again after the test."""
    assert idle_stack.link is not None
    yield idle_stack.link
    idle_stack.link.restore()
