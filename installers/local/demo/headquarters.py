"""Kafka and HDFS of a run for a command that comes after it: those that still run, or our own started again on the run's data."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection, Iterator
from pathlib import Path

import msgspec
import psutil

from installers.local.places import kestrel_home
from installers.local.running import read_state, supervisor_runs
from installers.local.runs import Run, find_run
from installers.local.stack import Stack


class NoRun(Exception):
    """There is no such run. One line that says what to do."""


def runs_folder() -> Path:
    """Where every run has its folder."""
    return kestrel_home() / "run"


def wanted_run(name: str | None) -> Run:
    """The run of that name, or the latest. Raises NoRun."""
    run = find_run(runs_folder(), name)
    if run is None:
        which = f"no run is called {name!r}" if name else "there has been no run yet"
        raise NoRun(f"{which}: ./kestrel demo makes one")
    return run


def is_running(run: Run) -> bool:
    """Whether the run's servers are up, in this or another process."""
    state = read_state(Path(run.folder, "stack"))
    return state is not None and supervisor_runs(state)


def archives_itself(run: Run) -> bool:
    """Whether the run's servers belong to a demo, which keeps an archive job of its own going."""
    state = read_state(Path(run.folder, "stack"))
    if state is None or not supervisor_runs(state):
        return False
    try:
        return "demo" in psutil.Process(state.supervisor_pid).cmdline()
    except psutil.NoSuchProcess:
        return False


@contextlib.contextmanager
def headquarters_of(run: Run, parts: Collection[str], say: Callable[[str], None]) -> Iterator[Run]:
    """The run with addresses that answer while the block lasts. Raises ProcessError, StackRunningError or JarsError."""
    needed = [part for part in parts if {"kafka": run.own_kafka, "hdfs": run.own_hdfs}[part]]
    if not needed or is_running(run):
        yield run
        return
    say(f"starting {' and '.join(needed)} on the data of this run")
    with Stack(Path(run.folder, "stack")) as stack:
        stack.up(needed)
        for part in needed:
            stack.wait_ready(part)
        kafka = stack.kafka.bootstrap if run.own_kafka else run.kafka
        archive = f"{stack.hdfs.uri}/kestrel" if run.own_hdfs else run.archive
        yield msgspec.structs.replace(run, kafka=kafka, archive=archive)
