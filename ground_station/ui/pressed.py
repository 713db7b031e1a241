"""From a key event to the name under which the desk knows the key; the digits of a French keyboard count without Shift."""

from __future__ import annotations

from PySide6.QtCore import QLocale, Qt
from PySide6.QtGui import QGuiApplication, QKeyEvent

WORDS = {
    Qt.Key.Key_Up: "Up",
    Qt.Key.Key_Down: "Down",
    Qt.Key.Key_Return: "Enter",
    Qt.Key.Key_Enter: "Enter",
    Qt.Key.Key_Left: "Left",
    Qt.Key.Key_Right: "Right",
    Qt.Key.Key_Space: "Space",
    Qt.Key.Key_PageUp: "PgUp",
    Qt.Key.Key_PageDown: "PgDn",
}
_AZERTY = dict(zip("&é\"'(-è_çà", "1234567890", strict=True))
"""What the digit row of a French keyboard types without Shift."""
_X11_BEFORE_ROW, _WINDOWS_BEFORE_ROW = 9, 1
"""The scan code before that of the key `1`; the row's keys follow each other up to `0`."""


def name_of(event: QKeyEvent) -> str:
    """ "C", "Enter", "?", "7"; empty for a key that types nothing and has no name here."""
    typed = event.text().upper().strip()
    return WORDS.get(Qt.Key(event.key())) or _french_digit(event) or (typed if typed.isprintable() else "")


def _french_digit(event: QKeyEvent) -> str:
    """The digit of the key in a French digit row; empty for any other key, so also for `-` and `'` of other keyboards."""
    digit = _AZERTY.get(event.text(), "")
    if not digit:
        return ""
    place = (int(digit) - 1) % 10 + 1
    code = event.nativeScanCode()
    if code > 1:
        return digit if code in (place + _X11_BEFORE_ROW, place + _WINDOWS_BEFORE_ROW) else ""
    return digit if QGuiApplication.inputMethod().locale().language() == QLocale.Language.French else ""
