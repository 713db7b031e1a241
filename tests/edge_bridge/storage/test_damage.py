"""Damage is found, what can be read is saved, what is lost is named and asked for, and a kill in the middle of that changes nothing."""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_bridge.acknowledging import ack_of, is_new, with_seq, without_seq
from edge_bridge.errors import StoreDamaged, StoreError
from edge_bridge.ports import Changes, Heard, Row, StreamKey
from edge_bridge.sending_ports import Mark
from edge_bridge.storage import mending, sealing
from edge_bridge.storage.database import Connection, sent_path
from edge_bridge.storage.keeping import Keeper
from edge_bridge.storage.keys import PAGE
from edge_bridge.storage.mending import ROWS_SKIPPED, mend
from edge_bridge.storage.opening import open_store
from edge_bridge.storage.outbox import SqliteOutbox, SqliteSendings
from edge_bridge.storage.pages import damaged_pages, log_problem
from edge_bridge.storage.store import SqliteStore
from messages.priority import Lane
from tests.edge_bridge.storage.damage_runs import KEY, Outcome, all_rows, flip, left_by_a_kill, opened_again
from tests.strategies import NOON

Station = tuple[Path, dict[int, Row]]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Station:
    """1,000 rows in the file and 300 in the log, as a killed bridge leaves them."""
    folder = tmp_path_factory.mktemp("damage") / "store"
    return folder, left_by_a_kill(folder, 1_000, log_rows=300)


@pytest.fixture
def station(made: Station, tmp_path: Path) -> Station:
    """A copy of it: the store's path and its rows."""
    shutil.copytree(made[0], tmp_path / "store")
    return tmp_path / "store" / "bridge.db", made[1]


