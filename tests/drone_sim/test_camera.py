"""The evidence picture: small, the same for the same seed, and showing what the code is about."""

from __future__ import annotations

from io import BytesIO

import pytest
from PIL import Image, ImageChops

from drone_sim.camera import HEIGHT, PAINT, WIDTH, paint_of, take_picture
from drone_sim.shares import Shares
from drone_sim.street_furniture import Furniture, furniture_of
from messages.codebook import CODE_BOOK
from messages.model import Violation
from tests.strategies import a_violation

ON_THE_DOOR = (330, 340)
"""Paint and nothing else, wherever the vehicle stands."""


def picture(violation: Violation, truth: int = 14, seed: int = 5) -> Image.Image:
    return Image.open(BytesIO(take_picture(violation, truth, seed))).convert("RGB")


def differ(a: Image.Image, b: Image.Image) -> float:
    """Mean difference of two pictures, 0 to 255."""
    histogram = ImageChops.difference(a.convert("L"), b.convert("L")).histogram()
    return sum(level * count for level, count in enumerate(histogram)) / (WIDTH * HEIGHT)


def test_it_is_a_jpeg_of_the_size_that_the_desk_expects() -> None:
    content = take_picture(a_violation(), 14, 5)
    image = Image.open(BytesIO(content))
    assert (image.format, image.size) == ("JPEG", (WIDTH, HEIGHT))


@pytest.mark.parametrize("seed", range(24))
def test_it_weighs_between_30_and_64_kilobytes(seed: int) -> None:
    content = take_picture(
        a_violation(body=["4DSD", "SUBN", "VAN"][seed % 3]), [14, 40, 37, 46, 48, 50][seed % 6], seed
    )
    assert 30_000 <= len(content) <= 65_536


def test_the_same_seed_draws_the_same_bytes_and_another_does_not() -> None:
    assert take_picture(a_violation(), 14, 5) == take_picture(a_violation(), 14, 5)
    assert take_picture(a_violation(), 14, 5) != take_picture(a_violation(), 14, 6)


def reddish(image: Image.Image) -> int:
    """How many pixels of the vehicle are far redder than blue."""
    red, _, blue = image.crop((150, 250, 700, 400)).split()
    return sum(ImageChops.subtract(red, blue).histogram()[60:])


def test_the_vehicle_has_its_colour() -> None:
    assert reddish(picture(a_violation(colour="Red"))) > reddish(picture(a_violation(colour="Blue"))) + 10_000


@pytest.mark.parametrize("written", ["Red", "red", " RED "])
def test_a_colour_is_painted_however_it_is_written(written: str) -> None:
    assert picture(a_violation(colour=written)).getpixel(ON_THE_DOOR) == pytest.approx(paint_of("Red"), abs=40)
    assert paint_of(written) == PAINT["Red"]


def test_no_two_colours_look_alike_and_what_is_no_colour_is_grey() -> None:
    assert len({paint_of(word) for word in PAINT}) == len(PAINT)
    assert paint_of(None) == paint_of("plaid") == paint_of("gray") == PAINT["Grey"]


def test_another_plate_is_another_picture() -> None:
    assert differ(picture(a_violation(plate="KJH4T2")), picture(a_violation(plate="ABC1234"))) > 0.1


def test_a_plate_that_the_drone_could_not_read_cannot_be_read_in_the_picture() -> None:
    assert differ(picture(a_violation()), picture(a_violation(plate=None))) > 0.5


@pytest.mark.parametrize("code", [40, 37, 19, 48, 50, 46, 21, 14])
def test_each_reason_looks_different_from_an_empty_kerb(code: int) -> None:
    assert differ(picture(a_violation(), truth=code), picture(a_violation(), truth=99)) > 0.3


def test_every_code_has_something_to_show() -> None:
    assert all(isinstance(furniture_of(entry.code), Furniture) for entry in CODE_BOOK)
    assert furniture_of(40) is Furniture.HYDRANT
    assert furniture_of(38) is Furniture.METER
    assert furniture_of(19) is Furniture.BUS_STOP


@pytest.mark.parametrize("entry", CODE_BOOK[::9], ids=lambda entry: str(entry.code))
def test_a_violation_of_which_the_drone_read_nothing_still_has_a_picture(entry: object) -> None:
    blind = a_violation(plate=None, plate_state=None, plate_type=None, make=None, body=None, colour=None, street=None)
    assert len(take_picture(blind, entry.code, 3)) > 30_000  # type: ignore[attr-defined]  # an entry of the book


def test_every_colour_that_is_drawn_from_has_its_paint(shares: Shares) -> None:
    assert {colour for colour in shares.colours.values if colour} <= set(PAINT)
