"""Where the checkout is and where everything that set-up and runs make is kept (never in the user's home)."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def kestrel_home() -> Path:
    """The folder of everything made: KESTREL_HOME, else `.kestrel` in the checkout."""
    return Path(os.environ.get("KESTREL_HOME") or ROOT / ".kestrel").absolute()


def station_key() -> str:
    """The key of the stores of this machine's demos and loads, 64 hex digits; made once, readable by its owner alone.

    Raises OSError if it cannot be kept.
    """
    path = kestrel_home() / "store.key"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f"store.key.{os.getpid()}")
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
            file.write(secrets.token_hex(32) + "\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)  # unlike a rename it never replaces the key that another command has just made
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text(encoding="ascii").strip()
