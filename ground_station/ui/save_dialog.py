"""Where a shift is to be saved, and as what."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QStandardPaths
from PySide6.QtWidgets import QFileDialog, QWidget

from ground_station.view_model.intentions import ExportFormat, ExportShift
from ground_station.view_model.language import later, t

FORMATS: tuple[tuple[ExportFormat, str], ...] = (
    ("csv", later("Table (*.csv)")),
    ("geojson", later("GeoJSON map (*.geojson)")),
    ("gpx", later("GPX tracks (*.gpx)")),
    ("kml", later("Google Earth (*.kml)")),
)


def asked_where(parent: QWidget, name: str) -> ExportShift | None:
    """The file and format that the officer chose; None if he closed the dialog. `name`: of the file, without its end."""
    folder = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation)
    choices = {t(words): kind for kind, words in FORMATS}
    path, chosen = QFileDialog.getSaveFileName(
        parent, t("Save the shift, without plates"), str(Path(folder) / f"{name}.csv"), ";;".join(choices)
    )
    return wanted(path, choices.get(chosen, "csv"))


def wanted(path: str, chosen: ExportFormat) -> ExportShift | None:
    """What is to be saved: the end of the name wins over the chosen format, and is added where there is none."""
    if not path:
        return None
    end = Path(path).suffix.removeprefix(".").lower()
    for kind, _words in FORMATS:
        if kind == end:
            return ExportShift(path, kind)
    return ExportShift(f"{path}.{chosen}", chosen)
