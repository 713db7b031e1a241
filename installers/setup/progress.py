"""Progress lines while set-up works, and programs run without their chatter (which goes to a log that failures point at)."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from installers.setup.errors import SetupError

HEARTBEAT_S = 15.0  # a person who sees nothing for longer thinks it hangs


class Progress:
    """Numbered steps on stderr. `steps` is how many there will be."""

    def __init__(self, steps: int, log: Path) -> None:
        self._steps = steps
        self._step = 0
        self._log = log

    def step(self, text: str) -> None:
        """Announces the next step."""
        self._step += 1
        say(f"[{self._step}/{self._steps}] {text}")

    def run(self, what: str, command: Sequence[str], environment: Mapping[str, str] | None = None) -> None:
        """Runs a program to its end, its output in the log.

        Raises SetupError in one line with the program's last words if it fails.
        """
        self._log.parent.mkdir(parents=True, exist_ok=True)
        started = time.monotonic()
        with self._log.open("ab") as log:
            log.write(f"\n$ {' '.join(command)}\n".encode())
            log.flush()
            begin = log.tell()
            try:
                child = subprocess.Popen(
                    list(command), stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, env=environment
                )
            except OSError as problem:
                raise SetupError(f"{what}: cannot start {command[0]}: {problem}") from problem
            code = _wait(child, started)
        if code != 0:
            raise SetupError(f"{what} failed: {_last_words(self._log, begin)} (all of it in {self._log})")


def say(text: str) -> None:
    """One line to the user."""
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def _wait(child: subprocess.Popen[bytes], started: float) -> int:
    try:
        while True:
            try:
                return child.wait(timeout=HEARTBEAT_S)
            except subprocess.TimeoutExpired:
                say(f"      still at it, {time.monotonic() - started:.0f} s")
    except BaseException:
        child.terminate()
        child.wait()
        raise


def _last_words(log: Path, begin: int) -> str:
    with log.open("rb") as file:
        file.seek(begin)
        lines = file.read().decode(errors="replace").splitlines()
    told = [line.strip() for line in lines if line.strip()]
    errors = [line for line in told if line.lower().startswith(("error", "e:"))]
    return (errors or told or ["it said nothing"])[-1]
