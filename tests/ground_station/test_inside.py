"""What stands always in sight of the station, what its inside says, and what the log tells of changes."""

from __future__ import annotations

from datetime import timedelta

from ground_station.view_model.events import AlertCame, BridgeCame, HealthCame, LinkDown, LinkUp, TelemetryCame
from ground_station.view_model.intentions import FilterLog
from ground_station.view_model.view import view
from messages.model import Fault
from messages.state import LinkState
from tests.ground_station.given import (
    NOON,
    Desk,
    a_bridge_status,
    a_connected_desk,
    a_health,
    a_telemetry,
    an_alert,
    claimed,
    seconds,
)

AWAY = LinkState(up=False, since=NOON - timedelta(minutes=4), next_try_at=NOON + seconds(8), problem="no route")
GB = 1_000_000_000


def facts(desk: Desk) -> dict[str, str]:
    return {f"{line.group}: {line.label}": line.value for line in view(desk.state, desk.now).inside}


def texts(desk: Desk) -> list[str]:
    return [line.text for line in desk.state.log.lines]


def test_backlog_and_disk_are_always_in_sight() -> None:
    desk = a_connected_desk()
    desk.hears(
        BridgeCame(
            a_bridge_status(
                waiting={"telemetry": 1190, "violation": 14},
                oldest_waiting_at=NOON - timedelta(minutes=12),
                eta_s=20.0,
                disk_used_bytes=5 * GB,
                disk_quota_bytes=20 * GB,
                disk_free_bytes=300 * GB,
            )
        )
    )

    backlog, disk = view(desk.state, desk.now).standing
    assert backlog.word == "backlog 1,204 · oldest 12 min · about 20 s left"
    assert backlog.short == "backlog 1,204 · 12 min"
    assert (disk.word, disk.mark) == ("disk 25 %", "")
    assert disk.detail == "5.0 GB used, 300 GB free"


def test_while_the_bridge_is_silent_nothing_old_is_shown_for_new() -> None:
    desk = a_connected_desk()
    desk.waits(6)

    assert view(desk.state, desk.now).standing == ()
    assert facts(desk)["Bridge: State"].startswith("silent for")


def test_a_disk_that_runs_full_is_said_before_it_is_full() -> None:
    desk = a_connected_desk()
    desk.hears(BridgeCame(a_bridge_status(disk_used_bytes=95, disk_quota_bytes=100, disk_free_bytes=1000)))

    pill = view(desk.state, desk.now).pill
    assert pill is not None
    assert pill.text == "The station's disk is 95 % full"
    assert view(desk.state, desk.now).standing[1].mark == "attention"

    desk.hears(
        BridgeCame(
            a_bridge_status(
                disk_used_bytes=95, disk_quota_bytes=100, disk_free_bytes=1000, thinned={"telemetry": 7}, gaps=0
            )
        )
    )
    pill = view(desk.state, desk.now).pill
    assert pill is not None
    assert "old positions are given up, no alert is" in pill.text
    assert "The station's disk is nearly full: old positions are given up" in texts(desk)


def test_a_small_disk_without_a_quota_is_measured_by_its_room() -> None:
    desk = a_connected_desk()
    desk.hears(BridgeCame(a_bridge_status(disk_used_bytes=30, disk_free_bytes=70)))
    assert view(desk.state, desk.now).standing[1].word == "disk 30 %"

    desk.hears(BridgeCame(a_bridge_status(disk_used_bytes=30, disk_free_bytes=2, disk_quota_bytes=1000)))
    assert view(desk.state, desk.now).standing[1].word == "disk 94 %"


def test_damage_and_a_full_disk_are_said() -> None:
    desk = a_connected_desk()
    desk.hears(BridgeCame(a_bridge_status(gaps=12)))
    pill = view(desk.state, desk.now).pill
    assert pill is not None
    assert pill.text == "The station's disk was damaged: 12 reports are asked for again"

    desk.hears(BridgeCame(a_bridge_status(state="full", problem="database or disk is full")))
    assert view(desk.state, desk.now).standing[1].word == "disk full"
    assert facts(desk)["Bridge: Problem"] == "database or disk is full"


