"""The window outlives the references that Qt's binding takes from Python's constants."""

from __future__ import annotations

import subprocess
import sys

import pytest

FLOOD = """
from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QImage, QPainter
class Sender(QObject):
    said = Signal(bool)
sender = Sender()
image = QImage(4, 4, QImage.Format.Format_RGB32)
painter = QPainter(image)
for _ in range(100_000):
    painter.setOpacity(1.0)
    sender.said.emit(True)
painter.end()
"""
needs_it = pytest.mark.skipif(sys.version_info >= (3, 12), reason="constants are immortal from Python 3.12 on")


def flooded(program: str) -> int:
    return subprocess.run([sys.executable, "-c", program], capture_output=True, timeout=120, check=False).returncode


def test_a_hundred_thousand_calls_into_qt_do_no_harm() -> None:
    assert flooded("import ground_station.ui\n" + FLOOD) == 0


@needs_it
def test_the_library_still_needs_it() -> None:
    assert flooded(FLOOD) != 0
