"""The evidence picture, whole by default, zoomed, turned or brought to the plate by key, with what is known of it written below it."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import (
    QFontMetricsF,
    QImage,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QTransform,
    QWheelEvent,
)
from PySide6.QtWidgets import QApplication, QSizePolicy, QWidget

from ground_station.ui import paint
from ground_station.ui.look import MEDIUM, Look
from ground_station.ui.pictures import Pictures
from ground_station.view_model.language import t
from ground_station.view_model.snapshot import PictureView

ZOOMS = (1.0, 2.0, 4.0)
PLATE_CENTRE = QPointF(0.505, 0.74)
"""Where a drone's camera, which frames the vehicle, has the plate: in shares of width and height."""
PLATE_ZOOM = 3.4
TAP_ZOOM = ZOOMS[-1]
_LARGEST_ZOOM = 8.0
CAPTION_PX = 26
_NONE = PictureView(state="none", words="", digest="", image=None)


class EvidenceView(QWidget):
    """Shows one picture. Z steps through ZOOMS, Q turns it by a quarter, P goes to the plate and back; the wheel zooms, the mouse drags,
    and a tap goes near the place that was tapped and, from near, back to the whole."""

    def __init__(self, look: Look, pictures: Pictures):
        super().__init__()
        self._look, self._pictures = look, pictures
        self._picture = _NONE
        self._image: QImage | None = None  # as it is turned
        self._turns = 0  # quarters, clockwise
        self._zoom = 1.0
        self._centre = QPointF(0.5, 0.5)
        self._drag: QPointF | None = None
        self._tap: QPointF | None = None  # where a press began that has not moved yet
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setCursor(Qt.CursorShape.ArrowCursor)

    def show_picture(self, picture: PictureView, *, fresh: bool) -> None:
        """Show a picture, or what there is to say in its place. `fresh`: of another alert, so the whole of it."""
        if fresh:
            self._zoom, self._centre, self._turns = 1.0, QPointF(0.5, 0.5), 0
        elif picture == self._picture:
            return
        self._picture = picture
        self._take_image()

    def _take_image(self) -> None:
        """The picture as it is turned; the file itself stays as it came."""
        image = self._pictures.image(self._picture)
        self._image = image.transformed(QTransform().rotate(90.0 * self._turns)) if image and self._turns else image
        turned = t(", turned by {degrees}°", degrees=90 * self._turns) if self._turns else ""
        self.setAccessibleName(t("Evidence: {words}", words=self._picture.words) + turned)
        self.setMaximumHeight(self.wanted_height(self.width()))
        self.updateGeometry()
        self.update()

    def turn(self) -> None:
        """A quarter turn clockwise; what was in the middle stays there."""
        self._turns = (self._turns + 1) % 4
        self._take_image()
        self._look_at(QPointF(1.0 - self._centre.y(), self._centre.x()), self._zoom)

    @property
    def turned_deg(self) -> int:
        """How far the picture is turned clockwise."""
        return 90 * self._turns

    def step_zoom(self) -> None:
        """The next zoom, the whole picture after the last."""
        larger = [zoom for zoom in ZOOMS if zoom > self._zoom + 0.01]
        self._look_at(self._centre, larger[0] if larger else ZOOMS[0])

    def toggle_plate(self) -> None:
        """To the plate, or back to the whole picture."""
        at_plate = abs(self._zoom - PLATE_ZOOM) < 0.01
        centre = PLATE_CENTRE
        for _ in range(self._turns):
            centre = QPointF(1.0 - centre.y(), centre.x())
        self._look_at(centre, ZOOMS[0] if at_plate else PLATE_ZOOM)

    @property
    def zoom(self) -> float:
        """How many times larger than whole the picture is drawn."""
        return self._zoom

    def _look_at(self, centre: QPointF, zoom: float) -> None:
        self._zoom = min(max(zoom, 1.0), _LARGEST_ZOOM)
        half = 0.5 / self._zoom
        self._centre = QPointF(
            min(max(centre.x(), half), 1 - half),
            min(max(centre.y(), half), 1 - half),
        )
        self.update()

    def sizeHint(self) -> QSize:
        """Qt's: the least that it was given; whatever room is left besides is the picture's, up to the whole of it at this width."""
        return QSize(404, self.minimumHeight())

    def wanted_height(self, width: int) -> int:
        """The height at which the whole picture fills `width`, with its caption; a picture on its side takes no more room."""
        if self._image is None or self._turns % 2:
            return round(width * 9 / 16) + CAPTION_PX
        return round(width * self._image.height() / max(1, self._image.width())) + CAPTION_PX

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Qt's: never taller than the picture needs."""
        super().resizeEvent(event)
        self.setMaximumHeight(self.wanted_height(self.width()))

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Qt's: zoom where one looks."""
        self._look_at(self._centre, self._zoom * (1.2 if event.angleDelta().y() > 0 else 1 / 1.2))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Qt's: a drag or a tap begins."""
        self._drag = self._tap = event.position()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Qt's: the second press of two. The first was a tap already, and two do not undo each other."""
        self._drag = event.position()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Qt's: the picture follows the mouse."""
        if self._tap is not None and (event.position() - self._tap).manhattanLength() >= self._still_px:
            self._tap = None
        if self._drag is not None and self._zoom > 1.0:
            moved = event.position() - self._drag
            self._drag = event.position()
            whole = self._whole()
            self._look_at(
                QPointF(
                    self._centre.x() - moved.x() / (whole.width() * self._zoom),
                    self._centre.y() - moved.y() / (whole.height() * self._zoom),
                ),
                self._zoom,
            )

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Qt's: the drag ends, or it was a tap."""
        tapped, self._drag, self._tap = self._tap, None, None
        if tapped is None or self._image is None:
            return
        place = self.place_at(tapped)
        if self._zoom > 1.0:
            self._look_at(self._centre, ZOOMS[0])
        elif place is not None:
            self._look_at(place, TAP_ZOOM)

    @property
    def _still_px(self) -> int:
        """How far a finger or a mouse may slip in a tap."""
        return max(QApplication.startDragDistance(), self._look.measure.target // 4)

    def place_at(self, point: QPointF) -> QPointF | None:
        """Which place of the picture lies at a point of the widget, in shares of its width and height; None beside it."""
        drawn = self._drawn()
        if not self._frame().contains(point) or not drawn.contains(point):
            return None
        return QPointF((point.x() - drawn.left()) / drawn.width(), (point.y() - drawn.top()) / drawn.height())

    def _drawn(self) -> QRectF:
        """Where the whole picture lies at the present zoom, most of it perhaps outside the frame."""
        whole = self._whole()
        drawn = QRectF(0, 0, whole.width() * self._zoom, whole.height() * self._zoom)
        centre = whole.center()
        drawn.moveTopLeft(
            QPointF(centre.x() - self._centre.x() * drawn.width(), centre.y() - self._centre.y() * drawn.height())
        )
        return drawn

    def _whole(self) -> QRectF:
        """Where the whole picture lies at zoom 1: as large as fits, in the middle."""
        box = self._frame()
        if self._image is None:
            return box
        scale = min(box.width() / self._image.width(), box.height() / self._image.height())
        width, height = self._image.width() * scale, self._image.height() * scale
        return QRectF((box.width() - width) / 2, (box.height() - height) / 2, width, height)

    def _frame(self) -> QRectF:
        """Where the picture is; its caption is below it, because nothing may cover evidence."""
        return QRectF(self.rect()).adjusted(0, 0, 0, -CAPTION_PX)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Qt's: the picture and its caption."""
        look, p = self._look, QPainter(self)
        p.setRenderHint(QPainter.RenderHint.Antialiasing)
        p.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        box = self._frame()
        outline = QPainterPath()
        outline.addRoundedRect(box, look.measure.field_radius, look.measure.field_radius)
        p.setClipPath(outline)
        p.fillRect(box, look.colour("field"))
        if self._image is None:
            self._paint_absence(p, box)
            return
        p.drawImage(self._drawn(), self._image)
        p.setClipping(False)
        self._paint_caption(p, box.bottom())

    def _paint_absence(self, p: QPainter, box: QRectF) -> None:
        look = self._look
        p.setClipping(False)
        p.setPen(QPen(look.colour("line"), look.palette.line_px))
        p.setBrush(Qt.BrushStyle.NoBrush)
        p.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), look.measure.field_radius, look.measure.field_radius)
        damaged = self._picture.state == "damaged"
        p.setFont(look.font(None, MEDIUM))
        words = self._picture.words or t("No picture")
        width = QFontMetricsF(p.font()).horizontalAdvance(words)
        middle = box.center()
        if damaged:
            paint.severity(p, look, "attention", QPointF(middle.x() - width / 2 - 14, middle.y() - 10), 10)
        p.setPen(look.colour("attention" if damaged else "soft"))
        p.drawText(QRectF(0, middle.y() - 22, box.width(), 24), int(Qt.AlignmentFlag.AlignCenter), words)
        if self._picture.state != "none":
            again = t("send it again")
            p.setFont(look.font(look.measure.small))
            cap = paint.cap_width(look, "G")
            again_width = QFontMetricsF(p.font()).horizontalAdvance(again)
            left = middle.x() - (cap + 6 + again_width) / 2
            end = paint.key_cap(p, look, "G", left, middle.y() + 16)
            p.setFont(look.font(look.measure.small))
            p.setPen(look.colour("soft"))
            p.drawText(QRectF(end + 6, middle.y() + 4, again_width + 2, 24), int(Qt.AlignmentFlag.AlignVCenter), again)

    def _paint_caption(self, p: QPainter, top: float) -> None:
        look = self._look
        font = look.font(look.measure.small)
        metrics = QFontMetricsF(font)
        middle = top + CAPTION_PX / 2 + 2
        line = QRectF(0, middle - 12, self.width(), 24)
        at_plate = abs(self._zoom - PLATE_ZOOM) < 0.01
        zoom = t("zoom {zoom}×", zoom=f"{self._zoom:.0f}") if self._zoom > 1.0 and not at_plate else t("zoom")
        right = float(self.width())
        turn = f"{self.turned_deg}°" if self._turns else t("turn")
        for key, hint in (("P", t("whole") if at_plate else t("plate")), ("Q", turn), ("Z", zoom)):
            p.setFont(font)
            p.setPen(look.colour("soft"))
            right -= metrics.horizontalAdvance(hint) + 2
            p.drawText(QRectF(right, line.top(), metrics.horizontalAdvance(hint) + 2, 24), int(_MIDDLE), hint)
            right -= paint.cap_width(look, key) + 5
            paint.key_cap(p, look, key, right, middle)
            right -= 12
        left = 0.0
        if self._picture.state == "complete":
            paint.check_mark(p, look.colour("well"), QPointF(6, middle), 10)
            left = 17.0
        p.setFont(font)
        p.setPen(look.colour("soft"))
        line.setLeft(left)
        line.setRight(right)
        p.drawText(line, int(_MIDDLE), paint.elided(p, self._picture.words, right - left))


_MIDDLE = Qt.AlignmentFlag.AlignVCenter
