"""The look in force: palette, measures and fonts, shared by all widgets and switched at once for all of them."""

from __future__ import annotations

import logging
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QColor, QFont, QFontDatabase, QFontMetricsF
from PySide6.QtWidgets import QApplication

from ground_station.ui.theme import MEASURES, PALETTES, Measure, Palette, ThemeName, stylesheet

log = logging.getLogger(__name__)

ASSETS = Path(__file__).resolve().parent.parent / "assets"

MOST_WIDTHS = 4_000
REGULAR = QFont.Weight.Normal
MEDIUM = QFont.Weight.Medium
SEMIBOLD = QFont.Weight.DemiBold
BOLD = QFont.Weight.Bold


class Look(QObject):
    """What every widget asks for its colours and fonts. `changed` comes after a switch, when all widgets are restyled."""

    changed = Signal()

    def __init__(self, theme: ThemeName = "day", *, touch: bool = False, parent: QObject | None = None):
        super().__init__(parent)
        self.theme: ThemeName = theme
        self.measure: Measure = MEASURES[touch]
        self._colours: dict[str, QColor] = {}
        self._fonts: dict[tuple[int, QFont.Weight], QFont] = {}
        self._widths: dict[tuple[str, int, QFont.Weight], float] = {}

    @property
    def palette(self) -> Palette:
        """The colours of the theme in force."""
        return PALETTES[self.theme]

    def colour(self, role: str) -> QColor:
        """The colour of a role (a field of Palette). Raises AttributeError for a role that no palette has."""
        if role not in self._colours:
            self._colours[role] = QColor(getattr(self.palette, role))
        return self._colours[role]

    def font(self, size_px: int | None = None, weight: QFont.Weight = REGULAR) -> QFont:
        """Inter in a size (default: body) and weight, with figures of one width, so that counting ages do not jump."""
        key = (size_px or self.measure.body, weight)
        if key not in self._fonts:
            font = QFont("Inter")
            font.setPixelSize(key[0])
            font.setWeight(weight)
            font.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
            font.setFeature(QFont.Tag("tnum"), 1)
            self._fonts[key] = font
        return self._fonts[key]  # nobody changes it: a copy for each of a thousand cells would be felt

    def width(self, text: str, size_px: int | None = None, weight: QFont.Weight = REGULAR) -> float:
        """How wide a text is in that font, in device-independent pixels. Remembered: the same few words are measured again and again."""
        key = (text, size_px or self.measure.body, weight)
        known = self._widths.get(key)
        if known is None:
            if len(self._widths) >= MOST_WIDTHS:
                self._widths.clear()
            known = self._widths[key] = QFontMetricsF(self.font(size_px, weight)).horizontalAdvance(text)
        return known

    def switch(self, theme: ThemeName) -> None:
        """Put another theme in force, everywhere."""
        if theme == self.theme:
            return
        self.theme = theme
        self._colours.clear()
        self.apply()
        self.changed.emit()

    def apply(self) -> None:
        """Style the application with the theme in force."""
        app = QApplication.instance()
        if isinstance(app, QApplication):
            app.setFont(self.font())
            app.setStyleSheet(stylesheet(self.palette, self.measure))


def load_fonts() -> None:
    """Make Inter known to Qt from the files that we ship. A missing file is logged; the system's font stands in."""
    for path in sorted((ASSETS / "fonts").glob("*.ttf")):
        if QFontDatabase.addApplicationFont(str(path)) < 0:
            log.warning("font %s cannot be read", path.name)
