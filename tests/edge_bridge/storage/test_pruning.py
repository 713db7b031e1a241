"""Room that is made is really made: the file shrinks, and what was purged can be read nowhere."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from edge_bridge.intake import row_of
from edge_bridge.ports import Changes
from edge_bridge.shedding import Purge
from edge_bridge.storage import pruning
from edge_bridge.storage.database import Connection
from edge_bridge.storage.disk import Reserve
from edge_bridge.storage.store import SqliteStore
from messages.codec import encode
from messages.priority import Lane
from tests.strategies import NOON, a_sure_violation

ROWS = 3_000


@pytest.fixture(params=[None, "ab" * 32], ids=["plain", "encrypted"])
def key(request: pytest.FixtureRequest) -> str | None:
    found: str | None = request.param
    return found


@pytest.fixture
def store(tmp_path: Path, key: str | None):
    """A store with ROWS violations, each with a plate of its own."""
    made = SqliteStore(tmp_path / "bridge.db", key=key)
    fill(made)
    yield made
    made.close()


def fill(store: SqliteStore) -> None:
    at = NOON - timedelta(days=2)
    messages = [a_sure_violation(number, plate=f"PLATE{number:05d}") for number in range(1, ROWS + 1)]
    rows = [row_of(message, encode(message), store.next_row + index, at, at) for index, message in enumerate(messages)]
    store.commit(Changes(rows=rows))


def purge_all(store: SqliteStore) -> int:
    after, done, gone = 0, False, 0
    while not done:
        rows, after, done = store.pruning.purge(Purge(Lane.VIOLATION, after, ROWS), keep=())
        gone += rows
    return gone


def bytes_of(store: SqliteStore) -> bytes:
    files = [store.path.with_name(store.path.name + end) for end in ("", "-wal")]
    return b"".join(path.read_bytes() for path in files if path.exists())


def test_purged_plates_can_be_read_nowhere(store: SqliteStore, key: str | None):
    assert key or bytes_of(store).count(b"PLATE") >= ROWS, "the control: before the purge they are there"

    assert purge_all(store) == ROWS
    assert store.pruning.settle()

    assert b"PLATE" not in bytes_of(store)


def test_the_room_is_given_back(store: SqliteStore, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(pruning, "FREE_PAGES", 16)
    store.pruning.settle()
    used, size = store.pruning.used_bytes(), store.path.stat().st_size

    purge_all(store)
    assert store.pruning.used_bytes() - _log(store) < used / 2
    while store.pruning.give_back():
        pass
    store.pruning.settle()

    assert store.path.stat().st_size < size / 4


def test_a_reader_in_the_way_is_not_waited_for(store: SqliteStore, key: str | None):
    reader = Connection(store.path, key=key)
    rows = reader.raw.execute("SELECT row FROM message_violation")
    rows.fetchone()
    purge_all(store)

    assert not store.pruning.settle()

    rows.close()
    reader.close()
    assert store.pruning.settle()


def test_a_store_from_before_room_could_be_given_back_is_rewritten_once(tmp_path: Path):
    path = tmp_path / "old.db"
    old = Connection(path, writes=True)
    old.raw.execute("PRAGMA auto_vacuum = NONE")
    old.raw.execute("VACUUM")
    old.migrate("store")
    assert old.one("PRAGMA auto_vacuum") == (0,)
    old.close()

    store = SqliteStore(path)
    fill(store)
    store.close()

    again = Connection(path)
    assert again.one("PRAGMA auto_vacuum") == (2,)
    assert again.one("SELECT count(*) FROM message_violation") == (ROWS,)
    again.close()


def test_the_reserve_is_allocated_bytes_and_can_be_taken_again(tmp_path: Path):
    reserve = Reserve(tmp_path / "bridge.db", 1_000_000)

    assert reserve.take()
    assert (tmp_path / "bridge.db.reserve").stat().st_blocks * 512 >= 1_000_000
    reserve.give_up()
    assert not reserve.is_held
    assert reserve.take()


def test_no_reserve_is_taken_where_there_is_no_room_for_it(tmp_path: Path):
    reserve = Reserve(tmp_path / "bridge.db", 2**60)

    assert not reserve.take()
    assert not reserve.is_held


def _log(store: SqliteStore) -> int:
    log = store.path.with_name(store.path.name + "-wal")
    return log.stat().st_size if log.exists() else 0
