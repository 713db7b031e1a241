"""One run of the whole way by the commands that a user types, then the archive read back with what did not write it."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
from deltalake import DeltaTable
from kafka import KafkaConsumer

from installers.local.demo.headquarters import headquarters_of, runs_folder, wanted_run
from installers.local.places import ROOT
from installers.local.runs import Run
from messages.topics import KAFKA_TOPICS, dead_letter_topic

pytestmark = [
    pytest.mark.real,
    pytest.mark.timeout(900),
    # kafka-python 3.0.12 drops the socket of a connection that ended under it without closing it.
    pytest.mark.filterwarnings("ignore:.*unclosed <socket.socket:ResourceWarning"),
    pytest.mark.filterwarnings("ignore:.*<socket.socket:pytest.PytestUnraisableExceptionWarning"),
]

RUN = "test-whole-way"
HISTORY = ROOT / "tests" / "data" / "dof43_pseudonymised_fy2015.csv.gz"


def kestrel(*words: str) -> subprocess.CompletedProcess[str]:
    """The command as a user gives it."""
    return subprocess.run([sys.executable, str(ROOT / "kestrel"), *words], capture_output=True, text=True, check=False)


def archived(run: Run, kind: str, *columns: str) -> duckdb.DuckDBPyRelation:
    """A table of the archive, straight from HDFS."""
    return duckdb.from_arrow(DeltaTable(f"{run.archive}/tables/{kind}").to_pyarrow_table(columns=list(columns)))


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The report of a headless run with the link cut in the middle."""
    out = tmp_path_factory.mktemp("report") / "out.json"
    flight = (
        "--headless",
        "--drones",
        "20",
        "--seconds",
        "25",
        "--seed",
        "7",
        "--offline",
        "5:15",
        "--violations-per-min",
        "40",
    )
    done = kestrel("demo", *flight, "--report", str(out), "--run", RUN)
    assert done.returncode == 0, done.stdout + done.stderr
    content: dict[str, Any] = json.loads(out.read_text())
    return content


@pytest.fixture(scope="module")
def run(report: dict[str, Any]) -> Iterator[Run]:
    """The run after its end, with its Kafka and HDFS started again on what they kept."""
    with headquarters_of(wanted_run(RUN), ("kafka", "hdfs"), lambda line: None) as found:
        yield found


def test_nothing_is_lost_and_nothing_doubled_though_the_link_was_cut(report: dict[str, Any]):
    assert (report["lost"], report["doubled"]) == (0, 0)
    for kind in ("telemetry", "violation", "evidence"):
        figures = report["kinds"][kind]
        assert figures["stored"] == figures["in_kafka"] == figures["in_kafka_distinct"] == figures["archived"] > 0


def test_the_officer_decided_every_alert_and_each_decision_is_archived(report: dict[str, Any]):
    alerts = report["alerts"]
    assert alerts["raised"] == alerts["coded"] > 0
    assert alerts["open"] == 0
    assert report["kinds"]["correction"]["archived"] == alerts["coded"]


def test_every_latency_was_measured(report: dict[str, Any]):
    for name in ("publish_to_stored", "publish_to_alert_shown", "captured_to_archived"):
        figures = report["latency_ms"][name]
        assert 0 < figures["p50"] <= figures["p95"] <= figures["p99"]


def test_the_archive_is_read_back_by_something_that_is_not_spark(run: Run, report: dict[str, Any]):
    violations = archived(run, "violation", "id")

    assert violations.count("*").fetchall() == violations.aggregate("count(DISTINCT id)").fetchall()
    assert violations.count("*").fetchall() == [(report["kinds"]["violation"]["made"],)]


def test_kafka_has_every_topic_of_the_contract(run: Run):
    consumer = KafkaConsumer(bootstrap_servers=run.kafka)
    try:
        topics = consumer.topics()
    finally:
        consumer.close()

    assert {*KAFKA_TOPICS.values(), *map(dead_letter_topic, KAFKA_TOPICS.values())} <= topics


def test_one_id_is_followed_from_the_drone_to_the_archive(run: Run):
    coded = archived(run, "correction", "violation_id").fetchall()[0][0]

    told = kestrel("follow", coded, "--run", RUN)

    assert told.returncode == 0, told.stderr
    for hop in ("captured: violation of", "handed to the broker", "stored as row", "alert on screen", "decision", "confirmed by Kafka",
                "kestrel.violations, partition", "table violation, batch"):  # fmt: skip
        assert hop in told.stdout


