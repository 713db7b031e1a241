"""Faults at a system call of a real bridge, through strace: it is killed at the N-th, or the N-th fails.

SQLite is built here to call fsync and not fdatasync: both are named, or nothing would be hit. `-P` narrows the count to the store's own
files, so that a kill at the tenth openat does not hit an import of Python's.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path

SYNC = "fsync,fdatasync"


def injected(argv: Sequence[str], inject: str, *, log: Path, only: Sequence[Path] = ()) -> list[str]:
    """The command under strace. `inject` as strace spells it: `pwrite64:signal=SIGKILL:when=7`; `only`: calls on these files alone."""
    calls = inject.split(":")[0]
    paths = [word for path in only for word in ("-P", str(path))]
    return [
        "strace",
        "-f",
        "-qq",
        "-ttt",
        "-o",
        str(log),
        *paths,
        "-e",
        f"trace={calls}",
        "-e",
        f"inject={inject}",
        *argv,
    ]


def files_of(store: Path) -> list[Path]:
    """The store's files and the sending process's, with SQLite's own beside them."""
    return [
        path.with_name(path.name + end)
        for path in (store, store.with_name(store.name + ".sent"))
        for end in ("", "-wal", "-shm")
    ]


def started(
    argv: Sequence[str], *, log: Path, folder: Path, environment: dict[str, str], stdin: int | None = None
) -> subprocess.Popen[bytes]:
    """A process that leads a group of its own, so that strace and what it traces can be ended together."""
    with log.open("ab") as output:
        return subprocess.Popen(
            argv, stdin=stdin, stdout=output, stderr=output, cwd=folder, env=environment, start_new_session=True
        )


def end(process: subprocess.Popen[bytes]) -> None:
    """Kills it with everything that it started, and waits."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    if process.stdin is not None:
        process.stdin.close()


def ends_by_itself(process: subprocess.Popen[bytes], within_s: float) -> bool:
    """Whether it does; whatever is left of it then is killed."""
    try:
        process.wait(within_s)
    except subprocess.TimeoutExpired:
        return False
    else:
        return True
    finally:
        end(process)


def moments(log: Path, word: str = "INJECTED") -> list[float]:
    """When (Unix time, seconds) strace wrote lines that hold a word."""
    found = (re.match(r"\d+ +(\d+\.\d+) ", line) for line in log.read_text().splitlines() if word in line)
    return [float(match[1]) for match in found if match]
