"""`kestrel demo`: the whole way on this machine, with a window, or headless with a scripted officer and a proof at the end."""

from __future__ import annotations

import argparse
import json
import logging
import os
import re
import shutil
import signal
import sys
import threading
import time
from pathlib import Path

from kafka.errors import KafkaError

from installers.local.demo.demo import Demo
from installers.local.demo.headless import fly_and_prove
from installers.local.demo.headquarters import runs_folder
from installers.local.demo.plan import DemoPlan, PlanError, parse_offline, report_path
from installers.local.jars import JarsError
from installers.local.kafka import make_topics
from installers.local.processes import ProcessError
from installers.local.proof.report import as_text
from installers.local.stack import StackRunningError
from installers.local.topics import headquarters_topics

HEADLESS_S = 60


def _arguments(words: list[str]) -> argparse.Namespace:
    defaults = DemoPlan()
    parser = argparse.ArgumentParser(prog="kestrel demo", description=__doc__)
    parser.add_argument("--drones", type=int, default=defaults.drones, help="how many drones fly (default %(default)s)")
    parser.add_argument("--seed", type=int, default=defaults.seed, help="same seed, same reports (default %(default)s)")
    parser.add_argument(
        "--violations-per-min", type=float, default=defaults.violations_per_min, metavar="RATE",
        help="of each drone (default %(default)s, so that the first alert comes within about a minute)",
    )  # fmt: skip
    parser.add_argument("--theme", choices=("day", "night", "contrast"), default=defaults.theme)
    parser.add_argument("--pictures", choices=("all", "alerts", "none"), default=defaults.pictures)
    parser.add_argument("--kafka", metavar="HOST:PORT", help="use this Kafka and start none")
    parser.add_argument("--hdfs", metavar="URI", help="use this HDFS, hdfs://HOST:PORT, and start none")
    parser.add_argument("--run", metavar="NAME", help="the run's name (default demo, or headless)")
    parser.add_argument(
        "--fresh", action="store_true", help="forget what the run of this name has kept (headless always does)"
    )
    parser.add_argument(
        "--offline", metavar="START:END", help="cut the bridge off from Kafka from second START to second END"
    )
    headless = parser.add_argument_group("without a window")
    headless.add_argument("--headless", action="store_true", help="a scripted officer codes; then the proof is made")
    headless.add_argument("--seconds", type=int, help=f"how long the drones make reports (default {HEADLESS_S})")
    headless.add_argument("--report", metavar="FILE", help="write the proof there as one JSON object")
    return parser.parse_args(words)


def main(words: list[str]) -> int:
    """0 when all went well, 1 when something is lost, doubled or has not arrived, 2 for a wrong setting, 3 when a part could not be had."""
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    logging.getLogger("kafka").setLevel(logging.CRITICAL)  # says of itself what the report says in plain words
    options = _arguments(words)
    try:
        plan = _plan(options)
        report = report_path(options.report)
        folder = _folder(options)
    except PlanError as problem:
        return _refuse(str(problem), 2)
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    try:
        demo = Demo(folder, plan, window=not options.headless, kafka=options.kafka, hdfs=options.hdfs, say=_say)
    except (StackRunningError, JarsError) as problem:
        return _refuse(str(problem), 3)
    try:
        if options.kafka:
            make_topics(options.kafka, headquarters_topics())
        demo.start()
        return _headless(demo, stopped, report) if options.headless else _with_window(demo, stopped)
    except (ProcessError, KafkaError) as problem:
        return _refuse(str(problem) or type(problem).__name__, 3)
    finally:
        _say("ending")
        demo.stop()


def _plan(options: argparse.Namespace) -> DemoPlan:
    for name, least in (("drones", 1), ("violations_per_min", 0), ("seconds", 1)):
        value = getattr(options, name)
        if value is not None and value < least:
            raise PlanError(f"--{name.replace('_', '-')} is {value}, and should be at least {least}")
    if options.offline and options.kafka:
        raise PlanError("--offline cuts our own link to our own Kafka, and cannot be used with --kafka")
    if not options.headless:
        for name in ("seconds", "report"):
            if getattr(options, name) is not None:
                raise PlanError(f"--{name} belongs to --headless")
        if sys.platform.startswith("linux") and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
            raise PlanError("there is no screen here (DISPLAY is not set): use --headless, or a machine with a desktop")
    return DemoPlan(
        drones=options.drones,
        seed=options.seed,
        violations_per_min=options.violations_per_min,
        seconds=(options.seconds or HEADLESS_S) if options.headless else None,
        offline=parse_offline(options.offline) if options.offline else None,
        pictures=options.pictures,
        theme=options.theme,
    )


def _folder(options: argparse.Namespace) -> Path:
    name = options.run or ("headless" if options.headless else "demo")
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,40}", name):
        raise PlanError(f"--run is {name!r}, and should be up to 40 letters, digits, - and _")
    folder = runs_folder() / name
    if (options.fresh or options.headless) and (folder / "run.json").exists():
        shutil.rmtree(folder)
    return folder


def _headless(demo: Demo, stopped: threading.Event, report: Path | None) -> int:
    found = fly_and_prove(demo, stopped, _say)
    if found is None:
        return 0
    content, census, proof = found
    if report is not None:
        report.write_text(json.dumps(content, indent=2) + "\n")
    print(as_text(census, proof))  # noqa: T201  # what the user asked for
    return 1 if proof.missing or proof.doubled else 0


def _with_window(demo: Demo, stopped: threading.Event) -> int:
    _say("the window opens: close it, or press Ctrl-C here, to end everything")
    begun, told = time.monotonic(), False
    while not stopped.wait(0.3):
        if demo.desk.ended.is_set():
            code = demo.desk.child.exit_code or 0
            if code:
                _say(f"the window ended by itself: {demo.desk.child.last_words()} (see {demo.desk.child.log_path})")
            return 3 if code else 0
        if not told and demo.headquarters_ready.is_set():
            told = True
            used = sum(memory.pss for memory in demo.memory().values())
            _say(f"everything runs after {time.monotonic() - begun:.0f} s, in {used / 1e9:.1f} GB of memory")
    return 0


def _say(line: str) -> None:
    print(f"kestrel: {line}", file=sys.stderr, flush=True)  # noqa: T201


def _refuse(line: str, code: int) -> int:
    _say(line)
    return code
