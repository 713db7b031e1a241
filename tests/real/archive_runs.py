"""Runs headquarters' jobs as processes of their own, which a test may kill, a JVM with them, at any moment."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from time import monotonic
from types import TracebackType
from typing import Self

from kafka import KafkaProducer

from cloud_pipeline.archive import reader
from installers.local.classes import spark_variables
from installers.local.places import ROOT
from messages.codec import encode
from messages.model import Message, kind_of
from messages.topics import kafka_key, kafka_topic

LONG_S = 240.0  # a machine that is busy with other tests has taken 80 s to start Spark
DYING = Path(__file__).with_name("dying_archive.py")


class Run:
    """A program in a group of processes of its own; its lines are kept as they come."""

    def __init__(self, *words: str) -> None:
        self._lines: list[str] = []
        self._news = threading.Condition()
        self.process = subprocess.Popen(
            [sys.executable, *words],
            env={
                **os.environ,
                "PYTHONPATH": str(ROOT),
                **spark_variables(),
            },
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self._reading = threading.Thread(target=self._read)
        self._reading.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()

    def lines(self) -> list[str]:
        with self._news:
            return list(self._lines)

    def wait_for(self, words: str, *, times: int = 1, within_s: float = LONG_S) -> str:
        """The line that has the words for the `times`-th time; fails with the last lines if it does not come."""
        deadline = monotonic() + within_s
        with self._news:
            while True:
                found = [line for line in self._lines if words in line]
                if len(found) >= times:
                    return found[times - 1]
                assert self.process.poll() is None or self._reading.is_alive(), self._told(words)
                assert self._news.wait(max(0.0, deadline - monotonic())), self._told(words)

    def end(self, *, within_s: float = LONG_S) -> int:
        """Waits until it ends by itself; gives the exit code."""
        code = self.process.wait(within_s)
        self._reading.join()
        return code

    def ask_to_stop(self) -> float:
        """SIGTERM; gives the seconds it took to end."""
        began = monotonic()
        self.process.send_signal(signal.SIGTERM)
        self.end(within_s=30.0)
        return monotonic() - began

    def kill(self) -> None:
        """SIGKILL for Python and the JVM together, if they still run."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.end()
        assert self.process.stderr is not None
        self.process.stderr.close()

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            with self._news:
                self._lines.append(line.rstrip())
                self._news.notify_all()
        with self._news:
            self._news.notify_all()

    def _told(self, words: str) -> str:
        return f"no line with {words!r}; the last ones: " + "\n".join(self._lines[-15:])


class ArchiveRun(Run):
    """`python -m cloud_pipeline archive`, or a script in its place."""

    def __init__(self, kafka: str, archive: str, *flags: str, script: Path | None = None) -> None:
        program = [str(script)] if script else ["-m", "cloud_pipeline"]
        super().__init__(*program, "archive", "--kafka", kafka, "--archive", archive, "--trigger-s", "1", *flags)


class AlertsRun(Run):
    """`python -m cloud_pipeline alerts`."""

    def __init__(self, kafka: str, store: Path) -> None:
        super().__init__("-m", "cloud_pipeline", "alerts", "--kafka", kafka, "--store", str(store))


def send(kafka: str, messages: Iterable[Message]) -> None:
    """Puts messages on their topics as the bridge does, and waits until Kafka has them all."""
    producer = KafkaProducer(bootstrap_servers=kafka, acks="all", linger_ms=20)
    for row, message in enumerate(messages):
        headers = [
            ("schema", b"1"),
            ("id", message.id.encode()),
            ("station", b"north"),
            ("row", str(row).encode()),
            ("stored_at", b"2026-11-20T17:00:00.250Z"),
        ]
        producer.send(kafka_topic(kind_of(message)), key=kafka_key(message), value=encode(message), headers=headers)
    producer.flush()
    producer.close()


def archived_ids(archive: str, kind: str) -> Counter[str]:
    """Id -> how often it is in the archive."""
    table = reader.archived(archive, kind)
    return Counter() if table is None else Counter(table["id"].to_pylist())


def wait_until(holds: Callable[[], bool], *, within_s: float = LONG_S) -> None:
    """Asks again every fifth of a second until it holds."""
    deadline, pause = monotonic() + within_s, threading.Event()
    while not holds():
        assert monotonic() < deadline, "it did not come about in time"
        pause.wait(0.2)
