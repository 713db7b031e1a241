"""A Mosquitto of our own, with the configuration that we ship for the station."""

from __future__ import annotations

import getpass
from pathlib import Path

from installers.local.places import ROOT
from installers.local.ports import is_open
from installers.local.processes import Child, Family, ProcessError
from installers.setup.system import find_program

CONFIGURATION = ROOT / "installers" / "station" / "mosquitto.conf"
START_S = 15.0


class Mosquitto:
    """The station's broker on 127.0.0.1:`port`; sessions and retained messages live in `folder` and outlast a restart."""

    name = "mosquitto"

    def __init__(
        self, folder: Path, port: int, configuration: Path = CONFIGURATION, family: Family | None = None
    ) -> None:
        self.folder = folder
        self.port = port
        self._configuration = configuration
        self._family = family or Family()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def children(self) -> list[Child]:
        return self._family.children

    def start(self) -> None:
        """Starts it and waits until it takes connections. Raises ProcessError."""
        program = find_program("mosquitto")
        if program is None:
            raise ProcessError("mosquitto is not installed: run ./kestrel setup")
        data = self.folder / "data"
        data.mkdir(parents=True, exist_ok=True)
        filled = self.folder / "mosquitto.conf"
        filled.write_text(
            configured(self._configuration.read_text(), port=self.port, data=data, user=getpass.getuser())
        )
        child = self._family.start(
            "mosquitto", [str(program), "-c", str(filled)], log_path=self.folder / "mosquitto.log"
        )
        child.wait_healthy(lambda: is_open(self.port), START_S)

    def stop(self) -> None:
        """Ends it; it writes its sessions to disk first."""
        self._family.stop()


def configured(text: str, *, port: int, data: Path, user: str) -> str:
    """The shipped configuration with its three blanks filled in: @PORT@, @DATA@ (a folder) and @USER@ (who it runs as)."""
    return text.replace("@PORT@", str(port)).replace("@DATA@", f"{data}/").replace("@USER@", user)
