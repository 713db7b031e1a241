"""`kestrel verify`: proves of a run, going on or over, that nothing is lost or doubled, and names every message that is missing."""

from __future__ import annotations

import argparse
import json
import logging
import sys
import time
from pathlib import Path

from kafka.errors import KafkaError

from cloud_pipeline.errors import ArchiveError
from installers.local.demo.headquarters import NoRun, headquarters_of, is_running, wanted_run
from installers.local.jars import JarsError
from installers.local.processes import ProcessError
from installers.local.proof.census import Census, take_census
from installers.local.proof.ledger import Proof, prove
from installers.local.proof.report import as_json, as_text
from installers.local.runs import Run
from installers.local.stack import StackRunningError

SETTLE_S = 60.0
AGAIN_S = 2.0


def main(words: list[str]) -> int:
    """0 if nothing is lost or doubled, 1 if something is, 3 if a part of the run cannot be read."""
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    logging.getLogger("kafka").setLevel(logging.CRITICAL)
    parser = argparse.ArgumentParser(prog="kestrel verify", description=__doc__)
    parser.add_argument("--run", metavar="NAME", help="which run (default: the latest)")
    parser.add_argument("--json", metavar="FILE", help="write the whole proof there, every missing message by name")
    parser.add_argument(
        "--settle-s", type=float, default=SETTLE_S, metavar="S",
        help="how long to wait for what is still on its way in a run that goes on (default %(default)s)",
    )  # fmt: skip
    options = parser.parse_args(words)
    try:
        run = wanted_run(options.run)
        with headquarters_of(run, ("kafka", "hdfs"), _say) as found:
            census, proof = _settled(found, options.settle_s if is_running(run) else 0.0)
    except (NoRun, ProcessError, StackRunningError, JarsError, KafkaError, ArchiveError, OSError) as problem:
        _say(str(problem) or type(problem).__name__)
        return 3
    if options.json:
        Path(options.json).write_text(json.dumps(as_json(census, proof, run=run.folder), indent=2) + "\n")
    print(as_text(census, proof))  # noqa: T201  # what the user asked for
    return 1 if proof.lost or proof.doubled else 0


def _settled(run: Run, settle_s: float) -> tuple[Census, Proof]:
    """The proof as of now. In a run that goes on new messages are always on their way: only what was made by now is asked for."""
    census = take_census(run)
    asked_for = {kind: set(found.made) | set(found.stored) for kind, found in census.kinds.items()}
    proof = prove(census.kinds, census.gaps)
    deadline = time.monotonic() + settle_s
    while proof.missing and time.monotonic() < deadline:
        _say(f"{len(proof.missing):,} messages are still on their way")
        time.sleep(AGAIN_S)
        census = take_census(run)
        for kind, found in census.kinds.items():
            found.keep_only(asked_for.get(kind, set()))
        proof = prove(census.kinds, census.gaps)
    return census, proof


def _say(line: str) -> None:
    print(f"kestrel: {line}", file=sys.stderr, flush=True)  # noqa: T201
