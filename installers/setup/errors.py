"""What can go wrong before anything runs."""

from __future__ import annotations


class SetupError(Exception):
    """Set-up cannot go on. Its text is what the user reads: one plain line per thing to do, no traceback."""
