"""`kestrel analyse`: asks the archive of a run its questions, and leaves tables, charts and maps that open without a network."""

from __future__ import annotations

import argparse
import logging
import sys
from pathlib import Path

from installers.local.demo.headquarters import NoRun, headquarters_of, wanted_run
from installers.local.demo.programs import run_program
from installers.local.jars import JarsError
from installers.local.processes import ProcessError
from installers.local.stack import StackRunningError


def main(words: list[str]) -> int:
    """The exit code of the analyses; 3 if the archive cannot be reached."""
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    parser = argparse.ArgumentParser(prog="kestrel analyse", description=__doc__)
    parser.add_argument("--run", metavar="NAME", help="which run (default: the latest)")
    parser.add_argument("--out", metavar="FOLDER", help="where the results go (default: the run's folder)")
    parser.add_argument("--source", choices=("live", "history", "both"), default="both", help="default %(default)s")
    options = parser.parse_args(words)
    try:
        with headquarters_of(wanted_run(options.run), ("hdfs",), _say) as run:
            out = Path(options.out).absolute() if options.out else Path(run.folder, "analyses")
            words = ["analyse", "--archive", run.archive, "--out", str(out), "--source", options.source]
            return run_program("cloud_pipeline", *words, spark=True)
    except (NoRun, ProcessError, StackRunningError, JarsError) as problem:
        _say(str(problem))
        return 3


def _say(line: str) -> None:
    print(f"kestrel: {line}", file=sys.stderr, flush=True)  # noqa: T201
