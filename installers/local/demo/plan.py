"""What a demo is to do, as values: its settings, the link's timetable, and the command line of each part. No I/O."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import msgspec

from installers.local.runs import Run

OFFICER = "duarte"
STATION = "midtown-south"


class PlanError(ValueError):
    """A setting of the demo is wrong; the text is one line that names it and what it should be."""


class DemoPlan(msgspec.Struct, frozen=True, kw_only=True):
    """Settings of a demo."""

    drones: int = 20  # what one officer can watch
    seed: int = 7
    violations_per_min: float = (
        15.0  # per drone: with 20 drones and 1 % alerts the first alert comes after 20 s in the mean
    )
    seconds: int | None = None  # headless: how long the drones make reports
    offline: tuple[float, float] | None = (
        None  # seconds after the drones' start between which headquarters cannot be reached
    )
    pictures: str = "all"
    theme: str = "day"
    think_s: float = 2.0  # of the scripted officer
    trigger_s: float = 5.0  # between two batches of the archive


def parse_offline(text: str) -> tuple[float, float]:
    """`15:35` -> (15.0, 35.0): cut off from second 15 to second 35. Raises PlanError."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?):(\d+(?:\.\d+)?)", text)
    if match is None or float(match[1]) >= float(match[2]):
        raise PlanError(
            f"--offline is {text!r}, and should be START:END in seconds with START before END, such as 15:35"
        )
    return float(match[1]), float(match[2])


def drones_argv(plan: DemoPlan, run: Run) -> list[str]:
    """The simulator's command line."""
    argv = [
        *_module("drone_sim", run),
        "--flash",
        str(run.drones),
        "--drones",
        str(plan.drones),
        "--seed",
        str(plan.seed),
    ]
    argv += ["--violations-per-min", str(plan.violations_per_min), "--pictures", plan.pictures]
    return argv if plan.seconds is None else [*argv, "--seconds", str(plan.seconds), "--drain-s", "120"]


def bridge_argv(run: Run, kafka: str) -> list[str]:
    """The bridge's command line; `kafka` is its own way to headquarters."""
    return [*_module("edge_bridge", run, "run"), "--store", str(run.bridge), "--kafka", kafka]


def desk_argv(plan: DemoPlan, run: Run, *, headless: bool) -> list[str]:
    """The desk's command line: a window, or text with a scripted officer."""
    argv = [*_module("ground_station", run), "--officer", OFFICER, "--journal", str(run.desk(OFFICER))]
    if headless:
        return [*argv, "--headless", "--scripted-officer", "--think-s", str(plan.think_s)]
    return [*argv, "--theme", plan.theme]


def archive_argv(plan: DemoPlan, run: Run) -> list[str]:
    """The archive job's command line."""
    return [
        *_python("cloud_pipeline", "archive"),
        *("--kafka", run.kafka, "--archive", run.archive, "--trigger-s", str(plan.trigger_s)),
    ]


def alerts_argv(run: Run) -> list[str]:
    """The command line of headquarters' alert consumer."""
    return [*_python("cloud_pipeline", "alerts"), "--kafka", run.kafka, "--store", str(run.alerts)]


def _python(module: str, *words: str) -> list[str]:
    return [sys.executable, "-m", module, *words]


def _module(module: str, run: Run, *words: str) -> list[str]:
    return [*_python(module, *words), "--broker", run.broker, "--station", run.station]


def report_path(text: str | None) -> Path | None:
    """Where the JSON goes. Raises PlanError if its folder does not exist, before anything is started."""
    if text is None:
        return None
    path = Path(text).absolute()
    if not path.parent.is_dir():
        raise PlanError(f"--report is {text!r}, and should be a file in a folder that exists")
    return path
