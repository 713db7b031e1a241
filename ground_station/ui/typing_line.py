"""The one kind of text field on the desk. While it has the focus, the desk's keys are off, and Enter never reaches the desk."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QFocusEvent, QFontMetricsF, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QLineEdit

from ground_station.ui import paint
from ground_station.ui.look import Look


def _nothing() -> None:
    """What a key does in a field that has no use for it."""


class TypingLine(QLineEdit):
    """A field that shows `say` and tells `textEdited` only what the officer typed.

    Enter calls `on_enter`, Escape `on_leave`, Up and Down `on_step`; none of them goes on to the desk, because an Enter that left a field
    and then confirmed would decide an alert by accident. `hint_key` is the cap shown at the right end.
    """

    def __init__(self, look: Look, name: str, *, hint: str = "", key: str = "", most: int = 80):
        super().__init__()
        self._look = look
        self.hint_key = key
        self.focused_hint_key = ""
        self.on_enter: Callable[[], None] = _nothing
        self.on_leave: Callable[[], None] = _nothing
        self.on_step: Callable[[int], None] = lambda _by: None
        self.on_not_shown: Callable[[], None] = _nothing
        self.on_digit: Callable[[int], bool] = lambda _digit: False
        self.setAccessibleName(name)
        self.setPlaceholderText(hint)
        self.setMaxLength(most)
        self.setFont(look.font())
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.NoContextMenu)
        self.setAttribute(Qt.WidgetAttribute.WA_MacShowFocusRect, False)

    def say(self, text: str) -> None:
        """Show another text, with the cursor where it was."""
        if text != self.text():
            cursor = self.cursorPosition()
            self.setText(text)
            self.setCursorPosition(min(cursor, len(text)) if self.hasFocus() else 0)

    def allow(self, on: bool) -> None:
        """Let the officer type or not. The focus then goes to the desk, never by itself into the next field."""
        if on != self.isEnabled():
            if self.hasFocus():
                self.clearFocus()
            self.setEnabled(on)

    def set_flag(self, name: str, on: bool) -> None:
        """Switch a property that the style sheet knows."""
        if bool(self.property(name)) != on:
            self.setProperty(name, on)
            self.style().unpolish(self)
            self.style().polish(self)
            self.update()

    def set_caps(self, key: str, focused_key: str = "") -> None:
        """Other caps at the right end: without and with the focus."""
        if (key, focused_key) != (self.hint_key, self.focused_hint_key):
            self.hint_key, self.focused_hint_key = key, focused_key
            self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Qt's: the field's own keys; everything else is typing."""
        key, modifiers = event.key(), event.modifiers()
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if not event.isAutoRepeat():
                self.on_enter()
        elif key == Qt.Key.Key_Escape:
            self.on_leave()
        elif key in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            self.on_step(-1 if key == Qt.Key.Key_Up else 1)
        elif key == Qt.Key.Key_N and modifiers == Qt.KeyboardModifier.AltModifier:
            self.on_not_shown()
        elif not self.text() and event.text().isdecimal() and self.on_digit(int(event.text())):
            pass
        else:
            super().keyPressEvent(event)
        event.accept()

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Qt's: the whole text is selected, so that typing replaces it."""
        super().focusInEvent(event)
        if event.reason() != Qt.FocusReason.MouseFocusReason:
            self.selectAll()
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Qt's, and the cap at the right end."""
        super().paintEvent(event)
        key = self.focused_hint_key if self.hasFocus() else self.hint_key
        if not key:
            return
        width = paint.cap_width(self._look, key)
        if QFontMetricsF(self.font()).horizontalAdvance(self.text()) > self.width() - width - 28:
            return
        p = QPainter(self)
        p.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(self.rect())
        paint.key_cap(p, self._look, key, box.right() - width - 7, box.center().y())
