"""The archive's tables: where they are, how they are partitioned, and their Delta properties. No Spark here: readers use it too."""

from __future__ import annotations

from typing import NamedTuple

from messages.model import KINDS

QUERY = "archive-v1"
"""Names the query in its checkpoint, in Delta's transaction ids and in `batch`. A change of sources that the old checkpoint cannot
carry gets a new number: it reads Kafka from the start again, and the ids keep out what is archived already."""

BAD = "bad"
TABLES: tuple[str, ...] = (*KINDS, BAD)

PROPERTIES: dict[str, str] = {
    # Bounds of `id` and `captured_at` for each file: ids begin with their time (UUIDv7), so a batch need only be compared with the few
    # files of its own minutes. Payloads and pictures get no statistics, which would only make the log long.
    "delta.dataSkippingStatsColumns": "id,captured_at",
    "delta.checkpointInterval": "50",  # a summary of the log every 50 commits: one each 10 cost a tenth of all batch time
    "delta.logRetentionDuration": "interval 7 days",  # how long a reader may still go back in time
    "delta.autoOptimize.autoCompact": "false",  # small files are put together apart from the stream, not inside a batch
}
BAD_PROPERTIES: dict[str, str] = {**PROPERTIES, "delta.dataSkippingStatsColumns": "topic,kafka_offset"}


class BatchName(NamedTuple):
    """A batch of the archive query, as it stands in the column `batch` and in the commit's userMetadata."""

    query: str
    number: int

    def __str__(self) -> str:
        return f"{self.query}:{self.number}"


def table_uri(archive: str, table: str) -> str:
    """Where a table is. `archive` is the root, with or without a slash at its end. Raises KeyError for a word that is no table."""
    if table not in TABLES:
        raise KeyError(table)
    return f"{archive.rstrip('/')}/tables/{table}"


def checkpoint_uri(archive: str) -> str:
    """Where the query notes which Kafka offsets belong to which batch. It belongs to the tables: neither is of use without the other."""
    return f"{archive.rstrip('/')}/checkpoints/{QUERY}"
