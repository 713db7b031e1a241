"""`analyse` on a real archive: the city's 10,000 records and a day of drones, answered by Spark and checked with DuckDB."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest
from deltalake import DeltaTable

from cloud_pipeline.archive.tables import table_uri
from installers.local.classes import spark_variables
from installers.local.places import ROOT
from installers.local.stack import Stack
from messages.model import Message
from tests.cloud_pipeline import samples
from tests.real.archive_runs import LONG_S, ArchiveRun, send

pytestmark = pytest.mark.timeout(1_200)


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An archive with 10,000 historic records, 300 violations in Midtown and 30 decisions."""
    with Stack(tmp_path_factory.mktemp("headquarters")) as stack:
        stack.up(("kafka", "hdfs"))
        stack.wait_ready("kafka")
        stack.wait_ready("hdfs")
        messages: list[Message] = list(samples.tickets_2015())
        for number in range(300):
            at = samples.NOON + timedelta(minutes=number)
            seen = samples.violation(number, at=at, needs_human=number % 10 == 0)
            messages.append(seen)
            if seen.needs_human:
                messages.append(samples.correction(number, seen, after_s=20.0 + number))
        send(stack.kafka.bootstrap, messages)
        uri = f"{stack.hdfs.uri}/kestrel"
        with ArchiveRun(stack.kafka.bootstrap, uri, "--once") as run:
            assert run.end() == 0
        yield uri


def analyse(archive: str, out: Path, *flags: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "cloud_pipeline", "analyse", "--archive", archive, "--out", str(out), *flags]
    return subprocess.run(
        command,
        env={**os.environ, "PYTHONPATH": str(ROOT), **spark_variables()},
        capture_output=True,
        text=True,
        timeout=2 * LONG_S,
        check=False,
    )


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_the_four_questions_are_answered_alike_by_spark_and_by_duckdb(archive: str, tmp_path: Path) -> None:
    done = analyse(archive, tmp_path / "report")

    assert done.returncode == 0, done.stderr[-2_000:]
    assert "10,000 records in the archive, 9,333 distinct tickets" in done.stdout
    assert "An officer is asked for 10.0 % of violations (30 of 300)." in done.stdout
    for name in ("index.html", "map-history.html", "map-live.html", "codes-history.svg", "hours-live.csv"):
        assert (tmp_path / "report" / name).is_file(), name

    with duckdb.connect() as db:
        db.register("history", DeltaTable(table_uri(archive, "history")).to_pyarrow_table())
        db.register("violation", DeltaTable(table_uri(archive, "violation")).to_pyarrow_table())
        db.register("correction", DeltaTable(table_uri(archive, "correction")).to_pyarrow_table())
        codes = db.execute(
            """SELECT code, count(DISTINCT summons_number) FROM history
               WHERE issued_on BETWEEN '2014-07-01' AND '2015-06-30' GROUP BY code
               HAVING count(DISTINCT summons_number) >= 10"""
        ).fetchall()
        hours = db.execute(
            """SELECT hour(timezone('America/New_York', captured_at)), count(*) FROM violation GROUP BY ALL"""
        ).fetchall()
        live_codes = db.execute(
            """SELECT coalesce(correction.code_after, violation.code), count(*) FROM violation
               LEFT JOIN correction ON violation_id = violation.id GROUP BY ALL"""
        ).fetchall()
    found = rows_of(tmp_path / "report" / "codes-history.csv")
    assert {(int(row["code"]), int(row["cases"])) for row in found if row["code"]} == set(codes)
    found = rows_of(tmp_path / "report" / "hours-live.csv")
    assert {(int(row["hour"][:2]), int(row["cases"])) for row in found if row["cases"]} == set(hours)
    found = rows_of(tmp_path / "report" / "codes-live.csv")
    assert {(int(row["code"]), int(row["cases"])) for row in found} == set(live_codes)
    assert rows_of(tmp_path / "report" / "precincts-live.csv")[0]["precinct"] == "14"


def test_an_archive_without_violations_says_so(archive: str, tmp_path: Path) -> None:
    done = analyse(archive + "/nothing", tmp_path / "report", "--source", "live")

    assert done.returncode == 1
    assert done.stderr.strip().splitlines()[-1].startswith("cloud_pipeline: the archive at")
    assert not (tmp_path / "report").exists()
