"""A drone's last hour: what the three small charts show."""

from __future__ import annotations

from ground_station.view_model.last_hour import charts
from ground_station.view_model.track import with_point


def flown(minutes: int) -> bytes:
    track = b""
    for number in range(minutes * 6):
        track = with_point(track, number * 10.0, 40.75, -73.98, 50.0 + number % 3, 90.0 - number / 10, 97.0)
    return track


def test_battery_height_and_link_of_the_hour_with_their_room() -> None:
    battery, height, link = charts(flown(40))

    assert (battery.label, battery.now, battery.low, battery.high) == ("Battery", "66 %", 0.0, 100.0)
    assert battery.points[0] == (-2_390.0, 90.0)
    assert battery.points[-1][0] == 0.0
    assert battery.words == "Battery: 66 %, between 66 % and 90 % in the last 39 min"
    assert (height.low, height.high, height.high_words) == (0.0, 60.0, "60 m")
    assert link.words.startswith("Link: 97 %, between 97 % and 97 %")


def test_a_drone_heard_once_has_no_chart() -> None:
    assert charts(b"") == ()
    assert charts(with_point(b"", 0.0, 40.75, -73.98, 50.0, 90.0, 97.0)) == ()
