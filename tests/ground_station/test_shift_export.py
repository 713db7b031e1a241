"""A shift in four formats: each as its standard says, with the same facts in all, and no plate unless asked for."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
import xml.etree.ElementTree as ET
from io import StringIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import shape

from ground_station.shift_command import main
from ground_station.shift_export import ShiftData, Track, gathered
from ground_station.shift_files import Shift, ShiftFile
from ground_station.shift_formats import COLUMNS, FORMATS, as_csv, as_geojson, as_gpx, as_kml, guarded
from ground_station.view_model.events import AlertCame, LinkDown, LinkUp, TelemetryCame
from messages.alert import Alert
from tests.ground_station.given import NOON, a_telemetry, an_alert, claimed, seconds
from tests.ground_station.test_replay import Recorded, the_file

GPX = "{http://www.topografix.com/GPX/1/1}"
KML = "{http://www.opengis.net/kml/2.2}"
NASTY = '=HYPERLINK("http://x")\n<b>&\u0000\u202e]]>, "5th" Avenue'


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two drones for two minutes, one of them silent for 70 s in between; an alert at a street with a nasty name, and a claimed one."""
    made = Recorded(tmp_path_factory.mktemp("exported"))
    made.hears(LinkUp())
    for second in range(1, 121):
        made.now = NOON + seconds(second)
        made.hears(TelemetryCame(a_telemetry("nyc-1", seq=second, at=made.now, lat_deg=40.7 + second / 1e4)))
        if not 30 <= second < 100:
            made.hears(TelemetryCame(a_telemetry("nyc-2", seq=second, at=made.now, lon_deg=-73.9 - second / 1e4)))
    made.hears(AlertCame(an_alert(1, street=NASTY, at=NOON + seconds(10))))
    made.hears(AlertCame(claimed(an_alert(2, at=NOON + seconds(20)), "moreno", made.now)))
    made.hears(LinkDown("the end", None))
    made.ends()
    return the_file(made.folder)


@pytest.fixture(scope="module")
def data(recorded: Path) -> ShiftData:
    file = ShiftFile.open(recorded, None)
    found = gathered(file, every_s=10.0)
    file.close()
    return found


def test_a_drones_points_are_ten_seconds_apart_and_cut_where_it_was_silent(data: ShiftData) -> None:
    first, second = data.tracks["nyc-1"], data.tracks["nyc-2"]

    times = [point.at_s - NOON.timestamp() for point in first.points()]
    assert times == [float(second) for second in range(1, 121, 10)]
    assert [len(stretch) for stretch in second.stretches()] == [3, 3]


def test_csv_is_rfc_4180_and_numbers_are_numbers(data: ShiftData) -> None:
    text = "".join(as_csv(data, False))
    rows = list(csv.DictReader(StringIO(text, newline="")))

    assert text.split("\r\n", 1)[0] == ",".join(COLUMNS)
    assert text.replace("\r\n", "").count("\r") == 0
    assert {row["kind"] for row in rows} == {"position", "alert", "log"}
    positions = [row for row in rows if row["kind"] == "position"]
    assert len(positions) == 12 + 6
    assert float(positions[0]["lon_deg"]) == -73.98
    alert = next(row for row in rows if row["kind"] == "alert")
    assert alert["text"] == f"'{NASTY}".replace("\r", "")
    assert (alert["state"], alert["code"]) == ("new", "14")
    assert all(len(row) == len(COLUMNS) and None not in row for row in rows)


@given(st.text("=+-@\t\r'a1\n", max_size=8))
def test_no_text_is_ever_a_formula(text: str) -> None:
    cell = guarded(text)

    assert isinstance(cell, str)
    assert not cell.startswith(("=", "+", "-", "@", "\t", "\r"))
    assert cell in (text, f"'{text}")
    assert guarded(-73.98) == -73.98


def test_geojson_is_rfc_7946_with_longitude_first(data: ShiftData) -> None:
    found = json.loads("".join(as_geojson(data, False)))

    assert found["type"] == "FeatureCollection"
    for feature in found["features"]:
        assert set(feature) <= {"type", "id", "geometry", "properties"}
        form = shape(feature["geometry"])
        assert form.is_valid
        west, south, east, north = form.bounds
        assert -75 < west <= east < -73
        assert 40 < south <= north < 41
    lines = [feature for feature in found["features"] if feature["geometry"]["type"] == "LineString"]
    assert len(lines) == 3
    assert all(len(each["properties"]["times"]) == len(each["geometry"]["coordinates"]) for each in lines)
    assert {each["properties"].get("street") for each in found["features"]} >= {NASTY}


