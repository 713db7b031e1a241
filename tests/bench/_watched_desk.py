"""The desk's real window, started as its user starts it, with a watch in its event loop. A process of its own: `python -m`.

Its figures go to --report when the window is closed (SIGTERM). Marks of its start are s since the process began.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from time import time
from typing import Any

import psutil

BEGAN = psutil.Process().create_time()


def main(arguments: list[str]) -> int:
    """Everything after the first flags is the ground station's own."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--report", type=Path, required=True)
    parser.add_argument("--settle-s", type=float, default=0.0, help="the watch begins so long after the map was drawn")
    parser.add_argument("--blame-ms", type=float, default=0.0)
    given, rest = parser.parse_known_args(arguments)

    import ground_station.ui.station as station_module
    from ground_station.__main__ import main as ground_station
    from tests.bench._loop_watch import LoopWatch

    marks: dict[str, float] = {"imported_s": round(time() - BEGAN, 3)}
    watches: dict[str, LoopWatch] = {}
    seen: dict[str, Any] = {}
    plain_start = station_module.Station.start

    def replayed(station: Any) -> tuple[float, float] | None:
        """Now and the replayed time, in Unix seconds."""
        at = getattr(station._desk, "_at", None)
        return None if at is None else (time(), at.timestamp())

    def start(self: Any, **how: Any) -> None:
        from PySide6.QtCore import QTimer

        watches["start"] = LoopWatch(given.blame_ms)
        watches["start"].begin()
        plain_start(self, **how)
        marks["window_shown_s"] = round(time() - BEGAN, 3)
        QTimer.singleShot(0, self, lambda: marks.setdefault("takes_keys_s", round(time() - BEGAN, 3)))

        def look() -> None:
            if self.window.map.is_drawn:
                marks["map_drawn_s"] = round(time() - BEGAN, 3)
                looking.stop()
                QTimer.singleShot(round(given.settle_s * 1000), self, begin)

        def begin() -> None:
            seen["start"] = watches.pop("start").end()
            seen["replayed_from"] = replayed(self)
            watches["run"] = LoopWatch(given.blame_ms)
            watches["run"].begin()
            sys.stderr.write("watch begins\n")
            sys.stderr.flush()

        looking = QTimer(self, interval=20)
        looking.timeout.connect(look)
        looking.start()

    station_module.Station.start = start  # type: ignore[method-assign]
    plain_stop = station_module.Station.stop

    def stop(self: Any) -> None:
        began, at = seen.pop("replayed_from", None), replayed(self)
        if began is not None and at is not None:
            seen["replay_speed"] = round((at[1] - began[1]) / (at[0] - began[0]), 1)
        seen.update({name: watch.end() for name, watch in watches.items()})
        given.report.write_text(json.dumps({"marks": marks, **seen}))
        plain_stop(self)

    station_module.Station.stop = stop  # type: ignore[method-assign]
    sys.argv = ["ground_station", *rest]
    return ground_station()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
