"""The `kestrel` command before anything is set up, and the table of its words."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

from installers.local.places import ROOT
from installers.local.words.test import CREWS, absolute, is_path
from installers.setup import door, environment, words
from installers.setup.environment import Places


def kestrel(*arguments: str) -> subprocess.CompletedProcess[str]:
    """The command under a Python that sees no installed package (-I: nor the environment's variables)."""
    command = [sys.executable, "-I", "-S", str(ROOT / "kestrel"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_the_help_needs_nothing_but_python_and_names_every_word():
    answer = kestrel("--help")

    assert answer.returncode == 0
    lines = answer.stdout.splitlines()
    for word in words.WORDS:
        assert any(line.startswith(f"  {word.name} ") and line.endswith(word.summary) for line in lines), word.name
    assert all(len(line) <= 130 for line in lines)


def test_without_a_word_the_help_is_shown():
    assert kestrel().stdout == words.help_text()


def test_a_word_that_does_not_exist_is_one_line_and_exit_code_2():
    answer = kestrel("fly")

    assert (answer.returncode, answer.stdout) == (2, "")
    assert answer.stderr.startswith("kestrel: there is no word 'fly'; there are: demo, test, ")
    assert answer.stderr.count("\n") == 1


@pytest.mark.parametrize("word", words.WORDS, ids=lambda word: word.name)
def test_every_word_has_somebody_who_answers(word: words.Word):
    module = f"{word.component}.__main__" if word.component else f"installers.local.words.{word.name}"

    assert importlib.util.find_spec(module) is not None


def test_every_file_of_words_is_a_word():
    files = {path.stem for path in (ROOT / "installers" / "local" / "words").glob("*.py")} - {"__init__"}

    assert files == {word.name for word in words.WORDS if word.component is None}


@pytest.mark.parametrize("question", [["down"], ["status"], ["up", "--help"], ["--help"]])
def test_a_question_needs_no_server_to_be_set_up(question: list[str]):
    assert door._needs_of(words.BY_NAME["stack"], question) == ()


def test_analyse_needs_no_broker():
    assert words.MOSQUITTO not in words.BY_NAME["analyse"].needs


@pytest.fixture
def places(tmp_path: Path) -> Places:
    """A checkout with a lock file and an environment made from it."""
    made = Places(tmp_path, tmp_path / ".kestrel")
    made.lock.write_text("msgspec==1 --hash=sha256:aa\n")
    made.python.parent.mkdir(parents=True)
    made.python.write_text("")
    (made.environment / environment.STAMP).write_text(environment._stamp_text(made))
    return made


def test_an_environment_made_from_the_lock_file_is_ready(places: Places):
    assert environment.is_ready(places)


def test_a_changed_lock_file_makes_it_unready(places: Places):
    places.lock.write_text("msgspec==2 --hash=sha256:bb\n")

    assert not environment.is_ready(places)


def test_an_environment_whose_making_was_interrupted_is_not_ready(places: Places):
    (places.environment / environment.STAMP).unlink()

    assert not environment.is_ready(places)


def test_an_environment_whose_python_is_gone_is_not_ready(places: Places):
    places.python.unlink()

    assert not environment.is_ready(places)


def test_paths_on_the_command_line_of_tests_are_told_from_other_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "test_x.py").write_text("")
    monkeypatch.chdir(tmp_path)

    assert [is_path(word) for word in ("test_x.py", "test_x.py::test_a", "-k", "name", "-x")] == [
        True,
        True,
        False,
        False,
        False,
    ]
    assert absolute("test_x.py::test_a") == f"{tmp_path}/test_x.py::test_a"
    assert absolute("name") == "name"


def test_what_the_named_crews_test_is_there_and_whatever_starts_spark_is_theirs():
    named = [ROOT / path for paths in CREWS.values() for path in paths]
    assert all(path.exists() for path in named)
    starting_spark = {path for path in (ROOT / "tests").rglob("test_*.py") if "ArchiveRun" in path.read_text()}
    assert all(any(path.is_relative_to(each) for each in named) for path in starting_spark - {Path(__file__)})
