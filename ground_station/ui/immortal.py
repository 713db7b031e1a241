"""WORKAROUND: PySide6 6.12.0 takes references away from Python's constants, which kills a process on Python before 3.12.

Measured on CPython 3.11.7: each call of a method without a result (`painter.setPen(...)`, `widget.update()`) lowers the count of None by 1,
each `signal.emit(...)` that of True. A fresh process has about 7,000 references of None, so a window dies within a minute: "Fatal Python
error: none_dealloc: deallocating None". From Python 3.12 on the constants are immortal (PEP 683) and nothing happens. REMOVE THIS FILE when
Python 3.11 is no longer supported, or when tests/ground_station/ui/test_immortal.py::test_the_library_still_needs_it fails with a newer
PySide6.
"""

from __future__ import annotations

import ctypes
import sys

SPARE_REFERENCES = 1 << 56
"""At a million calls a second these last for 2,000 years."""
_CONSTANTS = (None, True, False, NotImplemented, Ellipsis)
_FIRST_IMMORTAL = (3, 12)


def make_constants_immortal() -> None:
    """Give the constants so many references that they are never taken for garbage. Harmless where they are immortal; may be repeated."""
    if sys.implementation.name != "cpython" or sys.version_info >= _FIRST_IMMORTAL:
        return
    if ctypes.sizeof(ctypes.c_ssize_t) != 8:
        return
    for constant in _CONSTANTS:
        count = ctypes.c_ssize_t.from_address(id(constant))  # an object begins with its count
        if count.value < SPARE_REFERENCES // 2:
            count.value += SPARE_REFERENCES
