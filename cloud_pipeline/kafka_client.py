"""The door to kafka-python: which topics there are, and a consumer of its own group."""

from __future__ import annotations

from kafka import KafkaConsumer
from kafka.errors import KafkaError

from cloud_pipeline.errors import NotReady
from messages.topics import KAFKA_TOPICS


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
        raise NotReady(f"Kafka at {kafka} does not answer yet ({type(problem).__name__})") from problem


def require_topics(kafka: str) -> None:
    """Returns when every topic of the contract is there. Raises NotReady with what is missing."""
    missing = sorted(set(KAFKA_TOPICS.values()) - topics_at(kafka))
    if missing:
        raise NotReady(f"Kafka at {kafka} has no topic {', '.join(missing)} yet")
