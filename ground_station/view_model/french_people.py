"""The desk in French: the first start, the settings and their keys."""

from __future__ import annotations

PEOPLE: dict[str, str] = {
    "Space": "Espace",
}
