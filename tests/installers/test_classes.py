"""Class archives: never needed, made whole or not at all."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from cloud_pipeline.settings import shared_classes
from installers.local import classes
from installers.local.java import java_command
from installers.local.java import shared_classes as flags_of


def test_an_archive_that_is_missing_or_is_none_is_passed_over_without_a_word(tmp_path: Path):
    (tmp_path / "none.jsa").write_bytes(b"no archive")
    for name in ("missing.jsa", "none.jsa"):
        java = java_command("", "")[0]
        done = subprocess.run(
            [java, *flags_of(tmp_path / name), "-version"], capture_output=True, text=True, check=True
        )
        assert done.stdout == ""
        assert all("archive" not in line for line in done.stderr.splitlines())


def test_spark_takes_no_flag_with_a_blank_in_it():
    assert shared_classes("/home/a b/classes.jsa") == ()
    assert shared_classes("") == shared_classes(None) == ()
    assert shared_classes("/home/ab/classes.jsa")[0] == "-XX:SharedArchiveFile=/home/ab/classes.jsa"


def test_what_cannot_be_made_is_named_and_what_was_there_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    for name in classes.MAKERS:
        (tmp_path / "jars" / name).mkdir(parents=True)
        classes.archive_of(name, tmp_path).write_bytes(b"old")
    monkeypatch.setattr(classes, "ROOT", tmp_path)  # nothing of ours is found there

    problems = classes.make(tmp_path)

    assert set(problems) == set(classes.MAKERS)
    assert all(problems.values())
    assert {classes.archive_of(name, tmp_path).read_bytes() for name in classes.MAKERS} == {b"old"}
    assert not list(tmp_path.glob("classes-*"))