def work_in_the_log(path: Path) -> None:
    """So that damage to the file is damage to the newest version."""
    db = Connection(path, key=KEY, writes=True)
    db.one("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()


def damage_a_page_of(path: Path, table: str) -> int:
    """Flips a bit in a page without which the table cannot be read to its end; the page's number."""
    probe = path.with_name("probe")
    for page in range(40, path.stat().st_size // PAGE):
        shutil.copyfile(path, probe)
        flip(probe, (page - 1) * PAGE + 100)
        db = Connection(probe, key=KEY)
        try:
            db.all(f"SELECT * FROM {table} NOT INDEXED")
        except StoreDamaged:
            flip(path, (page - 1) * PAGE + 100)
            return page
        finally:
            db.close()
            sealing.remove(probe)
    raise AssertionError(table)


def harmed(folder: Path, made: Station, dice: random.Random) -> tuple[str, Outcome]:
    """One random bit flip or truncation of the file or its log, and what becomes of the rows."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(made[0], folder)
    file = folder / dice.choice(["bridge.db", "bridge.db-wal"])
    at = dice.randrange(file.stat().st_size)
    if dice.random() < 0.15:
        os.truncate(file, at)
        return f"{file.name} ends at {at}", opened_again(folder / "bridge.db", made[1])
    flip(file, at, bit := dice.randrange(8))
    return f"bit {bit} of byte {at} of {file.name}", opened_again(folder / "bridge.db", made[1])


def sweep(folder: Path, made: Station, cases: int, seed: int) -> dict[str, int]:
    """Many of them; asserts that each is found, that nothing is wrong, and that a flip costs one page at most where no page leads to it."""
    dice = random.Random(seed)
    figures = {"cases": cases, "harmless": 0, "flips": 0, "lost_by_flips": 0}
    for _ in range(cases):
        what, outcome = harmed(folder, made, dice)
        assert not outcome.wrong, what
        assert outcome.set_aside or not outcome.lost, f"{what} is not found, and {len(outcome.lost)} rows are gone"
        reports = {row for row in outcome.lost if made[1][row].kind != "telemetry"}
        if "bit" in what:
            figures["flips"] += 1
            figures["lost_by_flips"] += len(outcome.lost)
            assert outcome.gaps == reports, what
        figures["harmless"] += not outcome.set_aside
    assert figures["lost_by_flips"] <= 0.01 * figures["flips"] * len(made[1]), figures
    return figures


def test_damage_anywhere_is_found_and_all_but_a_page_is_saved(tmp_path: Path, made: Station):
    sweep(tmp_path / "store", made, cases=10, seed=20261127)


@pytest.mark.soak
@pytest.mark.timeout(3_600)
def test_350_kinds_of_damage_are_found(tmp_path: Path, made: Station):
    print(sweep(tmp_path / "store", made, cases=350, seed=1))  # noqa: T201


def test_control_a_plain_store_reads_wrong_data_without_a_sign_of_it(tmp_path: Path):
    kept = left_by_a_kill(tmp_path / "store", 600, key=None)
    dice, silent = random.Random(1), 0
    for _ in range(30):
        shutil.copyfile(tmp_path / "store" / "bridge.db", path := tmp_path / "bridge.db")
        flip(path, dice.randrange(PAGE, path.stat().st_size), dice.randrange(8))
        db = SqliteStore(path)
        try:
            silent += any(row != kept[row.row] for lane in Lane for row in all_rows(db, lane))
        except StoreError:
            pass
        finally:
            db.close()
    assert silent >= 5


@pytest.mark.parametrize("key", [KEY, pytest.param("correct horse battery", marks=pytest.mark.soak)])
def test_with_the_first_page_gone_every_row_is_saved(tmp_path: Path, key: str):
    kept = left_by_a_kill(tmp_path / "store", 300, key=key)
    path = tmp_path / "store" / "bridge.db"
    before = open_store(path, key)
    name, boot = before.store_id, before.next_boot()
    before._db.one("PRAGMA wal_checkpoint(TRUNCATE)")
    before.close()

    flip(path, 1_000)
    outcome = opened_again(path, kept, key)

    assert (outcome.lost, outcome.wrong, len(outcome.set_aside)) == (set(), set(), 1)
    after = open_store(path, key)
    assert (after.store_id, after.next_boot()) == (name, boot + 1)
    assert after.heard(StreamKey("nyc-1", 1, "report")).highest > 25
    after.close()


def test_what_is_lost_is_named_asked_for_and_closed_when_it_comes_again(station: Station):
    path, kept = station
    work_in_the_log(path)
    page = damage_a_page_of(path, "message_violation")
    assert damaged_pages(path, KEY) == [page]

    mended = mend(path, KEY)

    store = open_store(path, KEY)
    assert 1 <= len(mended.gaps) == len(store.gaps) <= 20
    lost = [kept[one.row] for one in mended.gaps]
    for row in lost:
        key = StreamKey(row.drone_id, row.boot, "report")
        ack = ack_of(key, store.heard(key), NOON)
        assert any(first <= row.seq <= last for first, last in ack.holes)
        assert is_new(store.heard(key), row.seq)
    assert store.next_row > max(kept) + ROWS_SKIPPED
    again = [row._replace(row=store.next_row + at) for at, row in enumerate(lost)]
    store.commit(Changes(rows=again[1:]))
    assert len(store.gaps) == 1
    store.close()
    store = open_store(path, KEY)
    assert store.gaps == {(lost[0].drone_id, lost[0].boot, "report", lost[0].seq)}
    store.close()


def test_what_headquarters_has_is_no_gap(station: Station):
    path, kept = station
    work_in_the_log(path)
    outbox = SqliteOutbox(path, key=KEY)
    outbox.mark([Mark(Lane.VIOLATION, 1, max(kept), {"violation": 650}, 1_000)], {})
    outbox.close()
    damage_a_page_of(path, "message_violation")

    mended = mend(path, KEY)

    assert mended.gaps == []
    store = open_store(path, KEY)
    waiting = store.tallies()["stored:violation"] - 650  # of those sent none waits, though some are gone
    assert waiting == sum(row.lane is Lane.ALERT for row in kept.values())
    store.close()


def test_a_violation_that_its_alert_still_holds_is_put_back(station: Station):
    path, kept = station
    work_in_the_log(path)
    damage_a_page_of(path, "message_alert")

    mended = mend(path, KEY)

    assert (mended.gaps, mended.rebuilt > 0) == ([], True)
    outcome = opened_again(path, kept)
    assert outcome.lost == set()
    assert {
        row for row in outcome.wrong if kept[row].lane is Lane.ALERT
    } == outcome.wrong  # times of storing alone may differ
    assert len(outcome.wrong) <= mended.rebuilt


def test_an_alert_that_is_lost_is_raised_again_from_its_violation(station: Station):
    path, kept = station
    work_in_the_log(path)
    damage_a_page_of(path, "alert")

    mend(path, KEY)

    store = open_store(path, KEY)
    assert {one.alert.violation.id for one in store.standing_alerts()} == {
        row.id for row in kept.values() if row.lane is Lane.ALERT
    }
    store.close()


class Killed(BaseException):
    """Here the process would have ended."""


def test_a_mending_that_is_killed_between_any_two_steps_is_done_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = tmp_path / "store" / "bridge.db"
    kept = left_by_a_kill(path.parent, 300)
    damage_a_page_of(path, "message_violation")
    left = 0

    def step() -> None:
        nonlocal left
        if left == 0:
            raise Killed
        left -= 1

    real = {name: getattr(owner, name) for owner, name in STEPS}
    expected: set[int] | None = None
    for kill_at in range(0, 90, 4):
        shutil.rmtree(tmp_path / "again", ignore_errors=True)
        shutil.copytree(path.parent, tmp_path / "again")
        again = tmp_path / "again" / "bridge.db"
        left = kill_at
        with monkeypatch.context() as patched:
            for owner, name in STEPS:
                patched.setattr(owner, name, after(step, real[name]))
            try:
                mend(again, KEY)
                done = True
            except Killed:
                done = False
        outcome = opened_again(again, kept)
        expected = outcome.gaps if expected is None else expected
        assert outcome.gaps == outcome.lost & outcome.gaps == expected
        assert (outcome.wrong, len(outcome.set_aside)) == (set(), 1)
        assert not list(again.parent.glob("*.mending")) + list(again.parent.glob("*.mended*"))
        if done:
            assert kill_at > 10
            return
    raise AssertionError("it never came to its end")


def after(step: Callable[[], None], real: Callable[..., Any]) -> Callable[..., Any]:
    """The function with a step before it."""

    def stepped(*given: Any, **how: Any) -> Any:
        step()
        return real(*given, **how)

    return stepped


STEPS = [
    (Path, "replace"),
    (Path, "unlink"),
    (sealing, "sync"),
    (sealing, "prove"),
    (mending, "_copy"),
    (mending, "_fill"),
]


def test_the_sending_processs_file_alone_is_made_anew_and_kafka_is_asked(station: Station):
    path, kept = station
    flip(sent_path(path), 500)

    outcome = opened_again(path, kept)

    assert (outcome.lost, outcome.wrong) == (set(), set())
    assert [name.startswith("bridge.db.sent.damaged-") for name in outcome.set_aside] == [True]
    outbox = SqliteOutbox(path, key=KEY)
    assert outbox.tails() == {}  # from the beginning
    outbox.close()


def test_row_numbers_that_headquarters_knows_are_never_given_out_again(station: Station):
    """A store that went back in time would otherwise give numbers to new messages that Kafka has under old ones: never sent."""
    path, _ = station
    outbox = SqliteOutbox(path, key=KEY)
    outbox.mark([Mark(Lane.VIOLATION, 1, 90_000, {}, 1_000)], {})
    outbox.close()

    store = open_store(path, KEY)

    assert store.next_row > 90_000
    store.close()


CUT_BYTES = 60_000  # fifteen pages: more than the last commit's indexes and counters, which lie at its end


def test_a_log_that_a_kill_left_is_no_damage_and_one_that_was_cut_is(station: Station):
    path, kept = station
    assert log_problem(path, KEY) == ""

    os.truncate(path.with_name("bridge.db-wal"), path.with_name("bridge.db-wal").stat().st_size - CUT_BYTES)

    assert "frames of the write-ahead log only" in log_problem(path, KEY)
    outcome = opened_again(path, kept)
    assert outcome.lost  # rows of the last commit, and of no other: what of it is left in the log is saved
    assert outcome.lost <= set(range(1_201, 1_301))
    assert outcome.set_aside


def test_a_running_bridges_keeper_mends_beside_it_and_tells_who_must_open_again(station: Station):
    path, kept = station
    told: list[str] = []
    keeper = Keeper(path, KEY, lambda: told.append("mended"))
    keeper.open().close()
    work_in_the_log(path)
    damage_a_page_of(path, "message_violation")
    flip(sent_path(path), 500)

    keeper.damaged()
    store, words = None, set()
    while store is None:
        try:
            store = keeper.open()
        except StoreError as error:
            words.add(str(error))

    assert words <= {"bridge.db is damaged, and what can be read of it is being saved"}
    assert (told, len(store.gaps) > 0) == (["mended"], True)
    store.close()
    SqliteSendings(path, key=KEY).close()
    assert len(opened_again(path, kept).set_aside) == 2


@given(st.sets(st.integers(1, 40), min_size=1), st.lists(st.integers(1, 45)))
def test_a_number_that_is_lost_is_new_again_and_no_other(numbers: set[int], lost: list[int]):
    heard = Heard()
    for number in sorted(numbers):
        heard = with_seq(heard, number)
    for number in lost:
        heard = without_seq(heard, number)

    assert {number for number in range(1, 50) if not is_new(heard, number)} == numbers - set(lost)
    assert all(left[1] + 1 < right[0] for left, right in zip(heard.holes, heard.holes[1:], strict=False))
