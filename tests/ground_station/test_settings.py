"""Settings: the command line wins over the environment, and a wrong one is named in one line."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ground_station.settings import SettingError, read

GOOD = ["--station", "midtown", "--officer", "duarte"]


def test_defaults_are_enough_but_for_station_and_officer() -> None:
    settings = read(GOOD, {})

    assert (settings.broker_host, settings.broker_port) == ("127.0.0.1", 1883)
    assert settings.journal == Path("desk-duarte.db")
    assert (settings.theme, settings.headless, settings.lost_after_s, settings.think_s) == (None, False, 3.5, 2.0)


def test_the_command_line_wins_over_the_environment() -> None:
    environment = {"KESTREL_BROKER": "10.0.0.1:1884", "KESTREL_STATION": "harlem", "KESTREL_HEADLESS": "yes"}

    settings = read([*GOOD, "--broker", "[::1]:1885"], environment)

    assert (settings.broker_host, settings.broker_port, settings.station) == ("::1", 1885, "midtown")
    assert settings.headless


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "--station is missing"),
        (["--station", "midtown"], "--officer is missing"),
        (["--station", "Mid Town", "--officer", "duarte"], "1 to 32 small letters"),
        ([*GOOD, "--broker", "localhost"], "it must be HOST:PORT"),
        ([*GOOD, "--broker", "localhost:99999"], "it must be HOST:PORT"),
        ([*GOOD, "--theme", "pink"], "it must be day, night or contrast"),
        ([*GOOD, "--think-s", "soon"], "it must be a number, at least 0"),
        ([*GOOD, "--think-s", "nan"], "it must be a number, at least 0"),
        ([*GOOD, "--lost-after-s", "0.1"], "it must be a number, at least 1"),
        ([*GOOD, "--colour"], "unrecognized arguments"),
    ],
)
def test_a_wrong_setting_is_named(arguments: list[str], says: str) -> None:
    with pytest.raises(SettingError, match=says):
        read(arguments, {})


def test_a_switch_in_the_environment_is_yes_or_no() -> None:
    with pytest.raises(SettingError, match="KESTREL_SCRIPTED_OFFICER is 'perhaps': it must be yes or no"):
        read(GOOD, {"KESTREL_SCRIPTED_OFFICER": "perhaps"})


def test_without_a_screen_a_missing_setting_ends_the_program_with_code_2_and_one_line(tmp_path: Path) -> None:
    screens = ("DISPLAY", "WAYLAND_DISPLAY")  # with one of them the first start would ask in a window
    ended = subprocess.run(
        [sys.executable, "-m", "ground_station", "--station", "midtown"],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[2],
        timeout=60,
        env={
            **{name: value for name, value in os.environ.items() if not name.startswith(("KESTREL_", *screens))},
            "XDG_CONFIG_HOME": str(tmp_path),
            "LANG": "C",
        },
    )

    assert ended.returncode == 2
    assert ended.stderr == "ground_station: --officer is missing: give an id of small letters, digits and hyphens\n"
    assert ended.stdout == ""


def test_a_headless_desk_needs_no_qt() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", "import sys, ground_station.app; print(any('PySide' in name for name in sys.modules))"],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[2],
    )

    assert ended.stdout == "False\n"
