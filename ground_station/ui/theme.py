"""The looks of the desk as data: three palettes, the measures, and the style sheet made from them.

No other file of the window names a colour. A role says what a colour is for, so that a theme is one more row of this table and a
test can hold every text to its ground. The map has its own colours, in maps.style.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Literal

ThemeName = Literal["day", "night", "contrast"]

TEXT_CONTRAST = 5.5
"""Every text is at least this far from its ground (WCAG 2.2 ratio)."""
HIGH_CONTRAST = 7.0
"""The same in the theme for strong light and weak eyes."""


@dataclass(frozen=True)
class Palette:
    """The colours of one theme as `#RRGGBB`, and the width of its lines in pixels."""

    window: str
    panel: str
    field: str
    line: str
    selected: str
    ink: str
    soft: str
    accent: str
    on_accent: str
    must_decide: str
    attention: str
    attention_ground: str
    well: str
    cap: str  # ground of a key cap
    bar: str  # the empty part of a bar
    line_px: int


CLEAR = "#00000000"
"""No colour at all (#AARRGGBB), in every theme."""
PALETTES: dict[ThemeName, Palette] = {
    "day": Palette(
        window="#EEF1F4",
        panel="#FFFFFF",
        field="#F5F7F9",
        line="#D5DBE1",
        selected="#E3EEF9",
        ink="#14202B",
        soft="#4A5866",
        accent="#0B5CAD",
        on_accent="#FFFFFF",
        must_decide="#B42318",
        attention="#8A5200",
        attention_ground="#FDF8EE",
        well="#17714A",
        cap="#E9EDF1",
        bar="#D5DBE1",
        line_px=1,
    ),
    "night": Palette(
        window="#0B0F13",
        panel="#12181E",
        field="#171F27",
        line="#2A3540",
        selected="#1B2C3D",
        ink="#E4EAF0",
        soft="#9BA8B5",
        accent="#6CB2F5",
        on_accent="#08131E",
        must_decide="#FF8476",
        attention="#F2B34C",
        attention_ground="#1D1910",
        well="#55CC94",
        cap="#232D37",
        bar="#2A3540",
        line_px=1,
    ),
    "contrast": Palette(
        window="#000000",
        panel="#000000",
        field="#000000",
        line="#FFFFFF",
        selected="#2B2B2B",
        ink="#FFFFFF",
        soft="#FFFFFF",
        accent="#FFFFFF",
        on_accent="#000000",
        must_decide="#FF9C92",
        attention="#FFE14D",
        attention_ground="#000000",
        well="#FFFFFF",
        cap="#000000",
        bar="#4D4D4D",
        line_px=2,
    ),
}

TEXTS: tuple[tuple[str, str], ...] = (
    *(
        (text, ground)
        for ground in ("window", "panel", "field", "selected", "cap")
        for text in ("ink", "soft", "accent")
    ),
    *((text, "panel") for text in ("must_decide", "attention", "well")),
    ("must_decide", "selected"),
    ("attention", "attention_ground"),
    ("attention", "field"),
    ("on_accent", "accent"),
)
"""Which text may stand on which ground: (role of the text, role of the ground). Other pairs are not drawn."""


@dataclass(frozen=True)
class Measure:
    """Sizes in device-independent pixels, on a grid of 4. Touch mode is for gloves."""

    body: int = 13
    small: int = 12
    title: int = 14
    grid: int = 4
    gap: int = 10
    pad: int = 12
    panel_radius: int = 8
    field_radius: int = 6
    target: int = 32
    strip: int = 44
    row: int = 27


MEASURES: dict[bool, Measure] = {False: Measure(), True: Measure(target=44, strip=52, row=44)}
"""By touch mode."""


def luminance(colour: str) -> float:
    """Relative luminance (0 to 1) of `#RRGGBB`, WCAG 2.2. Raises ValueError for anything else."""
    if len(colour) != 7 or not colour.startswith("#"):
        raise ValueError(f"{colour!r} is not #RRGGBB")
    channels = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast_ratio(one: str, other: str) -> float:
    """The WCAG 2.2 contrast ratio of two colours, 1 (equal) to 21 (black and white)."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def roles() -> tuple[str, ...]:
    """The names of the colours that a palette has."""
    return tuple(field.name for field in fields(Palette) if field.type == "str")


def stylesheet(palette: Palette, measure: Measure) -> str:
    """The Qt style sheet of a theme. Widgets that paint themselves take their colours from the palette instead."""
    p, m, edge = palette, measure, palette.line_px
    return f"""
QWidget {{ color: {p.ink}; }}
QMainWindow, #desk {{ background: {p.window}; }}
QLabel {{ background: transparent; border: none; }}
QLabel[tone="soft"] {{ color: {p.soft}; }}
QLabel[tone="accent"] {{ color: {p.accent}; }}
QLabel[tone="attention"] {{ color: {p.attention}; }}
QLabel[tone="must_decide"] {{ color: {p.must_decide}; }}
#strip {{ background: {p.panel}; border: none; border-bottom: {edge}px solid {p.line}; }}
#panel {{ background: {p.panel}; border: {edge}px solid {p.line}; border-radius: {m.panel_radius}px; }}
#rule {{ background: {p.line}; border: none; max-height: {edge}px; min-height: {edge}px; }}
QLineEdit {{
    background: {p.field}; color: {p.ink}; border: {edge}px solid {p.line}; border-radius: {m.field_radius}px;
    padding: 0 {m.pad - edge - 2}px; min-height: {m.target - 2 * edge}px; max-height: {m.target - 2 * edge}px;
    selection-background-color: {p.accent}; selection-color: {p.on_accent};
}}
QLineEdit {{ placeholder-text-color: {p.soft}; }}
QLineEdit[notshown="true"] {{ color: {p.soft}; }}
QLineEdit[needed="true"] {{ border: {edge}px solid {p.attention}; placeholder-text-color: {p.attention}; }}
QLineEdit:focus {{ border: {edge + 1}px solid {p.accent}; padding: 0 {m.pad - edge - 3}px; }}
QPushButton {{
    background: {p.field}; color: {p.ink}; border: {edge}px solid {p.line}; border-radius: {m.field_radius}px;
    padding: 0 {m.pad}px; min-height: {m.target - 2 * edge}px; min-width: {m.target}px;
}}
QPushButton:checked {{ background: {p.selected}; border-color: {p.accent}; }}
QPushButton[primary="true"] {{ background: {p.accent}; color: {p.on_accent}; border-color: {p.accent}; }}
QPushButton:focus {{ border: {edge + 1}px solid {p.accent}; }}
QPushButton[primary="true"]:focus {{ border: {edge + 1}px solid {p.ink}; }}
QPushButton:disabled {{ color: {p.soft}; }}
QDialog {{ background: {p.panel}; }}
QLineEdit:disabled {{ color: {p.soft}; }}
QTableView, QListView {{ background: {p.panel}; border: none; outline: none; selection-background-color: {p.selected};
    selection-color: {p.ink}; }}
QHeaderView {{ background: {p.panel}; border: none; }}
QHeaderView::section {{
    background: {p.panel}; color: {p.soft}; border: none; border-bottom: {edge}px solid {p.line};
    padding: 0 {m.pad}px;
}}
QScrollArea, QScrollArea > QWidget > QWidget {{ background: transparent; border: none; }}
QScrollBar:vertical {{ background: transparent; width: 10px; margin: 2px; border: none; }}
QScrollBar::handle:vertical {{ background: {p.line}; border-radius: 3px; min-height: 32px; }}
QScrollBar::handle:vertical:hover {{ background: {p.soft}; }}
QScrollBar::add-line, QScrollBar::sub-line, QScrollBar::add-page, QScrollBar::sub-page {{ background: transparent; height: 0; }}
QToolTip {{ background: {p.panel}; color: {p.ink}; border: 1px solid {p.line}; padding: 4px 8px; }}
"""
