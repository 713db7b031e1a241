"""A screen for windows on a machine that has none: an Xvfb of our own."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from installers.local.processes import Child, start
from installers.setup.system import find_program

START_S = 20.0
SIZE = "1920x1080x24"


@contextlib.contextmanager
def screen(log_path: Path) -> Iterator[dict[str, str]]:
    """The environment variables that a window needs here, for as long as the block lasts.

    Where there is a screen (or none is needed: Windows, macOS) nothing is started. Raises ProcessError if Xvfb does not start.
    """
    variables = sandbox_variables()
    program = find_program("Xvfb")
    if not sys.platform.startswith("linux") or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"):
        yield variables
    elif program is None:
        yield {**variables, "QT_QPA_PLATFORM": "offscreen"}
    else:
        log_path.unlink(missing_ok=True)
        # It looks for a free display itself and writes the number it took to its output.
        command = [str(program), "-displayfd", "1", "-screen", "0", SIZE, "-nolisten", "tcp", "-noreset"]
        child = start("Xvfb", command, log_path=log_path)
        try:
            child.wait_healthy(lambda: _display(child) is not None, START_S)
            yield {**variables, "DISPLAY": f":{_display(child)}", "QT_QPA_PLATFORM": "xcb"}
        finally:
            child.stop()


def sandbox_variables() -> dict[str, str]:
    """Chromium, inside Qt, refuses to run as root with its sandbox; only there is the sandbox given up."""
    is_root = hasattr(os, "geteuid") and os.geteuid() == 0
    return {"QTWEBENGINE_DISABLE_SANDBOX": "1"} if is_root else {}


def _display(child: Child) -> int | None:
    numbers = [line for line in child.log_path.read_text(errors="replace").splitlines() if line.isdigit()]
    return int(numbers[0]) if numbers else None
