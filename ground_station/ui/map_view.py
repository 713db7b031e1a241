"""The live map: a page of our own, loaded after the window's first painting and then fed changes.

One batch of changes is on its way at a time. While the page works on it, newer states only replace each other, so a slow machine draws
fewer frames and never queues them.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QElapsedTimer, QRectF, Qt, QTimer
from PySide6.QtGui import QPainterPath, QRegion, QResizeEvent
from PySide6.QtWidgets import QWidget

from ground_station.ui.key_button import KeyButton
from ground_station.ui.look import Look
from ground_station.ui.page_maker import PageMaker
from ground_station.ui.parts import PlainLabel
from ground_station.view_model import features
from ground_station.view_model.intentions import Intention, SelectAlert, SelectDrone, SetPreference
from ground_station.view_model.language import later, t
from ground_station.view_model.snapshot import MapScene
from maps.live_events import AlertClicked, DroneClicked, FollowEnded, PageFault, ViewMoved, events_of
from maps.live_page import Changes, apply_call, fit_call, page_fragment, pan_call
from maps.style import PALETTES, Theme

if TYPE_CHECKING:
    from ground_station.ui.web_map import WebMap

log = logging.getLogger(__name__)

VIEW_PREFERENCE = "map.view"
"""The place of the map at the last use, as "lat lon zoom"."""
BATCH_MS = 250
"""At most one batch of moved drones in this time; each drone's newest place only."""
KERB_ZOOM = 17
SETTLING_MS = 10_000
_WAITING = later("The map is being drawn …")
_ABSENT = later("The map cannot be drawn. Alerts and coding work without it.")


