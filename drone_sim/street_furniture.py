"""What stands at the kerb in an evidence picture, by violation code: a meter, a hydrant, a bus stop, a sign, a bicycle lane."""

from __future__ import annotations

from enum import Enum, auto
from functools import lru_cache

from PIL import Image, ImageDraw, ImageFont


class Furniture(Enum):
    """The thing that a code is about."""

    METER = auto()
    HYDRANT = auto()
    BUS_STOP = auto()
    NO_STANDING = auto()
    NO_PARKING = auto()
    BROOM_SIGN = auto()
    BIKE_LANE = auto()
    CROSSWALK = auto()
    SECOND_ROW = auto()
    STICKER = auto()
    PLAIN_SIGN = auto()


_OF_CODE = {
    **dict.fromkeys((31, 32, 34, 35, 37, 38, 42, 43, 44, 69), Furniture.METER),
    40: Furniture.HYDRANT,
    **dict.fromkeys((5, 12, 18, 19, 79), Furniture.BUS_STOP),
    **dict.fromkeys((10, 11, 13, 14, 15, 16, 17, 22, 25, 26, 64, 81, 89), Furniture.NO_STANDING),
    **dict.fromkeys((20, 23, 24, 27, 68), Furniture.NO_PARKING),
    21: Furniture.BROOM_SIGN,
    48: Furniture.BIKE_LANE,
    **dict.fromkeys((9, 50, 52, 53, 67), Furniture.CROSSWALK),
    **dict.fromkeys((45, 46, 47), Furniture.SECOND_ROW),
    **dict.fromkeys((70, 71, 72, 73, 74, 75), Furniture.STICKER),
}

_AT_X = 810  # right of the vehicle


def furniture_of(code: int) -> Furniture:
    """What the picture of a vehicle with this code shows."""
    return _OF_CODE.get(code, Furniture.PLAIN_SIGN)


def draw_furniture(image: Image.Image, thing: Furniture, *, kerb_y: int) -> None:
    """Draws the thing at the kerb, or on the road, of a picture of 960 x 540."""
    draw = ImageDraw.Draw(image)
    if thing is Furniture.BIKE_LANE:
        draw.polygon(((0, 412), (960, 412), (960, 474), (0, 474)), fill=(64, 122, 78))
        for x in (12, 840):
            draw.ellipse((x, 428, x + 34, 462), outline=(230, 232, 226), width=4)
            draw.ellipse((x + 56, 428, x + 90, 462), outline=(230, 232, 226), width=4)
            draw.line((x + 17, 445, x + 40, 430, x + 73, 445), fill=(230, 232, 226), width=4)
    elif thing is Furniture.CROSSWALK:
        for x in range(-20, 960, 84):
            draw.polygon(((x + 30, 392), (x + 74, 392), (x + 48, 506), (x, 506)), fill=(216, 216, 208))
    elif thing is Furniture.SECOND_ROW:
        for x, paint in ((-160, (70, 74, 82)), (330, (128, 44, 46)), (800, (196, 198, 200))):  # the row at the kerb
            draw.rounded_rectangle((x, 286, x + 400, 366), 26, fill=paint)
            draw.rounded_rectangle((x + 70, 238, x + 330, 300), 34, fill=paint)
            draw.rounded_rectangle((x + 92, 248, x + 308, 292), 20, fill=(84, 100, 114))
    elif thing is Furniture.HYDRANT:
        draw.rounded_rectangle((_AT_X + 8, kerb_y - 92, _AT_X + 52, kerb_y + 8), 10, fill=(176, 40, 34))
        draw.pieslice((_AT_X + 4, kerb_y - 118, _AT_X + 56, kerb_y - 66), 180, 360, fill=(150, 30, 28))
        draw.rounded_rectangle((_AT_X - 10, kerb_y - 66, _AT_X + 70, kerb_y - 44), 8, fill=(196, 60, 50))
        draw.rectangle((_AT_X, kerb_y + 2, _AT_X + 60, kerb_y + 12), fill=(120, 26, 24))
    elif thing is Furniture.METER:
        draw.rectangle((_AT_X + 24, kerb_y - 150, _AT_X + 36, kerb_y + 6), fill=(86, 90, 96))
        draw.rounded_rectangle((_AT_X - 4, kerb_y - 236, _AT_X + 64, kerb_y - 138), 22, fill=(62, 74, 92))
        draw.rounded_rectangle((_AT_X + 8, kerb_y - 220, _AT_X + 52, kerb_y - 184), 6, fill=(196, 214, 180))
        draw.text((_AT_X + 30, kerb_y - 202), "0:00", font=_font(20), fill=(176, 30, 30), anchor="mm")
        draw.rectangle((_AT_X + 18, kerb_y - 172, _AT_X + 42, kerb_y - 166), fill=(24, 26, 30))
    else:
        _draw_sign(draw, thing, kerb_y)


def _draw_sign(draw: ImageDraw.ImageDraw, thing: Furniture, kerb_y: int) -> None:
    lines, paint = _SIGNS[thing]
    draw.rectangle((_AT_X + 24, kerb_y - 290, _AT_X + 34, kerb_y + 6), fill=(110, 114, 118))
    draw.rounded_rectangle(
        (_AT_X - 42, kerb_y - 292, _AT_X + 100, kerb_y - 152), 10, fill=(244, 245, 246), outline=paint, width=5
    )
    for number, line in enumerate(lines):
        draw.text((_AT_X + 29, kerb_y - 268 + 31 * number), line, font=_font(21), fill=paint, anchor="mm")


_RED, _BLUE, _DARK = (176, 30, 34), (24, 70, 140), (40, 44, 50)
_SIGNS = {
    Furniture.BUS_STOP: (("BUS STOP", "NO", "STANDING"), _BLUE),
    Furniture.NO_STANDING: (("NO", "STANDING", "7AM - 7PM", "MON - FRI"), _RED),
    Furniture.NO_PARKING: (("NO", "PARKING", "8AM - 6PM", "MON - SAT"), _RED),
    Furniture.BROOM_SIGN: (("NO PARKING", "STREET", "CLEANING", "8 - 9:30 AM"), _RED),
    Furniture.STICKER: (("1 HOUR", "PARKING", "9AM - 7PM"), (40, 110, 60)),
    Furniture.PLAIN_SIGN: (("SPECIAL", "PARKING", "RULE"), _DARK),
}
"""Sign of each kind that has one: its lines, and the colour of its words and rim."""


@lru_cache(maxsize=4)
def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)
