"""The simulator's command line: `python -m drone_sim --help`."""

from __future__ import annotations

import logging
import os
import sys
from zoneinfo import ZoneInfoNotFoundError

from drone_sim.app import run
from drone_sim.city import NoStreetError
from drone_sim.flash import FlashError
from drone_sim.settings import SettingsError, settings_of


def main() -> int:
    """Runs; returns 0 at a good end, 1 if reports are left or something broke, 2 for a wrong setting."""
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    try:
        settings = settings_of(sys.argv[1:], os.environ)
    except SettingsError as error:
        sys.stderr.write(f"drone_sim: {error}\n")
        return 2
    try:
        return run(settings)
    except (NoStreetError, FlashError, ZoneInfoNotFoundError) as error:
        sys.stderr.write(f"drone_sim: {error}\n")
        return 2
    except OSError as error:
        sys.stderr.write(f"drone_sim: {error}\n")
        return 1


if __name__ == "__main__":
    sys.exit(main())
