"""Settings come from flags and the environment; a wrong one ends with one line that names it and what it should be."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest

from drone_sim.settings import Settings, SettingsError, settings_of

ROOT = Path(__file__).parents[2]


def run(*argv: str, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "drone_sim", *argv],
        cwd=ROOT,
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_nothing_given_is_the_defaults() -> None:
    assert settings_of([], {}) == Settings()


def test_a_flag_wins_over_the_environment_and_that_over_the_default() -> None:
    environ = {"KESTREL_DRONES": "50", "KESTREL_VIOLATIONS_PER_MIN": "6", "KESTREL_BY_HOUR": "1"}
    settings = settings_of(["--drones", "7", "--pictures", "alerts"], environ)
    assert (settings.drones, settings.violations_per_min, settings.by_hour, settings.pictures) == (
        7,
        6.0,
        True,
        "alerts",
    )


@pytest.mark.parametrize(
    ("argv", "line"),
    [
        (["--drones", "0"], "--drones is 0, and should be from 1 to 9999"),
        (["--drones", "many"], "--drones is 'many', and should be a whole number"),
        (["--broker", "here"], "--broker is here, and should be HOST:PORT, such as 127.0.0.1:1883"),
        (["--broker", "here:99999"], "--broker is here:99999, and should be HOST:PORT, such as 127.0.0.1:1883"),
        (["--station", "Midtown South"], "--station is Midtown South, and should be 1 to 32 of a-z, 0-9 and -"),
        (["--pictures", "some"], "--pictures is 'some', and should be one of all, alerts, none"),
        (["--part-bytes", "10"], "--part-bytes is 10, and should be from 1000 to 700000"),
        (["--telemetry-hz", "0"], "--telemetry-hz is 0.0, and should be from 0.01 to 20"),
        (["--centre", "48.85,2.35"], "--centre is 48.85,2.35, and should be LAT,LON in New York, such as 40.7506,-73.9904"),
        (["--link-drop", "2"], "--link-drop is 2.0, and should be a share from 0 to 1"),
        (["--to-file", "x.jsonl"], "--start is None, and should be a time with its zone"),
        (["--to-file", "x.jsonl", "--start", "2026-11-22T08:00:00"], "--start is 2026-11-22T08:00:00, and should be a time with its zone"),
        (["--flash", "/no/such/folder/drones.db"], "--flash is /no/such/folder/drones.db, and should be a file in a folder that exists"),
        (["--wings", "2"], "unrecognized arguments: --wings 2"),
    ],
)  # fmt: skip
def test_a_wrong_setting_is_named_with_what_it_should_be(argv: list[str], line: str) -> None:
    with pytest.raises(SettingsError) as wrong:
        settings_of(argv, {})
    assert line in str(wrong.value)
    assert "\n" not in str(wrong.value)


def test_the_process_ends_with_code_2_and_one_line() -> None:
    ended = run("--drones", "0")
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr == "drone_sim: --drones is 0, and should be from 1 to 9999\n"


def test_a_wrong_environment_ends_alike() -> None:
    ended = run(KESTREL_TELEMETRY_HZ="fast")
    assert ended.returncode == 2
    assert ended.stderr == "drone_sim: --telemetry-hz is 'fast', and should be a number\n"


def test_help_names_every_setting() -> None:
    ended = run("--help")
    assert ended.returncode == 0
    for field in fields(Settings):
        assert f"--{field.name.replace('_', '-')}" in ended.stdout


def test_a_place_without_streets_ends_with_one_line() -> None:
    ended = run(
        "--to-file",
        os.devnull,
        "--start",
        "2026-11-22T08:00:00Z",
        "--seconds",
        "1",
        "--centre",
        "40.56,-73.87",
        "--radius-km",
        "0.5",
    )
    assert ended.returncode == 2
    assert ended.stderr.splitlines()[-1].startswith("drone_sim: no street within 500 m of 40.5600, -73.8700")


@pytest.mark.parametrize(("count", "first", "last"), [(20, "nyc-01", "nyc-20"), (1_000, "nyc-0001", "nyc-1000")])
def test_drones_are_named_so_that_they_sort(count: int, first: str, last: str) -> None:
    ids = Settings(drones=count).drone_ids
    assert (ids[0], ids[-1]) == (first, last)
    assert ids == sorted(ids)


def test_a_bigger_fleet_reaches_farther() -> None:
    assert Settings(drones=20).reach_m == 2_500
    assert Settings(drones=1_000).reach_m > 7_000
    assert Settings(radius_km=1.0).reach_m == 1_000
