"""The door: `python -m ground_station --help`."""

from __future__ import annotations

import logging
import os
import signal
import sys
from pathlib import Path

from ground_station import profile
from ground_station.settings import MissingSetting, SettingError, Settings, read, wants_window

log = logging.getLogger(__name__)


def main() -> int:
    """Read the settings and run; 2 for a wrong setting, with one line that names it."""
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    for end in (signal.SIGTERM, signal.SIGINT):
        signal.signal(end, lambda *_: sys.exit(0))  # until the front end has its own: nothing is open yet
    if sys.argv[1:2] in (["shifts"], ["export"]):
        from ground_station.shift_command import main as shift_main  # here, because the desk needs nothing of it

        return shift_main(sys.argv[1:], os.environ)
    try:
        settings = _settings(sys.argv[1:])
    except SettingError as error:
        return _refused(error)
    # Here, because it reads the libraries of the journal and the link, which takes a moment: a wrong setting is said before.
    from ground_station.app import run
    from ground_station.journal import JournalError
    from ground_station.shift_files import ShiftFileError

    try:
        return run(settings)
    except (JournalError, ShiftFileError) as error:
        return _refused(error)


def _settings(arguments: list[str]) -> Settings:
    """The settings; what is missing is asked for at the first start, if somebody sits before a screen. Raises SettingError."""
    file = profile.place(sys.platform, os.environ, Path.home())
    kept = profile.load(file)
    try:
        return read(arguments, os.environ, kept)
    except MissingSetting:
        if not (wants_window(arguments, os.environ) and _has_screen()):
            raise
        from ground_station.ui.window import (
            ask_first,
        )  # here, because Qt takes a moment, and headless machines have none

        told = ask_first(os.environ, kept)
        if told is None:
            raise
        settings = read(arguments, os.environ, told)
    try:
        profile.save(file, told)
    except OSError as error:
        log.warning("what was asked at the first start cannot be kept: %s", error)
    return settings


def _has_screen() -> bool:
    if os.environ.get("QT_QPA_PLATFORM") in ("offscreen", "minimal"):
        return False
    return sys.platform in ("win32", "darwin") or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _refused(error: Exception) -> int:
    sys.stderr.write(f"ground_station: {error}\n")
    return 2


if __name__ == "__main__":
    sys.exit(main())
