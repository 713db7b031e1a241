"""Shifts being saved for other programs, each in a thread of its own, so that no decision waits for one; joined when the desk is closed."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from time import monotonic

from ground_station.view_model.intentions import ExportFormat

log = logging.getLogger(__name__)

Export = Callable[[str, str, ExportFormat, threading.Event], str]
"""A shift's file, the file to write, its format, an event that ends it early -> the problem in plain words, or empty. Takes a while; called
in a thread of its own. Ended early it leaves no half file."""
END_S = 5.0  # how long a closing desk waits for what is being saved
CUT_S = 2.0  # and then for each to give up


class Exports:
    """What is being saved. `stop` is called once, when nothing more begins."""

    def __init__(self, export: Export | None, name: str) -> None:
        """`name`: of the threads."""
        self._export, self._name = export, name
        self._cut = threading.Event()
        self._running: dict[threading.Thread, str] = {}

    def begin(
        self,
        shift: str,
        path: str,
        kind: ExportFormat,
        told: Callable[[str], None],
        first: Callable[[], object] = lambda: None,
    ) -> None:
        """Save a shift. `first` and then `told`, with the problem or an empty text, are called in the export's thread."""
        export = self._export
        if export is None:
            return

        def save() -> None:
            first()
            told(export(shift, path, kind, self._cut))

        thread = threading.Thread(target=save, name=self._name, daemon=True)
        self._running = {each: file for each, file in self._running.items() if each.is_alive()} | {thread: path}
        thread.start()

    def stop(self, within_s: float = END_S) -> list[str]:
        """Wait for what is being saved, `within_s` for all of it, and cut off the rest. Logs and returns the files not written."""
        last_s = monotonic() + within_s
        for thread in self._running:
            thread.join(max(0.0, last_s - monotonic()))
        cut_off = {thread: path for thread, path in self._running.items() if thread.is_alive()}
        self._cut.set()
        for thread, path in cut_off.items():
            log.warning("the export to %s was cut off, because the desk was closed: nothing is written there", path)
            thread.join(CUT_S)
        return list(cut_off.values())
