"""Reads the archive without Spark and without a JVM: for proofs, for tests, for whatever a person waits for."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from deltalake import DeltaTable
from deltalake.exceptions import DeltaError, TableNotFoundError

from cloud_pipeline.archive.tables import table_uri
from cloud_pipeline.errors import ArchiveError

_COLUMNS = ["id", "drone_id", "boot", "seq", "captured_at", "archived_at", "batch", "kafka_partition", "kafka_offset"]


def archived(archive_uri: str, kind: str) -> pa.Table | None:
    """Every archived message of a kind, as a table of _COLUMNS. None: it is not made yet.

    `archived_at` is the time of the batch's commit as Delta's log has it, and where the log no longer reaches back so far the time at
    which the batch was handed to the commit, about a second less. Raises ArchiveError if HDFS cannot be read.
    """
    table = _open(archive_uri, kind)
    if table is None:
        return None
    try:
        rows = table.to_pyarrow_table(columns=_COLUMNS)
        times = commit_times(table)
    except (DeltaError, OSError) as problem:
        raise ArchiveError(f"{kind}: {_line(problem)}") from problem
    return _with_commit_times(rows, times)


def read_row(archive_uri: str, kind: str, message_id: str) -> dict[str, Any] | None:
    """One message with all its columns; None if it (or its table) is not there. Raises ArchiveError if HDFS cannot be read."""
    table = _open(archive_uri, kind)
    if table is None:
        return None
    try:
        # Delta's bounds of `id` leave the one or two files that can hold it.
        rows = table.to_pyarrow_dataset().to_table(filter=pc.field("id") == message_id)
        times = commit_times(table)
    except (DeltaError, OSError) as problem:
        raise ArchiveError(f"{kind}: {_line(problem)}") from problem
    found: list[dict[str, Any]] = _with_commit_times(rows, times).to_pylist()
    return found[0] if found else None


def table_of(archive_uri: str, table: str, columns: list[str] | None = None) -> pa.Table | None:
    """A whole table, or some of its columns. None: it is not made yet. Raises ArchiveError if HDFS cannot be read."""
    opened = _open(archive_uri, table)
    if opened is None:
        return None
    try:
        return opened.to_pyarrow_table(columns=columns)
    except (DeltaError, OSError) as problem:
        raise ArchiveError(f"{table}: {_line(problem)}") from problem


def commit_times(table: DeltaTable) -> dict[str, datetime]:
    """Batch -> when it was committed, as far back as the table's log reaches."""
    return {
        entry["userMetadata"]: datetime.fromtimestamp(entry["timestamp"] / 1000, UTC)
        for entry in table.history()
        if entry.get("userMetadata")
    }


def _open(archive_uri: str, table: str) -> DeltaTable | None:
    try:
        return DeltaTable(table_uri(archive_uri, table))
    except TableNotFoundError:
        return None
    except (DeltaError, OSError) as problem:
        raise ArchiveError(f"{table}: {_line(problem)}") from problem


def _with_commit_times(rows: pa.Table, times: dict[str, datetime]) -> pa.Table:
    place = rows.schema.get_field_index("archived_at")
    kind = rows.schema.field(place).type
    held = pa.table(
        {"batch": list(times), "committed_at": pa.array(list(times.values()), type=kind)},
        schema=pa.schema([("batch", pa.string()), ("committed_at", kind)]),
    )
    index = pc.index_in(pc.cast(rows["batch"], pa.string()), value_set=held["batch"])
    exact = pc.take(held["committed_at"], index)
    return rows.set_column(place, rows.schema.field(place), pc.coalesce(exact, rows["archived_at"]))


def _line(problem: Exception) -> str:
    return str(problem).strip().splitlines()[0] if str(problem).strip() else type(problem).__name__