def test_refused_messages_that_lost_their_contents_are_said_in_plain_words() -> None:
    desk = a_connected_desk()
    assert facts(desk)["Bridge: Emptied for room"] == "0"

    desk.hears(BridgeCame(a_bridge_status(quarantined={"not_json": 1204}, quarantine_emptied=1104)))

    lines = {line.label: line for line in view(desk.state, desk.now).inside}
    assert lines["Emptied for room"].value == "1,104 refused messages: only their reasons are kept"
    assert lines["Emptied for room"].mark == "attention"
    assert texts(desk).count("Quarantine is full: of its oldest messages only the reason is kept") == 1
    desk.hears(BridgeCame(a_bridge_status(quarantine_emptied=1105)))
    assert texts(desk).count("Quarantine is full: of its oldest messages only the reason is kept") == 1


def test_the_inside_counts_down_to_the_next_try() -> None:
    desk = a_connected_desk()
    desk.hears(BridgeCame(a_bridge_status(headquarters=AWAY)))
    desk.waits(3)
    assert facts(desk)["Headquarters: Next try"] == "in 5 s"
    assert facts(desk)["Headquarters: Problem"] == "no route"

    desk.hears(LinkDown("connection refused", desk.now + seconds(9)))
    desk.waits(2)
    assert facts(desk)["Broker: Next try"] == "in 7 s"
    assert facts(desk)["Broker: Connection"] == "away for 2 s"


def test_a_link_without_data_is_said_within_five_seconds() -> None:
    desk = a_connected_desk()
    desk.waits(4.9)
    assert view(desk.state, desk.now).pill is None
    desk.waits(0.1)
    pill = view(desk.state, desk.now).pill
    assert pill is not None
    assert pill.text.startswith("Link up, no data")


def test_the_log_tells_what_changed_and_not_what_is_first_heard() -> None:
    alert = claimed(an_alert(1), "moreno", NOON)
    desk = a_connected_desk(alert)
    desk.hears(TelemetryCame(a_telemetry(battery_pct=14.0)), HealthCame(a_health(seq=1)))
    assert [text for text in texts(desk) if "took" in text or "battery" in text] == []

    fault = Fault("motor_hot", "alarm", NOON)
    desk.hears(HealthCame(a_health(seq=2, faults=(fault,))), TelemetryCame(a_telemetry(seq=2, battery_pct=60.0)))
    desk.hears(AlertCame(claimed(an_alert(2), "moreno", NOON)))
    desk.hears(AlertCame(an_alert(3)))
    desk.hears(AlertCame(claimed(an_alert(3), "moreno", NOON)))
    desk.hears(BridgeCame(a_bridge_status(headquarters=AWAY)))
    desk.hears(BridgeCame(a_bridge_status(boot=2)))
    desk.hears(HealthCame(a_health(seq=3)))

    assert "nyc-1: motor hot" in texts(desk)
    assert "nyc-1: battery well again" in texts(desk)
    assert texts(desk).count("Moreno took the alert: nyc-17") == 1
    assert "Headquarters is away: no route" in texts(desk)
    assert "Headquarters is here again" in texts(desk)
    assert "The bridge was started again" in texts(desk)
    assert texts(desk)[-1] == "nyc-1: motor hot is over"


def test_the_log_is_searched_by_words_and_kind_and_goes_on_while_it_is() -> None:
    desk = a_connected_desk(an_alert(1, street="Avenue René"), an_alert(2, drone_id="nyc-5"))
    desk.wants(FilterLog("RENE", ""))
    assert [line.text for line in view(desk.state, desk.now).log_view.lines] == ["Alert from nyc-17, Avenue René"]
    assert view(desk.state, desk.now).log_view.words == "1 of 3 lines"

    desk.hears(AlertCame(an_alert(3, street="rene square")))
    assert view(desk.state, desk.now).log_view.found == 2

    desk.wants(FilterLog("", "station"))
    assert [line.text for line in view(desk.state, desk.now).log_view.lines] == ["Connected"]
    desk.wants(FilterLog("nyc-5", "alert"))
    assert view(desk.state, desk.now).log_view.found == 1
    desk.wants(FilterLog("", ""))
    desk.hears(LinkDown("gone", None), LinkUp())
    assert view(desk.state, desk.now).log_view.found == 6
    assert view(desk.state, desk.now).log_view.lines == view(desk.state, desk.now).log


def test_a_line_knows_its_time_and_place() -> None:
    desk = a_connected_desk(an_alert(1))

    line = desk.state.log.lines[-1]
    assert (line.kind, line.at_s, line.lat_deg, line.lon_deg) == ("alert", NOON.timestamp(), 40.7517, -73.9757)
