"""The command line: `python -m cloud_pipeline archive|alerts|analyse`."""

from __future__ import annotations

import argparse
import logging
import os
import sys
from pathlib import Path

from cloud_pipeline import app
from cloud_pipeline.errors import CloudError, SettingError
from cloud_pipeline.settings import (
    AlertSettings,
    AnalyseSettings,
    ArchiveSettings,
    SparkSettings,
    addresses,
    archive_root,
    count,
    memory,
    seconds,
    shared_classes,
    spark_jars,
)


def parser() -> argparse.ArgumentParser:
    """All words and flags. Each flag is also an environment variable KESTREL_<NAME>; the flag wins."""
    root = argparse.ArgumentParser(
        prog="python -m cloud_pipeline",
        description="Headquarters: archive Kafka's stream, keep its alerts, answer questions.",
    )
    words = root.add_subparsers(dest="word", required=True, metavar="archive | alerts | analyse")
    archive = words.add_parser("archive", help="archive every message of Kafka in HDFS, each once, without end")
    _flag(archive, "--kafka", None, "HOST:PORT of Kafka")
    _flag(archive, "--archive", None, "where the archive is: hdfs://HOST:PORT/kestrel")
    _flag(archive, "--trigger-s", "5", "seconds from batch to batch (default 5)")
    _flag(archive, "--rows-per-batch", "20000", "most messages of a batch, evidence apart (default 20000)")
    _flag(archive, "--evidence-per-batch", "400", "most picture parts of a batch (default 400)")
    archive.add_argument("--once", action="store_true", help="archive what is in Kafka now, then end")
    _spark_flags(archive, "640m")
    alerts = words.add_parser("alerts", help="keep headquarters' own record of alerts and decisions")
    _flag(alerts, "--kafka", None, "HOST:PORT of Kafka")
    _flag(alerts, "--store", None, "the file to keep them in")
    analyse = words.add_parser("analyse", help="answer questions from the archive: tables, charts, maps, one page")
    _flag(analyse, "--archive", None, "where the archive is: hdfs://HOST:PORT/kestrel")
    _flag(analyse, "--out", None, "folder for the report")
    _flag(analyse, "--source", "both", "live, history or both (default both)")
    _spark_flags(analyse, "1g")
    return root


def _flag(words: argparse.ArgumentParser, flag: str, default: str | None, help_: str) -> None:
    name = "KESTREL_" + flag.removeprefix("--").replace("-", "_").upper()
    words.add_argument(flag, default=os.environ.get(name, default), help=help_, metavar="X")


def _spark_flags(words: argparse.ArgumentParser, driver_memory: str) -> None:
    words.add_argument(
        "--jars", default=os.environ.get("KESTREL_SPARK_JARS"), metavar="X",
        help="Spark's Kafka connector and Delta Lake, paths with commas between (also KESTREL_SPARK_JARS)",
    )  # fmt: skip
    _flag(words, "--driver-memory", driver_memory, f"Spark's heap (default {driver_memory})")
    _flag(words, "--spark-classes", None, "an archive of the JVM's classes, for a faster start (./kestrel makes one)")
    _flag(words, "--cores", "2", "threads that work at once (default 2)")


def _spark(given: argparse.Namespace) -> SparkSettings:
    return SparkSettings(
        jars=spark_jars("--jars", given.jars),
        driver_memory=memory("--driver-memory", given.driver_memory),
        jvm=shared_classes(given.spark_classes),
        cores=count("--cores", given.cores),
    )


def _archive_settings(given: argparse.Namespace) -> ArchiveSettings:
    return ArchiveSettings(
        spark=_spark(given),
        kafka=addresses("--kafka", given.kafka),
        archive=archive_root("--archive", given.archive),
        trigger_s=seconds("--trigger-s", given.trigger_s, least=0.0),
        rows_per_batch=count("--rows-per-batch", given.rows_per_batch),
        evidence_per_batch=count("--evidence-per-batch", given.evidence_per_batch),
        once=given.once,
    )


def _alert_settings(given: argparse.Namespace) -> AlertSettings:
    if not given.store:
        raise SettingError("--store is empty; it should be the file to keep the alerts in, for example alerts.db")
    return AlertSettings(kafka=addresses("--kafka", given.kafka), store=Path(given.store))


def _analyse_settings(given: argparse.Namespace) -> AnalyseSettings:
    if not given.out:
        raise SettingError("--out is empty; it should be the folder for the report")
    if given.source not in ("live", "history", "both"):
        raise SettingError(f"--source is {given.source!r}; it should be live, history or both")
    return AnalyseSettings(
        spark=_spark(given), archive=archive_root("--archive", given.archive), out=Path(given.out), source=given.source
    )


def _run(given: argparse.Namespace) -> int:
    match given.word:
        case "archive":
            return app.archive(_archive_settings(given))
        case "alerts":
            return app.alerts(_alert_settings(given))
        case _:
            sys.stdout.write("\n".join(app.analyse(_analyse_settings(given))) + "\n")
            return 0


def main(arguments: list[str]) -> int:
    """Exit code 0, 1 after an error that waiting does not mend, 2 for a wrong setting."""
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    for handler in logging.getLogger().handlers:
        # py4j writes a traceback to the root logger whenever the JVM ends before us; all of ours have names.
        handler.addFilter(lambda record: record.name != "root")
    for chatty in ("kafka", "py4j", "matplotlib"):  # what matters of theirs is said in our own words
        logging.getLogger(chatty).setLevel(logging.CRITICAL)
    given = parser().parse_args(arguments)
    try:
        return _run(given)
    except SettingError as problem:
        sys.stderr.write(f"cloud_pipeline: {problem}\n")
        return 2
    except CloudError as problem:
        sys.stderr.write(f"cloud_pipeline: {problem}\n")
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
