"""The palettes can be read by everybody, and no other file names a colour."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ground_station.ui import theme
from ground_station.ui.theme import HIGH_CONTRAST, MEASURES, PALETTES, TEXT_CONTRAST, TEXTS, ThemeName, contrast_ratio

THEMES: tuple[ThemeName, ...] = ("day", "night", "contrast")
UI = Path(theme.__file__).parent


@pytest.mark.parametrize("name", THEMES)
@pytest.mark.parametrize(("text", "ground"), TEXTS)
def test_every_text_stands_out_from_its_ground(name: ThemeName, text: str, ground: str) -> None:
    palette = PALETTES[name]
    wanted = HIGH_CONTRAST if name == "contrast" else TEXT_CONTRAST

    assert contrast_ratio(getattr(palette, text), getattr(palette, ground)) >= wanted


def test_the_ratio_is_that_of_the_accessibility_guidelines() -> None:
    assert contrast_ratio("#000000", "#FFFFFF") == pytest.approx(21.0)
    assert contrast_ratio("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.005)  # the grey that just fails 4.5


def test_a_colour_in_another_notation_is_refused() -> None:
    with pytest.raises(ValueError, match="is not #RRGGBB"):
        contrast_ratio("white", "#000000")


@pytest.mark.parametrize("name", THEMES)
def test_the_style_sheet_uses_only_the_palette(name: ThemeName) -> None:
    sheet = theme.stylesheet(PALETTES[name], MEASURES[False])

    assert set(re.findall(r"#[0-9A-Fa-f]{6}", sheet)) <= {getattr(PALETTES[name], role) for role in theme.roles()}


def test_no_other_file_of_the_window_names_a_colour() -> None:
    named = re.compile(r"#[0-9A-Fa-f]{6}\b|\bQt\.GlobalColor\b|\bQColor\(\s*\d")
    guilty = [
        path.name for path in sorted(UI.glob("*.py")) if path.name != "theme.py" and named.search(path.read_text())
    ]

    assert guilty == []
