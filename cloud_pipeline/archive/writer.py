"""One batch of the stream -> one Delta commit for each table it touches, however often the batch is tried.

Why nothing is lost or doubled when the process dies, at any moment:

    before a table's commit   the batch is tried again with the same Kafka offsets (they are in the checkpoint before it starts)
    after it                  the table knows (query, batch number) from its own log (txnAppId, txnVersion) and skips the batch
    before Spark's own note   as above, for every table; the note then follows

and a message that the station sent twice, in whichever batches, is kept out by its id (MERGE ... WHEN NOT MATCHED INSERT). The ids are
UUIDv7, so the bounds of the batch's ids leave only the files of the same minutes to compare with.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from threading import Event
from time import monotonic
from typing import Any, NamedTuple

from pyspark import StorageLevel, inheritable_thread_target
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as fn
from pyspark.sql.types import StructType

from cloud_pipeline import spark_errors
from cloud_pipeline.archive.tables import BAD, BAD_PROPERTIES, PROPERTIES, QUERY, BatchName, checkpoint_uri, table_uri
from cloud_pipeline.errors import BatchFailed
from cloud_pipeline.schema import BAD_COLUMNS, partition_column, table_type
from cloud_pipeline.transforms.decoding import decoded, partition_value, rows_of
from cloud_pipeline.transforms.deduplication import once_each
from messages.model import KINDS
from messages.topics import dead_letter_topic

log = logging.getLogger(__name__)

Clock = Callable[[], datetime]


class Part(NamedTuple):
    """What a batch holds of one kind: how many messages, and the bounds that find their like in the table."""

    kind: str
    rows: int
    first_id: str
    last_id: str
    partitions: tuple[str, ...]


class Writer:
    """Writes batches into the tables of one archive. Called by Spark on its own thread, one batch after the other."""

    def __init__(self, archive: str, kafka: str, *, clock: Clock, writers: int) -> None:
        self._archive = archive
        self._kafka = kafka
        self._clock = clock
        self._pool = ThreadPoolExecutor(writers, thread_name_prefix="table")
        self._between_batches = Event()
        self._between_batches.set()

    def write(self, batch: DataFrame, number: int) -> None:
        """Archives one batch; what cannot be read goes to its dead-letter topic and to the table `bad`. For foreachBatch.

        In: what `decoded` gives. Raises BatchFailed with one line: Spark puts the error's whole text through a slow pattern.
        """
        self._between_batches.clear()
        try:
            self._write(batch, number)
        except spark_errors.REFUSED as problem:
            raise BatchFailed(f"batch {number}: {spark_errors.cause_of(problem)}") from None
        finally:
            self._between_batches.set()

    def _write(self, batch: DataFrame, number: int) -> None:
        began = monotonic()
        name = BatchName(QUERY, number)
        session = batch.sparkSession
        session.conf.set("spark.databricks.delta.write.txnAppId", name.query)
        session.conf.set("spark.databricks.delta.write.txnVersion", str(number))
        session.conf.set("spark.databricks.delta.commitInfo.userMetadata", str(name))
        # One task: Kafka gives one for each topic partition, and 28 tiny tasks cost more than the work. The tables, not the rows,
        # are what two cores share.
        kept = batch.coalesce(1).persist(StorageLevel.MEMORY_AND_DISK)
        try:
            parts, unreadable = _parts(kept)
            jobs: list[Callable[[], None]] = [self._table_job(session, kept, part, name) for part in parts]
            if unreadable:
                jobs.append(lambda: self._set_aside(kept, name))
            waiting = [self._pool.submit(inheritable_thread_target(session)(job)) for job in jobs]
            for each in waiting:
                each.result()
        finally:
            kept.unpersist()
        if parts or unreadable:
            rows = sum(part.rows for part in parts)
            kinds = " ".join(f"{part.kind}={part.rows}" for part in parts)
            log.info(
                "batch=%d rows=%d unreadable=%d took_ms=%d %s",
                number,
                rows,
                unreadable,
                (monotonic() - began) * 1e3,
                kinds,
            )

    def wait_for_batch(self, within_s: float) -> None:
        """Lets a batch that is being written come to its end, so that a stop need not cut it off."""
        self._between_batches.wait(within_s)

    def close(self) -> None:
        """Lets go of the threads."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _table_job(self, session: SparkSession, kept: DataFrame, part: Part, name: BatchName) -> Callable[[], None]:
        def merge() -> None:
            rows = _stamped(once_each(rows_of(kept, part.kind)), table_type(part.kind), self._clock(), name)
            # WHEN NOT MATCHED alone: Delta then only adds files and rewrites none.
            session.sql(
                f"MERGE INTO delta.`{table_uri(self._archive, part.kind)}` AS held USING {{rows}} AS came "
                f"ON {_match(part)} WHEN NOT MATCHED THEN INSERT *",
                rows=rows,
            )

        return merge

    def _set_aside(self, kept: DataFrame, name: BatchName) -> None:
        bad = kept.where(fn.col("error").isNotNull())
        # Kafka first: if we die in between, the batch is tried again, and a dead letter twice is better than none.
        (
            bad.select(
                _dead_letter_topics().alias("topic"),
                "key",
                "value",
                fn.array(
                    *(
                        fn.struct(
                            fn.lit(header).alias("key"), fn.col(column).cast("string").cast("binary").alias("value")
                        )
                        for header, column in _DEAD_HEADERS.items()
                    )
                ).alias("headers"),
            )
            .write.format("kafka")
            .option("kafka.bootstrap.servers", self._kafka)
            .option("includeHeaders", "true")
            .save()
        )
        rows = _stamped(bad, BAD_COLUMNS, self._clock(), name)
        rows.write.format("delta").mode("append").save(table_uri(self._archive, BAD))


