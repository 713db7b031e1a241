"""The map pages in a real browser engine: drawn, clicked, and silent on the network."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What one process with the engine saw; one process, because the engine takes seconds to start."""
    probe = subprocess.run(
        [sys.executable, "-m", "tests.maps.page_probe", str(tmp_path_factory.mktemp("pages"))],
        cwd=Path(__file__).resolve().parents[2],
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert probe.returncode == 0, probe.stderr[-2000:]
    answer: dict[str, Any] = json.loads(probe.stdout.splitlines()[-1])
    return answer


def test_the_live_page_draws_city_drones_and_alerts(seen: dict[str, Any]) -> None:
    assert seen["ready"]
    assert seen["drawn"]
    assert seen["day_is_shown"]


def test_the_theme_changes_without_loading_anything(seen: dict[str, Any]) -> None:
    assert seen["night_is_shown"]
    assert seen["contrast_is_shown"]


def test_a_click_says_what_was_clicked(seen: dict[str, Any]) -> None:
    assert seen["click_on_drone"] == ["nyc-01"]
    assert seen["click_on_alert"] == ["alert-1"]
    assert seen["click_on_ground"] == 1


def test_removed_drones_leave_the_map(seen: dict[str, Any]) -> None:
    assert seen["left_after_removal"] == 1
    assert seen["left_after_reset"] == 0


def test_a_thousand_drones_far_out_are_gathered_into_discs(seen: dict[str, Any]) -> None:
    assert seen["crowd_is_gathered"]


def test_a_crowds_disc_tells_how_many_of_it_are_lost(seen: dict[str, Any]) -> None:
    assert seen["lost_drones_of_a_crowd_are_told"]


def test_no_name_stands_below_the_credit_line(seen: dict[str, Any]) -> None:
    (left, top, right, bottom), [(x0, y0, x1, y1)] = seen["credit_box"], seen["names_beside_the_credit"]

    assert right - left > 100, "the credit has its line"
    assert x1 <= left or x0 >= right or y1 <= top or y0 >= bottom


def test_a_move_asked_for_between_two_zooms_is_not_dropped(seen: dict[str, Any]) -> None:
    assert seen["move_between_zooms_arrives"]
    assert seen["control_move_is_dropped"]


def test_what_was_asked_for_stays_in_sight_when_the_page_grows_until_a_hand_moves_the_map(seen: dict[str, Any]) -> None:
    (small, grown, whole), (_, left, _) = seen["fit_when_small"]["zooms"], seen["fit_when_small_then_a_hand"]["zooms"]

    assert seen["fit_when_small"]["sizes"]
    assert small < grown == whole
    assert left == small


def test_the_page_begins_in_the_theme_of_its_address(seen: dict[str, Any]) -> None:
    assert seen["begins_at_night"] == "night"


def test_no_script_of_the_page_complains(seen: dict[str, Any]) -> None:
    assert seen["live_page_complaints"] == []


def test_nothing_is_asked_from_the_network(seen: dict[str, Any]) -> None:
    assert seen["outside_requests"] == []
    assert seen["control_request_is_seen"]


def test_a_report_opens_from_disk_and_shows_its_map(seen: dict[str, Any]) -> None:
    assert seen["report_is_shown"]


def test_outside_text_in_a_report_makes_no_element_and_runs_nothing(seen: dict[str, Any]) -> None:
    assert seen["title_stays_text"].startswith("<img")
    assert seen["pictures"] == 0
    assert seen["eval_is_forbidden"] == "EvalError"
