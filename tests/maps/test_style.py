"""The palettes keep their promise: what is written and what is marked can be read by day, by night and in high contrast."""

import pytest

from maps.style import PALETTES, Theme, contrast_ratio, palettes_for_page

GROUNDS = ("land", "water", "park")
TEXTS = ("ink", "soft_ink", "street_name", "place_name")
MARKS = ("drone", "must_decide", "attention", "selection")


def test_contrast_is_measured_as_the_web_guidelines_do() -> None:
    assert contrast_ratio("#000000", "#FFFFFF") == pytest.approx(21.0)
    assert contrast_ratio("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.01)
    assert contrast_ratio("#123456", "#123456") == 1.0


@pytest.mark.parametrize("theme", list(Theme))
@pytest.mark.parametrize("role", [*TEXTS, *MARKS])
def test_texts_and_marks_stand_out_from_their_ground(theme: Theme, role: str) -> None:
    palette = PALETTES[theme]
    on_land, elsewhere = (7.0, 7.0) if theme is Theme.CONTRAST else (5.5, 4.5)

    assert contrast_ratio(getattr(palette, role), palette.land) >= on_land
    for ground in GROUNDS:
        assert contrast_ratio(getattr(palette, role), getattr(palette, ground)) >= elsewhere


@pytest.mark.parametrize("theme", list(Theme))
def test_a_drone_stands_out_from_the_street_it_flies_over(theme: Theme) -> None:
    palette = PALETTES[theme]

    assert contrast_ratio(palette.drone, palette.main_street) >= 5.5
    assert contrast_ratio(palette.ink, palette.panel) >= 7.0
    assert contrast_ratio(palette.on_selection, palette.selection) >= 5.5


def test_the_page_gets_every_palette_as_plain_values() -> None:
    page = palettes_for_page()

    assert set(page) == {"day", "night", "contrast"}
    assert page["day"]["land"] == PALETTES[Theme.DAY].land
