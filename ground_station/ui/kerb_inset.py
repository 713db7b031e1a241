"""The kerb from above: a small still map of the selected alert's place, where the window is tall enough for it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainterPath, QRegion, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from ground_station.ui.look import Look
from ground_station.ui.page_maker import page_options
from ground_station.view_model.language import t
from ground_station.view_model.snapshot import DeskView
from maps.live_page import AlertMark, Changes, apply_call, find_live_page, page_fragment, pan_call
from maps.style import PALETTES, Theme

if TYPE_CHECKING:
    from ground_station.ui.web_map import WebMap

KERB_ZOOM = 17


class KerbInset(QWidget):
    """One alert's place. The page is loaded when the inset is first wanted, never before the large map."""

    def __init__(self, look: Look, cache: Path):
        super().__init__()
        self._look, self._cache = look, cache
        self._web: WebMap | None = None
        self._ready = False
        self._shown: tuple[str, float, float, str] | None = None
        self._wanted: tuple[str, float, float, str] | None = None
        self.setAccessibleName(t("The kerb from above"))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.hide()

    def show_place(self, desk: DeskView) -> None:
        """The place of another alert, or the same in another theme."""
        self._wanted = (desk.violation_id, desk.lat_deg, desk.lon_deg, desk.severity)
        if self.isVisible():
            if self._web is None:
                self._load()
            self._feed()

    def shut(self) -> None:
        """End the page, before the window goes."""
        self._ready = False
        if self._web is not None:
            self._web.shut()

    def _load(self) -> None:
        file = find_live_page(self._cache, page_options())
        if file is None:
            return  # the large map is still making it; the inset asks again at the next snapshot
        from ground_station.ui.web_map import WebMap  # here, because the engine takes a moment to load

        theme = Theme(self._look.theme)
        self._web = WebMap(file, PALETTES[theme].land, self._loaded, self, fragment=page_fragment(theme, inset=True))
        self._web.setGeometry(self.rect())
        self._web.show()

    def _loaded(self, ok: bool) -> None:
        self._ready, self._shown = ok, None
        self._feed()

    def _feed(self) -> None:
        wanted = self._wanted
        if wanted is None or not self._ready or self._web is None:
            return
        place = (f"{wanted[0]} {self._look.theme}", *wanted[1:])
        if place == self._shown:
            return
        self._shown = place
        violation_id, lat_deg, lon_deg, severity = wanted
        mark = AlertMark(
            violation_id, lat_deg, lon_deg, severity="attention" if severity == "attention" else "must_decide"
        )
        changes = Changes(alerts=(mark,), theme=Theme(self._look.theme), smooth=False, reset=True)
        self._web.run(apply_call(changes), lambda _answer: None)
        self._web.run(pan_call(lat_deg, lon_deg, KERB_ZOOM), lambda _answer: None)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Qt's: the map fills the inset, with round corners."""
        super().resizeEvent(event)
        outline, radius = QPainterPath(), self._look.measure.field_radius
        outline.addRoundedRect(QRectF(self.rect()), radius, radius)
        self.setMask(QRegion(outline.toFillPolygon().toPolygon()))
        if self._web is not None:
            self._web.setGeometry(self.rect())
