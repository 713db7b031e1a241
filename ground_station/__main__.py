"""The door: `python -m ground_station --help`."""

from __future__ import annotations

import logging
import os
import signal
import sys

from ground_station.settings import SettingError, read


def main() -> int:
    """Read the settings and run; 2 for a wrong setting, with one line that names it."""
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    for end in (signal.SIGTERM, signal.SIGINT):
        signal.signal(end, lambda *_: sys.exit(0))  # until the front end has its own: nothing is open yet
    if sys.argv[1:2] in (["shifts"], ["export"]):
        from ground_station.shift_command import main as shift_main  # here, because the desk needs nothing of it

        return shift_main(sys.argv[1:], os.environ)
    try:
        settings = read(sys.argv[1:], os.environ)
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


def _refused(error: Exception) -> int:
    sys.stderr.write(f"ground_station: {error}\n")
    return 2


if __name__ == "__main__":
    sys.exit(main())
