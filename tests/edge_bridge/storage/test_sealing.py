"""Encryption at rest: what is proven at the start, what is refused, and what a wrong key is told from."""

from __future__ import annotations

import secrets
import sqlite3
import stat
from pathlib import Path

import pytest

from edge_bridge.__main__ import main
from edge_bridge.errors import StoreDamaged
from edge_bridge.intake import row_of
from edge_bridge.ports import Changes
from edge_bridge.sending_ports import Mark
from edge_bridge.storage import database, sealing
from edge_bridge.storage.database import Connection, sent_path
from edge_bridge.storage.keys import PAGE, PageCheck, Passphrase, literal
from edge_bridge.storage.opening import open_store, ready, rekey
from edge_bridge.storage.outbox import SqliteOutbox, make_sent
from edge_bridge.storage.sealing import Kind, SealError, kind_of, prove
from edge_bridge.storage.store import SqliteStore, stored
from messages.codec import encode
from messages.priority import Lane
from tests.strategies import NOON, a_violation

KEY, OTHER = secrets.token_hex(32), secrets.token_hex(32)
PLATES = [f"SECRET{number:04}" for number in range(1_000)]


def a_store(path: Path, key: str | None, *, plates: list[str] = PLATES) -> None:
    """A store with one violation for each plate, the first ten of them sent; closed as by a kill, with its log full."""
    store = SqliteStore(path, key=key)
    make_sent(path, store.store_id, store_is_new=True, key=key)
    for start in range(0, len(plates), 100):
        messages = [a_violation(number, plate=plate) for number, plate in enumerate(plates, 1)][start : start + 100]
        rows = [
            row_of(message, encode(message), store.next_row + at, NOON, NOON) for at, message in enumerate(messages)
        ]
        store.commit(Changes(rows=rows))
    outbox = SqliteOutbox(path, key=key)
    outbox.mark([Mark(Lane.ALERT, 1, 10, {"violation": 10}, 1_000)], {})
    outbox.close()
    store.close()


def flip(path: Path, at: int) -> None:
    """One bit."""
    content = bytearray(path.read_bytes())
    content[at] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize("key", [KEY, "correct horse battery"])
def test_a_start_proves_that_the_store_is_encrypted(tmp_path: Path, key: str):
    for _ in range(2):  # a new one, and one that is there
        store = open_store(tmp_path / "bridge.db", key)
        store.close()
    assert kind_of(tmp_path / "bridge.db", key) is Kind.SEALED
    assert kind_of(sent_path(tmp_path / "bridge.db"), key) is Kind.SEALED


def test_control_an_engine_without_a_cipher_takes_the_key_and_is_found_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """`PRAGMA key` is a silent no-op there."""
    monkeypatch.setattr(database, "dbapi2", sqlite3)

    with pytest.raises(SealError, match="this SQLite has no cipher"):
        open_store(tmp_path / "bridge.db", KEY)


@pytest.mark.parametrize("file", ["bridge.db", "bridge.db-wal"])
def test_control_a_cipher_that_lies_is_found_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file: str):
    """It says that it is there, and the file is plain all the same."""
    path = tmp_path / "bridge.db"
    SqliteStore(path).close()
    if file == "bridge.db":
        (tmp_path / "bridge.db-wal").unlink(missing_ok=True)

    def lying(path: Path, **how: object) -> Connection:
        opened = Connection(path, writes=True)
        if file == "bridge.db":
            opened.one("PRAGMA journal_mode = DELETE")
        return opened

    monkeypatch.setattr(sealing, "Connection", lying)
    if file == "bridge.db-wal":
        monkeypatch.setattr(sealing, "HEADER", b"not looked for")
    with pytest.raises(SealError, match=r"begins like a file that is not encrypted|can be read in"):
        prove(path, KEY)


def test_nothing_of_1000_plates_is_readable_in_any_file(tmp_path: Path):
    def found_in(folder: Path) -> int:
        content = b"".join(file.read_bytes() for file in folder.iterdir())
        return sum(plate.encode() in content for plate in PLATES)

    for name, key in (("sealed", KEY), ("plain", None)):
        (tmp_path / name).mkdir()
        a_store(tmp_path / name / "bridge.db", key)

    assert found_in(tmp_path / "sealed") == 0
    assert found_in(tmp_path / "plain") == 1_000  # control: the search finds what is there


def test_a_wrong_key_is_told_from_a_damaged_file(tmp_path: Path):
    path = tmp_path / "bridge.db"
    a_store(path, KEY)

    with pytest.raises(SealError, match="encrypted with another key"):
        ready(path, OTHER)
    with pytest.raises(SealError, match="needs its key and not --plain"):
        ready(path, None)
    flip(path, 2_000)
    with pytest.raises(StoreDamaged, match="the key is right, and the first page is damaged"):
        ready(path, KEY)


@pytest.mark.parametrize("key", [KEY, Passphrase(KEY), "correct horse battery"])
def test_every_page_is_checked_without_the_cipher(tmp_path: Path, key: str):
    path = tmp_path / "bridge.db"
    a_store(path, key)
    content = path.read_bytes()
    check = PageCheck(key, content)
    pages = [content[start : start + PAGE] for start in range(0, len(content), PAGE)]

    assert len(pages) > 100
    assert all(check.is_whole(number, page) for number, page in enumerate(pages, 1))
    assert not any(check.is_whole(number + 1, page) for number, page in enumerate(pages, 1))
    for at in (0, PAGE - 81, PAGE - 65, PAGE - 1):
        changed = bytearray(pages[7])
        changed[at] ^= 1
        assert not check.is_whole(8, bytes(changed))


