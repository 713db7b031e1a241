"""`kestrel setup`: everything was set up on the way here; says what there is."""

from __future__ import annotations

import argparse
import sys

from installers.local.jars import SETS, ensure
from installers.local.places import kestrel_home
from installers.setup.java import java_home
from installers.setup.system import find_program


def main(arguments: list[str]) -> int:
    """Makes sure of the Java archives and lists what the other words will use."""
    argparse.ArgumentParser(prog="kestrel setup", description="Sets everything up now and starts nothing.").parse_args(
        arguments
    )
    home = kestrel_home()
    for name in SETS:
        ensure(name, home)
    rows = {
        "everything in": home,
        "Python": sys.executable,
        "Java": java_home(),
        "Mosquitto": find_program("mosquitto"),
        "screen for tests": find_program("Xvfb"),
    }
    for title, value in rows.items():
        sys.stdout.write(f"{title + ':':<18}{value or 'not there'}\n")
    sys.stdout.write("Ready: ./kestrel demo\n")
    return 0
