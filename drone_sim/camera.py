"""A small synthetic evidence picture: the vehicle in its colour with its plate, at a kerb with what the code is about.

Everything is drawn here; no photograph of a person, vehicle or plate is used. The same violation and seed give the same bytes on the
same version of Pillow. Backdrops and bodies are drawn once at twice the size and kept, so that a picture costs a few milliseconds.
"""

from __future__ import annotations

from functools import lru_cache
from io import BytesIO
from random import Random

from PIL import Image, ImageDraw, ImageFilter, ImageFont

from drone_sim.street_furniture import Furniture, draw_furniture, furniture_of
from messages.model import Violation

WIDTH, HEIGHT = 960, 540
QUALITY = 82  # 30 to 60 kB: sharp letters on the plate, two parts of 32 kB
BACKDROPS = 12  # different backdrops; more would not be noticed
KERB_Y, ROAD_Y = 352, 380  # top of the kerb, and of the road

PAINT = {
    "White": (232, 234, 236), "Black": (38, 40, 44), "Grey": (122, 126, 131), "Blue": (44, 82, 140), "Red": (150, 38, 40),
    "Brown": (104, 74, 52), "Silver": (184, 188, 192), "Green": (50, 96, 66), "Tan": (190, 168, 130),
    "Yellow": (228, 184, 48), "Gold": (176, 146, 78), "Maroon": (98, 28, 38), "Orange": (206, 108, 36),
    "Purple": (92, 62, 122),
}  # fmt: skip
"""Colour words of the tickets, as paint (red, green, blue)."""
_BY_WORD = {word.casefold(): paint for word, paint in PAINT.items()} | {"gray": PAINT["Grey"]}

VANS = frozenset(("VAN", "DELV", "REFG", "UTIL", "TRAC", "TRLR", "TRAI", "BUS", "FLAT", "TK", "TRUC"))
TALL = frozenset(("SUBN", "PICK", "P-U", "TAXI"))

SEDAN = (
    (92, 268),
    (104, 214),
    (190, 196),
    (262, 128),
    (300, 112),
    (470, 112),
    (520, 128),
    (598, 196),
    (664, 212),
    (676, 268),
)
SUV = ((88, 268), (96, 190), (180, 172), (244, 92), (280, 78), (560, 78), (606, 96), (640, 180), (676, 200), (682, 268))
VAN = ((84, 268), (88, 60), (104, 44), (540, 44), (576, 58), (640, 168), (682, 188), (688, 268))
"""Side view of a body, in a box of 770 by 330; the ground is at y = 300, the front on the right."""

GLASS = {
    SEDAN: (((278, 190), (318, 132), (376, 132), (376, 190)), ((392, 190), (392, 132), (466, 132), (546, 190))),
    SUV: (((262, 166), (296, 98), (388, 98), (388, 166)), ((404, 166), (404, 98), (552, 98), (598, 166))),
    VAN: (((508, 160), (508, 76), (562, 76), (612, 160)),),
}
WHEELS_X = (196, 566)
SPRITE = (770, 330)
Rgb = tuple[int, int, int]


def take_picture(violation: Violation, truth: int, seed: int) -> bytes:
    """A JPEG of WIDTH x HEIGHT. `truth` is the code that the vehicle really bears: the picture shows its reason."""
    rng = Random(seed)
    image = _backdrop(seed % BACKDROPS).copy()
    draw_furniture(image, furniture_of(truth), kerb_y=KERB_Y)
    body = violation.body or "4DSD"
    car = _vehicle(VAN if body in VANS else SUV if body in TALL else SEDAN, paint_of(violation.colour))
    left, top = (
        60 + rng.randrange(60),
        128 + (34 if furniture_of(truth) is Furniture.SECOND_ROW else 0) + rng.randrange(10),
    )
    image.paste(car, (left, top), car)
    _draw_plate(image, violation, left + 300, top + 226, readable=violation.plate is not None, rng=rng)
    _draw_caption(image, violation)
    file = BytesIO()
    image.save(file, "JPEG", quality=QUALITY)
    return file.getvalue()


def paint_of(colour: str | None) -> Rgb:
    """The paint of a colour, in capitals or not. Grey for one that nobody knows."""
    return _BY_WORD.get((colour or "").strip().casefold(), PAINT["Grey"])


