"""Invented plates in the right shape for their state and type. Drawn with dice, never taken from a real ticket."""

from __future__ import annotations

from random import Random

NEW_YORK_SHAPES = {
    "PAS": "AAA9999", "COM": "99999AA", "OMT": "A999999A", "OMS": "AAA9999", "SRF": "AAAAAAA", "IRP": "99999AA",
    "MOT": "99AA99", "TRC": "99999AA", "OMR": "99999AA", "APP": "99999AA", "CMB": "99999AA", "ORG": "999AAA",
}  # fmt: skip
"""Shape of a New York plate by its type: A is a letter, 9 a digit. Source: the commonest shapes in the fiscal year 2017 sample."""

STATE_SHAPES = {
    "NJ": "A99AAA", "PA": "AAA9999", "FL": "AAAA99", "CT": "AA99999", "MA": "9AA999", "IN": "9999999", "VA": "AAA9999",
    "MD": "9AA9999", "NC": "AAA9999", "TX": "AAA9999", "GA": "AAA9999", "CA": "9AAA999", "IL": "A999999",
    "AZ": "AA99999", "OH": "AAA9999", "MN": "AAA9999", "ME": "9999999", "SC": "AAA999", "TN": "A9999A", "RI": "999999",
    "OK": "9AA999", "DE": "999999", "MI": "AAA9999",
}  # fmt: skip
"""Shape of a plate by its state, from the same sample."""

_LETTERS = "ABCDEFGHJKLMNPRSTUVWXYZ"  # without I, O and Q, which look like digits


def shape_of(state: str, plate_type: str) -> str:
    """The usual shape of such a plate."""
    if state == "NY":
        return NEW_YORK_SHAPES.get(plate_type, "AAA9999")
    return STATE_SHAPES.get(state, "AAA9999")


def invented_plate(rng: Random, state: str, plate_type: str) -> str:
    """A plate nobody read: 6 to 8 letters and digits."""
    bits = rng.getrandbits(64)
    signs = []
    for sign in shape_of(state, plate_type):
        if sign == "A":
            bits, at = divmod(bits, len(_LETTERS))
            signs.append(_LETTERS[at])
        else:
            bits, at = divmod(bits, 10)
            signs.append("0123456789"[at])
    return "".join(signs)
