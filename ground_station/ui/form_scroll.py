"""The part of the coding desk that may scroll, so that the picture above it never gets too small to see what happened."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QSize, Qt
from PySide6.QtWidgets import QApplication, QFrame, QScrollArea, QScroller, QSizePolicy, QVBoxLayout, QWidget

LEAST_PX = 96
LABEL_PX = 24
"""Of a field that is brought into sight, its label above comes with it."""


class FormScroll(QScrollArea):
    """As high as its form where there is room; else it scrolls: with the bar, the wheel, a finger, or to the field that has the focus."""

    def __init__(self) -> None:
        super().__init__()
        self.inside = QWidget()
        self.column = QVBoxLayout(self.inside)
        self.column.setContentsMargins(0, 0, 0, 0)
        self.setWidget(self.inside)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Maximum)
        QScroller.grabGesture(self.viewport(), QScroller.ScrollerGestureType.TouchGesture)
        app = QApplication.instance()
        if isinstance(app, QApplication):
            app.focusChanged.connect(self._follow)

    def sizeHint(self) -> QSize:
        """Qt's: the whole form."""
        return QSize(super().sizeHint().width(), self.column.sizeHint().height())

    def minimumSizeHint(self) -> QSize:
        """Qt's: it may scroll."""
        return QSize(self.column.minimumSize().width(), min(LEAST_PX, self.column.sizeHint().height()))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Qt's: a form that has grown asks for more room."""
        if event.type() == QEvent.Type.LayoutRequest:
            self.updateGeometry()
        return super().eventFilter(watched, event)

    @property
    def scrolls(self) -> bool:
        """Whether some of the form is out of sight."""
        return self.verticalScrollBar().maximum() > 0

    def to_top(self) -> None:
        """Show the form from its beginning."""
        self.verticalScrollBar().setValue(0)

    def bring(self, widget: QWidget) -> None:
        """Bring a part of the form into sight, with its label."""
        self.column.activate()  # what was shown or hidden a moment ago has its place
        self.ensureWidgetVisible(widget, 0, LABEL_PX)

    def _follow(self, _before: QWidget | None, now: QWidget | None) -> None:
        if now is not None and self.inside.isAncestorOf(now):
            self.bring(now)
