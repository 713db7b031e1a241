"""The bridge's status and log line, from counters."""

from __future__ import annotations

from edge_bridge.health import Counts, Pulse, counts_of, eta_s, log_line, status_of, waiting_of
from messages.state import LinkState
from tests.strategies import NOON


def test_what_waits_is_what_is_stored_and_neither_sent_nor_set_aside():
    counts = Counts({"violation": 10, "telemetry": 5, "health": 1}, {"violation": 6, "telemetry": 5}, {"violation": 1})

    assert waiting_of(counts) == {"violation": 3, "health": 1}


def test_tallies_are_told_apart_by_their_names():
    tallies = {"stored:violation": 3, "quarantined:not_json": 2, "thinned:telemetry": 5, "duplicates": 4, "emptied": 1}

    assert counts_of(tallies, {"violation": 1}, {}) == Counts(
        stored={"violation": 3},
        sent={"violation": 1},
        quarantined={"not_json": 2},
        thinned={"telemetry": 5},
        duplicates=4,
        emptied=1,
    )


def test_what_was_given_up_does_not_wait():
    counts = Counts(stored={"telemetry": 9, "violation": 2}, sent={"telemetry": 3}, thinned={"telemetry": 6})

    assert waiting_of(counts) == {"violation": 2}


def test_rates_are_taken_over_ten_seconds():
    pulse = Pulse()
    for second in range(31):
        pulse.counted(float(second), 100 * second, 50 * max(0, second - 20))

    assert pulse.per_s == (100.0, 50.0)


def test_rates_of_a_bridge_that_just_started_are_zero():
    pulse = Pulse()
    pulse.counted(0.0, 1_000_000, 0)

    assert pulse.per_s == (0.0, 0.0)


def test_the_slowest_commits_are_told():
    pulse = Pulse()
    for took_ms in range(1, 101):
        pulse.committed(float(took_ms))

    assert pulse.commit_p99_ms == 100.0
    assert Pulse().commit_p99_ms == 0.0


def test_the_end_of_a_backlog_is_told_only_when_it_shrinks():
    assert eta_s(1_000, 10.0, 60.0) == 20.0
    assert eta_s(1_000, 60.0, 10.0) is None
    assert eta_s(0, 60.0, 10.0) == 0.0


def test_the_status_and_the_line_say_the_same():
    pulse = Pulse()
    pulse.committed(1.234)
    status = status_of(
        station="midtown-south",
        state="online",
        boot=3,
        now=NOON,
        link=LinkState(up=False, since=NOON),
        counts=Counts({"violation": 7}, {"violation": 2}, {"violation": 1}, {"not_json": 1}, duplicates=9),
        pulse=pulse,
        oldest_waiting_at_ms=1_000,
        alerts_open=2,
        disk_used_bytes=10,
        disk_quota_bytes=20,
    )

    assert (status.waiting, status.set_aside, status.quarantined, status.duplicates) == (
        {"violation": 4},
        1,
        {"not_json": 1},
        9,
    )
    assert status.oldest_waiting_at is not None
    assert status.oldest_waiting_at.timestamp() == 1.0
    line = log_line(status, batches=1, stored=2, duplicates=3, rejected=4)
    assert "waiting=4" in line
    assert "headquarters=away" in line
