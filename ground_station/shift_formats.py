"""A shift as CSV (RFC 4180), GeoJSON (RFC 7946), GPX 1.1 and KML 2.2: pieces of text, so that a long shift is never in memory twice.

Plates are personal data: they are left out unless asked for. Times are UTC. A drone's height is known above the ground only; it is in
the CSV and, where the format can say what it means, in the KML. GPX's elevation and GeoJSON's third number mean another height.
"""

from __future__ import annotations

import csv
import json
import math
import re
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from io import StringIO
from xml.sax.saxutils import escape, quoteattr

from ground_station.shift_export import Point, ShiftData, code_of
from messages.alert import Alert

Writer = Callable[[ShiftData, bool], Iterator[str]]
"""The shift, and whether plates are wanted -> the file's text in pieces."""
COLUMNS = (
    "at", "kind", "drone_id", "violation_id", "lat_deg", "lon_deg", "alt_m", "heading_deg", "battery_pct",
    "state", "code", "officer", "decided_at", "text",
)  # fmt: skip
PLATE_COLUMNS = ("plate", "plate_state")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for the beginning of a formula."""
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def as_csv(data: ShiftData, plates: bool) -> Iterator[str]:
    """One row for each point of a drone, each alert and each line of the log, in that order."""
    columns = COLUMNS + (PLATE_COLUMNS if plates else ())
    yield _csv_row(columns)
    for drone_id, track in data.tracks.items():
        for point in track.points():
            yield _csv_row(_point_row(drone_id, point), len(columns))
    for alert in data.alerts:
        yield _csv_row(_alert_row(alert, plates), len(columns))
    for line in data.lines:
        row = (_utc(line.at_s), "log", line.drone_id, line.violation_id, line.lat_deg, line.lon_deg)
        yield _csv_row((*row, *(None,) * 7, line.text), len(columns))


def as_geojson(data: ShiftData, plates: bool) -> Iterator[str]:
    """A feature for each stretch of a drone's track and for each alert. Positions are longitude, latitude."""
    yield '{"type":"FeatureCollection","features":['
    between = "\n"
    for feature in _features(data, plates):
        yield between + json.dumps(feature, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        between = ",\n"
    yield "\n]}\n"


def as_gpx(data: ShiftData, plates: bool) -> Iterator[str]:
    """A waypoint for each alert and a track for each drone."""
    yield '<?xml version="1.0" encoding="UTF-8"?>\n'
    yield '<gpx version="1.1" creator="Kestrel" xmlns="http://www.topografix.com/GPX/1/1">\n'
    yield f"<metadata><name>{_text(_title(data))}</name><time>{_iso(data.about.start)}</time></metadata>\n"
    for alert in data.alerts:
        seen = alert.violation
        yield (
            f'<wpt lat="{_deg(seen.lat_deg)}" lon="{_deg(seen.lon_deg)}"><time>{_iso(seen.captured_at)}</time>'
            f"<name>{_text(_name(alert))}</name><desc>{_text(_story(alert, plates))}</desc>"
            f"<sym>Flag</sym><type>{alert.state}</type></wpt>\n"
        )
    for drone_id, track in data.tracks.items():
        yield f"<trk><name>{_text(drone_id)}</name>\n"
        for stretch in track.stretches():
            yield "<trkseg>"
            for point in stretch:
                place = f'lat="{_deg(point.lat_deg)}" lon="{_deg(point.lon_deg)}"'
                yield f"<trkpt {place}><time>{_utc(point.at_s)}</time></trkpt>\n"
            yield "</trkseg>\n"
        yield "</trk>\n"
    yield "</gpx>\n"


def as_kml(data: ShiftData, plates: bool) -> Iterator[str]:
    """A folder of alerts, and one of drones with a line for each stretch of a track."""
    yield '<?xml version="1.0" encoding="UTF-8"?>\n<kml xmlns="http://www.opengis.net/kml/2.2">\n<Document>'
    yield f"<name>{_text(_title(data))}</name>\n"
    yield '<Style id="track"><LineStyle><color>ffad5c0b</color><width>3</width></LineStyle></Style>\n'
    yield "<Folder><name>Alerts</name>\n"
    for alert in data.alerts:
        seen = alert.violation
        yield (
            f"<Placemark><name>{_text(_name(alert))}</name><description>{_text(_story(alert, plates))}</description>"
            f"<TimeStamp><when>{_iso(seen.captured_at)}</when></TimeStamp>"
            f"{_extended(_alert_facts(alert, plates))}"
            f"<Point><coordinates>{_deg(seen.lon_deg)},{_deg(seen.lat_deg)}</coordinates></Point></Placemark>\n"
        )
    yield "</Folder>\n<Folder><name>Drones</name>\n"
    for drone_id, track in data.tracks.items():
        for stretch in track.stretches():
            begin, end = _utc(stretch[0].at_s), _utc(stretch[-1].at_s)
            yield f"<Placemark><name>{_text(drone_id)}</name>"
            yield f"<TimeSpan><begin>{begin}</begin><end>{end}</end></TimeSpan><styleUrl>#track</styleUrl>"
            if len(stretch) == 1:
                yield f"<Point><coordinates>{_kml_place(stretch[0])}</coordinates></Point></Placemark>\n"
                continue
            yield "<LineString><altitudeMode>relativeToGround</altitudeMode><coordinates>"
            yield " ".join(_kml_place(point) for point in stretch)
            yield "</coordinates></LineString></Placemark>\n"
    yield "</Folder>\n</Document>\n</kml>\n"


FORMATS: dict[str, Writer] = {"csv": as_csv, "geojson": as_geojson, "gpx": as_gpx, "kml": as_kml}
"""Every format by its name, which is also the end of its files' names."""


def guarded(value: object) -> object:
    """A text that a spreadsheet would run as a formula gets an apostrophe before it; numbers stay numbers."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def _csv_row(values: Iterable[object], width: int | None = None) -> str:
    cells = ["" if _is_nothing(value) else guarded(value) for value in values]
    out = StringIO()
    csv.writer(out, lineterminator="\r\n").writerow([*cells, *[""] * ((width or len(cells)) - len(cells))])
    return out.getvalue()


def _point_row(drone_id: str, point: Point) -> tuple[object, ...]:
    place = (round(point.lat_deg, 7), round(point.lon_deg, 7))
    return (_utc(point.at_s), "position", drone_id, None, *place, point.alt_m, point.heading_deg, point.battery_pct)


def _alert_row(alert: Alert, plates: bool) -> tuple[object, ...]:
    seen = alert.violation
    decided_at = _iso(alert.decided_at) if alert.decided_at else None
    row = (_iso(seen.captured_at), "alert", seen.drone_id, seen.id, seen.lat_deg, seen.lon_deg, seen.alt_m, None, None)
    told = (alert.state, code_of(alert), alert.decided_by or alert.claimed_by, decided_at, seen.street)
    return (*row, *told, *((seen.plate, seen.plate_state) if plates else ()))


def _features(data: ShiftData, plates: bool) -> Iterator[dict[str, object]]:
    for drone_id, track in data.tracks.items():
        for stretch in track.stretches():
            places = [[round(point.lon_deg, 7), round(point.lat_deg, 7)] for point in stretch]
            alone = len(places) == 1
            yield {
                "type": "Feature",
                "geometry": {"type": "Point" if alone else "LineString", "coordinates": places[0] if alone else places},
                "properties": {"kind": "track", "drone_id": drone_id, "times": [_utc(point.at_s) for point in stretch]},
            }
    for alert in data.alerts:
        seen = alert.violation
        yield {
            "type": "Feature",
            "id": seen.id,
            "geometry": {"type": "Point", "coordinates": [round(seen.lon_deg, 7), round(seen.lat_deg, 7)]},
            "properties": {"kind": "alert", **_alert_facts(alert, plates)},
        }


def _alert_facts(alert: Alert, plates: bool) -> dict[str, object]:
    seen = alert.violation
    facts: dict[str, object] = {
        "drone_id": seen.drone_id,
        "captured_at": _iso(seen.captured_at),
        "raised_at": _iso(alert.raised_at),
        "state": alert.state,
        "code": code_of(alert),
        "officer": alert.decided_by or alert.claimed_by,
        "decided_at": _iso(alert.decided_at) if alert.decided_at else None,
        "street": seen.street,
    }
    return {**facts, "plate": seen.plate, "plate_state": seen.plate_state} if plates else facts


def _story(alert: Alert, plates: bool) -> str:
    told = [
        f"{name.replace('_', ' ')} {value}" for name, value in _alert_facts(alert, plates).items() if value is not None
    ]
    return ", ".join(told)


def _name(alert: Alert) -> str:
    code = code_of(alert)
    return f"{alert.violation.drone_id} {alert.state}" + (f" {code}" if code is not None else "")


def _title(data: ShiftData) -> str:
    return f"{data.about.station} {data.about.officer} {_iso(data.about.start)}"


def _extended(facts: dict[str, object]) -> str:
    told = "".join(
        f"<Data name={quoteattr(name)}><value>{_text(str(value))}</value></Data>"
        for name, value in facts.items()
        if value is not None
    )
    return f"<ExtendedData>{told}</ExtendedData>"


def _kml_place(point: Point) -> str:
    height = "" if math.isnan(point.alt_m) else f",{point.alt_m:.1f}"
    return f"{_deg(point.lon_deg)},{_deg(point.lat_deg)}{height}"


def _is_nothing(value: object) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value))


def _deg(value: float) -> str:
    return f"{value:.7f}"


def _text(text: str) -> str:
    """Text for XML: escaped, without what XML can't hold."""
    return escape(_NOT_XML.sub("", text))


def _utc(at_s: float) -> str:
    return _iso(datetime.fromtimestamp(at_s, UTC))


def _iso(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
