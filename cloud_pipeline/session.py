"""The local Spark session, with the settings that mattered when they were measured."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path
from subprocess import Popen
from threading import Timer

from pyspark import SparkContext
from pyspark.sql import SparkSession

from cloud_pipeline import spark_errors
from cloud_pipeline.errors import SparkGone
from cloud_pipeline.settings import SparkSettings

_LOG4J = Path(__file__).with_name("log4j2.properties")

_JVM = (
    "-XX:+UseSerialGC",  # two cores, one small heap: no marking threads, and memory is given back
    "-XX:TieredStopAtLevel=1",  # Spark's code is wide and each batch short: the optimising compiler costs more than it gives here
    "-XX:ReservedCodeCacheSize=128m",
    "-XX:MaxDirectMemorySize=128m",
    "-Xmn224m",  # most of what a batch makes is gone with it: a larger nursery halves the collections
    "-XX:MetaspaceSize=192m",  # Spark loads that many classes at its start: no full collections on the way there
    "-Xss4m",  # Spark looks for a Python traceback in a failed batch's text with a pattern that recurses for each character
    "-Duser.timezone=UTC",
    f"-Dlog4j2.configurationFile={_LOG4J.as_uri()}",
)


def start_session(settings: SparkSettings, *, name: str, scratch: Path) -> SparkSession:
    """A session on this machine's cores; 5 to 8 s on two cores. `scratch` takes what Spark spills. Raises SparkGone."""
    # Workers would take the system's python, which lacks our libraries.
    os.environ["PYSPARK_PYTHON"] = sys.executable
    os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
    os.environ.setdefault("MALLOC_ARENA_MAX", "2")  # glibc's arenas would add some 100 MB to the JVM
    builder = SparkSession.builder.master(f"local[{settings.cores}]").appName(name)
    for key, value in _configuration(settings, scratch).items():
        builder = builder.config(key, value)
    try:
        return builder.getOrCreate()
    except spark_errors.ANY as problem:
        cause = spark_errors.cause_of(problem)
        raise SparkGone(
            f"Spark could not be started: {cause} It needs Java 17 or newer in JAVA_HOME or PATH."
        ) from problem


def hush(session: SparkSession) -> None:
    """Before a stop on purpose: the JVM writes pages about the tasks it cuts off, which nobody needs to read."""
    with suppress(*spark_errors.ANY):
        session.sparkContext.setLogLevel("OFF")
        java = session.sparkContext._jvm
        assert java is not None
        java.System.setErr(java.java.io.PrintStream(java.java.io.OutputStream.nullOutputStream()))


def kill_later(after_s: float) -> None:
    """Kills Spark's JVM if it still runs then; nothing if there is none. Safe at any moment: see archive/writer.py."""
    process = _jvm()
    if process is not None:
        late = Timer(after_s, process.kill)
        late.daemon = True
        late.start()


def stop_session(*, within_s: float) -> None:
    """Ends Spark and its JVM, if they run; a JVM that takes longer than `within_s` is killed."""
    process = _jvm()
    if process is None:
        return
    kill_later(within_s)
    with suppress(*spark_errors.ANY):  # a JVM that is gone already is what was wanted
        session = SparkSession.getActiveSession()
        if session is not None:
            session.stop()
    # The JVM ends when nobody holds its input any more.
    if process.stdin is not None:
        process.stdin.close()


def wait_for_end(*, within_s: float) -> None:
    """Ends Spark, and waits until its JVM is gone: it writes an archive of its classes, if it was asked to, at its end."""
    process = _jvm()
    stop_session(within_s=within_s)
    if process is not None:
        process.wait(within_s)


def _jvm() -> Popen[bytes] | None:
    gateway = SparkContext._gateway
    return None if gateway is None else gateway.proc


def _configuration(settings: SparkSettings, scratch: Path) -> dict[str, str]:
    return {
        "spark.driver.memory": settings.driver_memory,
        "spark.driver.extraJavaOptions": " ".join((*_JVM, *settings.jvm)),
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.jars": ",".join(settings.jars),
        "spark.local.dir": str(scratch),
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.warehouse.dir": (scratch / "warehouse").as_uri(),
        "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
        "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
        "spark.sql.shuffle.partitions": str(settings.shuffle_partitions),
        # HDFS: how long a writer waits before it asks again whether its last block has arrived. The default of 400 ms was spent on
        # nearly every file, several times a batch; the block takes 5 ms.
        "spark.hadoop.dfs.client.block.write.locateFollowingBlock.initial.delay.ms": "10",
        "spark.hadoop.dfs.client.block.write.locateFollowingBlock.retries": "12",
        "spark.sql.adaptive.enabled": "false",  # plans small joins anew between stages: costs more than it saves here
        # Spark writes Java source for each plan and compiles it. A batch of some hundred rows, or an analysis of some ten thousand, is
        # done before the compiler is: 7.5 s a batch with it, 4.2 s without.
        "spark.sql.codegen.factoryMode": "NO_CODEGEN",
        "spark.sql.codegen.wholeStage": "false",
        "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
        "spark.sql.parquet.compression.codec": "zstd",
        "spark.sql.inMemoryColumnarStorage.batchSize": "200",  # a picture part has up to 1 MB: the default of 10,000 is no bound
        "spark.sql.streaming.minBatchesToRetain": "20",
        "spark.sql.streaming.stopTimeout": "3s",
        "spark.sql.streaming.metricsEnabled": "false",
        "spark.databricks.delta.snapshotPartitions": "1",  # its default of 50 makes 50 tasks of every commit
        "spark.databricks.delta.properties.defaults.dataSkippingNumIndexedCols": "5",
        # The batch is kept in memory while its tables are written, so its rows cannot differ between two passes.
        "spark.databricks.delta.merge.materializeSource": "none",
        "spark.databricks.delta.stalenessLimit": "0",
        "spark.cleaner.referenceTracking.cleanCheckpoints": "false",
    }
