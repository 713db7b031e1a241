"""The live map: a page of our own, loaded from a file after the first painting and fed changes; it can reach no network.

One batch of changes is on its way at a time. While the page works on it, newer states only replace each other, so a slow machine draws
fewer frames and never queues them.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QColor, QResizeEvent
from PySide6.QtWebEngineCore import (
    QWebEnginePage,
    QWebEngineProfile,
    QWebEngineSettings,
    QWebEngineUrlRequestInfo,
    QWebEngineUrlRequestInterceptor,
)
from PySide6.QtWebEngineWidgets import QWebEngineView
from PySide6.QtWidgets import QStackedLayout, QWidget

from ground_station.ui.look import Look
from ground_station.ui.parts import KeyButton, PlainLabel
from ground_station.view_model import features
from ground_station.view_model.intentions import Intention, SelectAlert, SelectDrone, SetPreference
from ground_station.view_model.snapshot import MapScene
from maps.live_page import (
    AlertClicked,
    Changes,
    DroneClicked,
    FollowEnded,
    PageFault,
    ViewMoved,
    apply_call,
    events_of,
    fit_call,
    pan_call,
    write_live_page,
)
from maps.style import Theme

log = logging.getLogger(__name__)

VIEW_PREFERENCE = "map.view"
"""The place of the map at the last use, as "lat lon zoom"."""
_LOCAL_SCHEMES = frozenset(("file", "data", "blob", "qrc", "about"))


class OnlyLocal(QWebEngineUrlRequestInterceptor):
    """Blocks every request that would leave the machine, and counts them (none is expected)."""

    def __init__(self) -> None:
        super().__init__()
        self.blocked = 0

    def interceptRequest(self, info: QWebEngineUrlRequestInfo) -> None:
        """Qt's: called for each request of the page."""
        if info.requestUrl().scheme() not in _LOCAL_SCHEMES:
            self.blocked += 1
            info.block(True)
            log.warning("the map page asked for an address outside: blocked")


class LocalPage(QWebEnginePage):
    """A page that goes nowhere else, and whose console goes to the log."""

    def javaScriptConsoleMessage(self, level: object, message: str, line: int, source: str) -> None:
        """Qt's: a word of the page."""
        log.warning("map page, line %d: %s", line, message[:500])

    def acceptNavigationRequest(self, url: QUrl | str, kind: object, is_main_frame: bool) -> bool:
        """Qt's: only our own file may be loaded."""
        return QUrl(url).scheme() == "file"