@lru_cache(maxsize=BACKDROPS)
def _backdrop(number: int) -> Image.Image:
    """Sky, houses, kerb and road."""
    rng = Random(1000 + number)
    image = Image.new("RGB", (WIDTH, HEIGHT))
    draw = ImageDraw.Draw(image)
    sky = rng.choice(((176, 190, 202), (158, 180, 204), (190, 192, 196), (204, 190, 176)))
    for y in range(KERB_Y):
        draw.line(((0, y), (WIDTH, y)), fill=_shaded(sky, 0.9 + 0.16 * y / KERB_Y))
    x = -rng.randrange(80)
    while x < WIDTH:
        x = _draw_house(draw, rng, x)
    draw.rectangle((0, KERB_Y - 56, WIDTH, KERB_Y), fill=(178, 174, 166))  # pavement
    for joint in range(rng.randrange(90), WIDTH, 96):
        draw.line(((joint, KERB_Y - 56), (joint - 26, KERB_Y)), fill=(160, 156, 148), width=2)
    draw.rectangle((0, KERB_Y, WIDTH, ROAD_Y), fill=(146, 146, 144))
    for y in range(ROAD_Y, HEIGHT):
        draw.line(((0, y), (WIDTH, y)), fill=_shaded((84, 87, 92), 0.86 + 0.3 * (y - ROAD_Y) / (HEIGHT - ROAD_Y)))
    for dash in range(-40, WIDTH, 190):
        draw.polygon(((dash, 520), (dash + 110, 520), (dash + 104, 530), (dash - 6, 530)), fill=(208, 206, 196))
    # Pillow's own noise cannot be seeded, and the same seed must give the same bytes.
    grain = Image.frombytes("L", (WIDTH, HEIGHT), rng.randbytes(WIDTH * HEIGHT)).convert("RGB")
    return Image.blend(image.filter(ImageFilter.GaussianBlur(0.8)), grain, 0.022)


def _draw_house(draw: ImageDraw.ImageDraw, rng: Random, left: int) -> int:
    """One house front from `left`; returns where it ends."""
    right = left + rng.randrange(120, 240)
    wall = rng.choice(((132, 92, 76), (150, 132, 112), (116, 118, 124), (166, 150, 132), (104, 84, 78)))
    top = rng.randrange(-40, 70)
    draw.rectangle((left, top, right, KERB_Y - 56), fill=wall)
    pane = _shaded(rng.choice(((92, 108, 124), (70, 80, 92), (206, 190, 140))), 1.0)
    for y in range(top + 24, KERB_Y - 150, 62):
        for x in range(left + 18, right - 30, 44):
            draw.rectangle((x, y, x + 24, y + 38), fill=pane, outline=_shaded(wall, 0.7))
    draw.rectangle((left + 14, KERB_Y - 128, right - 14, KERB_Y - 58), fill=(58, 64, 70))  # shop window
    draw.rectangle(
        (left + 8, KERB_Y - 146, right - 8, KERB_Y - 124), fill=rng.choice(((34, 92, 84), (150, 52, 44), (44, 62, 104)))
    )
    return right


