"""What the live map's page says: the officer's clicks and drags, read from the answer of any call to the page."""

import json
from dataclasses import dataclass
from typing import Any


class LivePageError(Exception):
    """The page answered something that is not a list of its events."""


@dataclass(frozen=True, slots=True)
class DroneClicked:
    """A drone's mark was clicked."""

    drone_id: str


@dataclass(frozen=True, slots=True)
class AlertClicked:
    """An alert's place was clicked."""

    alert_id: str


@dataclass(frozen=True, slots=True)
class GroundClicked:
    """A click beside every mark."""

    lat_deg: float
    lon_deg: float


@dataclass(frozen=True, slots=True)
class ViewMoved:
    """The view came to rest here."""

    lat_deg: float
    lon_deg: float
    zoom: float


@dataclass(frozen=True, slots=True)
class FollowEnded:
    """The map was dragged by hand while it followed a drone."""


@dataclass(frozen=True, slots=True)
class PageFault:
    """A script of the page failed."""

    text: str


MapEvent = DroneClicked | AlertClicked | GroundClicked | ViewMoved | FollowEnded | PageFault


def events_of(answer: object) -> list[MapEvent]:
    """The events in the answer of one of the calls, oldest first. Raises LivePageError when it is no answer of the page."""
    if answer is None or answer == "":
        return []
    try:
        rows = json.loads(answer)  # type: ignore[arg-type]  # whatever runJavaScript gave; a TypeError is caught
        return [_event(row) for row in rows]
    except (TypeError, ValueError, KeyError) as error:
        raise LivePageError(f"the map page answered {str(answer)[:120]!r}") from error


def _event(row: dict[str, Any]) -> MapEvent:
    match row["type"]:
        case "drone":
            return DroneClicked(str(row["id"]))
        case "alert":
            return AlertClicked(str(row["id"]))
        case "ground":
            return GroundClicked(float(row["lat_deg"]), float(row["lon_deg"]))
        case "view":
            return ViewMoved(float(row["lat_deg"]), float(row["lon_deg"]), float(row["zoom"]))
        case "follow_ended":
            return FollowEnded()
        case "fault":
            return PageFault(str(row["text"]))
        case other:
            raise KeyError(other)