class MapView(QWidget):
    """The map with its two buttons. `load` is called once the window is on screen."""

    def __init__(self, look: Look, send: Callable[[Intention], None], cache: Path):
        super().__init__()
        self._look, self._send, self._cache = look, send, cache
        self._web: WebMap | None = None
        self._maker: PageMaker | None = None
        self._ready = self._busy = self._follows = False
        self._settling, self._fitted = True, 0
        self._sent: MapScene | None = None
        self._sent_theme = ""
        self._newest: MapScene | None = None
        self._place = ""
        self._fed = QElapsedTimer()
        self._fed.start()
        self._later = QTimer(self, singleShot=True)
        self._later.timeout.connect(self._feed)
        self.setAccessibleName(t("Map"))
        self._words = PlainLabel(look, t(_WAITING), tone="soft")
        self._words.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._words.setParent(self)
        self._follow = KeyButton(look, t("Follow"), "F", quiet=True, does=t("Follow the drone on the map"))
        self._all = KeyButton(look, t("All drones"), "A", quiet=True, does=t("Show all drones on the map"))
        self._follow.clicked.connect(self.toggle_follow)
        self._all.clicked.connect(self.show_all)
        for button in (self._follow, self._all):
            button.setParent(self)

    @property
    def is_drawn(self) -> bool:
        """Whether the page has drawn a scene and works on none."""
        return self._ready and self._sent is not None and not self._busy

    @property
    def blocked_requests(self) -> int:
        """How many requests the page made to anything outside; 0 is expected."""
        return self._web.blocked_requests if self._web is not None else 0

    def load(self) -> None:
        """Make the page and load it, in their own time."""
        self._maker = PageMaker(self._cache, self._made, self)
        self._maker.start()

    def _made(self, file: Path) -> None:
        from ground_station.ui.web_map import WebMap  # here, because the engine takes a moment to load

        theme = Theme(self._look.theme)
        self._web = WebMap(file, PALETTES[theme].land, self._loaded, self, fragment=page_fragment(theme))
        self._web.setGeometry(self.rect())
        self._web.show()  # at once: the engine lays out no page that is out of sight
        self._raise_buttons()

    def shut(self) -> None:
        """End the page, before the window goes."""
        self._ready = False
        self._later.stop()
        if self._maker is not None:
            self._maker.stop()
        if self._web is not None:
            self._web.shut()

    def _loaded(self, ok: bool) -> None:
        self._ready, self._busy, self._sent, self._sent_theme = ok, False, None, ""
        if not ok or self._web is None:
            self._words.say(t(_ABSENT))
            self._words.show()
            log.error("the map page could not be loaded")
            return
        self._words.hide()
        self._feed()

    def show_scene(self, scene: MapScene, place: str) -> None:
        """Draw another moment. `place`: the preference VIEW_PREFERENCE, used once at the start."""
        self._newest = scene
        self._place = self._place or place
        self._feed()

    def _feed(self) -> None:
        scene = self._newest
        if scene is None or not self._ready or self._busy:
            return
        theme = self._look.theme
        if not self._is_due(scene):
            if not self._later.isActive():
                self._later.start(max(1, BATCH_MS - self._fed.elapsed()))
            return
        self._fed.restart()
        changes = features.changes_between(self._sent, scene)
        if theme != self._sent_theme:
            changes = features.with_theme(changes, Theme(theme))
        first = self._sent is None
        if changes is None:
            self._sent = scene
            return
        self._busy, self._sent, self._sent_theme = True, scene, theme
        self._run(apply_call(changes), self._answered)
        self._settle(scene, first=first)

    def _is_due(self, scene: MapScene) -> bool:
        """Drones that moved wait for the next batch; what an officer did, and alerts, are shown at once."""
        sent = self._sent
        if sent is None or self._fed.elapsed() >= BATCH_MS or self._look.theme != self._sent_theme:
            return True
        return scene.selection != sent.selection or scene.alerts != sent.alerts

    def _settle(self, scene: MapScene, *, first: bool) -> None:
        """Where the map begins: where it was at the last use, else all drones, again as more of them are heard in the first seconds."""
        if first and self._settling:
            try:
                lat_deg, lon_deg, zoom = (float(part) for part in self._place.split())
            except ValueError:
                QTimer.singleShot(SETTLING_MS, self, self._end_settling)
            else:
                self._run(pan_call(lat_deg, lon_deg, zoom), self._heard)
                self._settling = False
        if self._settling and len(scene.drones) > self._fitted:
            self._fitted = len(scene.drones)
            self._run(fit_call(None), self._heard)

    def _end_settling(self) -> None:
        self._settling = False

    def _run(self, call: str, on_answer: Callable[[object], None]) -> None:
        if self._web is not None and self._ready:
            self._web.run(call, on_answer)

    def _answered(self, result: object) -> None:
        self._busy = False
        self._heard(result)

    def _heard(self, result: object) -> None:
        for event in events_of(result if isinstance(result, str) else None):
            match event:
                case DroneClicked():
                    self._send(SelectDrone(event.drone_id))
                case AlertClicked():
                    self._send(SelectAlert(event.alert_id))
                case ViewMoved():
                    self._send(
                        SetPreference(VIEW_PREFERENCE, f"{event.lat_deg:.5f} {event.lon_deg:.5f} {event.zoom:g}")
                    )
                case FollowEnded():
                    self._show_follow(on=False)
                case PageFault():
                    log.warning("map page: %s", event.text[:500])

    def look_at(self, lat_deg: float, lon_deg: float) -> None:
        """Bring a place into the middle, near enough to see the kerb."""
        self._settling = False
        self._run(pan_call(lat_deg, lon_deg, KERB_ZOOM), self._heard)

    def show_all(self) -> None:
        """All drones and alerts in sight."""
        self._run(fit_call(None), self._heard)

    def toggle_follow(self) -> None:
        """Keep the selected drone in the middle, or no longer."""
        self._settling = False
        self._show_follow(on=not self._follows)
        self._run(apply_call(Changes(follow=self._follows)), self._heard)

    def _show_follow(self, *, on: bool) -> None:
        self._follows = on
        if on:
            self._follow.relabel(t("Following"), does=t("Following the drone: let it go"))
        else:
            self._follow.relabel(t("Follow"), does=t("Follow the drone on the map"))
        self._follow.set_primary(on)
        self._place_buttons()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Qt's: the map fills the view, the buttons stay in their corner."""
        super().resizeEvent(event)
        self._words.setGeometry(self.rect())
        if self._web is not None:
            self._web.setGeometry(self.rect())
        outline, radius = QPainterPath(), self._look.measure.panel_radius - 1
        outline.addRoundedRect(QRectF(self.rect()), radius, radius)
        self.setMask(QRegion(outline.toFillPolygon().toPolygon()))
        self._place_buttons()

    def _place_buttons(self) -> None:
        right = self.width() - 10
        for button in (self._all, self._follow):
            size = button.sizeHint()
            button.setGeometry(right - size.width(), 10, size.width(), size.height())
            right -= size.width() + 8
        self._raise_buttons()

    def _raise_buttons(self) -> None:
        self._words.raise_()
        self._follow.raise_()
        self._all.raise_()
