"""Small marks as painting functions: severity, chain, key caps, bars. Shape carries what colour does."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen, QPolygonF

from ground_station.ui.keys import shown
from ground_station.ui.look import SEMIBOLD, Look

CAP_HEIGHT = 18.0
_CAP_FONT_PX = 11


def severity(p: QPainter, look: Look, kind: str, centre: QPointF, size: float = 11.0) -> None:
    """A triangle (must decide) or a diamond (attention), `size` wide, around `centre`."""
    half = size / 2
    x, y = centre.x(), centre.y()
    if kind == "must_decide":
        height = size * 0.92
        points = [QPointF(x, y - height / 2), QPointF(x + half, y + height / 2), QPointF(x - half, y + height / 2)]
    else:
        points = [QPointF(x, y - half), QPointF(x + half, y), QPointF(x, y + half), QPointF(x - half, y)]
    p.setPen(Qt.PenStyle.NoPen)
    p.setBrush(look.colour("must_decide" if kind == "must_decide" else "attention"))
    p.drawPolygon(QPolygonF(points))


def chain_mark(p: QPainter, look: Look, state: str, centre: QPointF) -> None:
    """A filled dot (well), a ring (away) or a dotted ring (unknown)."""
    if state == "well":
        p.setPen(Qt.PenStyle.NoPen)
        p.setBrush(look.colour("well"))
        p.drawEllipse(centre, 4.5, 4.5)
        return
    pen = QPen(look.colour("attention" if state == "away" else "soft"), 2.0)
    if state == "unknown":
        pen.setDashPattern([1.0, 1.1])
    p.setPen(pen)
    p.setBrush(Qt.BrushStyle.NoBrush)
    p.drawEllipse(centre, 3.75, 3.75)


def arrow(p: QPainter, colour: QColor, centre: QPointF, length: float = 10.0) -> None:
    """A thin arrow to the right."""
    x, y, half = centre.x(), centre.y(), length / 2
    p.setPen(QPen(colour, 1.2, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin))
    p.drawLine(QPointF(x - half, y), QPointF(x + half, y))
    p.drawPolyline([QPointF(x + half - 3, y - 3), QPointF(x + half, y), QPointF(x + half - 3, y + 3)])


def cap_width(look: Look, text: str, *, as_is: bool = False) -> float:
    """How wide the key cap of a key's name is. `as_is`: the name is that of the key in force already."""
    text = text if as_is else shown(text)
    return max(CAP_HEIGHT + 1, look.width(text, _CAP_FONT_PX, SEMIBOLD) + 10)


def key_cap(
    p: QPainter,
    look: Look,
    text: str,
    left: float,
    middle: float,
    *,
    on_accent: bool = False,
    dim: bool = False,
    as_is: bool = False,
) -> float:
    """A key cap from `left`, centred on the line `middle`; returns where it ends."""
    text = text if as_is else shown(text)
    width = cap_width(look, text, as_is=True)
    box = QRectF(left + 0.5, middle - CAP_HEIGHT / 2 + 0.5, width - 1, CAP_HEIGHT - 1)
    ink = look.colour("on_accent") if on_accent else look.colour("soft" if dim else "ink")
    p.setPen(QPen(ink if on_accent else look.colour("line"), 1.0))
    p.setBrush(Qt.BrushStyle.NoBrush if on_accent else look.colour("cap"))
    p.drawRoundedRect(box, 3.5, 3.5)
    p.setFont(look.font(_CAP_FONT_PX, SEMIBOLD))
    p.setPen(ink)
    p.drawText(box, Qt.AlignmentFlag.AlignCenter, text)
    return left + width


def bar(p: QPainter, look: Look, box: QRectF, share: float, role: str = "accent") -> None:
    """A horizontal bar without an edge, filled to `share` (0 to 1)."""
    radius = box.height() / 2
    p.setPen(Qt.PenStyle.NoPen)
    p.setBrush(look.colour("bar"))
    p.drawRoundedRect(box, radius, radius)
    if share <= 0:
        return
    p.setBrush(look.colour(role))
    filled = QRectF(box)
    filled.setWidth(max(box.height(), box.width() * min(share, 1.0)))  # never so short that its ends were not round
    p.drawRoundedRect(filled, radius, radius)


def battery(p: QPainter, look: Look, box: QRectF, percent: float, band: str) -> None:
    """A battery: an edge and a filling, coloured by its band (well, low, critical)."""
    role = {"well": "well", "low": "attention"}.get(band, "must_decide")
    p.setPen(QPen(look.colour("soft"), 1.0))
    p.setBrush(Qt.BrushStyle.NoBrush)
    p.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), 2.0, 2.0)
    inner = box.adjusted(1, 1, -1, -1)
    inner.setWidth(max(2.0, inner.width() * min(max(percent, 0.0), 100.0) / 100))
    p.setPen(Qt.PenStyle.NoPen)
    p.setBrush(look.colour(role))
    p.drawRoundedRect(inner, 1.0, 1.0)


def elided(p: QPainter, text: str, width: float, mode: Qt.TextElideMode = Qt.TextElideMode.ElideRight) -> str:
    """The text, shortened with an ellipsis where it is wider than `width` in the painter's font."""
    return QFontMetricsF(p.font()).elidedText(text, mode, width)


_SHORT_KINDS = {
    "Street": "St",
    "Avenue": "Av",
    "Boulevard": "Blvd",
    "Road": "Rd",
    "Place": "Pl",
    "Parkway": "Pkwy",
    "Square": "Sq",
    "Drive": "Dr",
    "Lane": "Ln",
    "Court": "Ct",
    "Terrace": "Ter",
    "Circle": "Cir",
    "Plaza": "Plz",
}
_SHORT_WORDS = _SHORT_KINDS | {"East": "E", "West": "W", "North": "N", "South": "S", "at": "&"}
"""As on the city's own street signs."""


def shortened(metrics: QFontMetricsF, place: str, width: float) -> str:
    """A place in words; where it is too wide with the words of street signs ("E 42nd St & 3rd Av"), then as it is spoken
    ("E 42nd St & 3rd"), and then with an ellipsis."""
    if metrics.horizontalAdvance(place) <= width:
        return place
    words, _, rest = place.partition(",")
    short = [_SHORT_WORDS.get(word, word) for word in words.split(" ")]
    spoken = short[:-1] if "&" in short[:-2] and short[-1] in _SHORT_KINDS.values() else short
    more = f",{rest}" if rest else ""
    signs = " ".join(short) + more
    if metrics.horizontalAdvance(signs) <= width:
        return signs
    return metrics.elidedText(" ".join(spoken) + more, Qt.TextElideMode.ElideRight, width)


def check_mark(p: QPainter, colour: QColor, centre: QPointF, size: float = 10.0, width: float = 1.8) -> None:
    """A tick."""
    x, y, s = centre.x(), centre.y(), size / 10
    p.setPen(QPen(colour, width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin))
    p.drawPolyline([QPointF(x - 4 * s, y), QPointF(x - 1.2 * s, y + 3 * s), QPointF(x + 4.2 * s, y - 3.4 * s)])
