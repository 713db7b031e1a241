"""Class archives: what the JVMs of Spark, Kafka and HDFS load at each start, kept as they have it in memory and mapped at the next one.

It is Java's own application class-data sharing. Spark's JVM then needs 13 s of processor time to its first table instead of 22, and
Kafka's and HDFS's half. A JVM passes over an archive that is missing or was made by another Java or from other jars: nothing depends
on them. HDFS's is the NameNode's; the DataNode, which loads nearly the same, maps it too.

`python -m installers.local.classes` makes all, side by side; what fails is left out. `spark ARCHIVE`, `kafka ARCHIVE` and
`hdfs ARCHIVE` make one.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from installers.local.hdfs import Hdfs, HdfsPorts
from installers.local.jars import JarsError, spark_jars
from installers.local.java import BRIEF
from installers.local.kafka import Kafka, KafkaPorts
from installers.local.places import ROOT, kestrel_home
from installers.local.ports import free_port
from installers.local.processes import Family, ProcessError
from installers.local.topics import headquarters_topics

ENOUGH_S = 300.0
DUMP_S = 120.0  # a JVM writes its archive when it ends: 150 MB


def spark_variables(home: Path | None = None) -> dict[str, str]:
    """What headquarters' programs find in their environment: Spark's jars, and the archive of its classes. Raises JarsError."""
    return {
        "KESTREL_SPARK_JARS": ",".join(str(path) for path in spark_jars(home)),
        "KESTREL_SPARK_CLASSES": str(archive_of("spark", home)),
    }


def archive_of(name: str, home: Path | None = None) -> Path:
    """Where the archive of `spark`, `kafka` or `hdfs` is, or would be. It goes with the jars when they are made anew."""
    return (home or kestrel_home()) / "jars" / name / "classes.jsa"


def make(home: Path) -> dict[str, str]:
    """Makes every archive and gives what was said about each that could not be made. Replaces old ones only when the new one is whole."""
    with tempfile.TemporaryDirectory(dir=home, prefix="classes-") as folder:
        new = {name: Path(folder) / name / "classes.jsa" for name in MAKERS}
        programs = {}
        for name, path in new.items():
            path.parent.mkdir()
            command = [sys.executable, "-m", "installers.local.classes", name, str(path)]
            environment = {**os.environ, "PYTHONPATH": str(ROOT), "KESTREL_HOME": str(home)}
            programs[name] = subprocess.Popen(
                command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
            )
        problems = {name: problem for name, program in programs.items() if (problem := _problem(program))}
        for name, path in new.items():
            if name not in problems and path.is_file():
                path.replace(archive_of(name, home))
    return problems


def _problem(program: subprocess.Popen[str]) -> str:
    try:
        _, said = program.communicate(timeout=ENOUGH_S)
    except subprocess.TimeoutExpired:
        program.kill()
        _, said = program.communicate()
        return f"not done within {ENOUGH_S:.0f} s"
    return "" if program.returncode == 0 else (said.strip().splitlines() or ["no word"])[-1]


def _spark(archive: Path, scratch: Path) -> None:
    """A table made, merged into by a stream and read, as the archive job does."""
    from cloud_pipeline.session import start_session, wait_for_end
    from cloud_pipeline.settings import SparkSettings

    jars = tuple(str(path) for path in spark_jars())
    settings = SparkSettings(jars=jars, jvm=(f"-XX:ArchiveClassesAtExit={archive}",))
    session = start_session(settings, name="classes", scratch=scratch)
    table = str(scratch / "table")
    session.range(100).selectExpr("id", "cast(id AS string) AS word").write.format("delta").save(table)

    def merge(batch: object, _number: int) -> None:
        batch.createOrReplaceTempView("batch")  # type: ignore[attr-defined]
        batch.sparkSession.sql(  # type: ignore[attr-defined]
            f"MERGE INTO delta.`{table}` AS kept USING (SELECT value AS id, 'x' AS word FROM batch) AS new "
            "ON kept.id = new.id WHEN NOT MATCHED THEN INSERT *"
        )

    stream = session.readStream.format("rate-micro-batch").option("rowsPerBatch", 200).load()
    stream.writeStream.foreachBatch(merge).trigger(once=True).start().awaitTermination(round(ENOUGH_S))
    session.read.format("delta").load(table).groupBy("word").count().orderBy("count").collect()
    wait_for_end(within_s=DUMP_S)


def _kafka(archive: Path, scratch: Path) -> None:
    """A server that makes its topics."""
    plain, edge, controller = free_port(), free_port(), free_port()
    family = Family()
    ports = KafkaPorts(plain, edge, controller, edge)
    _once(Kafka(scratch / "data", ports, headquarters_topics(), family, flags=_flags(archive)), family)


def _hdfs(archive: Path, scratch: Path) -> None:
    """A NameNode and a DataNode that take files."""
    ports = HdfsPorts(free_port(), free_port(), free_port(), free_port(), free_port())
    family = Family()
    _once(Hdfs(scratch / "data", ports, family, flags=_flags(archive)), family)


def _flags(archive: Path) -> tuple[str, ...]:
    return f"-XX:ArchiveClassesAtExit={archive}", *BRIEF


def _once(server: Kafka | Hdfs, family: Family) -> None:
    """Starts a server and ends it in order, which is when it writes its archive."""
    try:
        server.start()
    finally:
        family.stop(DUMP_S)


MAKERS = {"spark": _spark, "kafka": _kafka, "hdfs": _hdfs}


def main(arguments: list[str]) -> int:
    """0 also when an archive could not be made, unless that one was asked for by name."""
    try:
        match arguments:
            case [name, archive] if name in MAKERS:
                with tempfile.TemporaryDirectory(prefix="classes-") as scratch:
                    MAKERS[name](Path(archive), Path(scratch))
            case _:
                for failed, problem in make(kestrel_home()).items():
                    sys.stderr.write(f"{failed} will start at its usual pace: no class archive was made: {problem}\n")
    except (ProcessError, JarsError) as problem:
        sys.stderr.write(f"{problem}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