def test_damage_to_the_salt_of_a_raw_key_harms_nothing(tmp_path: Path):
    path = tmp_path / "bridge.db"
    a_store(path, KEY)

    flip(path, 3)

    assert kind_of(path, KEY) is Kind.SEALED
    assert len(list(stored(path, key=KEY))) == 1_000


@pytest.mark.parametrize("old", [None, Passphrase(KEY)], ids=["plain", "a key of the first version"])
def test_a_store_from_before_is_encrypted_at_the_start_and_keeps_everything(tmp_path: Path, old: str | None):
    path = tmp_path / "bridge.db"
    a_store(path, old)
    before = list(stored(path, key=old))

    store = open_store(path, KEY)
    name = store.store_id
    store.close()

    assert list(stored(path, key=KEY)) == before
    assert sum(row.sent_at is not None for row in before) == 10
    assert not any(plate.encode() in path.read_bytes() for plate in PLATES)
    assert {file.name for file in tmp_path.iterdir()} == {"bridge.db", "bridge.db.sent"}
    assert open_store(path, KEY).store_id == name


def test_a_copy_that_was_not_finished_is_begun_again(tmp_path: Path):
    path = tmp_path / "bridge.db"
    a_store(path, None)
    (tmp_path / "bridge.db.sealing").write_bytes(b"half")

    open_store(path, KEY).close()

    assert len(list(stored(path, key=KEY))) == 1_000
    assert not (tmp_path / "bridge.db.sealing").exists()


def test_a_key_is_changed_and_a_change_that_was_killed_between_the_files_is_finished(tmp_path: Path):
    path = tmp_path / "bridge.db"
    a_store(path, KEY)
    before = list(stored(path, key=KEY))
    sealing.convert(sent_path(path), KEY, OTHER)  # and killed here

    rekey(path, KEY, OTHER)

    assert list(stored(path, key=OTHER)) == before
    assert kind_of(path, KEY) is Kind.FOREIGN
    with pytest.raises(SealError, match="cannot be read with the key"):
        rekey(path, secrets.token_hex(32), KEY)


def test_a_raw_key_is_given_to_the_cipher_as_it_is():
    assert literal(KEY.upper()).startswith(f"x'{KEY}")
    assert len(literal(KEY)) == 3 + 64 + 32
    assert literal("it's a passphrase") == "it's a passphrase"


def said(capsys: pytest.CaptureFixture[str], *words: str, **environment: str) -> tuple[int, str]:
    """The exit code and the one line."""
    code = main(words, environment)
    line = capsys.readouterr().err
    assert line.count("\n") == 1
    return code, line


RUN = ("run", "--broker", "127.0.0.1:1", "--station", "here")


def test_without_a_key_the_bridge_does_not_start(capsys: pytest.CaptureFixture[str], tmp_path: Path):
    code, line = said(capsys, *RUN, "--store", str(tmp_path / "bridge.db"))

    assert code == 2
    assert "there is no key for the store: set KESTREL_STORE_KEY or --key-file FILE, or say --plain" in line
    assert list(tmp_path.iterdir()) == []


def test_a_key_and_plain_contradict_each_other(capsys: pytest.CaptureFixture[str], tmp_path: Path):
    store = ("--store", str(tmp_path / "bridge.db"))

    assert said(capsys, *RUN, *store, "--plain", KESTREL_STORE_KEY=KEY)[0] == 2
    assert "too short" in said(capsys, *RUN, *store, KESTREL_STORE_KEY="secret")[1]


def test_a_key_file_is_read_only_if_it_is_its_owners_alone(capsys: pytest.CaptureFixture[str], tmp_path: Path):
    file, path = tmp_path / "key", tmp_path / "bridge.db"
    a_store(path, OTHER)
    file.write_text(KEY + "\n")
    words = (*RUN, "--store", str(path), "--key-file", str(file))

    file.chmod(0o640)
    code, line = said(capsys, *words)
    assert code == 2
    assert f"others than its owner may use it: chmod 600 {file}" in line
    file.chmod(stat.S_IRUSR | stat.S_IWUSR)
    code, line = said(capsys, *words)
    assert code == 2
    assert "bridge.db was encrypted with another key, or is no store of the bridge; it is untouched" in line
    assert KEY not in line


def test_rekey_is_a_word_of_the_command_line(capsys: pytest.CaptureFixture[str], tmp_path: Path):
    path, new = tmp_path / "bridge.db", tmp_path / "new"
    a_store(path, KEY, plates=["ONE"])
    new.touch(0o600)
    new.write_text(OTHER)

    words = ("rekey", "--store", str(path), "--new-key-file", str(new))

    assert said_more(capsys, *words, KESTREL_STORE_KEY=KEY)[0] == 0
    assert len(list(stored(path, key=OTHER))) == 1
    code, line = said_more(capsys, *words, KESTREL_STORE_KEY=KEY)  # again: it is done already
    assert code == 0
    assert KEY not in line
    assert OTHER not in line


def said_more(capsys: pytest.CaptureFixture[str], *words: str, **environment: str) -> tuple[int, str]:
    """The exit code and every line."""
    code = main(words, environment)
    return code, capsys.readouterr().err
