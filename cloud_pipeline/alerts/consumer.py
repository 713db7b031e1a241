"""Kafka's violations and decisions -> headquarters' store of alerts and one log line each. Knows no Spark.

The order that makes each alert come exactly once: read, put into the store, commit the store, then commit the place in Kafka. A death in
between reads some records again, and the store knows them.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from datetime import datetime
from threading import Event
from typing import NamedTuple

from cloud_pipeline.alerts.store import Store
from cloud_pipeline.errors import NotReady
from cloud_pipeline.kafka_client import GroupConsumer, Record, require_topics
from cloud_pipeline.settings import AlertSettings
from messages.codec import decode
from messages.errors import DecodeError
from messages.model import Correction, Violation
from messages.topics import kafka_topic

log = logging.getLogger(__name__)

Clock = Callable[[], datetime]
TOPICS = (kafka_topic("violation"), kafka_topic("correction"))


class News(NamedTuple):
    """What a batch brought that was not known."""

    raised: list[Violation]
    decided: list[Correction]


def take_in(store: Store, records: Iterable[Record], now: datetime) -> News:
    """Puts a batch into the store in one transaction. What cannot be read is left to the archive, which sets it aside."""
    news = News([], [])
    store.begin()
    for record in records:
        try:
            message = decode(record.value)
        except DecodeError as problem:
            log.warning("passed over %s %d@%d: %s", record.topic, record.partition, record.offset, problem.reason)
            continue
        if isinstance(message, Violation) and message.needs_human:
            headers = record.headers
            if store.raised(message, station=headers.get("station"), raised_at=headers.get("stored_at"), now=now):
                news.raised.append(message)
        elif isinstance(message, Correction) and store.decided(message, now=now):
            news.decided.append(message)
    store.commit()
    return news


def run(settings: AlertSettings, store: Store, stop: Event, clock: Clock) -> None:
    """Follows Kafka until `stop` is set. Waits for a Kafka that is not there, and goes on by itself after it was away."""
    said = ""
    while not stop.is_set():
        try:
            require_topics(settings.kafka, TOPICS)
            with GroupConsumer(settings.kafka, settings.group, TOPICS) as consumer:
                log.info("ready: alerts of %s go to %s; %d open", settings.kafka, settings.store, store.open_alerts())
                said = ""
                while not stop.is_set():
                    records = consumer.poll(settings.poll_s)
                    if records:
                        tell(take_in(store, records, clock()), store.open_alerts(), clock())
                        consumer.commit()
        except NotReady as problem:
            if str(problem) != said:
                log.warning("waiting: %s; trying again every %g s", problem, settings.retry_s)
                said = str(problem)
            stop.wait(settings.retry_s)


def tell(news: News, open_alerts: int, now: datetime) -> None:
    """One log line for each alert and each decision: no plate, no name."""
    for violation in news.raised:
        age_s = (now - violation.captured_at).total_seconds()
        log.info("alert raised violation=%s drone=%s age_s=%.1f", violation.id, violation.drone_id, age_s)
    for decision in news.decided:
        took_s = (decision.decided_at - decision.violation_captured_at).total_seconds()
        log.info(
            "alert decided violation=%s status=%s code=%s->%s took_s=%.1f open=%d",
            decision.violation_id,
            decision.status,
            decision.code_before,
            decision.code_after,
            took_s,
            open_alerts,
        )
