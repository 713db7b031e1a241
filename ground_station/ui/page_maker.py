"""The map's page, made in a process of its own where it is not there yet, so that the first start does not stop the window for seconds.

Making it reads folium and what that reads: 2 s of work, 7 s where Python must compile them first. Once made, the page is found at once.
"""

from __future__ import annotations

import json
import logging
import os
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from PySide6.QtCore import QObject, QProcess, QProcessEnvironment

from ground_station.view_model.language import t
from maps.live_page import MapWords, PageOptions, find_live_page, write_live_page

log = logging.getLogger(__name__)


def page_options() -> PageOptions:
    """The page in the language in use."""
    return PageOptions(
        words=MapWords(
            lost=t("lost"),
            precinct=t("Precinct"),
            zoom_in=t("Zoom in"),
            zoom_out=t("Zoom out"),
            map_of_drones=t("Map of drones and alerts"),
        )
    )


class PageMaker(QObject):
    """Makes one page. `on_made` gets its file, on the thread of the maker: at once if it is there already."""

    def __init__(self, folder: Path, on_made: Callable[[Path], None], parent: QObject):
        super().__init__(parent)
        self._folder, self._on_made = folder, on_made
        self._options = page_options()
        self._process: QProcess | None = None

    def start(self) -> None:
        """Find the page or begin to make it."""
        found = find_live_page(self._folder, self._options)
        if found is not None:
            self._on_made(found)
            return
        self._process = QProcess(self)
        variables = QProcessEnvironment.systemEnvironment()
        variables.insert("PYTHONPATH", os.pathsep.join(path for path in sys.path if path))
        self._process.setProcessEnvironment(variables)
        self._process.setProcessChannelMode(QProcess.ProcessChannelMode.MergedChannels)
        self._process.finished.connect(self._ended)
        self._process.errorOccurred.connect(self._failed)
        words = json.dumps(asdict(self._options.words))
        self._process.start(sys.executable, ["-m", "maps", "page", str(self._folder), "--words", words])

    def stop(self) -> None:
        """End a process that is still at it."""
        if self._process is not None:
            self._process.finished.disconnect(self._ended)
            self._process.errorOccurred.disconnect(self._failed)
            self._process.kill()
            self._process.waitForFinished(1_000)
            self._process = None

    def _ended(self, code: int, _how: QProcess.ExitStatus) -> None:
        process, self._process = self._process, None
        found = find_live_page(self._folder, self._options)
        if found is None:
            said = bytes(process.readAll().data()).decode(errors="replace")[-300:] if process is not None else ""
            log.warning("the map's page could not be made in a process of its own (code %d: %s): made here", code, said)
            found = write_live_page(self._folder, self._options)
        self._on_made(found)

    def _failed(self, error: QProcess.ProcessError) -> None:
        if error == QProcess.ProcessError.FailedToStart:  # of any other end there is `finished` too
            self._ended(-1, QProcess.ExitStatus.CrashExit)
