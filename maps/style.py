"""Every colour and line width of the maps, in one place: the live page, the report maps and the ground station read them here.

Palettes come from the desk's design (day, night, high contrast). Rules kept by tests/maps/test_style.py: every text and
every mark at least 5.5:1 on land and 4.5:1 on water and park (high contrast: 7:1 everywhere); names stand on a halo of land colour.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum


class Theme(StrEnum):
    """Which palette is shown."""

    DAY = "day"
    NIGHT = "night"
    CONTRAST = "contrast"


@dataclass(frozen=True, slots=True)
class Palette:
    """Colours (#RRGGBB) of one theme; widths in CSS pixels."""

    water: str
    land: str
    park: str
    coast: str  # thin line around land
    main_street: str
    main_casing: str
    side_street: str
    side_casing: str
    far_main: str  # far out, where a street is one thin line
    far_side: str
    street_name: str
    place_name: str  # neighbourhoods and precinct numbers, far out
    precinct_border: str
    ink: str  # names of drones
    soft_ink: str  # lost drones, ages, scale, credit
    panel: str  # ground of controls, count discs
    line: str  # edges of controls
    drone: str
    must_decide: str
    attention: str
    selection: str  # ring, bar and track of what is selected
    on_selection: str  # text on that colour
    ramp: tuple[str, str, str, str, str]  # report maps: areas, few to many
    heat: tuple[str, str, str, str, str]  # report maps: density; another family of colour than the areas
    casing_px: float = 1.0  # how far a street's casing stands out on each side
    mark_px: float = 2.0  # line width of rings and crosses


PALETTES: Mapping[Theme, Palette] = {
    Theme.DAY: Palette(
        water="#C9DCE8",
        land="#F3F1EC",
        park="#D3E4CC",
        coast="#AFC4D2",
        main_street="#FFFFFF",
        main_casing="#CFC9BC",
        side_street="#FFFFFF",
        side_casing="#DAD5CA",
        far_main="#CBC4B5",
        far_side="#DDD8CD",
        street_name="#5B5548",
        place_name="#434D56",
        precinct_border="#6B7A8C",
        ink="#14202B",
        soft_ink="#3F4C59",
        panel="#FFFFFF",
        line="#D5DBE1",
        drone="#0B3D75",
        must_decide="#B42318",
        attention="#8A5200",
        selection="#0B5CAD",
        on_selection="#FFFFFF",
        ramp=("#DCE7F3", "#A9C6E3", "#6F9FCC", "#3A74AE", "#123F73"),
        heat=("#FBD9B4", "#F5B27A", "#E58246", "#C4512A", "#8A1C1C"),
    ),
    Theme.NIGHT: Palette(
        water="#0D1B26",
        land="#171C20",
        park="#17231B",
        coast="#22364A",
        main_street="#39434C",
        main_casing="#0F1418",
        side_street="#2A333B",
        side_casing="#12171B",
        far_main="#414C56",
        far_side="#2C353D",
        street_name="#A3AEB9",
        place_name="#9FABB7",
        precinct_border="#6C7E90",
        ink="#E4EAF0",
        soft_ink="#A9B5C1",
        panel="#12181E",
        line="#2A3540",
        drone="#A9D3FB",
        must_decide="#FF8476",
        attention="#F2B34C",
        selection="#6CB2F5",
        on_selection="#08131E",
        ramp=("#1E3247", "#2B507A", "#3E77B3", "#6CA6E0", "#B8DBFF"),
        heat=("#4A2B1C", "#7F4526", "#B9673A", "#E5995F", "#FFD3A1"),
    ),
    Theme.CONTRAST: Palette(
        water="#1E1E1E",
        land="#000000",
        park="#0A140A",
        coast="#FFFFFF",
        main_street="#4A4A4A",
        main_casing="#000000",
        side_street="#2C2C2C",
        side_casing="#000000",
        far_main="#5A5A5A",
        far_side="#3A3A3A",
        street_name="#FFFFFF",
        place_name="#FFFFFF",
        precinct_border="#B4B4B4",
        ink="#FFFFFF",
        soft_ink="#FFFFFF",
        panel="#000000",
        line="#FFFFFF",
        drone="#FFFFFF",
        must_decide="#FFE600",
        attention="#FFE600",
        selection="#FFFFFF",
        on_selection="#000000",
        ramp=("#2B2B2B", "#5C5C5C", "#8F8F8F", "#C4C4C4", "#FFFFFF"),
        heat=("#4D4600", "#807400", "#B3A200", "#E6D000", "#FFF27A"),
        mark_px=3.0,
    ),
}


def palettes_for_page() -> dict[str, dict[str, object]]:
    """All palettes as plain values, keyed by theme: what the page's scripts read."""
    return {str(theme): asdict(palette) for theme, palette in PALETTES.items()}


def _luminance(colour: str) -> float:
    """Relative luminance of #RRGGBB (WCAG 2.2, 1.4.3)."""
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast_ratio(one: str, other: str) -> float:
    """Contrast of two colours, 1 to 21 (WCAG 2.2)."""
    high, low = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)
