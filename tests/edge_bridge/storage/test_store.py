"""What is seen of a store from beside its owner, and who may open it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from edge_bridge.errors import StoreBusy, StoreError
from edge_bridge.intake import refusal, row_of
from edge_bridge.ports import Changes, KeptAlert, Received
from edge_bridge.sending_ports import Mark
from edge_bridge.storage import opening
from edge_bridge.storage.database import Connection, sent_path
from edge_bridge.storage.lock import AlreadyLockedError, Lock
from edge_bridge.storage.opening import open_store
from edge_bridge.storage.outbox import SqliteOutbox, make_sent
from edge_bridge.storage.store import SqliteStore, alerts, quarantined, stored
from messages.alert import raised
from messages.codec import encode
from messages.model import AnyMessage
from messages.priority import Lane
from tests.strategies import NOON, a_sure_violation, a_telemetry, a_violation


@pytest.fixture
def store(tmp_path: Path):
    """A new store with the sending process's file."""
    made = SqliteStore(tmp_path / "bridge.db")
    make_sent(made.path, made.store_id, store_is_new=made.is_new)
    yield made
    made.close()


def put(store: SqliteStore, *messages: AnyMessage) -> None:
    """Stores messages, each as a batch."""
    for message in messages:
        store.commit(Changes(rows=[row_of(message, encode(message), store.next_row, NOON, NOON)]))


def test_a_reader_sees_every_message_and_when_it_was_sent(store: SqliteStore):
    put(store, *(a_sure_violation(number) for number in range(1, 7)), a_telemetry(7))
    outbox = SqliteOutbox(store.path)
    outbox.mark([Mark(Lane.VIOLATION, 1, 2, {"violation": 2}, 1_000)], {})
    outbox.mark([Mark(Lane.VIOLATION, 3, 4, {"violation": 2}, 9_000)], {})
    outbox.set_aside(outbox.pending(Lane.VIOLATION, 4, 1)[0], "too large")
    outbox.close()

    found = {row.row: row for row in stored(store.path)}

    assert [row for row, one in found.items() if one.sent_at] == [1, 2, 3, 4]
    assert found[1].sent_at != found[3].sent_at
    assert found[5].set_aside == "too large"
    assert (found[6].sent_at, found[6].set_aside, found[7].sent_at) == (None, None, None)
    assert (found[7].kind, found[7].captured_at) == ("telemetry", NOON)


def test_alerts_and_quarantine_are_read_too(store: SqliteStore):
    alert = raised(a_violation(1), now=NOON)
    bad = refusal(Received("a/topic", b"\x00\xff", NOON), "not_json", "what is this")
    store.commit(Changes(alerts={alert.violation.id: KeptAlert(alert)}, rejected=[bad, bad]))

    assert list(alerts(store.path)) == [alert]
    assert [(one.reason, one.topic, one.payload) for one in quarantined(store.path)] == [
        ("not_json", "a/topic", b"\x00\xff")
    ]


def test_a_reader_may_come_before_the_store_is_made(tmp_path: Path):
    (tmp_path / "bridge.db").touch()

    assert list(stored(tmp_path / "bridge.db")) == []
    with pytest.raises(StoreError, match="does not exist"):
        list(stored(tmp_path / "other.db"))


def test_a_file_that_is_no_store_is_named(tmp_path: Path):
    (tmp_path / "bridge.db").write_bytes(b"not a database at all, but long enough to be taken for one" * 40)

    with pytest.raises(StoreError, match=r"bridge\.db: file is not a database"):
        SqliteStore(tmp_path / "bridge.db")


def test_with_a_key_the_file_cannot_be_read_without_it(tmp_path: Path):
    path = tmp_path / "bridge.db"
    store = SqliteStore(path, key="it's a secret")
    put(store, a_violation(1, plate="SECRET1"))
    store.close()

    assert b"SECRET1" not in path.read_bytes()
    with pytest.raises(StoreError, match="file is not a database"):
        SqliteStore(path)
    again = SqliteStore(path, key="it's a secret")
    assert again.next_row == 2
    again.close()


def test_a_transaction_that_fails_leaves_nothing_behind(store: SqliteStore):
    put(store, a_violation(1))
    twice = row_of(a_violation(2), b"{}", 2, NOON, NOON)

    with pytest.raises(StoreError):
        store.commit(Changes(rows=[twice, twice], duplicates=5))

    assert store.tallies() == {"stored:violation": 1}
    assert store.next_row == 2


def test_commits_are_made_to_survive_a_power_cut(store: SqliteStore):
    """NORMAL lost acknowledged rows in 17 of 20 simulated power cuts."""
    assert store._db.one("PRAGMA synchronous") == (2,)
    assert store._db.one("PRAGMA journal_mode") == ("wal",)


def test_what_is_sent_of_a_store_that_was_replaced_is_forgotten(tmp_path: Path, store: SqliteStore):
    outbox = SqliteOutbox(store.path)
    outbox.mark([Mark(Lane.ALERT, 1, 9, {"violation": 9}, 0)], {})
    outbox.close()

    make_sent(store.path, "another-store", store_is_new=True)

    sent = Connection(sent_path(store.path))
    assert sent.all("SELECT * FROM cursor") == []
    sent.close()


def test_a_lost_file_of_sendings_means_that_nobody_knows(store: SqliteStore):
    for end in ("", "-wal", "-shm"):
        sent_path(store.path).with_name(sent_path(store.path).name + end).unlink(missing_ok=True)

    make_sent(store.path, store.store_id, store_is_new=False)

    outbox = SqliteOutbox(store.path)
    assert outbox.tails() == {}  # Kafka is asked from the beginning
    outbox.close()


def test_a_lock_is_held_once_and_free_again(tmp_path: Path):
    first, second = Lock(tmp_path / "lock"), Lock(tmp_path / "lock")
    first.acquire()

    with pytest.raises(AlreadyLockedError):
        second.acquire()
    first.release()
    second.acquire(wait_s=1.0)
    second.release()


def test_a_start_waits_for_whoever_reads_beside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path, busy = tmp_path / "bridge.db", ["first look", "second look"]

    class Busy(SqliteStore):
        def __init__(self, *given: Any, **named: Any) -> None:
            if busy:
                raise StoreBusy(busy.pop())
            super().__init__(*given, **named)

    monkeypatch.setattr(opening, "SqliteStore", Busy)
    open_store(path, None).close()
    assert not busy

    busy.append("for ever")
    monkeypatch.setattr(opening, "PATIENCE_S", -1.0)
    with pytest.raises(StoreBusy, match="for ever"):
        open_store(path, None)


def test_a_file_that_another_program_holds_is_busy_and_not_damaged(tmp_path: Path):
    path = tmp_path / "bridge.db"
    open_store(path, None).close()
    first, second = (Connection(path, writes=True) for _ in range(2))
    second.raw.execute("PRAGMA busy_timeout = 1")
    with first.transaction(), pytest.raises(StoreBusy, match=r"bridge\.db: database is locked"), second.transaction():
        pass
    first.close()
    second.close()
