"""`analyse` where there is nothing to analyse: one line and no report. What it finds in a whole run: journeys/test_whole_way.py."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from cloud_pipeline import session
from cloud_pipeline.__main__ import main
from installers.local.classes import spark_variables


@pytest.fixture(autouse=True)
def lent(spark: SparkSession, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The command works with the folder's session, and neither ends it nor keeps the signals."""
    monkeypatch.setattr(session, "start_session", lambda *_, **__: spark)
    monkeypatch.setattr(session, "stop_session", lambda **_: None)
    for name, value in spark_variables().items():
        monkeypatch.setenv(name, value)
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def test_an_archive_without_violations_says_so(
    archive: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(["analyse", "--archive", archive, "--out", str(tmp_path / "report"), "--source", "live"])

    assert code == 1
    said = capsys.readouterr().err.strip().splitlines()[-1]
    assert said.startswith(f"cloud_pipeline: the archive at {archive}")
    assert not (tmp_path / "report").exists()
