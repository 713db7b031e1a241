"""What only the system can give: which package, which Java, and what a user reads where we may not install."""

from __future__ import annotations

from pathlib import Path

import pytest

from installers.setup import java, system
from installers.setup.system import Missing

SOUND = Missing("libasound.so.2", ("libasound2t64", "libasound2"), "with the system's package", system.LIBRARIES)
BROKER = Missing("Mosquitto", ("mosquitto",), "brew install mosquitto")


def test_the_package_that_this_release_has_is_chosen():
    assert system.chosen_packages([BROKER, SOUND], {"mosquitto", "libasound2"}.__contains__) == [
        "mosquitto",
        "libasound2",
    ]
    assert system.chosen_packages([SOUND], lambda name: True) == ["libasound2t64"]


def test_a_package_that_holds_two_missing_things_is_named_once():
    assert system.chosen_packages([BROKER, BROKER], lambda name: True) == ["mosquitto"]


@pytest.mark.parametrize("item", [SOUND, BROKER], ids=lambda item: item.name)
def test_every_missing_thing_is_advised_in_one_line(item: Missing, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PATH", "/nowhere")  # a system without apt-get

    (line,) = system.advice_lines([item])

    assert line == f"{item.name} is missing; install it: {item.advice}"


def test_a_program_of_the_system_is_found_where_a_plain_users_path_does_not_look(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    program = tmp_path / "mosquitto"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    monkeypatch.setattr(system, "SYSTEM_FOLDERS", (str(tmp_path),))
    monkeypatch.setenv("PATH", "/nowhere")

    assert system.find_program("mosquitto") == program
    assert system.find_program("no-such-program") is None


def a_java(folder: Path, version: str) -> Path:
    (folder / "bin").mkdir(parents=True)
    (folder / "bin" / "java").write_text("")
    (folder / "release").write_text(f'IMPLEMENTOR="Debian"\nJAVA_VERSION="{version}"\n')
    return folder


@pytest.mark.parametrize(("text", "major"), [("17.0.15", 17), ("21", 21), ("1.8.0_402", 8)])
def test_a_javas_version_is_read_without_starting_it(tmp_path: Path, text: str, major: int):
    assert java.version_of(a_java(tmp_path / "jdk", text)) == major


def test_a_folder_without_a_java_has_no_version(tmp_path: Path):
    assert java.version_of(tmp_path) == 0


def test_the_java_that_the_user_names_comes_first(tmp_path: Path):
    named = a_java(tmp_path / "named", "21.0.2")

    assert java.java_home({"JAVA_HOME": str(named), "PATH": ""}) == named


@pytest.mark.parametrize("version", ["11.0.22", "25"])
def test_a_java_that_the_servers_do_not_run_on_is_passed_over(
    tmp_path: Path, version: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(java, "_PLACES", ())
    unfit = a_java(tmp_path / "unfit", version)

    assert java.java_home({"JAVA_HOME": str(unfit), "PATH": ""}) is None


def test_what_makes_faults_is_asked_for_only_where_it_can_be_installed(monkeypatch: pytest.MonkeyPatch):
    """Elsewhere the tests that want it are skipped: nobody is kept from the others."""
    monkeypatch.setattr(system, "find_program", lambda name: None)
    monkeypatch.setattr("sys.platform", "linux")
    for prefix, wanted in (([], set(system.FAULT_PROGRAMS)), (None, set())):
        monkeypatch.setattr(system, "apt_prefix", lambda prefix=prefix: prefix)
        assert {item.name for item in system.missing(["faults"])} == wanted
