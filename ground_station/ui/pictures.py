"""Evidence pictures decoded once and kept small: bytes in, images out. A damaged picture is no picture, never a crash."""

from __future__ import annotations

import logging
from collections import OrderedDict

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QSize, Qt
from PySide6.QtGui import QBrush, QImage, QImageReader, QPainter, QPixmap

from ground_station.view_model.snapshot import PictureView

log = logging.getLogger(__name__)

KEPT_IMAGES = 24  # a picture of 1,600 x 1,200 takes 8 MB decoded
KEPT_THUMBNAILS = 400
CORNER_PX = 4  # of a thumbnail: cut off once, because cutting at each painting takes a third of it
LONGEST_SIDE_PX = 8_000
ALLOCATION_MB = 256  # Qt refuses to decode anything larger


class Pictures:
    """Decoded pictures by the digest of their bytes, the newest used kept."""

    def __init__(self) -> None:
        QImageReader.setAllocationLimit(ALLOCATION_MB)
        self._images: OrderedDict[str, QImage] = OrderedDict()
        self._thumbnails: OrderedDict[tuple[str, int, int, float], QPixmap] = OrderedDict()

    def image(self, picture: PictureView) -> QImage | None:
        """The picture, decoded; None if there is none or it cannot be read."""
        if picture.image is None:
            return None
        if picture.digest not in self._images:
            self._images[picture.digest] = _decoded(picture.image)
            while len(self._images) > KEPT_IMAGES:
                self._images.popitem(last=False)
        self._images.move_to_end(picture.digest)
        image = self._images[picture.digest]
        return None if image.isNull() else image

    def thumbnail(self, picture: PictureView, size: QSize, ratio: float) -> QPixmap | None:
        """The middle of the picture filling `size` (device-independent) with round corners, for a screen of `ratio` device pixels a
        pixel."""
        if picture.image is None:
            return None
        key = (picture.digest, size.width(), size.height(), ratio)
        if key not in self._thumbnails:
            image = self.image(picture)
            if image is None:
                return None
            self._thumbnails[key] = _filling(image, size, ratio)
            while len(self._thumbnails) > KEPT_THUMBNAILS:
                self._thumbnails.popitem(last=False)
        self._thumbnails.move_to_end(key)
        return self._thumbnails[key]


def _decoded(data: bytes) -> QImage:
    buffer = QBuffer()
    buffer.setData(QByteArray(data))
    buffer.open(QIODevice.OpenModeFlag.ReadOnly)
    reader = QImageReader(buffer)
    reader.setDecideFormatFromContent(True)
    reader.setAutoTransform(True)
    size = reader.size()
    if size.isValid() and max(size.width(), size.height()) > LONGEST_SIDE_PX:
        log.warning("a picture of %d x %d pixels is too large to show", size.width(), size.height())
        return QImage()
    image = reader.read()
    if image.isNull():
        log.warning("a picture cannot be decoded: %s", reader.errorString())
    return image


def _filling(image: QImage, size: QSize, ratio: float) -> QPixmap:
    wanted = QSize(round(size.width() * ratio), round(size.height() * ratio))
    scaled = image.scaled(
        wanted, Qt.AspectRatioMode.KeepAspectRatioByExpanding, Qt.TransformationMode.SmoothTransformation
    )
    left, top = (scaled.width() - wanted.width()) // 2, (scaled.height() - wanted.height()) // 2
    middle = scaled.copy(left, top, wanted.width(), wanted.height())
    rounded = QImage(wanted, QImage.Format.Format_ARGB32_Premultiplied)
    rounded.fill(0)  # clear
    painter = QPainter(rounded)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QBrush(middle))
    painter.drawRoundedRect(rounded.rect(), CORNER_PX * ratio, CORNER_PX * ratio)
    painter.end()
    pixmap = QPixmap.fromImage(rounded)
    pixmap.setDevicePixelRatio(ratio)
    return pixmap
