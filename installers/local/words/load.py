"""`kestrel load FILE`: sends the city's historic tickets through Kafka, a few records at a time, and sees them into the archive.

FILE is a CSV as the Department of Finance publishes it, also as .gz. A load that was ended, however, goes on where it was.
"""

from __future__ import annotations

import argparse
import logging
import sys
from pathlib import Path

from installers.local.demo.headquarters import NoRun, archives_itself, headquarters_of, runs_folder, wanted_run
from installers.local.demo.plan import STATION
from installers.local.demo.programs import run_program
from installers.local.jars import JarsError
from installers.local.places import station_key
from installers.local.processes import ProcessError
from installers.local.runs import Run, write_note
from installers.local.stack import StackRunningError

NEW_RUN = "history"
PARTLY = 3  # the loader's code when some records went to quarantine


def main(words: list[str]) -> int:
    """0 if every record is archived, 3 if some could not be read and are in quarantine, other codes when it could not be done."""
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    parser = argparse.ArgumentParser(prog="kestrel load", description=__doc__)
    parser.add_argument("file", metavar="FILE")
    parser.add_argument(
        "--run", metavar="NAME", help="which run's archive takes them (default: the latest, or a new one)"
    )
    parser.add_argument(
        "--chunk", type=int, default=500, metavar="N", help="records at a time (default %(default)s; 2 works too)"
    )
    options = parser.parse_args(words)
    if not Path(options.file).is_file():
        _say(f"{options.file} is not a file")
        return 2
    try:
        run = _run(options.run)
        with headquarters_of(run, ("kafka", "hdfs"), _say) as found:
            store = ["--store", str(found.history), "--kafka", found.kafka, "--chunk", str(options.chunk)]
            key = {"KESTREL_STORE_KEY": station_key()}
            code = run_program("edge_bridge", "load", options.file, *store, secrets=key)
            if code not in (0, PARTLY):
                return code
            if archives_itself(run):
                _say("the demo that is running archives them now; kestrel verify tells when it has")
                return code
            _say("archiving")
            return run_program("cloud_pipeline", *_archive_once(found), spark=True) or code
    except (NoRun, ProcessError, StackRunningError, JarsError) as problem:
        _say(str(problem))
        return 4


def _archive_once(run: Run) -> list[str]:
    return ["archive", "--kafka", run.kafka, "--archive", run.archive, "--once"]


def _run(name: str | None) -> Run:
    try:
        return wanted_run(name)
    except NoRun:
        folder = runs_folder() / (name or NEW_RUN)
        run = Run(folder=str(folder), station=STATION, broker="", kafka="", archive="")
        write_note(run)
        return run


def _say(line: str) -> None:
    print(f"kestrel: {line}", file=sys.stderr, flush=True)  # noqa: T201
