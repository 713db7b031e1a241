"""A drone's last hour, painted: battery, height and link as three small lines over one time, with a break where nothing was heard."""

from __future__ import annotations

from itertools import pairwise

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from ground_station.ui.look import SEMIBOLD, Look
from ground_station.view_model.language import later, t
from ground_station.view_model.last_hour import GAP_S
from ground_station.view_model.snapshot import Chart
from ground_station.view_model.track import SPAN_S

ROW_PX = 52
LABEL_PX = 96
SCALE_PX = 46
INWARDS_PX = 4  # from the line of an end of the scale to the middle of its words
BOTH_PX = 22  # between the two lines, so that the words of both have room
TIMES_PX = 16
TIME_PX = 80  # room for one of the times
_TIMES = ((-3600.0, later("60 min ago")), (-1800.0, later("30 min ago")), (0.0, later("now")))


class HourCharts(QWidget):
    """Three lines over the last hour; says in words what they show to whoever cannot see them."""

    def __init__(self, look: Look):
        super().__init__()
        self._look = look
        self._charts: tuple[Chart, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.hide()

    def show_hour(self, charts: tuple[Chart, ...]) -> None:
        """Draw another hour; nothing for none."""
        if charts == self._charts:
            return
        self._charts = charts
        self.setVisible(bool(charts))
        self.setAccessibleName(t("The last hour"))
        self.setAccessibleDescription(". ".join(chart.words for chart in charts))
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        """Qt's: room for the lines and the times below them."""
        return QSize(320, len(self._charts) * ROW_PX + TIMES_PX)

    def minimumSizeHint(self) -> QSize:
        """Qt's: the lines may be narrow, and lower."""
        return QSize(LABEL_PX + SCALE_PX + 80, len(self._charts) * 30 + TIMES_PX)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Qt's: all of it."""
        p = QPainter(self)
        p.setRenderHint(QPainter.RenderHint.Antialiasing)
        if not self._charts:
            return
        row = min(ROW_PX, (self.height() - TIMES_PX) / len(self._charts))
        for place, chart in enumerate(self._charts):
            self._paint_chart(p, chart, QRectF(0, place * row, self.width(), row))
        self._paint_times(p, row * len(self._charts))

    def _paint_chart(self, p: QPainter, chart: Chart, row: QRectF) -> None:
        look = self._look
        box = QRectF(LABEL_PX, row.top() + 8, row.width() - LABEL_PX - SCALE_PX, row.height() - 16)
        small = look.font(look.measure.small)
        middle = QRectF(0, row.top(), LABEL_PX - 10, row.height())
        p.setFont(small)
        p.setPen(look.colour("soft"))
        p.drawText(middle.adjusted(0, 0, 0, -16), Qt.AlignmentFlag.AlignVCenter, chart.label)
        # Each end of the scale stands within its own lines, so that it does not meet that of the next; both only where there is room.
        inwards = min(INWARDS_PX, box.height() / 2)
        for value, words, y_words in (
            (chart.high, chart.high_words, box.top() + inwards),
            (chart.low, chart.low_words if box.height() >= BOTH_PX else "", box.bottom() - inwards),
        ):
            y = _y(chart, box, value)
            p.setPen(QPen(look.colour("line"), 1.0))
            p.drawLine(QPointF(box.left(), y), QPointF(box.right(), y))
            p.setPen(look.colour("soft"))
            p.drawText(QRectF(box.right() + 6, y_words - 8, SCALE_PX, 16), Qt.AlignmentFlag.AlignVCenter, words)
        p.setFont(look.font(None, SEMIBOLD))
        p.setPen(look.colour("ink"))
        p.drawText(middle.adjusted(0, 18, 0, 0), Qt.AlignmentFlag.AlignVCenter, chart.now)
        p.setPen(QPen(look.colour("accent"), 1.6, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        for stretch in unbroken(chart.points):
            places = [QPointF(_x(box, at_s), _y(chart, box, value)) for at_s, value in stretch]
            if len(places) == 1:
                p.drawPoint(places[0])
            else:
                p.drawPolyline(QPolygonF(places))

    def _paint_times(self, p: QPainter, top: float) -> None:
        look = self._look
        p.setFont(look.font(look.measure.small - 1))
        p.setPen(look.colour("soft"))
        box = QRectF(LABEL_PX, top, self.width() - LABEL_PX - SCALE_PX, TIMES_PX)
        for at_s, words in _TIMES if box.width() >= 3 * TIME_PX else _TIMES[::2]:
            x = _x(box, at_s)
            left = box.left() if at_s == -SPAN_S else x - TIME_PX if at_s == 0 else x - TIME_PX / 2
            align = Qt.AlignmentFlag.AlignLeft if at_s == -SPAN_S else Qt.AlignmentFlag.AlignRight
            align = Qt.AlignmentFlag.AlignHCenter if -SPAN_S < at_s < 0 else align
            p.drawText(QRectF(left, top, TIME_PX, TIMES_PX), align | Qt.AlignmentFlag.AlignVCenter, t(words))


def unbroken(points: tuple[tuple[float, float], ...]) -> list[list[tuple[float, float]]]:
    """The points in stretches without a longer silence between."""
    stretches = [[points[0]]] if points else []
    for before, point in pairwise(points):
        if point[0] - before[0] > GAP_S:
            stretches.append([])
        stretches[-1].append(point)
    return stretches


def _x(box: QRectF, at_s: float) -> float:
    return box.right() + box.width() * max(at_s, -SPAN_S) / SPAN_S


def _y(chart: Chart, box: QRectF, value: float) -> float:
    share = (value - chart.low) / (chart.high - chart.low) if chart.high > chart.low else 0.0
    return box.bottom() - box.height() * min(1.0, max(0.0, share))
