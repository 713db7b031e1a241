"""Report maps: the rows that are given, and nothing that was not."""

import json
import math
import re
from typing import Any

from maps.report_map import PointRow, report_map
from maps.style import Theme


def data_of(page: str) -> dict[str, Any]:
    found = re.search(r'id="kestrel-report">(.*?)</script>', page, re.DOTALL)
    assert found
    data: dict[str, Any] = json.loads(found[1])
    return data


def test_a_map_of_precincts_says_what_its_colours_mean() -> None:
    page = report_map("Week 47", precinct_values={14: 231.0, 18: 120.0}, value_words="violations")

    assert [row["text"] for row in data_of(page)["legend"]] == ["120 violations", "231 violations"]
    assert "OpenStreetMap contributors" in page
    assert "<title>Week 47</title>" in page


def test_outside_text_stays_text() -> None:
    label = "<img src=x onerror=alert(1)> {{ 7*7 }} </script>"

    page = report_map(label, points=[PointRow(40.75, -73.98, label)], value_words=label, precinct_values={14: 1.0})

    assert "<img" not in page
    assert data_of(page)["points"][0][2] == label
    assert data_of(page)["title"] == label


def test_rows_without_a_real_place_are_left_out() -> None:
    page = report_map(
        "Places",
        points=[PointRow(40.75, -73.98, "here"), PointRow(math.nan, -73.98, "nowhere")],
        heat=[(40.75, -73.98, 1.0), (math.inf, 0.0, 1.0)],
    )

    assert [row[2] for row in data_of(page)["points"]] == ["here"]
    assert data_of(page)["bounds"] == [[40.75, -73.98], [40.75, -73.98]]


def test_a_circle_grows_with_its_weight_and_the_small_lie_on_top() -> None:
    points = [
        PointRow(40.7, -74.0, "small", 1.0),
        PointRow(40.7, -74.0, "large", 100.0),
        PointRow(40.7, -74.0, "none", 0.0),
    ]

    rows = data_of(report_map("Places", points=points))["points"]

    assert [row[2] for row in rows] == ["large", "small", "none"]
    assert rows[0][3] > rows[1][3] >= rows[2][3] > 0


def test_a_banner_is_on_the_map() -> None:
    assert data_of(report_map("Crowd", banner="SIMULATION"))["banner"] == "SIMULATION"


def test_the_same_rows_make_the_same_bytes() -> None:
    def page() -> str:
        return report_map("Same", precinct_values={14: 1.0}, heat=[(40.75, -73.98, 1.0)], theme=Theme.NIGHT)

    assert page() == page()