@lru_cache(maxsize=24)
def _vehicle(outline: tuple[tuple[int, int], ...], paint: Rgb) -> Image.Image:
    """The side view with a clear background, smooth because it is drawn at twice the size."""
    image = Image.new("RGBA", (SPRITE[0] * 2, SPRITE[1] * 2), (0, 0, 0, 0))
    draw = ImageDraw.Draw(image)
    draw.ellipse(_doubled((70, 272, 702, 318)), fill=(20, 22, 24, 130))  # shadow
    draw.polygon([(x * 2, y * 2) for x, y in outline], fill=paint)
    belt = outline[1][1] if outline is VAN else 200
    lower = (
        (outline[0][0], 268),
        (outline[0][0] + 4, max(belt, 222)),
        (outline[-1][0] - 2, max(belt, 222)),
        outline[-1],
    )
    draw.polygon([(x * 2, y * 2) for x, y in lower], fill=_shaded(paint, 0.86))
    draw.line(_doubled((outline[0][0] + 6, 222, outline[-1][0] - 4, 222)), fill=_shaded(paint, 1.18), width=4)
    for glass in GLASS[outline]:
        draw.polygon([(x * 2, y * 2) for x, y in glass], fill=(70, 86, 100))
        draw.polygon(
            [(x * 2, y * 2) for x, y in (glass[0], glass[1], _middle(glass[1], glass[2]))], fill=(132, 150, 164)
        )
    for x in (384, 236) if outline is not VAN else (496,):
        draw.line(_doubled((x, 180, x, 262)), fill=_shaded(paint, 0.62), width=4)  # doors
        draw.rounded_rectangle(_doubled((x - 44, 206, x - 18, 212)), 6, fill=_shaded(paint, 0.55))
    draw.rounded_rectangle(_doubled((outline[-1][0] - 34, 214, outline[-1][0] - 2, 232)), 8, fill=(246, 240, 208))
    draw.rounded_rectangle(_doubled((outline[0][0] - 2, 214, outline[0][0] + 22, 234)), 8, fill=(176, 30, 34))
    for x in WHEELS_X:
        draw.pieslice(_doubled((x - 62, 206, x + 62, 330)), 180, 360, fill=_shaded(paint, 0.42))
        draw.ellipse(_doubled((x - 52, 216, x + 52, 316)), fill=(26, 27, 30))
        draw.ellipse(_doubled((x - 30, 238, x + 30, 294)), fill=(160, 164, 170))
        draw.ellipse(_doubled((x - 9, 258, x + 9, 274)), fill=(70, 72, 78))
    return image.resize(SPRITE, Image.Resampling.LANCZOS)


def _draw_plate(image: Image.Image, violation: Violation, x: int, y: int, *, readable: bool, rng: Random) -> None:
    """The plate below the doors, as on an evidence crop; one that the drone could not read is dirty and blurred."""
    box = (x, y, x + 190, y + 56)
    draw = ImageDraw.Draw(image)
    ground, ink = (
        ((240, 190, 60), (24, 32, 64)) if (violation.plate_state or "NY") == "NY" else ((240, 242, 244), (20, 44, 96))
    )
    draw.rounded_rectangle(box, 7, fill=ground, outline=(40, 42, 46), width=2)
    text = violation.plate or "".join(rng.choice("ABCDEFGHJKLMN0123456789") for _ in range(7))
    draw.text((x + 95, y + 34), text, font=_font(34), fill=ink, anchor="mm")
    draw.text((x + 95, y + 11), violation.plate_state or "", font=_font(13), fill=ink, anchor="mm")
    if readable:
        return
    for _ in range(26):
        dirt_x, dirt_y = x + rng.randrange(190), y + rng.randrange(56)
        draw.ellipse((dirt_x - 14, dirt_y - 6, dirt_x + 14, dirt_y + 6), fill=(108 + rng.randrange(30), 96, 78))
    image.paste(image.crop(box).filter(ImageFilter.GaussianBlur(6)), (x, y))


def _draw_caption(image: Image.Image, violation: Violation) -> None:
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, HEIGHT - 30, WIDTH, HEIGHT), fill=(16, 18, 22))
    words = f"{violation.drone_id}   {violation.captured_at:%Y-%m-%d %H:%M:%S} UTC   {violation.street or ''}"
    draw.text((14, HEIGHT - 15), words, font=_font(16), fill=(228, 230, 234), anchor="lm")
    draw.text((WIDTH - 14, HEIGHT - 15), "SIMULATED", font=_font(16), fill=(228, 180, 60), anchor="rm")


@lru_cache(maxsize=8)
def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)  # the one that comes with Pillow, the same on every machine


def _shaded(colour: Rgb, factor: float) -> Rgb:
    red, green, blue = (max(0, min(255, round(part * factor))) for part in colour)
    return red, green, blue


def _doubled(box: tuple[int, int, int, int]) -> tuple[int, int, int, int]:
    return box[0] * 2, box[1] * 2, box[2] * 2, box[3] * 2


def _middle(a: tuple[int, int], b: tuple[int, int]) -> tuple[int, int]:
    return (a[0] + b[0]) // 2, (a[1] + b[1]) // 2
