"""Loading a historic file: the place moves with the rows, and no record is lost however the load ends."""

from __future__ import annotations

import csv
import gzip
import io
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_bridge.history_rows import COLUMNS, NotTheCitysFile
from edge_bridge.history_source import FileProblem, HistorySource
from edge_bridge.loader import Loader
from edge_bridge.storage.store import SqliteStore, quarantined, stored
from tests.strategies import NOON


def a_record(number: int, **changes: str) -> list[str]:
    """A good record."""
    values = {
        "Summons Number": str(number),
        "Issue Date": "10/01/2014",
        "Violation Code": "21",
        "Violation Time": "0900A",
    }
    return [{**values, **changes}.get(name, "") for name in COLUMNS]


def a_file(*records: list[str] | bytes, end: str = "\r\n") -> bytes:
    """A file of the city; bytes stand as they are."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator=end)
    writer.writerow(COLUMNS)
    content = out.getvalue().encode()
    for record in records:
        if isinstance(record, bytes):
            content += record
            continue
        line = io.StringIO()
        csv.writer(line, lineterminator=end).writerow(record)
        content += line.getvalue().encode()
    return content


def written(folder: Path, content: bytes, name: str = "tickets.csv") -> Path:
    """The file on disk."""
    path = folder / name
    path.write_bytes(content)
    return path


def loaded(path: Path, store: SqliteStore, *, chunk: int = 3, turns: int = 10**6) -> Loader:
    """The file, as far as so many turns load it."""
    loader = Loader(HistorySource(path), store, chunk=chunk, clock=lambda: NOON)
    for _ in range(turns):
        if not loader.turn():
            break
    return loader


def numbers(store: SqliteStore) -> list[str]:
    """The record numbers that are stored."""
    return [str(row.seq) for row in stored(store.path)]


@pytest.fixture
def store(tmp_path: Path):
    """A new store."""
    made = SqliteStore(tmp_path / "history.db")
    yield made
    made.close()


def test_every_record_is_stored_in_order_and_the_place_is_the_end(tmp_path: Path, store: SqliteStore):
    content = a_file(*(a_record(number) for number in range(1, 11)))

    loader = loaded(written(tmp_path, content), store)

    assert numbers(store) == [str(number) for number in range(1, 11)]
    assert loader.place.finished
    assert loader.place.byte_offset == len(content)
    assert store.summons_numbers(loader.place.fingerprint) == 10


@pytest.mark.parametrize("chunk", [1, 2, 7, 100])
@pytest.mark.parametrize("packed", [False, True])
def test_a_load_that_ended_anywhere_goes_on_there(tmp_path: Path, store: SqliteStore, chunk: int, packed: bool):
    content = a_file(*(a_record(number) for number in range(1, 21)))
    path = written(tmp_path, gzip.compress(content) if packed else content)
    loaded(path, store, chunk=chunk, turns=2)
    store.close()

    again = SqliteStore(store.path)
    loader = loaded(path, again, chunk=chunk)

    assert loader.resumed_at == min(2 * chunk, 20)
    assert numbers(again) == [str(number) for number in range(1, 21)]
    again.close()


def test_packed_or_not_it_is_the_same_file_with_the_same_ids(tmp_path: Path):
    content = a_file(a_record(1), a_record(2))
    ids = []
    for name, data in (("a.csv", content), ("a.csv.gz", gzip.compress(content))):
        store = SqliteStore(tmp_path / f"{name}.db")
        loaded(written(tmp_path, data, name), store)
        ids.append([row.id for row in stored(store.path)])
        store.close()

    assert ids[0] == ids[1]


def test_no_final_line_end_and_empty_lines_and_line_ends_of_two_kinds(tmp_path: Path, store: SqliteStore):
    one = a_file(a_record(2), end="\n").partition(b"\n")[2]
    content = a_file(a_record(1), b"\r\n", one, b"\n \r\n", a_record(3)).rstrip(b"\r\n")

    loaded(written(tmp_path, content), store)

    assert numbers(store) == ["1", "2", "3"]


def test_a_line_break_within_quotes_belongs_to_its_record(tmp_path: Path, store: SqliteStore):
    content = a_file(a_record(1, **{"Street Name": "Essex\r\nSt"}), a_record(2))

    loader = loaded(written(tmp_path, content), store)

    assert numbers(store) == ["1", "2"]
    assert loader.place.quarantined == 0


def test_a_stray_quote_does_not_swallow_the_records_behind_it(tmp_path: Path, store: SqliteStore):
    stray = ",".join(a_record(2, **{"Vehicle Color": '"BL'})).encode() + b"\r\n"
    content = a_file(a_record(1), stray, *(a_record(number) for number in range(3, 9)))

    loaded(written(tmp_path, content), store)

    assert numbers(store) == [str(number) for number in range(1, 9)]


def test_a_quote_that_never_closes_costs_its_own_record_at_most(tmp_path: Path, store: SqliteStore):
    content = a_file(a_record(1), b'"what is this\r\n', a_record(3), a_record(4))

    loader = loaded(written(tmp_path, content), store)

    assert numbers(store) == ["1", "3", "4"]
    assert loader.place.quarantined == 1


def test_what_cannot_be_read_is_in_quarantine_with_its_place_each_time_it_stands_there(
    tmp_path: Path, store: SqliteStore
):
    content = a_file(a_record(1), b"bad,record\r\n", b"bad,record\r\n", a_record(4))

    loader = loaded(written(tmp_path, content), store)

    first = len(a_file(a_record(1)))
    assert loader.place.quarantined == 2
    assert [one.detail.partition(": ")[0] for one in quarantined(store.path)] == [
        f"record 2 at byte {first}",
        f"record 3 at byte {first + 12}",
    ]


def test_a_changed_file_is_refused_while_its_load_is_not_finished(tmp_path: Path, store: SqliteStore):
    content = a_file(*(a_record(number) for number in range(1, 11)))
    path = written(tmp_path, content)
    loaded(path, store, turns=1)
    path.write_bytes(content + a_file(a_record(11)))

    with pytest.raises(FileProblem, match="it was changed after 3 of its records"):
        loaded(path, store)


def test_a_file_that_is_written_to_while_it_is_read_is_refused(tmp_path: Path, store: SqliteStore):
    path = written(tmp_path, a_file(*(a_record(number) for number in range(1, 11))))
    loader = Loader(HistorySource(path), store, chunk=2, clock=lambda: NOON)
    loader.turn()
    with path.open("ab") as out:
        out.write(b"x")

    with pytest.raises(FileProblem, match="changed while it was read"):
        loader.turn()


def test_a_file_that_is_loaded_to_its_end_may_be_loaded_again_and_nothing_is_added(tmp_path: Path, store: SqliteStore):
    path = written(tmp_path, a_file(a_record(1), a_record(2)))
    loaded(path, store)

    loaded(path, store)

    assert numbers(store) == ["1", "2"]


def test_a_packed_file_that_is_cut_short_is_refused(tmp_path: Path):
    packed = gzip.compress(a_file(*(a_record(number) for number in range(1, 200))))

    with pytest.raises(FileProblem, match="cannot be unpacked any further"):
        HistorySource(written(tmp_path, packed[: len(packed) // 2]))


def test_another_table_is_refused(tmp_path: Path):
    with pytest.raises(NotTheCitysFile, match="no column 'Summons Number'"):
        HistorySource(written(tmp_path, b"code,street\r\n1,Broadway\r\n"))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.binary(max_size=120), max_size=12))
def test_any_bytes_after_the_header_are_read_once_and_to_the_end(
    tmp_path_factory: pytest.TempPathFactory, junk: list[bytes]
):
    content = a_file(*(piece + b"\n" for piece in junk))
    source = HistorySource(written(tmp_path_factory.mktemp("junk"), content))

    records = list(source.records(source.first_record))

    covered = b"".join(record.content for record in records)
    assert len(covered) <= len(content) - source.first_record
    assert all(content[one.byte_offset : one.end] == one.content for one in records)
    left = content[source.first_record :]
    for record in records:
        left = left.replace(record.content, b"", 1)
    assert left.strip() == b""
