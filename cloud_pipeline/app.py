"""Wiring: from settings to a running job, and out again."""

from __future__ import annotations

import logging
import shutil
import signal
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from threading import Event
from types import FrameType

from cloud_pipeline.errors import SettingError
from cloud_pipeline.settings import AlertSettings, AnalyseSettings, ArchiveSettings

log = logging.getLogger(__name__)

_STOP_S = 1.5  # Spark has stopped its query already; its JVM is killed if it takes longer, which is safe at any moment


def stop_on_signals() -> Event:
    """An event that SIGTERM and SIGINT set."""
    stop = Event()

    def ask(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, ask)
    signal.signal(signal.SIGINT, ask)
    return stop


def utc_now() -> datetime:
    """The clock of this component's shells."""
    return datetime.now(UTC)  # noqa: TID251 - the shell's clock


def archive(settings: ArchiveSettings) -> int:
    """Runs the archive job until it is asked to stop. Gives the exit code."""
    # Spark is imported where it is used: the alert consumer starts in a tenth of the time and memory without it.
    from cloud_pipeline.jobs import archive_job
    from cloud_pipeline.session import start_session, stop_session

    log.info("archive %s", settings)
    stop = stop_on_signals()
    scratch = Path(tempfile.mkdtemp(prefix="kestrel-spark-"))
    try:
        session = start_session(settings.spark, name="kestrel-archive", scratch=scratch)
        try:
            archive_job.run(session, settings, stop, utc_now)
        finally:
            stop_session(session, within_s=_STOP_S)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    log.info("stopped")
    return 0


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
    try:
        session = start_session(settings.spark, name="kestrel-analyse", scratch=scratch)
        try:
            answers = analysis_job.run(session, settings)
        finally:
            stop_session(session, within_s=_STOP_S)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    try:
        page = report.write(answers, settings.out)
    except OSError as problem:
        raise SettingError(f"--out is {settings.out}, which cannot be written: {problem}") from problem
    return [*report.summary(answers), "", f"The whole report: {page}"]
