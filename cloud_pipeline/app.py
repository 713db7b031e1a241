"""Wiring: from settings to a running job, and out again."""

from __future__ import annotations

import logging
import os
import shutil
import signal
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from threading import Event
from types import FrameType

from cloud_pipeline.errors import SettingError
from cloud_pipeline.settings import AlertSettings, AnalyseSettings, ArchiveSettings

log = logging.getLogger(__name__)

_STOP_S = 3.0  # of the five seconds a stop may take; then Spark's JVM is killed, which is safe at any moment (archive/writer.py)
_INTERRUPTED = 130  # what a shell expects of a program that Ctrl-C has ended


def stop_on_signals() -> Event:
    """An event that SIGTERM and SIGINT set."""
    stop = Event()
    _on_signals(stop.set)
    return stop


def _on_signals(ask: Callable[[], None]) -> None:
    def handle(_number: int, _frame: FrameType | None) -> None:
        ask()

    signal.signal(signal.SIGTERM, handle)
    signal.signal(signal.SIGINT, handle)


def utc_now() -> datetime:
    """The clock of this component's shells."""
    return datetime.now(UTC)  # noqa: TID251 - the shell's clock


def archive(settings: ArchiveSettings) -> int:
    """Runs the archive job until it is asked to stop. Gives the exit code. Raises DataGone, SparkGone."""
    scratch = Path(tempfile.mkdtemp(prefix="kestrel-spark-"))
    _on_signals(lambda: _leave(scratch, 0))
    log.info("archive %s", settings)
    try:
        _archive(settings, scratch)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    log.info("stopped")
    return 0


def _archive(settings: ArchiveSettings, scratch: Path) -> None:
    # Spark is imported where it is used: the alert consumer starts in a tenth of the time and memory without it.
    from cloud_pipeline.jobs import archive_job
    from cloud_pipeline.session import kill_later, start_session, stop_session

    session = start_session(settings.spark, name="kestrel-archive", scratch=scratch)
    stop = Event()

    def ask() -> None:
        if not stop.is_set():
            kill_later(_STOP_S)
        stop.set()

    _on_signals(ask)
    try:
        archive_job.run(session, settings, stop, utc_now)
    finally:
        stop_session(within_s=_STOP_S)


def _leave(scratch: Path, code: int) -> None:
    """At once, while nothing is written: Spark that is only starting cannot be asked, and its JVM ends by itself when we are gone.

    Not by an exception: that would take away the folder in which the JVM wants to say that it is there, and it would stay for ever.
    """
    shutil.rmtree(scratch, ignore_errors=True)
    os._exit(code)


def alerts(settings: AlertSettings) -> int:
    """Runs the alert consumer until it is asked to stop. Gives the exit code."""
    from cloud_pipeline.alerts import consumer
    from cloud_pipeline.alerts.store import Store

    log.info("alerts %s", settings)
    stop = stop_on_signals()
    try:
        store = Store(settings.store)
    except OSError as problem:
        raise SettingError(f"--store is {settings.store}, which cannot be opened: {problem}") from problem
    try:
        consumer.run(settings, store, stop, utc_now)
    finally:
        store.close()
    log.info("stopped")
    return 0


def analyse(settings: AnalyseSettings) -> list[str]:
    """Answers the questions and writes the report. Gives the summary for the terminal. Raises ArchiveError, SettingError."""
    from cloud_pipeline.jobs import analysis_job
    from cloud_pipeline.reports import report
    from cloud_pipeline.session import start_session, stop_session

    log.info("analyse %s", settings)
    scratch = Path(tempfile.mkdtemp(prefix="kestrel-spark-"))
    _on_signals(lambda: _leave(scratch, _INTERRUPTED))
    try:
        session = start_session(settings.spark, name="kestrel-analyse", scratch=scratch)
        answers = analysis_job.run(session, settings)
    finally:
        stop_session(within_s=_STOP_S)
        shutil.rmtree(scratch, ignore_errors=True)
    try:
        page = report.write(answers, settings.out)
    except OSError as problem:
        raise SettingError(f"--out is {settings.out}, which cannot be written: {problem}") from problem
    return [*report.summary(answers), "", f"The whole report: {page}"]
