"""The archive job: starts the stream, watches it, and starts it again when Kafka or HDFS were away.

A stop of Kafka or HDFS ends Spark's query with an error; its place is in the checkpoint, so starting it again loses and doubles nothing.
"""

from __future__ import annotations

import logging
import socket
from collections.abc import Callable
from datetime import datetime
from threading import Event
from urllib.parse import urlsplit

from pyspark.sql import SparkSession
from pyspark.sql.streaming.query import StreamingQuery

from cloud_pipeline import sources, spark_errors
from cloud_pipeline.archive.writer import Writer, make_tables, start_query
from cloud_pipeline.errors import DataGone, NotReady, SparkGone
from cloud_pipeline.kafka_client import require_topics
from cloud_pipeline.session import hush
from cloud_pipeline.settings import ArchiveSettings

log = logging.getLogger(__name__)

_WATCH_S = 0.25
_LAST_BATCH_S = 2.0  # of the five seconds that a stop may take; what is cut off is made good at the next start
_GONE = ("KAFKA_DATA_LOSS", "Some data may have been lost", "OffsetOutOfRange")


def run(session: SparkSession, settings: ArchiveSettings, stop: Event, clock: Callable[[], datetime]) -> None:
    """Archives until `stop` is set, or with `once` until all that is in Kafka is archived. Raises DataGone, SparkGone."""
    writer = Writer(settings.archive, settings.kafka, clock=clock, writers=settings.writers)
    said = ""
    try:
        while not stop.is_set():
            try:
                if _archive(session, settings, writer, stop):
                    return
            except NotReady as problem:
                # Said once, not every two seconds.
                if str(problem) != said:
                    log.warning("waiting: %s; trying again every %g s", problem, settings.retry_s)
                    said = str(problem)
            except spark_errors.ANY as problem:
                if (
                    stop.is_set()
                ):  # the JVM was killed because it took too long to stop, or had the signal too and was faster
                    return
                raise SparkGone(f"Spark has failed: {spark_errors.cause_of(problem)}; start again") from problem
            stop.wait(settings.retry_s)
    finally:
        writer.close()


def _archive(session: SparkSession, settings: ArchiveSettings, writer: Writer, stop: Event) -> bool:
    """One life of the query. True when it came to its end by itself (`once`) or by `stop`. Raises NotReady, DataGone."""
    require_topics(settings.kafka)
    _require_archive(settings.archive)
    try:
        make_tables(session, settings.archive)
        query = start_query(
            sources.records(session, settings),
            writer,
            archive=settings.archive,
            trigger_s=settings.trigger_s,
            once=settings.once,
        )
    except spark_errors.REFUSED as problem:
        raise NotReady(
            f"the archive at {settings.archive} cannot be written: {spark_errors.cause_of(problem)}"
        ) from problem
    log.info("ready: archiving %s to %s every %g s", settings.kafka, settings.archive, settings.trigger_s)
    return _watch(session, query, writer, stop)


def _watch(session: SparkSession, query: StreamingQuery, writer: Writer, stop: Event) -> bool:
    while query.isActive:
        if stop.wait(_WATCH_S):
            writer.wait_for_batch(_LAST_BATCH_S)
            hush(session)
            query.stop()
            return True
    problem = query.exception()
    if problem is None:
        return True
    raise _translated(problem)


def _translated(problem: Exception) -> Exception:
    text = str(problem)
    if any(word in text for word in _GONE):
        return DataGone(f"Kafka no longer has records that were not archived yet: {spark_errors.cause_of(problem)}")
    return NotReady(f"the stream stopped: {spark_errors.cause_of(problem)}")


def _require_archive(archive: str) -> None:
    """Hadoop's own client tries for minutes before it says that nobody listens. Raises NotReady."""
    place = urlsplit(archive)
    if place.scheme != "hdfs" or place.hostname is None:
        return
    try:
        socket.create_connection((place.hostname, place.port or 8020), timeout=2.0).close()
    except OSError as problem:
        raise NotReady(f"HDFS at {place.netloc} does not answer yet ({problem})") from problem