_DEAD_HEADERS = {"topic": "topic", "partition": "kafka_partition", "offset": "kafka_offset", "error": "error"}


def make_tables(session: SparkSession, archive: str) -> None:
    """Makes the tables that are missing, so that a reader finds every kind's columns from the first moment."""
    for kind in KINDS:
        _make(session, table_uri(archive, kind), table_type(kind), PROPERTIES, partition_column(kind).name)
    _make(session, table_uri(archive, BAD), BAD_COLUMNS, BAD_PROPERTIES, None)


def start_query(records: DataFrame, writer: Writer, *, archive: str, trigger_s: float, once: bool) -> Any:
    """Starts the stream from the checkpoint's place. Gives Spark's StreamingQuery."""
    stream = decoded(records).writeStream.queryName(QUERY).option("checkpointLocation", checkpoint_uri(archive))
    stream = stream.trigger(availableNow=True) if once else stream.trigger(processingTime=f"{trigger_s:g} seconds")
    return stream.foreachBatch(writer.write).start()


def _make(
    session: SparkSession, uri: str, columns: StructType, properties: dict[str, str], partition: str | None
) -> None:
    empty = session.createDataFrame([], columns).write.format("delta").mode("ignore").options(**properties)
    (empty.partitionBy(partition) if partition else empty).save(uri)


def _parts(kept: DataFrame) -> tuple[list[Part], int]:
    """What the batch holds, in one pass that also fills the cache: the readable messages by kind, and how many are unreadable."""
    partition = fn.coalesce(*(partition_value(kind).cast("string") for kind in KINDS))
    id_ = fn.coalesce(*(fn.col(f"{kind}.id") for kind in KINDS))
    found = (
        kept.groupBy("kind", fn.col("error").isNull().alias("readable"))
        .agg(
            fn.count("*").alias("rows"),
            fn.min(id_).alias("first_id"),
            fn.max(id_).alias("last_id"),
            fn.collect_set(partition).alias("partitions"),
        )
        .collect()
    )
    parts = [
        Part(row["kind"], row["rows"], row["first_id"], row["last_id"], tuple(sorted(row["partitions"])))
        for row in sorted(found, key=lambda row: str(row["kind"]))
        if row["readable"]
    ]
    return parts, sum(row["rows"] for row in found if not row["readable"])


def _match(part: Part) -> str:
    """The MERGE condition. Only values that the contract's patterns have checked come into it: ids and dates."""
    column = partition_column(part.kind).name
    days = ", ".join(f"'{partition}'" for partition in part.partitions)
    return (
        f"held.{column} IN ({days}) AND held.id >= '{part.first_id}' AND held.id <= '{part.last_id}' "
        f"AND held.{column} = came.{column} AND held.id = came.id"
    )


def _stamped(rows: DataFrame, columns: StructType, now: datetime, name: BatchName) -> DataFrame:
    stamps = {"archived_at": fn.lit(now.isoformat()).cast("timestamp"), "batch": fn.lit(str(name))}
    return rows.withColumns(stamps).select(*columns.names)


def _dead_letter_topics() -> Any:
    return fn.concat(fn.col("topic"), fn.lit(dead_letter_topic("")))
