"""The Kafka topics of a headquarters: partitions and retention of each, with reasons."""

from __future__ import annotations

from messages.topics import KAFKA_TOPICS, dead_letter_topic

DAY_MS = 86_400_000
PARTITIONS = 2  # one for each core of the smallest machine; keys keep a drone in one of them
TELEMETRY_KEPT_DAYS = 7  # a whole week of a broken archive can be caught up; 8,000 reports/s are 1.4 TB by then
REPORTS_KEPT_DAYS = (
    30  # violations, decisions, pictures, tickets: small, and nothing else has them by then but the archive
)

TopicPlan = tuple[str, int, dict[str, str]]
"""A topic's name, its partitions, its settings."""


def headquarters_topics() -> list[TopicPlan]:
    """Every topic of the project and the place for what headquarters cannot read of it."""
    plans: list[TopicPlan] = []
    for kind, name in KAFKA_TOPICS.items():
        kept_days = TELEMETRY_KEPT_DAYS if kind == "telemetry" else REPORTS_KEPT_DAYS
        plans.append((name, PARTITIONS, _settings(kept_days)))
        plans.append((dead_letter_topic(name), 1, _settings(REPORTS_KEPT_DAYS)))
    return plans


def _settings(kept_days: int) -> dict[str, str]:
    return {
        "retention.ms": str(kept_days * DAY_MS),
        # Kept by the time of arrival: a ticket of 2015 would be older than any retention on the day it is loaded, and a drone with
        # a wrong clock would be refused (message.timestamp.after.max.ms).
        "message.timestamp.type": "LogAppendTime",
    }