def test_historic_tickets_go_the_same_way_and_are_analysed(run: Run):
    loaded = kestrel("load", str(HISTORY), "--run", RUN)
    assert loaded.returncode == 0, loaded.stderr
    tickets = archived(run, "history", "id", "summons_number")
    assert tickets.aggregate("count(DISTINCT id), count(DISTINCT summons_number)").fetchall() == [(10_000, 9_333)]

    analysed = kestrel("analyse", "--run", RUN)

    assert analysed.returncode == 0, analysed.stderr
    assert "10,000 records in the archive, 9,333 distinct tickets" in analysed.stdout
    report = runs_folder() / RUN / "analyses"
    for name in ("index.html", "map-history.html", "map-live.html", "codes-history.svg"):
        assert (report / name).is_file(), name
    assert_duckdb_agrees(run, report, analysed.stdout)


def assert_duckdb_agrees(run: Run, report: Path, said: str) -> None:
    """What Spark counted in the archive, asked again of DuckDB in its own words; cells of fewer than ten are not shown."""
    with duckdb.connect() as db:
        for kind in ("history", "violation", "correction"):
            db.register(kind, DeltaTable(f"{run.archive}/tables/{kind}").to_pyarrow_table())
        db.execute(
            """CREATE VIEW live AS
               SELECT violation.*, coalesce(correction.code_after, violation.code) AS final FROM violation
               LEFT JOIN correction ON violation_id = violation.id
               WHERE correction.status IS DISTINCT FROM 'rejected'"""
        )
        wanted = {
            "codes-history": """
                SELECT code, count(DISTINCT summons_number) AS cases FROM history
                WHERE issued_on BETWEEN '2014-07-01' AND '2015-06-30' GROUP BY code HAVING cases >= 10""",
            "codes-live": "SELECT final, count(*) AS cases FROM live GROUP BY final HAVING cases >= 10",
            "hours-live": """
                SELECT hour(timezone('America/New_York', captured_at)) AS hour, count(*) AS cases FROM live
                GROUP BY hour HAVING cases >= 10""",
        }
        for name, question in wanted.items():
            counted = set(db.execute(question).fetchall())
            assert counted, name
            assert shown(report / f"{name}.csv") == counted, name
        asked, seen = db.execute("SELECT count(*) FILTER (needs_human), count(*) FROM violation").fetchall()[0]
    assert f"({asked} of {seen})" in said


def shown(path: Path) -> set[tuple[int, int]]:
    """The cells of a table that are shown one by one: code or hour (9 of 09:00), and how many cases."""
    with path.open(newline="") as file:
        rows = [(row.get("code") or row.get("hour", ""), row["cases"]) for row in csv.DictReader(file)]
    return {(int(cell.removesuffix(":00")), int(cases)) for cell, cases in rows if cell and cases}


def test_verify_is_clean_and_names_a_row_that_was_taken_out_of_the_archive(run: Run, tmp_path: Path):
    assert kestrel("verify", "--run", RUN).returncode == 0
    table = DeltaTable(f"{run.archive}/tables/violation")
    rows = table.to_pyarrow_table(columns=["id", "drone_id", "boot", "seq", "kafka_offset"]).to_pylist()
    victim = min(rows, key=lambda row: row["kafka_offset"])
    table.delete(f"id = '{victim['id']}'")  # the control: a proof that cannot fail proves nothing

    out = tmp_path / "verify.json"
    try:
        found = kestrel("verify", "--run", RUN, "--json", str(out))
    finally:
        table.restore(table.version() - 1)

    assert found.returncode == 1
    name = {key: victim[key] for key in ("id", "drone_id", "boot", "seq")}
    assert json.loads(out.read_text())["missing"] == [
        {"kind": "violation", "hop": "archive", "kept_by": None, "damaged": False, **name}
    ]


def test_nothing_is_left_running(report: dict[str, Any]):
    folder = str(runs_folder() / RUN)
    own = os.getpid()
    left = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != own:
            try:
                words = (entry / "cmdline").read_bytes().decode(errors="replace")
            except (FileNotFoundError, ProcessLookupError):
                continue
            if folder in words and "stack" not in words:  # the servers belong to the fixture of this module
                left.append(words)
    assert left == []
