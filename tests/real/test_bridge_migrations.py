"""A store of the first version is brought up to date, and encrypted where it was plain, by a process that is killed while it writes."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlite_utils import Database

from edge_bridge.intake import row_of
from edge_bridge.ports import Row
from edge_bridge.storage.database import STEPS, Connection, sent_path
from edge_bridge.storage.migrations import SETS
from edge_bridge.storage.opening import open_store
from edge_bridge.storage.putting import insert_row
from messages.codec import encode
from messages.priority import Lane
from tests.edge_bridge.storage.damage_runs import KEY, all_rows
from tests.real.bridge_runs import REPOSITORY
from tests.strategies import NOON, a_sure_violation

pytestmark = [pytest.mark.real, pytest.mark.skipif(shutil.which("strace") is None, reason="needs strace")]

ROWS = 300
WRITES = ("pwrite64", "fdatasync", "fsync", "ftruncate", "rename", "unlink")
OPEN = "import sys, pathlib, edge_bridge.storage.opening as o; o.open_store(pathlib.Path(sys.argv[1]), sys.argv[2]).close()"


def of_the_first_version(path: Path, key: str | None) -> list[Row]:
    """A store as the first version left it when it was killed, the first half of it sent."""
    rows = [
        row_of(a_sure_violation(number), encode(a_sure_violation(number)), number, NOON, NOON)
        for number in range(1, ROWS + 1)
    ]
    for file, which in ((path, "store"), (sent_path(path), "sent")):
        db = Connection(file, key=key, writes=True)
        SETS[which].apply(
            Database(db.raw), stop_before=[name for name in STEPS[which] if not name.startswith("001")] or None
        )
        with db.transaction() as raw:
            raw.execute("INSERT INTO station VALUES ('store_id', 'the-first')")
            if which == "store":
                for row in rows:
                    insert_row(raw, row)
                raw.execute("INSERT INTO tally VALUES ('rows', ?), ('stored:violation', ?)", (ROWS, ROWS))
            else:
                raw.execute("INSERT INTO cursor VALUES (1, ?)", (ROWS // 2,))
        db.close()
    return rows


def run(path: Path, *inject: str, log: Path | None = None) -> int:
    """Opens the store in a process of its own; its exit code, -9 for a kill."""
    traced = ["strace", "-f", "-qq", "-e", f"trace={','.join(WRITES)}", "-o", str(log or "/dev/null"), *inject]
    return subprocess.run([*traced, sys.executable, "-c", OPEN, str(path), KEY], cwd=REPOSITORY, check=False).returncode


def points(calls: Counter[str], most: int | None) -> Iterator[tuple[str, int]]:
    """Call and number: every one, or `most` of them spread over all."""
    every = [(call, number) for call in WRITES for number in range(1, calls[call] + 1)]
    return iter(every if most is None else every[:: max(1, len(every) // most)])


def sweep(tmp_path: Path, key: str | None, most: int | None) -> int:
    """How many kills hit."""
    made = tmp_path / "made"
    made.mkdir()
    rows = of_the_first_version(made / "bridge.db", key)
    again, log = tmp_path / "again", tmp_path / "calls"
    shutil.copytree(made, again)
    assert run(again / "bridge.db", log=log) == 0
    calls = Counter(line.split("(")[0].split()[-1] for line in log.read_text().splitlines() if "(" in line)
    killed = 0
    for call, number in points(calls, most):
        shutil.rmtree(again)
        shutil.copytree(made, again)
        code = run(again / "bridge.db", "-e", f"inject={call}:signal=SIGKILL:when={number}")
        killed += code != 0
        store = open_store(again / "bridge.db", KEY)
        try:
            assert all_rows(store, Lane.VIOLATION) == rows, (call, number)
            assert (store.store_id, store.next_row, store.tallies()) == (
                "the-first",
                ROWS + 1,
                {"stored:violation": ROWS},
            )
            assert store._db._steps("store") == STEPS["store"], (call, number)
        finally:
            store.close()
        sent = Connection(sent_path(again / "bridge.db"), key=KEY)
        assert sent.all("SELECT * FROM cursor") == [(1, ROWS // 2)], (call, number)
        sent.close()
        assert not [file for file in again.iterdir() if "damaged" in file.name], (call, number)
    return killed


@pytest.mark.timeout(200)
@pytest.mark.parametrize("key", [None, KEY], ids=["plain", "encrypted"])
def test_a_migration_that_is_killed_at_a_call_that_writes_loses_nothing(tmp_path: Path, key: str | None):
    assert sweep(tmp_path, key, most=4) >= 3


@pytest.mark.soak
@pytest.mark.timeout(3_600)
@pytest.mark.parametrize("key", [None, KEY], ids=["plain", "encrypted"])
def test_a_migration_that_is_killed_at_every_call_that_writes_loses_nothing(tmp_path: Path, key: str | None):
    print(sweep(tmp_path, key, most=None))  # noqa: T201
