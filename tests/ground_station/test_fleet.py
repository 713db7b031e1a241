"""The fleet: who is where now, whatever comes late or twice."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec
from hypothesis import example, given
from hypothesis import strategies as st

from ground_station.view_model.events import DroneMoved, HealthCame, StatusCame, TelemetryCame
from ground_station.view_model.fleet import Fleet, apply, band_of
from ground_station.view_model.fleet_rows import FleetMemo, matching
from ground_station.view_model.freshness import freshness_of
from ground_station.view_model.snapshot import FleetRow
from messages.model import Fault
from messages.state import DroneStatus
from tests.ground_station.given import NOON, a_health, a_telemetry, seconds


def rows(fleet_now: Fleet, now: datetime, alerting: frozenset[str], selected: str | None) -> tuple[FleetRow, ...]:
    return FleetMemo().shown(fleet_now, now, alerting, selected).rows


def flown(fleet_now: Fleet, *telemetry: object, now: object = NOON) -> Fleet:
    events = [TelemetryCame(each) for each in telemetry]  # type: ignore[arg-type]
    return apply(fleet_now, events, now)  # type: ignore[arg-type]


@given(
    reports=st.lists(
        st.tuples(st.integers(1, 4), st.integers(1, 50), st.floats(40.5, 40.9)),
        min_size=1,
        max_size=40,
        unique_by=lambda r: r[:2],
    ),
    data=st.data(),
)
def test_a_backfill_in_any_order_never_moves_a_live_marker(
    reports: list[tuple[int, int, float]], data: st.DataObject
) -> None:
    made = [
        a_telemetry(boot=boot, seq=seq, lat_deg=lat_deg, at=NOON + seconds(boot * 1000 + seq))
        for boot, seq, lat_deg in reports
    ]
    newest = max(made, key=lambda each: (each.boot, each.seq))
    after = flown(Fleet(), newest, now=newest.captured_at)
    late = data.draw(st.permutations([each for each in made if each is not newest]))

    for each in late:
        after = flown(after, each, now=newest.captured_at + seconds(0.1))

    drone = after.drones["nyc-1"]
    assert drone.newest is newest
    assert drone.heard_s == newest.captured_at.timestamp()


@given(st.lists(st.integers(1, 60), min_size=1, max_size=60), st.randoms(use_true_random=False))
def test_batches_give_the_same_fleet_as_single_messages(seqs: list[int], rng: object) -> None:
    made = [a_telemetry(f"nyc-{seq % 3}", seq=seq, at=NOON + seconds(seq)) for seq in seqs]
    one_by_one = Fleet()
    for each in made:
        one_by_one = flown(one_by_one, each, now=NOON + seconds(60))

    assert flown(Fleet(), *made, now=NOON + seconds(60)) == one_by_one


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["moved", "moved", "moved", "whole", "offline"]),
        st.sampled_from([0, 0, 0, 0, 1, -1]),  # to the boot
        st.integers(-2, 3),  # to the number
        st.sampled_from([0.0, 0.2, 9.9, 10.0, 10.1, 40.0, -1.0]),  # s on its way
        st.sampled_from([1.0, 1.0, 10.0, 0.25, -5.0]),  # s to the next; the clock may be set
    ),
    max_size=30,
)


@given(STEPS)
@example([("moved", 0, 1, 0.0, 8.0), ("moved", 0, 1, 0.0, -5.0)])  # the desk's clock was set back
@example([("moved", 0, 1, 10.1, 11.0)])  # too long on its way
def test_where_a_drone_was_says_as_much_as_its_whole_telemetry(
    steps: list[tuple[str, int, int, float, float]],
) -> None:
    now = NOON
    whole = small = flown(Fleet(), a_telemetry("nyc-1", seq=1, battery_pct=27.0), now=now)
    for kind, more_boot, more_seq, late_s, pause_s in steps:
        now += seconds(pause_s)
        newest = whole.drones["nyc-1"].newest
        assert newest is not None
        boot, seq = max(1, newest.boot + more_boot), max(1, newest.seq + more_seq)
        said = msgspec.structs.replace(
            newest, boot=boot, seq=seq, captured_at=now - seconds(late_s), lat_deg=40 + seq / 99
        )
        if kind == "offline":
            gone = [StatusCame(DroneStatus(drone_id="nyc-1", boot=boot, state="offline", at=now))]
            whole, small = apply(whole, gone, now), apply(small, gone, now)
        elif kind == "whole":
            said = msgspec.structs.replace(said, battery_pct=10.0 + 3 * (seq % 9))
            whole, small = flown(whole, said, now=now), flown(small, said, now=now)
        else:
            place = (said.lat_deg, said.lon_deg, said.heading_deg)
            moved = DroneMoved("nyc-1", boot, seq, said.captured_at, *place)
            whole, small = flown(whole, said, now=now), apply(small, [moved], now)

        assert small == whole


def test_a_drone_whose_memory_was_replaced_is_followed_again() -> None:
    after = flown(Fleet(), a_telemetry(boot=9, seq=500))
    again = a_telemetry(boot=1, seq=1, at=NOON + seconds(60), lat_deg=40.8)

    assert flown(after, again, now=NOON + seconds(60)).drones["nyc-1"].newest is again


def test_silence_makes_a_drone_stale_then_lost_at_the_set_limit() -> None:
    assert [freshness_of(silent, 3.5) for silent in (0.0, 2.0, 2.2, 3.4, 3.5, 60.0)] == [
        "live",
        "live",
        "stale",
        "stale",
        "lost",
        "lost",
    ]
    assert freshness_of(9.0, 10.0) == "stale"


def test_telemetry_that_was_long_on_its_way_does_not_make_a_drone_live() -> None:
    after = flown(Fleet(), a_telemetry(at=NOON - seconds(60)))

    assert rows(after, NOON, frozenset(), None)[0].freshness == "lost"


def test_a_late_will_of_an_older_start_is_ignored() -> None:
    after = flown(Fleet(), a_telemetry(boot=2))
    will = DroneStatus(drone_id="nyc-1", boot=1, state="offline", at=NOON - timedelta(hours=1))

    after = apply(after, [StatusCame(will)], NOON)

    assert rows(after, NOON, frozenset(), None)[0].freshness == "live"


def test_a_will_makes_a_drone_lost_until_it_is_heard_again() -> None:
    after = flown(Fleet(), a_telemetry(boot=2))
    will = DroneStatus(drone_id="nyc-1", boot=2, state="offline", at=NOON)

    after = apply(after, [StatusCame(will)], NOON)
    assert rows(after, NOON, frozenset(), None)[0].freshness == "lost"

    after = flown(after, a_telemetry(boot=2, seq=2, at=NOON + seconds(1)), now=NOON + seconds(1))
    assert rows(after, NOON + seconds(1), frozenset(), None)[0].freshness == "live"


def test_a_battery_that_trembles_at_an_edge_does_not_flash() -> None:
    bands = ["well"]
    for battery_pct in (25.5, 24.9, 25.2, 29.9, 30.1, 14.9, 15.5, 19.9, 20.1, 40.0):
        bands.append(band_of(battery_pct, bands[-1]))  # type: ignore[arg-type]

    assert bands[1:] == ["well", "low", "low", "low", "well", "critical", "critical", "critical", "low", "well"]


def test_the_table_shows_first_what_needs_attention() -> None:
    after = flown(
        Fleet(),
        a_telemetry("nyc-1"),
        a_telemetry("nyc-2", battery_pct=12.0),
        a_telemetry("nyc-3", battery_pct=22.0),
        a_telemetry("nyc-4", at=NOON - seconds(20)),
        a_telemetry("nyc-5"),
    )
    hot = a_health("nyc-5", faults=(Fault("motor_hot", "alarm", NOON),))
    after = apply(after, [HealthCame(hot)], NOON)

    table = rows(after, NOON, frozenset({"nyc-1"}), "nyc-3")

    assert [(row.drone_id, row.attention) for row in table] == [
        ("nyc-2", "battery"),
        ("nyc-5", "motor hot"),
        ("nyc-4", "lost"),
        ("nyc-3", "battery low"),
        ("nyc-1", ""),
    ]
    assert table[-1].phase == "alert"
    assert [row.selected for row in table] == [False, False, False, True, False]
    assert (table[0].battery_text, table[2].link_text, table[2].heard_text(NOON.timestamp())) == ("12 %", "—", "20 s")


def test_an_older_list_of_faults_does_not_bring_a_fault_back() -> None:
    gone = a_health(seq=2)
    after = apply(
        Fleet(), [HealthCame(gone), HealthCame(a_health(seq=1, faults=(Fault("motor_hot", "alarm", NOON),)))], NOON
    )

    assert after.drones["nyc-1"].health is gone


def test_the_filter_wants_every_word() -> None:
    row = rows(flown(Fleet(), a_telemetry(battery_pct=10.0)), NOON, frozenset(), None)[0]

    assert matching((row,), ["nyc", "battery"]) == (row,)
    assert matching((row,), ["nyc", "lost"]) == ()


def test_a_fleet_does_not_change_in_place() -> None:
    before = flown(Fleet(), a_telemetry())
    copy = msgspec.structs.replace(before)

    flown(before, a_telemetry(seq=2, lat_deg=41.0))

    assert before == copy
