"""The officer's desk in figures: the real window on a screen without a graphics card, a real broker, the real bridge.

publish -> alert painted    200 drones at 1 Hz; peer of the same run: a bare subscriber to the same violations
blocks of the window        how long its thread takes nothing in (a key would wait), with 500 and with 1,000 drones; nothing excluded
map frames                  1,000 and 5,000 drones moved at once, to the second frame after; peer: Leaflet's circle markers in the
                            same engine, same size, same run
start                       to the window that takes keys, to the first waiting alert painted, to the drawn map
replay                      a recorded shift of 1,000 drones at 60 times its speed: blocks of the window, the speed that was reached
--soak                      8 hours of a shift at 50 times their speed: growth of memory, and whether the turns become slower

./kestrel bench ground [--minutes 1] [--only live,map,start,replay] [--soak] [--blame-ms 20] [--json FILE]
"""

from __future__ import annotations

import argparse
import os
import tempfile
from pathlib import Path
from typing import Any

from tests.bench import _ground_live, _ground_map, _ground_replay, _ground_soak, _ground_start

PARTS = ("live", "map", "start", "replay")
REPLAYED_DRONES, REPLAYED_MIN = 1_000, 24.0  # at 60 times its speed it must not end before its watch does


def main(arguments: list[str]) -> dict[str, Any]:
    """Figures by name, with units in the names."""
    parser = argparse.ArgumentParser(prog="kestrel bench ground")
    parser.add_argument("--minutes", type=float, default=1.0, help="of each fleet's watch; the goal is stated for 10")
    parser.add_argument("--only", default=",".join(PARTS), help="of live, map, start, replay")
    parser.add_argument("--drones", default="200,500,1000", help="the fleets that are watched")
    parser.add_argument("--soak", action="store_true", help="only the soak: about 10 minutes")
    parser.add_argument("--soak-hours", type=float, default=8.0)
    parser.add_argument(
        "--blame-ms", type=float, default=0.0, help="say where the window's thread was in longer blocks"
    )
    given = parser.parse_args(arguments)
    figures: dict[str, Any] = {"load_before": round(os.getloadavg()[0], 2)}
    with tempfile.TemporaryDirectory(prefix="kestrel-bench-") as name:
        folder = Path(name)
        if given.soak:
            return figures | _ground_soak.figures(folder, given.soak_hours) | {"load_after": os.getloadavg()[0]}
        wanted = given.only.split(",")
        if "map" in wanted:
            figures |= _ground_map.figures(folder)
        if "start" in wanted:
            figures |= _ground_start.figures(folder)
        if "replay" in wanted:
            figures |= _ground_replay.figures(folder / "replay", REPLAYED_DRONES, REPLAYED_MIN, given.blame_ms)
        if "live" in wanted:
            for drones in map(int, given.drones.split(",")):
                figures |= _ground_live.figures(folder / f"live-{drones}", drones, given.minutes * 60, given.blame_ms)
    return figures | {"load_after": round(os.getloadavg()[0], 2)}
