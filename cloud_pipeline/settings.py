"""What can be set, one frozen group for each word of the command: field, unit, default and reason together."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from cloud_pipeline.errors import SettingError

_ADDRESSES = re.compile(r"\A[A-Za-z0-9._\[\]:-]+:[0-9]{1,5}(,[A-Za-z0-9._\[\]:-]+:[0-9]{1,5})*\Z")
_ARCHIVE = re.compile(r"\A(hdfs://[A-Za-z0-9._-]+(:[0-9]{1,5})?/.+|file:///.+)\Z")
_MEMORY = re.compile(r"\A[1-9][0-9]*[mg]\Z")


@dataclass(frozen=True, kw_only=True)
class SparkSettings:
    """The local Spark session."""

    jars: tuple[str, ...]  # Kafka connector and Delta Lake; nothing is looked up when Spark starts
    driver_memory: str = "640m"  # heap; 20,000 records a batch fit, and the whole one-machine stack stays below 4 GB
    jvm: tuple[str, ...] = ()  # more flags of its JVM; an archive of its classes halves the start
    cores: int = 2  # threads that work at once; the target machine has two cores
    shuffle_partitions: int = (
        1  # a batch is small and its tables are written side by side: more tasks cost more than they save
    )


@dataclass(frozen=True, kw_only=True)
class ArchiveSettings:
    """`archive`: Kafka to HDFS, without end."""

    spark: SparkSettings
    kafka: str  # HOST:PORT[,HOST:PORT]
    archive: str  # root of the archive: hdfs://HOST:PORT/path (file:/// for tests)
    trigger_s: float = 5.0  # captured to archived below 15 s; a shorter one makes more and smaller files
    rows_per_batch: int = 20_000  # records of all kinds but evidence; bounds the memory of a catch-up
    evidence_per_batch: int = 400  # up to 1 MB each: 400 are at most 400 MB through a heap that spills to disk
    writers: int = 3  # tables committed side by side: a commit is mostly waiting for HDFS
    retry_s: float = 2.0  # after Kafka or HDFS went away: short, as a person may be watching
    once: bool = False  # archive what is there, then end


@dataclass(frozen=True, kw_only=True)
class AlertSettings:
    """`alerts`: headquarters' own record of alerts, without Spark."""

    kafka: str
    store: Path  # the SQLite file
    group: str = "kestrel-alerts"  # own consumer group: its place in Kafka does not depend on the archive's
    poll_s: float = 0.5  # a stop is heard within this time
    retry_s: float = 2.0  # after Kafka went away


@dataclass(frozen=True, kw_only=True)
class AnalyseSettings:
    """`analyse`: the archive's answers as tables, charts, maps and one page."""

    spark: SparkSettings
    archive: str
    out: Path  # folder of the report; made if it is not there
    source: str = "both"  # live, history or both
    smallest_cell: int = 10  # fewer cases than this are not shown one by one: a person could be singled out


def addresses(name: str, value: str | None) -> str:
    """HOST:PORT, or several with commas between. Raises SettingError."""
    if not value or not _ADDRESSES.match(value):
        raise SettingError(f"{name} is {value!r}; it should be HOST:PORT, for example 127.0.0.1:9092")
    return value


def archive_root(name: str, value: str | None) -> str:
    """Root of the archive without a slash at its end. Raises SettingError."""
    if not value or not _ARCHIVE.match(value):
        raise SettingError(
            f"{name} is {value!r}; it should be hdfs://HOST:PORT/PATH, for example hdfs://127.0.0.1:8020/kestrel"
        )
    return value.rstrip("/")


def spark_jars(name: str, value: str | None) -> tuple[str, ...]:
    """The archives that Spark needs besides its wheel. Raises SettingError if one is named that is not there, or none is named."""
    paths = tuple(part for part in (value or "").split(",") if part)
    if not paths:
        raise SettingError(
            f"{name} is empty; it should be the paths of Spark's Kafka connector and Delta Lake with commas between "
            "(KESTREL_SPARK_JARS does it too; ./kestrel sets it by itself)"
        )
    for path in paths:
        if not Path(path).is_file():
            raise SettingError(f"{name} names {path}, and there is no such file")
    return paths


def shared_classes(value: str | None) -> tuple[str, ...]:
    """The JVM's flags for an archive of its classes; one that is missing or does not fit is passed over by the JVM without a word."""
    if not value or any(letter.isspace() for letter in value):  # Spark takes its flags apart at blanks
        return ()
    return (f"-XX:SharedArchiveFile={value}", "-Xlog:cds*=off", "-Xlog:class+path=off")


def memory(name: str, value: str) -> str:
    """Java's way to say how much heap: 640m, 2g. Raises SettingError."""
    if not _MEMORY.match(value):
        raise SettingError(f"{name} is {value!r}; it should be a number and m or g, for example 640m")
    return value


def seconds(name: str, value: str, *, least: float) -> float:
    """A time in seconds. Raises SettingError."""
    try:
        found = float(value)
    except ValueError:
        found = float("nan")
    if not least <= found <= 86_400:
        raise SettingError(f"{name} is {value!r}; it should be a number of seconds from {least:g} to 86400")
    return found


def count(name: str, value: str, *, least: int = 1) -> int:
    """A whole number. Raises SettingError."""
    if not value.isdecimal() or int(value) < least:
        raise SettingError(f"{name} is {value!r}; it should be a whole number from {least}")
    return int(value)
