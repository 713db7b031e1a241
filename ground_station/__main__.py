"""The door: `python -m ground_station --help`."""

from __future__ import annotations

import logging
import os
import sys

from ground_station.app import run
from ground_station.journal import JournalError
from ground_station.settings import SettingError, read


def main() -> int:
    """Read the settings and run; 2 for a wrong setting, with one line that names it."""
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    try:
        return run(read(sys.argv[1:], os.environ))
    except (SettingError, JournalError) as error:
        sys.stderr.write(f"ground_station: {error}\n")
        return 2


if __name__ == "__main__":
    sys.exit(main())
