"""How long the map takes to show moved drones: from handing over one batch in which all moved to the second frame after it.

Ours far out (zoom 12: crowds are discs with numbers) and near (zoom 16: every drone alone, names where there is room), with the whole base
map under it. Peer of the same run: plain Leaflet circle markers on its canvas, nothing under them, in the same engine and size. The engine
runs in a process of its own, as it draws with the processor: `python -m tests.bench._ground_map FOLDER` prints JSON.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from random import Random
from time import perf_counter
from typing import Any

from installers.local.places import ROOT
from installers.local.proof.ledger import percentiles

COUNTS = (1_000, 5_000)
RUNS = 15
SIZE = (828, 592)
HERE = (40.7527, -73.9812)
ZOOMS = {"far": 12, "near": 16}
PATIENCE_S = 60.0

_TWO_FRAMES = """(() => {{
  window.frames_ms = null;
  const began = performance.now();
  {work};
  requestAnimationFrame(() => requestAnimationFrame(() => {{ window.frames_ms = performance.now() - began; }}));
  return 0;
}})()"""
_PEER = """<!doctype html><meta charset="utf-8"><style>{css} html, body, #map {{ margin: 0; height: 100%; }}</style><div id="map"></div>
<script>{leaflet}</script><script>
const map = L.map("map", {{ preferCanvas: true, zoomControl: false, attributionControl: false }}).setView([{lat}, {lon}], 12);
let marks = [];
function make(places) {{
  for (const mark of marks) mark.remove();
  marks = places.map((place) => L.circleMarker(place, {{ radius: 6 }}).addTo(map));
}}
function move(places) {{ places.forEach((place, at) => marks[at].setLatLng(place)); }}
</script>"""


def figures(folder: Path) -> dict[str, Any]:
    """Milliseconds to the second frame, and their ratios to the peer's."""
    command = [sys.executable, "-m", "tests.bench._ground_map", str(folder)]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=400, check=False)
    if run.returncode != 0:
        raise RuntimeError(f"the map's bench ended with {run.returncode}: {run.stderr[-600:]}")
    found: dict[str, Any] = json.loads(run.stdout.splitlines()[-1])
    return found


def _measured(folder: Path) -> dict[str, Any]:
    from PySide6.QtWidgets import QApplication

    from ground_station.ui.window import prepare_engine

    prepare_engine(is_root=hasattr(os, "geteuid") and os.geteuid() == 0)
    app = QApplication(["bench"])
    from ground_station.ui.web_map import WebMap
    from maps.live_page import Changes, DroneMark, apply_call, pan_call, write_live_page

    spent: dict[str, Any] = {}
    ours = Page(app, WebMap, write_live_page(folder))
    ours.wait(lambda: ours.run("window.kestrel ? JSON.parse(kestrel.stats()).waiting_tiles : 1") == 0)
    peer_file = folder / "peer.html"
    vendor = ROOT / "maps" / "assets" / "vendor" / "leaflet"
    texts = {"css": (vendor / "leaflet.css").read_text(), "leaflet": (vendor / "leaflet.js").read_text()}
    peer_file.write_text(_PEER.format(lat=HERE[0], lon=HERE[1], **texts), encoding="utf-8")
    peer = Page(app, WebMap, peer_file)
    peer.wait(lambda: bool(peer.run("typeof move === 'function'")))

    def marks(places: list[tuple[float, float]]) -> list[DroneMark]:
        return [DroneMark(f"nyc-{n:04d}", lat, lon, (n * 37) % 360.0) for n, (lat, lon) in enumerate(places)]

    for count in COUNTS:
        for name, zoom in ZOOMS.items():
            begin = _places(count, zoom, Random(count))
            ours.run(pan_call(*HERE, zoom))
            ours.run(apply_call(Changes(drones=marks(begin), reset=True)))
            ours.wait(lambda: ours.run("JSON.parse(kestrel.stats()).waiting_tiles") == 0)
            times = []
            for number in range(RUNS):
                call = apply_call(Changes(drones=marks(_places(count, zoom, Random(number)))))
                times.append(ours.frames_ms(call))
            spent[f"map_{count}_{name}"] = times
        peer.run(f"make({json.dumps(_places(count, 12, Random(count)))}); 0")
        spent[f"leaflet_{count}"] = [
            peer.frames_ms(f"move({json.dumps(_places(count, 12, Random(number)))})") for number in range(RUNS)
        ]
    found: dict[str, Any] = {}
    for name, times in spent.items():
        found[f"{name}_p50_ms"] = (percentiles(times) or {})["p50"]
        found[f"{name}_p95_ms"] = (percentiles(times) or {})["p95"]
    for count in COUNTS:
        for name in ZOOMS:
            peer_ms = max(found[f"leaflet_{count}_p50_ms"], 0.1)
            found[f"map_{count}_{name}_to_leaflet_ratio"] = round(found[f"map_{count}_{name}_p50_ms"] / peer_ms, 2)
    return found


class Page:
    """One page in a view of its own, and how to wait for what it does."""

    def __init__(self, app: Any, kind: Any, file: Path) -> None:
        from PySide6.QtWidgets import QWidget

        self._app, self._loaded = app, False
        self._frame = QWidget()
        self._frame.resize(*SIZE)
        self.view = kind(file, "#F3F1EC", self._note_loaded, self._frame)
        self.view.resize(*SIZE)
        self._frame.show()
        self.view.show()
        self.wait(lambda: self._loaded)

    def _note_loaded(self, ok: bool) -> None:
        self._loaded = ok

    def wait(self, true: Callable[[], bool]) -> None:
        last = perf_counter() + PATIENCE_S
        while not true():
            if perf_counter() > last:
                raise TimeoutError("the page did not come so far")
            self._app.processEvents()

    def run(self, script: str) -> Any:
        answers: list[Any] = []
        self.view.run(script, answers.append)
        self.wait(lambda: bool(answers))
        return answers[0]

    def frames_ms(self, work: str) -> float:
        """What it takes to the second frame after some work."""
        self.run(_TWO_FRAMES.format(work=work))
        self.wait(lambda: isinstance(self.run("window.frames_ms"), int | float))
        return float(self.run("window.frames_ms"))


def _places(count: int, zoom: int, rng: Random) -> list[tuple[float, float]]:
    """So many places within the view at a zoom."""
    half_lon = SIZE[0] / 2 * 360 / (256 * 2**zoom) * 0.95
    half_lat = SIZE[1] / 2 * 360 / (256 * 2**zoom) * 0.95 * 0.757  # cos of the latitude
    return [
        (round(HERE[0] + rng.uniform(-half_lat, half_lat), 6), round(HERE[1] + rng.uniform(-half_lon, half_lon), 6))
        for _ in range(count)
    ]


if __name__ == "__main__":
    sys.stdout.write(json.dumps(_measured(Path(sys.argv[1]))) + "\n")
    sys.stdout.flush()
    os._exit(0)  # the engine's own end is noisy and no part of what is measured
