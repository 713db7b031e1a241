"""The sheet of keys: a page of the lower panel, so that it covers nothing that one works with."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from ground_station.ui import paint
from ground_station.ui.keys import SHORTCUTS, cap_of, written
from ground_station.ui.look import SEMIBOLD, Look
from ground_station.view_model.language import later, t

_EXTRA = {
    later("Coding"): (("1-9", later("code by its digit")), ("Alt N", later("N in a field"))),
    later("Desk"): (("Esc", later("leave a field")),),
}
_LINE_PX = 23.0


class KeySheet(QWidget):
    """All keys in columns by what they are for."""

    def __init__(self, look: Look):
        super().__init__()
        self._look = look
        self._keys: dict[str, str] = {shortcut.key: shortcut.action for shortcut in SHORTCUTS}
        self.setAccessibleName(t("Keys"))

    def show_keys(self, keys: Mapping[str, str]) -> None:
        """Draw the keys in force (action by key)."""
        if dict(keys) != self._keys:
            self._keys = dict(keys)
            self.update()

    def groups(self) -> dict[str, list[tuple[str, str]]]:
        """(cap, words) by group, in the order drawn."""
        groups: dict[str, list[tuple[str, str]]] = {}
        for shortcut in SHORTCUTS:
            cap = cap_of(shortcut.action, self._keys)
            groups.setdefault(t(shortcut.group), []).append((cap, t(shortcut.words)))
        for group, extra in _EXTRA.items():
            groups[t(group)].extend((written(cap), t(words)) for cap, words in extra)
        self.setAccessibleDescription(", ".join(f"{cap} {words}" for lines in groups.values() for cap, words in lines))
        return groups

    def _need(self, cap: str, words: str) -> float:
        """How much room a line wants, with that to its neighbour."""
        look = self._look
        return max(paint.cap_width(look, cap, as_is=True), 26) + 7 + look.width(words, look.measure.small) + 14

    def paintEvent(self, event: QPaintEvent) -> None:
        """Qt's: the columns."""
        look, p = self._look, QPainter(self)
        p.setRenderHint(QPainter.RenderHint.Antialiasing)
        groups = self.groups()
        needs = [max(self._need(cap, words) for cap, words in lines) for lines in groups.values()]
        left, share = 12.0, (self.width() - 24) / sum(needs)
        for (group, lines), need in zip(groups.items(), needs, strict=True):
            width, y = need * share, 8.0
            p.setFont(look.font(look.measure.small, SEMIBOLD))
            p.setPen(look.colour("soft"))
            p.drawText(QPointF(left, y + 12), group)
            y += 22
            for cap, words in lines:
                end = max(paint.key_cap(p, look, cap, left, y + 9, as_is=True), left + 26)
                p.setFont(look.font(look.measure.small))
                p.setPen(look.colour("ink"))
                room = left + width - end - 14
                p.drawText(
                    QRectF(end + 7, y, room, 18), int(Qt.AlignmentFlag.AlignVCenter), paint.elided(p, words, room)
                )
                y += _LINE_PX
            left += width
