"""The Java archives: nothing is taken that is not the committed one."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from installers.local import jars
from installers.setup import door
from installers.setup.environment import Places

LOCKED = {"kafka.jar": "a" * 64, "log4j.jar": "b" * 64}
NAMES = st.from_regex(r"\A[A-Za-z0-9_.-]{1,40}\.jar\Z")
DIGESTS = st.from_regex(r"\A[0-9a-f]{64}\Z")


def test_the_committed_archives_are_taken():
    assert jars.difference(LOCKED, dict(LOCKED)) is None


def test_an_archive_that_differs_is_named_with_its_hash():
    assert jars.difference(LOCKED, LOCKED | {"log4j.jar": "c" * 64}) == (
        f"log4j.jar is not the archive that was committed: its SHA-256 is {'c' * 64} instead of {'b' * 64}"
    )


def test_an_archive_that_did_not_come_is_named():
    assert jars.difference(LOCKED, {"kafka.jar": "a" * 64}) == "log4j.jar is missing"


def test_an_archive_that_nobody_asked_for_is_named():
    assert jars.difference(LOCKED, LOCKED | {"extra.jar": "d" * 64}) == "extra.jar is not in the lock file"


@given(st.dictionaries(NAMES, DIGESTS))
def test_a_lock_file_reads_back_as_it_was_written(hashes: dict[str, str]):
    assert jars.read_lock(jars.lock_text(hashes)) == hashes


def test_hashes_are_those_of_the_files(tmp_path: Path):
    (tmp_path / "one.jar").write_bytes(b"one")
    (tmp_path / "notes.txt").write_bytes(b"no archive")

    assert jars.hashes_of(tmp_path) == {"one.jar": hashlib.sha256(b"one").hexdigest()}


@pytest.mark.parametrize("name", jars.SETS)
def test_every_set_has_pinned_coordinates_and_a_lock_that_names_no_host(name: str):
    folder = jars.PINS / name
    coordinates = [line.strip() for line in (folder / "jgo.toml").read_text().splitlines() if line.startswith("    ")]
    lock = jars.read_lock((folder / "jars.lock").read_text())

    assert all(line.split('"')[1].count(":") in (1, 2) for line in coordinates)
    assert lock
    assert "://" not in (folder / "jars.lock").read_text() + (folder / "jgo.toml").read_text()


@pytest.mark.parametrize("name", jars.SETS)
def test_a_stamp_of_this_lock_and_only_of_this_one_says_that_all_is_there(tmp_path: Path, name: str):
    """The script asks the same question without the environment; both must give the same answer."""
    places = Places(jars.PINS.parents[2], tmp_path)
    assert not jars.is_ready(name, tmp_path)
    assert not door._jars_are_ready(places)

    for each in jars.SETS:
        stamp = tmp_path / "jars" / each / "stamp"
        stamp.parent.mkdir(parents=True)
        stamp.write_text(hashlib.sha256((jars.PINS / each / "jars.lock").read_bytes()).hexdigest())
    assert jars.is_ready(name, tmp_path)
    assert door._jars_are_ready(places)

    (tmp_path / "jars" / name / "stamp").write_text("0" * 64)
    assert not jars.is_ready(name, tmp_path)
    assert not door._jars_are_ready(places)
