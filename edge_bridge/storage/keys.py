"""The store's key: its two forms, how SQLCipher takes each, and the check of an encrypted page without SQLCipher.

The check follows SQLCipher 4's published page layout: 4,096 bytes, of which the last 80 are a 16-byte initialization vector and a 64-byte
HMAC-SHA512 over everything before it (without the first 16 bytes of the file) and the page's number. It needs no cipher, so that a wrong
key is told from a damaged page, and a damaged page is named, with the standard library alone.
"""

from __future__ import annotations

import hashlib
import hmac
import re

PAGE = 4096
HEADER = b"SQLite format 3\x00"  # the first bytes of a file that is not encrypted
SALT_BYTES = 16
_HMAC_BYTES = 64
_ROUNDS = 256_000  # SQLCipher 4's for a passphrase
_RAW = re.compile(r"[0-9a-fA-F]{64}")


class Passphrase(str):
    """A key that is a passphrase even if it is 64 hex digits: so the bridge took every key before 2026-11-27."""

    __slots__ = ()


class Derived(str):
    """A passphrase worked into the key of one file, as SQLCipher takes it: opens that file without the rounds."""

    __slots__ = ()


def derived(key: str, first_bytes: bytes) -> str:
    """The key of the file that begins with `first_bytes`, for who opens it many times."""
    if is_raw(key):
        return key
    secret = hashlib.pbkdf2_hmac("sha512", key.encode(), first_bytes[:SALT_BYTES], _ROUNDS, 32)
    return Derived(f"x'{secret.hex()}{first_bytes[:SALT_BYTES].hex()}'")


def is_raw(key: str) -> bool:
    """Whether the key is 64 hex digits, 256 random bits; anything else is a passphrase."""
    return not isinstance(key, Passphrase | Derived) and _RAW.fullmatch(key) is not None


def literal(key: str) -> str:
    """The key as SQLCipher takes it in ATTACH; quoted() for PRAGMA.

    A raw key opens a file without the 256,000 rounds that a passphrase costs (0.1 to 0.3 s each time). Its salt, which such a key
    does not need, is computed from it: so damage to the first bytes of the file, where SQLCipher keeps the salt, harms nothing.
    """
    return f"x'{key.lower()}{_salt_of(key).hex()}'" if is_raw(key) else key


def quoted(key: str) -> str:
    """The key as a string of SQL."""
    return "'" + literal(key).replace("'", "''") + "'"


def _salt_of(raw: str) -> bytes:
    return hashlib.sha256(b"kestrel edge bridge store\0" + bytes.fromhex(raw)).digest()[:SALT_BYTES]


class PageCheck:
    """Tells whether an encrypted page is whole and was written with this key."""

    def __init__(self, key: str, first_bytes: bytes) -> None:
        """`first_bytes` are the file's first 16: the salt of a passphrase."""
        if is_raw(key):
            secret, salt = bytes.fromhex(key), _salt_of(key)
        else:
            salt = first_bytes[:SALT_BYTES]
            secret = hashlib.pbkdf2_hmac("sha512", key.encode(), salt, _ROUNDS, 32)
        self._mac = hmac.new(
            hashlib.pbkdf2_hmac("sha512", secret, bytes(byte ^ 0x3A for byte in salt), 2, 32), digestmod=hashlib.sha512
        )

    def is_whole(self, number: int, page: bytes) -> bool:
        """`number` counts from 1."""
        mac = self._mac.copy()
        mac.update(page[SALT_BYTES if number == 1 else 0 : PAGE - _HMAC_BYTES])
        mac.update(number.to_bytes(4, "little"))
        return len(page) == PAGE and hmac.compare_digest(mac.digest(), page[PAGE - _HMAC_BYTES :])
