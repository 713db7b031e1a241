"""Headquarters' own record of alerts: each told once, whatever comes twice or in the wrong order."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from cloud_pipeline.alerts.consumer import News, take_in
from cloud_pipeline.alerts.store import Store, records
from cloud_pipeline.kafka_client import Record
from messages.codec import encode
from messages.model import Message, kind_of
from messages.topics import kafka_topic
from tests.cloud_pipeline import samples

LATER = samples.NOON + timedelta(minutes=5)
ALERT = samples.violation(1, needs_human=True)
DECISION = samples.correction(2, ALERT, after_s=42.0)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "alerts.db"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    opened = Store(path)
    yield opened
    opened.close()


def record(message: Message, offset: int = 0) -> Record:
    headers = {"station": "north", "stored_at": "2026-11-20T17:00:02.000Z"}
    return Record(kafka_topic(kind_of(message)), 0, offset, encode(message), headers)


def test_an_alert_is_raised_then_decided(store: Store, path: Path) -> None:
    assert take_in(store, [record(ALERT)], samples.NOON) == News([ALERT], [])
    assert store.open_alerts() == 1

    assert take_in(store, [record(DECISION)], LATER) == News([], [DECISION])

    (kept,) = records(path)
    assert (kept.violation_id, kept.station, kept.status, kept.code_after) == (ALERT.id, "north", "corrected", 46)
    assert kept.raised_at == samples.NOON + timedelta(seconds=2)
    assert (kept.seen_at, kept.decided_at) == (samples.NOON, DECISION.decided_at)
    assert store.open_alerts() == 0


def test_what_comes_again_is_no_news(store: Store, path: Path) -> None:
    take_in(store, [record(ALERT), record(DECISION)], samples.NOON)
    before = list(records(path))

    assert take_in(store, [record(ALERT), record(DECISION), record(ALERT)], LATER) == News([], [])
    assert list(records(path)) == before


def test_a_decision_that_overtakes_its_violation_is_kept(store: Store, path: Path) -> None:
    take_in(store, [record(DECISION)], samples.NOON)

    assert take_in(store, [record(ALERT)], LATER) == News([ALERT], [])

    (kept,) = records(path)
    assert (kept.status, kept.seen_at, kept.decided_at) == ("corrected", LATER, DECISION.decided_at)


def test_the_first_decision_stays(store: Store, path: Path) -> None:
    second = samples.correction(3, ALERT, after_s=50.0, code_after=40)

    assert take_in(store, [record(ALERT), record(DECISION), record(second)], LATER).decided == [DECISION]
    assert [kept.code_after for kept in records(path)] == [46]


def test_a_violation_that_the_drone_could_code_is_no_alert(store: Store, path: Path) -> None:
    assert take_in(store, [record(samples.violation(1))], samples.NOON) == News([], [])
    assert list(records(path)) == []


def test_what_cannot_be_read_is_passed_over_and_the_next_is_not_delayed(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    bad = Record("kestrel.violations", 3, 7, b"\xff", {})

    assert take_in(store, [bad, record(ALERT)], samples.NOON).raised == [ALERT]
    assert "passed over kestrel.violations 3@7: not_json" in caplog.text


def test_a_batch_that_was_not_committed_is_not_there(store: Store, path: Path) -> None:
    store.begin()
    store.raised(ALERT, station="north", raised_at=None, now=samples.NOON)

    assert list(records(path)) == []


def test_no_plate_is_kept(store: Store, path: Path) -> None:
    take_in(store, [record(ALERT), record(DECISION)], samples.NOON)
    store.close()

    assert b"ABC1234" not in path.read_bytes()


def test_a_store_that_cannot_be_opened_says_so(tmp_path: Path) -> None:
    (tmp_path / "not-a-folder").touch()

    with pytest.raises(OSError, match="not-a-folder"):
        Store(tmp_path / "not-a-folder" / "alerts.db")
