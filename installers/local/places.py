"""Where the checkout is and where everything that set-up and runs make is kept (never in the user's home)."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def kestrel_home() -> Path:
    """The folder of everything made: KESTREL_HOME, else `.kestrel` in the checkout."""
    return Path(os.environ.get("KESTREL_HOME") or ROOT / ".kestrel").absolute()
