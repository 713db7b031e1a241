"""The map's changes: only what changed, the newest place of each drone, and everything for a fresh page."""

from __future__ import annotations

from ground_station.view_model.events import AlertCame, TelemetryCame
from ground_station.view_model.features import changes_between, with_theme
from ground_station.view_model.intentions import SelectDrone
from ground_station.view_model.snapshot import MapScene
from ground_station.view_model.view import view
from maps.live_page import KEEP, Changes
from maps.style import Theme
from tests.ground_station.given import Desk, a_connected_desk, a_telemetry, an_alert, seconds


def scene(desk: Desk) -> MapScene:
    return view(desk.state, desk.now).scene


def fly(desk: Desk, drone_id: str, seq: int, lat_deg: float) -> None:
    desk.hears(TelemetryCame(a_telemetry(drone_id, seq=seq, at=desk.now, lat_deg=lat_deg)))


def a_desk_with_two_drones() -> Desk:
    desk = a_connected_desk()
    fly(desk, "nyc-1", 1, 40.75)
    fly(desk, "nyc-2", 1, 40.76)
    return desk


def test_a_fresh_page_is_told_everything_after_a_reset() -> None:
    desk = a_desk_with_two_drones()
    desk.hears(AlertCame(an_alert(1)))

    changes = changes_between(None, scene(desk))

    assert changes is not None
    assert changes.reset
    assert {mark.drone_id for mark in changes.drones} == {"nyc-1", "nyc-2"}
    assert changes.alerts is not None
    assert [(mark.alert_id, mark.severity, mark.label) for mark in changes.alerts] == [
        (an_alert(1).violation.id, "must_decide", "E 42nd Street")
    ]


def test_only_what_changed_is_told_and_of_several_places_the_newest() -> None:
    desk = a_desk_with_two_drones()
    before = scene(desk)
    for seq, lat_deg in ((2, 40.77), (3, 40.78)):
        fly(desk, "nyc-2", seq, lat_deg)

    changes = changes_between(before, scene(desk))

    assert changes is not None
    assert [(mark.drone_id, mark.lat_deg, mark.state) for mark in changes.drones] == [("nyc-2", 40.78, "live")]
    assert (changes.alerts, changes.selection, changes.track, changes.reset) == (None, KEEP, None, False)


def test_silence_is_told_when_it_changes_the_state_and_not_as_it_counts() -> None:
    desk = a_desk_with_two_drones()
    live = scene(desk)
    desk.waits(1.0)
    assert changes_between(live, scene(desk)) is None

    desk.waits(3.0)
    lost = changes_between(live, scene(desk))
    assert lost is not None
    assert {(mark.state, mark.age_s) for mark in lost.drones} == {("lost", 4.0)}
    before = scene(desk)
    desk.waits(60.0)
    assert changes_between(before, scene(desk)) is None


def test_a_selection_brings_its_track() -> None:
    desk = a_desk_with_two_drones()
    before = scene(desk)
    desk.wants(SelectDrone("nyc-1"))

    changes = changes_between(before, scene(desk))

    assert changes is not None
    assert changes.selection == "nyc-1"
    assert changes.track == ((40.75, -73.98),)
    back = changes_between(scene(desk), before)
    assert back is not None
    assert (back.selection, back.track) == (None, ())


def test_a_closed_alert_leaves_the_map() -> None:
    desk = a_connected_desk(an_alert(1))

    changes = changes_between(scene(desk), scene(a_connected_desk()))

    assert changes is not None
    assert changes.alerts == ()


def test_a_theme_alone_is_a_change() -> None:
    assert with_theme(None, Theme.NIGHT) == Changes(theme=Theme.NIGHT)
    desk = a_desk_with_two_drones()
    changes = with_theme(changes_between(None, scene(desk)), Theme.NIGHT)
    assert (changes.theme, len(changes.drones)) == (Theme.NIGHT, 2)


def test_a_place_that_came_late_is_no_change_of_the_marker() -> None:
    desk = a_connected_desk()
    fly(desk, "nyc-1", 5, 40.75)
    before = scene(desk)
    desk.hears(TelemetryCame(a_telemetry("nyc-1", seq=2, at=desk.now - seconds(3), lat_deg=40.9)))

    assert changes_between(before, scene(desk)) is None
