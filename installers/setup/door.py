"""The `kestrel` command's way in: help, set-up of what the word needs, then over to the environment's own Python."""

from __future__ import annotations

import contextlib
import hashlib
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from installers.setup import environment, system, words
from installers.setup.environment import Places
from installers.setup.errors import SetupError
from installers.setup.java import java_home
from installers.setup.progress import Progress, say

WRONG_USE = 2


def main(arguments: list[str], root: Path) -> int:
    """Answers a command line. Returns an exit code only where no other program takes over."""
    if not arguments or arguments[0] in ("-h", "--help", "help"):
        sys.stdout.write(words.help_text())
        return 0
    word = words.BY_NAME.get(arguments[0])
    if word is None:
        say(f"kestrel: there is no word '{arguments[0]}'; there are: {', '.join(words.BY_NAME)}")
        return WRONG_USE
    places = Places(root, Path(os.environ.get("KESTREL_HOME") or root / ".kestrel").absolute())
    try:
        set_up(places, _needs_of(word, arguments[1:]))
    except SetupError as problem:
        for line in str(problem).splitlines():
            say(f"kestrel: {line}")
        return 1
    except KeyboardInterrupt:
        say("kestrel: stopped; start again to go on with the set-up")
        return 130
    return _hand_over(places, arguments)


def _needs_of(word: words.Word, rest: list[str]) -> tuple[str, ...]:
    """A word's help, and questions about or an end to what runs, need no server."""
    asks_only = "-h" in rest or "--help" in rest or (word.name == "stack" and rest[:1] in (["down"], ["status"]))
    return () if asks_only else word.needs


@dataclass(frozen=True)
class Step:
    """One thing still to do: the line that announces it and the work."""

    text: str
    work: Callable[[Progress], None]


def set_up(places: Places, needs: tuple[str, ...]) -> None:
    """Makes what is missing; on a machine that has everything it only looks (well under 0.3 s).

    Raises SetupError with one plain line for each thing that the user must do.
    """
    if not _steps(places, needs):
        return
    places.home.mkdir(parents=True, exist_ok=True)
    with _alone(places.home / "setup.lock"):
        steps = _steps(places, needs)  # another shell may have done it while we waited
        progress = Progress(len(steps), places.log)
        for step in steps:
            progress.step(step.text)
            step.work(progress)


def _steps(places: Places, needs: tuple[str, ...]) -> list[Step]:
    steps: list[Step] = []
    items = system.missing(needs)
    if items:
        prefix = system.apt_prefix()
        if prefix is None:
            raise SetupError("\n".join(system.advice_lines(items)))
        steps.append(
            Step(
                f"System packages: {', '.join(dict.fromkeys(item.group or item.name for item in items))}",
                lambda progress: _install(progress, prefix, items, needs),
            )
        )
    if not environment.is_ready(places):
        steps.append(
            Step(
                "Python packages (1.9 GB on disk, about a minute)", lambda progress: environment.make(places, progress)
            )
        )
    if words.JARS in needs and not _jars_are_ready(places):
        steps.append(
            Step(
                "Kafka, HDFS and Spark's connectors (190 MB, a minute or two)",
                lambda progress: progress.run(
                    "getting the Java archives", [str(places.python), "-m", "installers.local.jars"], _variables(places)
                ),
            )
        )
        steps.append(
            Step(
                "Class archives, for faster starts of Spark, Kafka and HDFS (300 MB, about a minute)",
                lambda progress: progress.run(
                    "starting each once", [str(places.python), "-m", "installers.local.classes"], _variables(places)
                ),
            )
        )
    return steps


def _install(progress: Progress, prefix: list[str], items: list[system.Missing], needs: tuple[str, ...]) -> None:
    system.apt_install(progress, prefix, items)
    still = system.missing(needs)
    if still:
        raise SetupError(
            "\n".join(f"{item.name} is still missing after installing {item.packages[0]}" for item in still)
        )


def _jars_are_ready(places: Places) -> bool:
    """The same question as installers.local.jars.is_ready, asked without the environment."""
    for name in ("kafka", "hdfs", "spark"):
        lock = places.root / "installers" / "local" / "jars" / name / "jars.lock"
        stamp = places.home / "jars" / name / "stamp"
        if not stamp.is_file() or stamp.read_text() != hashlib.sha256(lock.read_bytes()).hexdigest():
            return False
    return True


def _variables(places: Places) -> dict[str, str]:
    variables = {**os.environ, "KESTREL_HOME": str(places.home)}
    # Fonts, drawings, shaders: what libraries keep for next time goes with everything else, not into the user's home.
    variables["XDG_CACHE_HOME"] = str(places.home / "cache")
    variables["MPLCONFIGDIR"] = str(places.home / "cache" / "matplotlib")
    paths = [str(places.root), *filter(None, [os.environ.get("PYTHONPATH")])]
    variables["PYTHONPATH"] = os.pathsep.join(dict.fromkeys(paths))
    java = java_home()
    if java is not None:
        variables["JAVA_HOME"] = str(java)
    return variables


def _hand_over(places: Places, arguments: list[str]) -> int:
    command = [str(places.python), "-m", "installers.local", *arguments]
    sys.stdout.flush()
    sys.stderr.flush()
    if os.name != "nt":
        os.execve(command[0], command, _variables(places))
    # Windows' exec gives the prompt back at once and leaves the program behind.
    return subprocess.run(command, env=_variables(places), check=False).returncode


@contextlib.contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Two shells that set up at the same time take turns. The lock goes with the process, however it ends."""
    if os.name == "nt":
        yield
        return
    import fcntl  # there is none on Windows

    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("Another kestrel is setting up this folder; waiting for it")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield
