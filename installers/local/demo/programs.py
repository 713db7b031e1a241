"""Runs one of Kestrel's programs to its end in the user's own terminal, for the commands that wait for it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping

from installers.local.classes import spark_variables
from installers.local.places import ROOT


def run_program(module: str, *words: str, spark: bool = False, secrets: Mapping[str, str] | None = None) -> int:
    """The program's exit code. Its output goes where ours goes. A Ctrl-C reaches it too, and we wait for its orderly end.

    `spark`: it gets the jars that Spark needs; raises JarsError if they cannot be had. `secrets`: added to its environment.
    """
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **(secrets or {})}
    if spark:
        environment |= spark_variables()
    with subprocess.Popen([sys.executable, "-m", module, *words], env=environment) as program:
        while True:
            try:
                return program.wait()
            except KeyboardInterrupt:  # it got the same signal and ends by itself
                continue
