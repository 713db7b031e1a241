"""The archive's source: every topic of the contract, read by one Structured Streaming query."""

from __future__ import annotations

from pyspark.sql import DataFrame, SparkSession

from cloud_pipeline.settings import ArchiveSettings
from messages.topics import KAFKA_TOPICS


def records(session: SparkSession, settings: ArchiveSettings) -> DataFrame:
    """Kafka's records as they come, live and historic: topic, partition, offset, timestamp, key, value, headers.

    Evidence is read beside the rest with a limit of its own: its records are a hundred times larger.
    """
    small = ",".join(topic for kind, topic in KAFKA_TOPICS.items() if kind != "evidence")
    return _stream(session, settings, small, settings.rows_per_batch).unionByName(
        _stream(session, settings, KAFKA_TOPICS["evidence"], settings.evidence_per_batch)
    )


def _stream(session: SparkSession, settings: ArchiveSettings, topics: str, limit: int) -> DataFrame:
    return (
        session.readStream.format("kafka")
        .option("kafka.bootstrap.servers", settings.kafka)
        .option("subscribe", topics)
        .option("startingOffsets", "earliest")  # only for the first start; then the checkpoint says where
        # What Kafka deleted before it was archived is lost: the job must stop and say so, and not skip it.
        .option("failOnDataLoss", "true")
        .option("includeHeaders", "true")
        .option("maxOffsetsPerTrigger", limit)
        # A fetch that waits for more holds up the next question on the same connection: with Kafka's 500 ms a batch spent 2.5 of
        # its 4 s waiting, a quarter of a second for each partition in turn.
        .option("kafka.fetch.max.wait.ms", "10")
        .load()
        .select("topic", "partition", "offset", "timestamp", "key", "value", "headers")
    )
