"""The door to kafka-python: which topics there are, and a consumer with a group of its own."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from types import TracebackType
from typing import NamedTuple, Self

from kafka import KafkaConsumer
from kafka.errors import KafkaError

from cloud_pipeline.errors import NotReady
from messages.topics import KAFKA_TOPICS


class Record(NamedTuple):
    """One record as far as we need it; headers as text."""

    topic: str
    partition: int
    offset: int
    value: bytes
    headers: dict[str, str]


class GroupConsumer:
    """Reads topics from where its group has committed, at first from the beginning. Raises NotReady when Kafka goes away."""

    def __init__(self, kafka: str, group: str, topics: Sequence[str]) -> None:
        try:
            self._consumer = KafkaConsumer(
                *topics,
                bootstrap_servers=kafka.split(","),
                group_id=group,
                enable_auto_commit=False,  # only what is on our own disk is committed
                auto_offset_reset="earliest",
                session_timeout_ms=10_000,  # a restart after a kill gets its partitions back this soon
                heartbeat_interval_ms=3_000,
            )
        except (KafkaError, OSError, ValueError) as problem:
            raise _not_ready(kafka, problem) from problem
        self._kafka = kafka

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._consumer.close(autocommit=False, timeout_ms=2_000)

    def poll(self, wait_s: float) -> list[Record]:
        """What has come, at most 500 records; empty after `wait_s`."""
        try:
            found = self._consumer.poll(timeout_ms=int(wait_s * 1000), max_records=500)
        except (KafkaError, OSError) as problem:
            raise _not_ready(self._kafka, problem) from problem
        return [
            Record(
                record.topic,
                record.partition,
                record.offset,
                bytes(record.value or b""),
                {name: bytes(value or b"").decode(errors="replace") for name, value in record.headers},
            )
            for records in found.values()
            for record in records
        ]

    def commit(self) -> None:
        """Notes in Kafka that everything polled so far is done with."""
        try:
            self._consumer.commit()
        except (KafkaError, OSError) as problem:
            raise _not_ready(self._kafka, problem) from problem


def topics_at(kafka: str) -> set[str]:
    """The names of all topics. Raises NotReady if no broker answers."""
    try:
        consumer = KafkaConsumer(
            bootstrap_servers=kafka.split(","), request_timeout_ms=5_000, bootstrap_timeout_ms=3_000
        )
        try:
            return set(consumer.topics())
        finally:
            consumer.close()
    except (KafkaError, OSError, ValueError) as problem:
        raise _not_ready(kafka, problem) from problem


def require_topics(kafka: str, topics: Collection[str] = tuple(KAFKA_TOPICS.values())) -> None:
    """Returns when all the topics are there. Raises NotReady with what is missing."""
    missing = sorted(set(topics) - topics_at(kafka))
    if missing:
        raise NotReady(f"Kafka at {kafka} has no topic {', '.join(missing)} yet")


def _not_ready(kafka: str, problem: Exception) -> NotReady:
    return NotReady(f"Kafka at {kafka} does not answer ({type(problem).__name__})")
