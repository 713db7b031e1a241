"""Message ids: UUID version 7, so that they sort by the time of capture and Parquet files can be skipped by id."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID


def message_id(captured_at: datetime, random_bits: int) -> str:
    """The UUIDv7 of a message as text (RFC 9562, section 5.7).

    `captured_at` is aware; its milliseconds fill the first 48 bits. `random_bits` gives the other 74 (more are cut off): from a
    seeded generator in the simulator, so that the same seed makes the same ids, and from the system in the desk.
    """
    unix_ms = int(captured_at.timestamp() * 1000)
    rand_a = random_bits >> 62 & 0xFFF
    rand_b = random_bits & (1 << 62) - 1
    return str(UUID(int=(unix_ms & (1 << 48) - 1) << 80 | 0x7 << 76 | rand_a << 64 | 0b10 << 62 | rand_b))
