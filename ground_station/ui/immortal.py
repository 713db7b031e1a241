"""WORKAROUND: PySide6 6.12.0 takes a reference of None away at each call of a method without a result, on Python before 3.12.

Measured on CPython 3.11.7: `painter.setPen(...)`, `widget.update()` and every other such call lower the count by 1; a fresh process has
about 7,000 references of None, so a window dies within a minute: "Fatal Python error: none_dealloc: deallocating None". From Python 3.12 on
None is immortal (PEP 683) and nothing happens. REMOVE THIS FILE when Python 3.11 is no longer supported, or when the test
tests/ground_station/ui/test_immortal.py::test_the_library_still_needs_it fails with a newer PySide6.
"""

from __future__ import annotations

import ctypes
import sys

SPARE_REFERENCES = 1 << 56
"""At a million calls a second these last for 2,000 years."""
_FIRST_IMMORTAL = (3, 12)


def none_count() -> int:
    """How many references of None CPython counts."""
    return ctypes.c_ssize_t.from_address(id(None)).value


def make_none_immortal() -> None:
    """Give None so many references that it is never taken for garbage. Harmless where it is immortal already; may be called again."""
    if sys.implementation.name != "cpython" or sys.version_info >= _FIRST_IMMORTAL:
        return
    if ctypes.sizeof(ctypes.c_ssize_t) == 8 and none_count() < SPARE_REFERENCES // 2:
        ctypes.c_ssize_t.from_address(id(None)).value += SPARE_REFERENCES
