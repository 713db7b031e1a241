"""The city's historic file through the loader: killed in the middle, changed, not the city's, damaged."""

from __future__ import annotations

import gzip
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import psutil
import pytest

from edge_bridge.storage.database import Connection
from edge_bridge.storage.outbox import SqliteOutbox
from installers.local.kafka import Kafka
from tests.real.bridge_runs import KEY, REPOSITORY, bridge_environment, quarantined, records, stored, until

FY2015 = REPOSITORY / "tests" / "data" / "dof43_pseudonymised_fy2015.csv.gz"
RECORDS, DISTINCT = 10_000, 9_333


def load(file: Path, store: Path, kafka: Kafka, *more: str) -> subprocess.Popen[str]:
    """Starts the loader."""
    argv = [
        sys.executable,
        "-m",
        "edge_bridge",
        "load",
        str(file),
        "--store",
        str(store),
        "--kafka",
        kafka.bootstrap,
        *more,
    ]
    return subprocess.Popen(argv, stderr=subprocess.PIPE, text=True, cwd=REPOSITORY, env=bridge_environment())


def finished(process: subprocess.Popen[str]) -> tuple[int, str]:
    """Its exit code and its last line."""
    _, said = process.communicate(timeout=90)
    return process.returncode, said.strip().splitlines()[-1]


def ids_of(store: Path) -> list[str]:
    """The ids of all stored messages."""
    return [row.id for row in stored(store)]


@pytest.mark.timeout(180)
def test_a_load_that_is_killed_twice_goes_on_and_each_record_is_in_kafka_once(tmp_path: Path, kafka: Kafka):
    store = tmp_path / "history.db"
    for least in (1_000, 4_000):
        process = load(FY2015, store, kafka, "--chunk", "50")
        until(lambda: process.poll() is not None or _has_stored(store, least), 60)  # noqa: B023
        process.kill()
        _, said = process.communicate()
        assert process.returncode == -signal.SIGKILL, said

    code, line = finished(load(FY2015, store, kafka))

    assert code == 0
    for figure in (
        f"records={RECORDS}",
        f"stored={RECORDS}",
        "quarantined=0",
        f"sent={RECORDS}",
        f"distinct_summons={DISTINCT}",
    ):
        assert figure in line
    ids = set(ids_of(store))
    assert len(ids) == RECORDS
    found = records(kafka.bootstrap, "history", "history")
    ours = store_id_of(store)
    assert Counter(record["id"] for record in found if record["store"] == ours) == dict.fromkeys(ids, 1)


def store_id_of(store: Path) -> str:
    """By which the records of a store are told from those of another load of the same file."""
    outbox = SqliteOutbox(store, key=KEY)
    try:
        return outbox.store_id
    finally:
        outbox.close()


def _has_stored(store: Path, least: int) -> bool:
    """Whether so many rows are stored: one look at a counter, since counting them is work for the loader's processor."""
    if not store.exists():
        return False
    db = Connection(store, key=KEY)
    try:
        found = db.one("SELECT count FROM tally WHERE name = 'rows'") if db.is_made() else None
    finally:
        db.close()
    return found is not None and found[0] >= least


@pytest.mark.timeout(120)
def test_the_loader_stays_below_100_mb(tmp_path: Path, kafka: Kafka):
    process = load(FY2015, tmp_path / "history.db", kafka)
    most = 0
    while process.poll() is None:
        try:
            running = [psutil.Process(process.pid), *psutil.Process(process.pid).children()]
            most = max(most, *(one.memory_info().rss for one in running))
        except psutil.NoSuchProcess:
            break
    finished(process)

    assert most < 100_000_000


@pytest.mark.timeout(120)
def test_records_that_cannot_be_read_are_kept_apart_with_their_place_and_the_rest_is_sent(tmp_path: Path, kafka: Kafka):
    lines = gzip.decompress(FY2015.read_bytes()).splitlines(keepends=True)[:21]
    lines[3] = b"no record at all\r\n"
    lines[7] = lines[7].replace(lines[7].split(b",")[0], b"", 1)
    file = tmp_path / "damaged.csv"
    file.write_bytes(b"".join(lines))

    code, line = finished(load(file, tmp_path / "history.db", kafka))

    assert code == 3
    assert "records=20 stored=18 quarantined=2 sent=18" in line
    details = [one.detail for one in quarantined(tmp_path / "history.db")]
    assert details[0].startswith(f"record 3 at byte {len(b''.join(lines[:3]))}: ")
    assert details[1].startswith(f"record 7 at byte {len(b''.join(lines[:7]))}: ")


@pytest.mark.timeout(120)
def test_a_file_that_was_changed_in_the_middle_of_its_load_is_refused_in_one_line(tmp_path: Path, kafka: Kafka):
    file, store = tmp_path / "growing.csv", tmp_path / "history.db"
    file.write_bytes(gzip.decompress(FY2015.read_bytes()))
    process = load(file, store, kafka, "--chunk", "20")
    until(lambda: _has_stored(store, 200), 60)
    process.kill()
    process.communicate()
    with file.open("ab") as out:
        out.write(b"one more line\r\n")

    code, line = finished(load(file, store, kafka))

    assert code == 2
    assert "growing.csv: it was changed after" in line


@pytest.mark.timeout(120)
@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"StreetCode,Street Name\r\n1,Broadway\r\n", "it has no column 'Summons Number'"),
        (b"", "it has no column 'Summons Number' (its first columns: nothing)"),
        (FY2015.read_bytes()[:100_000], "it cannot be unpacked any further"),
    ],
)
def test_what_is_not_the_citys_file_stops_at_once_with_one_line(
    tmp_path: Path, kafka: Kafka, content: bytes, words: str
):
    file = tmp_path / "other.csv"
    file.write_bytes(content)

    process = load(file, tmp_path / "history.db", kafka)
    _, said = process.communicate(timeout=60)

    assert process.returncode == 2
    assert words in said
    assert len(said.strip().splitlines()) == 1
