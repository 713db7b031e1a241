"""The desk's window as its own process, with a keyboard at the end of a pipe. See test_desk_window.py.

Each line on standard input is a list of keys as JSON (["C", "1", "Enter"]); after each comes a line with what is then on screen, and
what the offer to undo said after each key. An empty list presses nothing. Everything else is the program as a user starts it, except
that the map page is not loaded and the screen is Qt's own off-screen one.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from pathlib import Path

os.environ["QT_QPA_PLATFORM"] = "offscreen"  # of two windows on one screen only one has the focus
sys.path.insert(0, str(Path(__file__).parents[2]))

from PySide6.QtCore import Qt, Signal
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from ground_station import app
from ground_station.settings import read
from ground_station.ui import window as shell
from ground_station.ui.station import Station
from ground_station.view_model.snapshot import StationView

NAMED = {
    "Enter": Qt.Key.Key_Return,
    "Esc": Qt.Key.Key_Escape,
    "Tab": Qt.Key.Key_Tab,
    "Down": Qt.Key.Key_Down,
    "Up": Qt.Key.Key_Up,
}


class TypedStation(Station):
    """The station, and a thread that hands the lines of standard input to the window's thread."""

    typed = Signal(str)

    def start(self, *, where_it_was: bool = False) -> None:
        """Begin, and listen to the pipe."""
        self.window.map.load = lambda: None  # type: ignore[method-assign]
        super().start(where_it_was=where_it_was)
        self.window.activateWindow()
        self.typed.connect(self._press, Qt.ConnectionType.QueuedConnection)
        threading.Thread(target=self._listen, name="pipe", daemon=True).start()

    def _listen(self) -> None:
        for line in sys.stdin:
            self.typed.emit(line)

    def _press(self, line: str) -> None:
        offers: list[str] = []
        for key in json.loads(line):
            target = QApplication.focusWidget() or self.window
            if key in NAMED:
                QTest.keyClick(target, NAMED[key])
            else:
                QTest.keyClicks(target, key)
            self.turn()
            view = self.window._view
            offers.append(view.undo.text if view and view.undo else "")
        self.turn()
        print(json.dumps({**_seen(self.window._view), "offers": offers}), flush=True)  # noqa: T201 - the answer


def _seen(view: StationView | None) -> dict[str, object]:
    assert view is not None
    desk = view.desk
    return {
        "cards": [[card.violation_id, card.whose] for card in view.cards],
        "title": view.window_title,
        "chain": [part.state for part in view.chain],
        "message": view.message,
        "undo": view.undo.text if view.undo else "",
        "kept": view.kept,
        "desk": None if desk is None else desk.violation_id,
        "claim": "" if desk is None else desk.claim,
        "claim_words": "" if desk is None else desk.claim_words,
        "code": None if desk is None else desk.code,
        "facts": {} if desk is None else {field.name: field.value for field in desk.fields},
        "notice": "" if desk is None else desk.notice,
    }


if __name__ == "__main__":
    shell.Station = TypedStation  # type: ignore[attr-defined]
    sys.exit(app.run(read(sys.argv[1:], os.environ)))
