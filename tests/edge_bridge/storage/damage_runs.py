"""A store as a killed bridge leaves it, damage to it, and what became of its rows. For the tests of damage."""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import msgspec

from edge_bridge.acknowledging import with_seq
from edge_bridge.errors import StoreDamaged
from edge_bridge.intake import row_of
from edge_bridge.ports import Changes, Heard, KeptAlert, Row, StreamKey
from edge_bridge.storage.mending import mend
from edge_bridge.storage.opening import open_store
from edge_bridge.storage.store import SqliteStore
from messages.alert import raised
from messages.codec import encode
from messages.model import Violation
from messages.priority import Lane
from tests.strategies import NOON, a_sure_violation, a_telemetry, a_violation

KEY = "0123456789abcdef" * 4
DRONES = 7


def left_by_a_kill(folder: Path, rows: int, *, key: str | None = KEY, log_rows: int = 0) -> dict[int, Row]:
    """Makes FOLDER/bridge.db with everything beside it, the last `log_rows` rows in the log alone; the rows by number."""
    made = folder.with_name(folder.name + "-made")
    made.mkdir()
    store = open_store(made / "bridge.db", key)
    heard: dict[int, Heard] = {}
    kept: dict[int, Row] = {}
    for start in range(1, rows + log_rows + 1, 100):
        if start > rows >= start - 100:
            store._db.one("PRAGMA wal_checkpoint(TRUNCATE)")
        changes = _batch(store, range(start, min(start + 100, rows + log_rows + 1)), heard)
        store.commit(changes)
        kept |= {row.row: row for row in changes.rows}
    if not log_rows:
        store._db.one("PRAGMA wal_checkpoint(TRUNCATE)")
    shutil.copytree(made, folder)
    store.close()
    shutil.rmtree(made)
    return kept


def _batch(store: SqliteStore, numbers: Iterable[int], heard: dict[int, Heard]) -> Changes:
    changes = Changes()
    for at, number in enumerate(numbers):
        make = (a_violation, a_sure_violation, a_sure_violation, a_telemetry)[number % 4]
        drone = number % DRONES
        seq = heard.get(drone, Heard()).highest + 1 if make is not a_telemetry else number // DRONES + 1
        message = msgspec.structs.replace(make(number), drone_id=f"nyc-{drone}", boot=1, seq=seq)
        changes.rows.append(row_of(message, encode(message), store.next_row + at, NOON, NOON))
        if make is a_violation:
            assert isinstance(message, Violation)
            changes.alerts[message.id] = KeptAlert(raised(message, now=NOON))
        if make is not a_telemetry:
            key = StreamKey(f"nyc-{drone}", 1, "report")
            changes.heard[key] = heard[drone] = with_seq(heard.get(drone, Heard()), seq)
    return changes


def flip(path: Path, at: int, bit: int = 0) -> None:
    """One bit of a file."""
    with path.open("r+b") as file:
        file.seek(at)
        byte = file.read(1)[0]
        file.seek(at)
        file.write(bytes([byte ^ 1 << bit]))


class Outcome(NamedTuple):
    """What a store holds after it was opened again, held against what it held."""

    lost: set[int]  # rows
    wrong: set[int]  # rows that are there and are not what was written
    gaps: set[int]  # rows that are named as lost
    set_aside: list[str]


def opened_again(path: Path, kept: dict[int, Row], key: str | None = KEY) -> Outcome:
    """Opens the store as a start does and reads everything, mending until all can be read."""
    found, gaps = _read(path, key)
    aside = [
        file.name
        for file in path.parent.iterdir()
        if ".damaged-" in file.name and not file.name.endswith(("-wal", "-shm"))
    ]
    wrong = {number for number, row in found.items() if row != kept.get(number)}
    return Outcome(kept.keys() - found.keys(), wrong, gaps, aside)


def _read(path: Path, key: str | None) -> tuple[dict[int, Row], set[int]]:
    for may_mend in (True, False):
        store = open_store(path, key)
        try:
            found = {row.row: row for lane in Lane for row in all_rows(store, lane)}
            return found, {row for (row,) in store._db.all("SELECT row FROM gap WHERE filled_at_ms IS NULL")}
        except StoreDamaged:
            if not may_mend:
                raise
        finally:
            store.close()
        mend(path, key)
    raise AssertionError


def all_rows(store: SqliteStore, lane: Lane) -> list[Row]:
    """Everything of a lane. Raises StoreError."""
    columns = "row, kind, id, drone_id, boot, seq, captured_at_ms, received_at_ms, stored_at_ms, key, payload"
    found = store._db.all(f"SELECT {columns} FROM message_{lane.name.lower()} ORDER BY row")
    return [Row(row[0], lane, *row[1:]) for row in found]


def places(dice: random.Random, path: Path, count: int) -> list[tuple[int, int]]:
    """Random bits of a file: byte and bit."""
    size = path.stat().st_size
    return [(dice.randrange(size), dice.randrange(8)) for _ in range(count)]
