"""What crosses between Python and the map page: one batch a tick, data only, and events exactly as the page gave them."""

import json
import re
from pathlib import Path
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maps import live_page
from maps.live_events import (
    AlertClicked,
    DroneClicked,
    FollowEnded,
    GroundClicked,
    LivePageError,
    PageFault,
    ViewMoved,
    events_of,
)
from maps.live_page import (
    AlertMark,
    Changes,
    DroneMark,
    MapWords,
    PageOptions,
    apply_call,
    fit_call,
    pan_call,
    write_live_page,
    zoom_call,
)
from maps.style import Theme


def batch_of(call: str) -> dict[str, object]:
    found = re.fullmatch(r'window\.kestrel\?window\.kestrel\.apply\((.*)\):""', call)
    assert found
    batch: dict[str, object] = json.loads(found[1])
    return batch


def test_no_change_sends_an_empty_batch_and_still_collects_events() -> None:
    assert batch_of(apply_call(Changes())) == {}


def test_a_batch_holds_only_what_changed() -> None:
    drone = DroneMark("nyc-07", 40.7512345678, -73.98, 91.26, "stale", 9.04, alert=True)

    batch = batch_of(apply_call(Changes(drones=[drone], removed=["nyc-01"], theme=Theme.NIGHT, follow=False)))

    assert batch == {
        "drones": [["nyc-07", 40.751235, -73.98, 91.3, "stale", 9.0, True]],
        "removed": ["nyc-01"],
        "theme": "night",
        "follow": False,
    }


@given(st.floats(-90, 90), st.floats(-180, 180), st.floats(0, 360))
def test_a_drone_is_drawn_where_it_is_to_a_tenth_of_a_metre(lat_deg: float, lon_deg: float, heading_deg: float) -> None:
    batch = batch_of(apply_call(Changes(drones=[DroneMark("nyc-07", lat_deg, lon_deg, heading_deg)])))

    ((_, lat, lon, heading, *_),) = cast("list[tuple[str, float, float, float]]", batch["drones"])
    assert (lat, lon) == pytest.approx((lat_deg, lon_deg), abs=0.6e-6)
    assert heading == pytest.approx(heading_deg, abs=0.06)
    assert len(str(lat).partition(".")[2]) <= 6 or "e" in str(lat)


def test_nothing_selected_is_not_the_same_as_selection_unchanged() -> None:
    assert batch_of(apply_call(Changes(selection=None))) == {"selection": None}
    assert "selection" not in batch_of(apply_call(Changes()))


def test_no_open_alert_is_not_the_same_as_alerts_unchanged() -> None:
    assert batch_of(apply_call(Changes(alerts=[]))) == {"alerts": []}
    assert batch_of(apply_call(Changes(track=()))) == {"track": []}


@given(st.text())
def test_no_text_from_outside_can_leave_its_place_in_the_script(text: str) -> None:
    drone, alert = DroneMark(text, 40.7, -74.0, 0.0), AlertMark("a", 40.7, -74.0, label=text)

    call = apply_call(Changes(drones=[drone], alerts=[alert], selection=text))

    assert batch_of(call)["selection"] == text
    assert batch_of(call)["drones"] == [[text, 40.7, -74.0, 0.0, "live", 0.0, False]]
    assert call.isascii()
    assert "\n" not in call


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_a_mark_without_a_real_position_is_refused(bad: float) -> None:
    with pytest.raises(ValueError, match="finite"):
        DroneMark("nyc-07", bad, -73.98, 0.0)
    with pytest.raises(ValueError, match="finite"):
        AlertMark("a", 40.7, bad)


def test_views_are_asked_for_in_plain_numbers() -> None:
    assert "fit(null)" in fit_call(None)
    assert "fit([40.7,-74.0,40.8,-73.9])" in fit_call((40.7, -74.0, 40.8, -73.9))
    assert "pan_to(40.7,-74.0,null)" in pan_call(40.7, -74.0)
    assert "zoom_by(-1)" in zoom_call(-1)


def test_events_come_back_in_their_order() -> None:
    answer = json.dumps(
        [
            {"type": "drone", "id": "nyc-07"},
            {"type": "alert", "id": "a1"},
            {"type": "ground", "lat_deg": 40.7, "lon_deg": -74.0},
            {"type": "view", "lat_deg": 40.7, "lon_deg": -74.0, "zoom": 14},
            {"type": "follow_ended"},
            {"type": "fault", "text": "broken"},
        ]
    )

    assert events_of(answer) == [
        DroneClicked("nyc-07"),
        AlertClicked("a1"),
        GroundClicked(40.7, -74.0),
        ViewMoved(40.7, -74.0, 14.0),
        FollowEnded(),
        PageFault("broken"),
    ]


@pytest.mark.parametrize("nothing", [None, "", "[]"])
def test_a_page_that_is_not_ready_has_no_events(nothing: object) -> None:
    assert events_of(nothing) == []


@pytest.mark.parametrize("nonsense", ["{", "7", '[{"type":"strange"}]', '[{"type":"drone"}]', '["drone"]', 7, [1]])
def test_an_answer_that_is_no_list_of_events_is_refused(nonsense: object) -> None:
    with pytest.raises(LivePageError):
        events_of(nonsense)


def test_the_page_is_written_once_and_again_only_when_it_would_differ(tmp_path: Path) -> None:
    first = write_live_page(tmp_path)
    written_at = first.stat().st_mtime_ns

    assert write_live_page(tmp_path) == first
    assert first.stat().st_mtime_ns == written_at

    other = write_live_page(tmp_path, PageOptions(words=MapWords(lost="verloren")))
    assert other != first
    assert [file.name for file in tmp_path.iterdir()] == [other.name]  # the old page is gone, and no half file stays


def test_the_page_is_the_same_text_each_time() -> None:
    assert live_page.live_page_html(PageOptions()) == live_page.live_page_html(PageOptions())


def test_a_folder_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")

    with pytest.raises(OSError, match="file"):
        write_live_page(tmp_path / "file")
