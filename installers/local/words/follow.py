"""`kestrel follow ID`: one message's way, hop by hop, with times."""

from __future__ import annotations

import argparse
import logging
import re
import sys

from kafka.errors import KafkaError

from cloud_pipeline.errors import ArchiveError
from installers.local.demo.headquarters import NoRun, headquarters_of, wanted_run
from installers.local.jars import JarsError
from installers.local.processes import ProcessError
from installers.local.proof.journey import as_text, follow
from installers.local.stack import StackRunningError

_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def main(words: list[str]) -> int:
    """0 if somebody knows the message, 1 if nobody does, 2 for an id that cannot be one, 3 if a part of the run cannot be read."""
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    logging.getLogger("kafka").setLevel(logging.CRITICAL)
    parser = argparse.ArgumentParser(prog="kestrel follow", description=__doc__)
    parser.add_argument("id", metavar="ID", help="a message's id, as in the shift log, the archive and the report")
    parser.add_argument("--run", metavar="NAME", help="which run (default: the latest)")
    options = parser.parse_args(words)
    if not _ID.fullmatch(options.id):
        _say(f"{options.id!r} is not a message's id: it should look like 01a201a0-1cfb-79d7-a169-218b0483932d")
        return 2
    try:
        with headquarters_of(wanted_run(options.run), ("kafka", "hdfs"), _say) as run:
            steps = follow(run, options.id)
    except (NoRun, ProcessError, StackRunningError, JarsError, KafkaError, ArchiveError, OSError) as problem:
        _say(str(problem) or type(problem).__name__)
        return 3
    if not steps:
        _say("no part of this run has seen that id")
        return 1
    print(as_text(steps))  # noqa: T201  # what the user asked for
    return 0


def _say(line: str) -> None:
    print(f"kestrel: {line}", file=sys.stderr, flush=True)  # noqa: T201