def test_gpx_is_1_1_in_the_order_of_its_schema(data: ShiftData) -> None:
    root = ET.fromstring("".join(as_gpx(data, False)))

    assert root.tag == f"{GPX}gpx"
    assert (root.get("version"), root.get("creator")) == ("1.1", "Kestrel")
    assert [child.tag.removeprefix(GPX) for child in root] == ["metadata", "wpt", "wpt", "trk", "trk"]
    inner = {
        "metadata": ("name", "desc", "author", "copyright", "link", "time", "keywords", "bounds", "extensions"),
        "wpt": ("ele", "time", "magvar", "geoidheight", "name", "cmt", "desc", "src", "link", "sym", "type"),
        "trk": ("name", "cmt", "desc", "src", "link", "number", "type", "extensions", "trkseg"),
        "trkseg": ("trkpt",),
        "trkpt": ("ele", "time"),
    }
    for element in root.iter():
        name = element.tag.removeprefix(GPX)
        if name in inner:
            order = [inner[name].index(child.tag.removeprefix(GPX)) for child in element]
            assert order == sorted(order)
        if name in ("wpt", "trkpt"):
            assert set(element.attrib) == {"lat", "lon"}
            assert 40 < float(element.attrib["lat"]) < 41
    assert len(root.findall(f".//{GPX}trkseg")) == 3
    assert "".join(root.find(f"{GPX}wpt/{GPX}desc").itertext()).count("<b>&") == 1  # type: ignore[union-attr]


def test_kml_is_2_2_in_the_order_of_its_schema(data: ShiftData) -> None:
    root = ET.fromstring("".join(as_kml(data, False)))

    assert root.tag == f"{KML}kml"
    order = ("name", "description", "TimeStamp", "TimeSpan", "styleUrl", "ExtendedData", "Point", "LineString")
    placemarks = root.findall(f".//{KML}Placemark")
    assert len(placemarks) == 2 + 3
    for placemark in placemarks:
        places = [order.index(child.tag.removeprefix(KML)) for child in placemark]
        assert places == sorted(places)
        for text in placemark.itertext():
            assert "\u0000" not in text
    coordinates = [element.text or "" for element in root.iter(f"{KML}coordinates")]
    for place in " ".join(coordinates).split():
        lon_deg, lat_deg, *_height = (float(part) for part in place.split(","))
        assert -75 < lon_deg < -73
        assert 40 < lat_deg < 41


@pytest.mark.parametrize("kind", sorted(FORMATS))
def test_plates_leave_only_when_asked_for(data: ShiftData, kind: str) -> None:
    without, with_plates = "".join(FORMATS[kind](data, False)), "".join(FORMATS[kind](data, True))

    assert "KJH 4T2" not in without
    assert "KJH 4T2" in with_plates


@pytest.mark.parametrize("kind", sorted(FORMATS))
def test_an_empty_shift_is_a_file_too(kind: str) -> None:
    nothing = ShiftData(Shift(Path("x.shift"), "midtown", "duarte", NOON, NOON, 0, 0, 0), {}, (), ())

    text = "".join(FORMATS[kind](nothing, False))

    if kind == "geojson":
        assert json.loads(text)["features"] == []
    elif kind == "csv":
        assert text.count("\r\n") == 1
    else:
        assert ET.fromstring(text) is not None


@given(st.lists(st.integers(0, 300), max_size=60))
def test_points_are_in_order_of_time_none_twice_whatever_comes_late(times: list[int]) -> None:
    track = Track()
    for seq, second in enumerate(times, 1):
        track.add(TelemetryCame(a_telemetry(seq=seq, at=NOON + seconds(second))), 10.0)

    at_s = [point.at_s for point in track.points()]
    assert at_s == sorted(set(at_s))
    assert len(at_s) <= len(set(times))
    assert bool(at_s) == bool(times)


def test_the_newest_word_on_an_alert_is_exported(data: ShiftData) -> None:
    by_number: dict[str, Alert] = {alert.state: alert for alert in data.alerts}

    assert set(by_number) == {"new", "claimed"}
    assert by_number["claimed"].claimed_by == "moreno"


def test_the_command_lists_shifts_and_writes_whole_files_or_none(
    recorded: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = ["--shifts", str(recorded.parent)]

    assert main(["shifts", *folder], {}) == 0
    assert f"{recorded.stem}  2026-11-22" in capsys.readouterr().out
    out = tmp_path / "shift.gpx"
    assert main(["export", "latest", *folder, "--format", "gpx", "--out", str(out)], {}) == 0
    assert ET.parse(out).getroot().tag == f"{GPX}gpx"
    assert out.stat().st_mode & 0o777 == 0o600
    assert main(["export", "harlem", *folder, "--format", "gpx", "--out", str(tmp_path / "no.gpx")], {}) == 2
    assert "there is no shift 'harlem'" in capsys.readouterr().err
    assert main(["export", "latest", *folder, "--format", "csv", "--out", str(tmp_path / "no" / "x.csv")], {}) == 2
    assert [path.name for path in tmp_path.iterdir()] == ["shift.gpx"]


def test_plates_are_warned_of(recorded: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wanted = ["export", str(recorded), "--format", "csv", "--out", str(tmp_path / "s.csv"), "--with-plates"]

    assert main(wanted, {}) == 0

    assert "this file holds plates: they are personal data" in capsys.readouterr().err
    assert "KJH 4T2" in (tmp_path / "s.csv").read_text()


def test_the_door_knows_the_commands(recorded: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "ground_station", "shifts", "--shifts", str(recorded.parent)],
        cwd=Path(__file__).parents[2],
        env={**os.environ},
        capture_output=True,
        text=True,
        check=True,
    )

    assert recorded.stem in done.stdout