class MapView(QWidget):
    """The map with its two buttons. `load` is called once the window is on screen."""

    def __init__(self, look: Look, send: Callable[[Intention], None], cache: Path):
        super().__init__()
        self._look, self._send, self._cache = look, send, cache
        self._view: QWebEngineView | None = None
        self._only_local = OnlyLocal()
        self._ready = False
        self._busy = False
        self._sent: MapScene | None = None
        self._newest: MapScene | None = None
        self._sent_theme = ""
        self._follows = False
        self._restored = False
        self._place = ""
        self.setAccessibleName("Map")
        self._stack = QStackedLayout(self)
        self._words = PlainLabel(look, "The map is being drawn …", tone="soft")
        self._words.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._stack.addWidget(self._words)
        self._follow = KeyButton(look, "Follow", "F", quiet=True)
        self._all = KeyButton(look, "All drones", "A", quiet=True)
        self._follow.clicked.connect(self.toggle_follow)
        self._all.clicked.connect(self.show_all)
        for button in (self._follow, self._all):
            button.setParent(self)

    @property
    def is_ready(self) -> bool:
        """Whether the page is loaded and has drawn a scene."""
        return self._ready and self._sent is not None and not self._busy

    @property
    def blocked_requests(self) -> int:
        """How many requests the page made to anything outside."""
        return self._only_local.blocked

    def load(self) -> None:
        """Make the page and load it."""
        view = QWebEngineView(self)
        profile = QWebEngineProfile(view)  # keeps nothing on disk
        profile.setUrlRequestInterceptor(self._only_local)
        page = LocalPage(profile, view)
        page.setBackgroundColor(QColor(self._look.palette.panel))
        settings = page.settings()
        for attribute, on in (
            (QWebEngineSettings.WebAttribute.LocalStorageEnabled, False),
            (QWebEngineSettings.WebAttribute.LocalContentCanAccessRemoteUrls, False),
            (QWebEngineSettings.WebAttribute.LocalContentCanAccessFileUrls, False),
            (QWebEngineSettings.WebAttribute.PluginsEnabled, False),
            (QWebEngineSettings.WebAttribute.ShowScrollBars, False),
        ):
            settings.setAttribute(attribute, on)
        view.setPage(page)
        view.setContextMenuPolicy(Qt.ContextMenuPolicy.NoContextMenu)
        view.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        view.loadFinished.connect(self._loaded)
        page.renderProcessTerminated.connect(self._died)
        self._view = view
        self._stack.addWidget(view)
        view.load(QUrl.fromLocalFile(str(write_live_page(self._cache))))

    def _loaded(self, ok: bool) -> None:
        if not ok or self._view is None:
            self._words.say("The map cannot be drawn. Alerts and coding work without it.")
            log.error("the map page could not be loaded")
            return
        proxy = self._view.focusProxy()
        if proxy is not None:
            proxy.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # the desk's keys work also after a click on the map
        self._ready, self._busy, self._sent, self._sent_theme = True, False, None, ""
        self._stack.setCurrentWidget(self._view)
        self._raise_buttons()
        if self._place:
            self._restore()
        self._feed()

    def _died(self) -> None:
        log.error("the map's process ended; it is loaded again")
        self._ready = False
        self._stack.setCurrentWidget(self._words)
        if self._view is not None:
            self._view.reload()

    def show_scene(self, scene: MapScene, place: str) -> None:
        """Draw another moment. `place`: the preference VIEW_PREFERENCE, used once at the start."""
        self._newest = scene
        self._place = self._place or place
        self._feed()

    def _feed(self) -> None:
        scene = self._newest
        if scene is None or not self._ready or self._busy or self._view is None:
            return
        changes = features.changes_between(self._sent, scene)
        theme = self._look.theme
        if theme != self._sent_theme:
            changes = features.with_theme(changes, Theme(theme))
        if changes is None:
            self._sent = scene
            return
        self._run(apply_call(changes), scene, theme)

    def _run(self, call: str, scene: MapScene | None = None, theme: str = "") -> None:
        if self._view is None or not self._ready:
            return
        if scene is not None:
            self._busy, self._sent, self._sent_theme = True, scene, theme
        self._view.page().runJavaScript(call, 0, self._answered if scene is not None else self._heard)

    def _answered(self, result: object) -> None:
        self._busy = False
        self._heard(result)

    def _heard(self, result: object) -> None:
        for event in events_of(result if isinstance(result, str) else None):
            if isinstance(event, DroneClicked):
                self._send(SelectDrone(event.drone_id))
            elif isinstance(event, AlertClicked):
                self._send(SelectAlert(event.alert_id))
            elif isinstance(event, ViewMoved):
                self._send(SetPreference(VIEW_PREFERENCE, f"{event.lat_deg:.5f} {event.lon_deg:.5f} {event.zoom}"))
            elif isinstance(event, FollowEnded):
                self._set_follow(False)
            elif isinstance(event, PageFault):
                log.warning("map page: %s", event.text[:500])

    def _restore(self) -> None:
        if self._restored:
            return
        self._restored = True
        try:
            lat_deg, lon_deg, zoom = (float(part) for part in self._place.split())
        except ValueError:
            return
        self._run(pan_call(lat_deg, lon_deg, zoom))

    def look_at(self, lat_deg: float, lon_deg: float) -> None:
        """Bring a place into the middle, near enough to see the kerb."""
        self._run(pan_call(lat_deg, lon_deg, 17))

    def show_all(self) -> None:
        """All drones and alerts in sight."""
        self._run(fit_call(None))

    def toggle_follow(self) -> None:
        """Keep the selected drone in the middle, or no longer."""
        self._set_follow(not self._follows)
        self._run(apply_call(Changes(follow=self._follows)))

    def _set_follow(self, on: bool) -> None:
        self._follows = on
        self._follow.relabel("Following" if on else "Follow")
        self._follow.set_primary(on)
        self._place_buttons()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Qt's: the buttons stay in their corner."""
        super().resizeEvent(event)
        self._place_buttons()

    def _place_buttons(self) -> None:
        right = self.width() - 10
        for button in (self._all, self._follow):
            size = button.sizeHint()
            button.setGeometry(right - size.width(), 10, size.width(), size.height())
            right -= size.width() + 8
        self._raise_buttons()

    def _raise_buttons(self) -> None:
        self._follow.raise_()
        self._all.raise_()
