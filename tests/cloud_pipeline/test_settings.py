"""A wrong setting stops with exit code 2 and one line that names it and says what it should be."""

from __future__ import annotations

from pathlib import Path

import pytest

from cloud_pipeline.__main__ import main, parser

ARCHIVE = ["archive", "--kafka", "127.0.0.1:9092", "--archive", "hdfs://127.0.0.1:8020/kestrel"]


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    jar = tmp_path / "delta.jar"
    jar.touch()
    monkeypatch.setenv("KESTREL_SPARK_JARS", str(jar))
    for name in ("KAFKA", "ARCHIVE", "STORE", "OUT", "SOURCE", "TRIGGER_S", "DRIVER_MEMORY", "CORES"):
        monkeypatch.delenv(f"KESTREL_{name}", raising=False)


@pytest.mark.parametrize(
    ("arguments", "named", "wanted"),
    [
        (["archive"], "--kafka is None", "HOST:PORT"),
        ([*ARCHIVE, "--kafka", "9092"], "--kafka is '9092'", "HOST:PORT"),
        ([*ARCHIVE, "--archive", "/kestrel"], "--archive is '/kestrel'", "hdfs://HOST:PORT/PATH"),
        ([*ARCHIVE, "--trigger-s", "soon"], "--trigger-s is 'soon'", "number of seconds"),
        ([*ARCHIVE, "--trigger-s", "nan"], "--trigger-s is 'nan'", "number of seconds"),
        ([*ARCHIVE, "--rows-per-batch", "0"], "--rows-per-batch is '0'", "whole number from 1"),
        ([*ARCHIVE, "--driver-memory", "lots"], "--driver-memory is 'lots'", "640m"),
        ([*ARCHIVE, "--jars", ""], "--jars is empty", "Delta Lake"),
        ([*ARCHIVE, "--jars", "/no/such.jar"], "--jars names /no/such.jar", "no such file"),
        (["alerts", "--kafka", "127.0.0.1:9092"], "--store is empty", "alerts.db"),
        (["analyse", "--archive", "hdfs://127.0.0.1:8020/k"], "--out is empty", "folder"),
        (["analyse", "--archive", "hdfs://h:1/k", "--out", "x", "--source", "all"], "--source is 'all'", "live, history or both"),
    ],
)  # fmt: skip
def test_a_wrong_setting_stops_with_one_line(
    arguments: list[str], named: str, wanted: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2

    line = capsys.readouterr().err.strip().splitlines()
    assert len(line) == 1
    assert named in line[0]
    assert wanted in line[0]


def test_the_environment_sets_what_no_flag_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KESTREL_KAFKA", "10.0.0.1:9092")
    monkeypatch.setenv("KESTREL_TRIGGER_S", "20")

    assert parser().parse_args(["archive"]).kafka == "10.0.0.1:9092"
    assert parser().parse_args(["archive"]).trigger_s == "20"
    assert parser().parse_args(["archive", "--trigger-s", "1"]).trigger_s == "1"
