"""The only user of Qt's web engine: shows one page from a file, lets it reach nothing else, and hands it calls.

Imported by map_view when the window is already on screen, because loading the engine takes a moment.
"""

from __future__ import annotations

import contextlib
import logging
import os
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, Qt, QUrl
from PySide6.QtGui import QColor
from PySide6.QtWebEngineCore import (
    QWebEnginePage,
    QWebEngineProfile,
    QWebEngineSettings,
    QWebEngineUrlRequestInfo,
    QWebEngineUrlRequestInterceptor,
)
from PySide6.QtWebEngineWidgets import QWebEngineView
from PySide6.QtWidgets import QWidget

from ground_station.places import GIVES_WAY_BY

log = logging.getLogger(__name__)

_LOCAL_SCHEMES = frozenset(("file", "data", "blob", "about"))
_SETTINGS = (
    (QWebEngineSettings.WebAttribute.LocalStorageEnabled, False),
    (QWebEngineSettings.WebAttribute.LocalContentCanAccessRemoteUrls, False),
    (QWebEngineSettings.WebAttribute.LocalContentCanAccessFileUrls, False),
    (QWebEngineSettings.WebAttribute.PluginsEnabled, False),
    (QWebEngineSettings.WebAttribute.ShowScrollBars, False),
)


class OnlyLocal(QWebEngineUrlRequestInterceptor):
    """Blocks every request that would leave the machine, and counts them (none is expected)."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.blocked = 0

    def interceptRequest(self, info: QWebEngineUrlRequestInfo) -> None:
        """Qt's: called for each request of the page."""
        if info.requestUrl().scheme() not in _LOCAL_SCHEMES:
            self.blocked += 1
            info.block(True)
            log.warning("the map page asked for something outside the machine: blocked")


class LocalPage(QWebEnginePage):
    """A page that goes nowhere else, and whose console goes to the log."""

    def javaScriptConsoleMessage(
        self, level: QWebEnginePage.JavaScriptConsoleMessageLevel, message: str, line: int, source: str
    ) -> None:
        """Qt's: a word of the page."""
        log.warning("map page, line %d: %s", line, message[:500])

    def acceptNavigationRequest(
        self, url: QUrl | str, kind: QWebEnginePage.NavigationType, is_main_frame: bool
    ) -> bool:
        """Qt's: only our own file may be loaded."""
        return QUrl(url).scheme() == "file"


class WebMap(QWebEngineView):
    """The view on the page. `on_loaded(ok)` after each loading; a page whose process ended is loaded again."""

    def __init__(
        self, file: Path, ground: str, on_loaded: Callable[[bool], None], parent: QWidget, *, fragment: str = ""
    ):
        super().__init__(parent)
        self._on_loaded = on_loaded
        profile = QWebEngineProfile(self)  # without a name: keeps nothing on disk
        self._only_local = OnlyLocal(self)
        profile.setUrlRequestInterceptor(self._only_local)
        self._page = LocalPage(profile, self)
        self._page.setBackgroundColor(QColor(ground))
        for attribute, on in _SETTINGS:
            self._page.settings().setAttribute(attribute, on)
        self.setPage(self._page)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.NoContextMenu)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.loadFinished.connect(self._finished)
        self._page.renderProcessTerminated.connect(self._died)
        address = QUrl.fromLocalFile(str(file))
        address.setFragment(fragment)
        self.load(address)

    @property
    def blocked_requests(self) -> int:
        """How many requests the page made to anything outside."""
        return self._only_local.blocked

    def run(self, call: str, on_answer: Callable[[object], None]) -> None:
        """Run a call in the page; `on_answer` gets what it returns, later."""
        self._page.runJavaScript(call, 0, on_answer)

    def shut(self) -> None:
        """End the page before its profile, as Qt demands."""
        self.loadFinished.disconnect(self._finished)
        self._page.renderProcessTerminated.disconnect(self._died)
        self._page.deleteLater()

    def _finished(self, ok: bool) -> None:
        proxy = self.focusProxy()
        if proxy is not None:
            proxy.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # the desk's keys work also after a click on the map
        give_way(self._page.renderProcessPid())  # now that its threads are there
        self._on_loaded(ok)

    def _died(self) -> None:
        log.error("the map's process ended; it is loaded again")
        self.reload()


def give_way(process: int) -> None:
    """Let every thread of a process give way; those that it starts later do as the one that starts them. Linux only: elsewhere nothing.

    The engine itself puts the threads that draw in front of all others where it may (as root).
    """
    tasks = Path(f"/proc/{process}/task")
    if process > 0 and tasks.is_dir():
        for thread in tasks.iterdir():
            with contextlib.suppress(ProcessLookupError):  # it ended meanwhile
                os.setpriority(os.PRIO_PROCESS, int(thread.name), GIVES_WAY_BY)
