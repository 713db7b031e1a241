"""Kafka's records become typed rows, or say in one line why not."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyspark.sql import DataFrame, Row, SparkSession

from cloud_pipeline.schema import message_type
from cloud_pipeline.transforms.decoding import decoded, rows_of
from messages.codec import encode
from messages.model import KINDS, Message, kind_of
from messages.topics import kafka_topic
from tests.cloud_pipeline import samples
from tests.strategies import messages

GOOD: list[Message] = [
    samples.telemetry(1),
    samples.violation(2),
    samples.violation(3, needs_human=True, plate=None, street="Côte d'Ivoire – 日本"),
    samples.evidence(4, size=320),
    samples.correction(5, samples.violation(3, needs_human=True)),
    samples.health(6),
    next(samples.tickets_2015(1)),
]
_RECORD = (
    "topic string, partition int, offset bigint, timestamp timestamp, key binary, value binary, "
    "headers array<struct<key: string, value: binary>>"
)


def records(spark: SparkSession, payloads: list[tuple[str, bytes | None]]) -> DataFrame:
    """Payloads as Kafka's records, (topic, value), the station's headers with them."""
    headers = [("id", b"x"), ("station", b"north"), ("stored_at", b"2026-11-20T17:00:00.250Z")]
    rows = [(topic, 1, number, samples.NOON, b"k", value, headers) for number, (topic, value) in enumerate(payloads)]
    return spark.createDataFrame(rows, _RECORD)


def only_row(frame: DataFrame) -> Row:
    rows = frame.collect()
    assert len(rows) == 1
    return rows[0]


@pytest.fixture(scope="module")
def good_rows(spark: SparkSession) -> dict[str, Row]:
    """The good messages, decoded as one batch: id -> row of its kind's table."""
    batch = decoded(records(spark, [(kafka_topic(kind_of(message)), encode(message)) for message in GOOD])).persist()
    rows = [row for kind in sorted({*map(kind_of, GOOD)}) for row in rows_of(batch, kind).collect()]
    batch.unpersist()
    assert len(rows) == len(GOOD)
    return {row["id"]: row for row in rows}


@pytest.mark.parametrize("message", GOOD, ids=lambda message: f"{kind_of(message)}-{message.seq}")
def test_every_field_arrives_as_the_contract_has_it(good_rows: dict[str, Row], message: Message) -> None:
    kind = kind_of(message)

    row = good_rows[message.id]

    for name in message_type(kind).names:
        assert plain(row[name]) == plain(getattr(message, name)), name
    if kind != "correction":
        assert row["station"] == "north"
    assert row["stored_at"] == (samples.NOON + timedelta(milliseconds=250)).replace(tzinfo=None)
    assert (row["kafka_partition"], row["kafka_offset"]) == (1, GOOD.index(message))


@settings(max_examples=4, deadline=None, suppress_health_check=list(HealthCheck))
@given(batch=st.lists(messages(), min_size=20, max_size=60))
def test_whatever_the_contract_allows_is_readable(spark: SparkSession, batch: list[Message]) -> None:
    frame = decoded(records(spark, [(kafka_topic(kind_of(message)), encode(message)) for message in batch]))

    rows = frame.collect()
    assert sorted(row["kafka_offset"] for row in rows) == list(range(len(batch)))
    for row in rows:
        message = batch[row["kafka_offset"]]
        assert row["error"] is None, (row["error"], message)
        found = row[kind_of(message)]
        assert {name: plain(found[name]) for name in found.asDict()} == plain(message)


def plain(value: Any) -> Any:
    """Spark's and the contract's values in one form: lists for tuples, dicts for structs, naive UTC times."""
    if isinstance(value, Row):
        return {name: plain(each) for name, each in value.asDict().items()}
    if isinstance(value, msgspec.Struct):
        return {name: plain(getattr(value, name)) for name in value.__struct_fields__}
    if isinstance(value, (list, tuple)):
        return [plain(each) for each in value]
    if isinstance(value, datetime) and value.tzinfo:
        return value.astimezone(UTC).replace(tzinfo=None)
    return bytes(value) if isinstance(value, bytearray) else value


def test_the_payload_is_kept_as_it_came_but_for_evidence_whose_bytes_are_in_data(spark: SparkSession) -> None:
    telemetry, evidence = samples.telemetry(1), samples.evidence(2, size=320)
    batch = decoded(
        records(spark, [(kafka_topic("telemetry"), encode(telemetry)), (kafka_topic("evidence"), encode(evidence))])
    )

    assert only_row(rows_of(batch, "telemetry"))["payload"].encode() == encode(telemetry)
    picture = only_row(rows_of(batch, "evidence"))
    assert picture["payload"] is None
    assert bytes(picture["data"]) == evidence.data


def test_days_are_utc_days_and_history_goes_by_month(spark: SparkSession) -> None:
    late = samples.telemetry(1, at=datetime(2026, 11, 21, 0, 30, tzinfo=UTC))  # still Friday in New York
    ticket = next(samples.tickets_2015(1))
    batch = decoded(
        records(spark, [(kafka_topic("telemetry"), encode(late)), (kafka_topic("history"), encode(ticket))])
    )

    assert only_row(rows_of(batch, "telemetry"))["captured_on"] == date(2026, 11, 21)
    assert only_row(rows_of(batch, "history"))["captured_month"] == "2014-10"


def changed(message: Message, **changes: Any) -> bytes:
    fields = json.loads(encode(message))
    return json.dumps({name: value for name, value in {**fields, **changes}.items() if value != "GONE"}).encode()


BAD: list[tuple[str, bytes | None, str]] = [
    ("telemetry", None, "empty"),
    ("telemetry", b"", "not JSON"),
    ("telemetry", b"not json", "not JSON"),
    ("telemetry", b'{"kind":"telemetry"', "not JSON"),
    ("telemetry", b"\xff\xfe\x00", "not UTF-8"),
    ("telemetry", b"[" * 2_000, "not JSON"),
    ("telemetry", b"[]", "not JSON"),
    ("telemetry", encode(samples.violation(1)), "does not say that it is a telemetry"),
    ("telemetry", changed(samples.telemetry(1), id="GONE"), "id is missing"),
    ("telemetry", changed(samples.telemetry(1), id="1"), "id has a wrong form"),
    ("telemetry", changed(samples.telemetry(1), id=samples.an_id(1) + "\n"), "id has a wrong form"),
    ("telemetry", changed(samples.telemetry(1), drone_id="../x"), "drone_id has a wrong form"),
    ("telemetry", changed(samples.telemetry(1), lat_deg=91), "lat_deg is out of range"),
    ("telemetry", changed(samples.telemetry(1), heading_deg=360), "heading_deg is out of range"),
    ("telemetry", encode(samples.telemetry(1)).replace(b"50.0", b"NaN"), "not JSON"),
    ("telemetry", changed(samples.telemetry(1), seq="one"), "not JSON"),
    ("telemetry", changed(samples.telemetry(1), captured_at="yesterday"), "not JSON"),
    ("telemetry", changed(samples.telemetry(1), phase="swimming"), "phase is not one of the known words"),
    ("violation", changed(samples.violation(1), code=1_000), "code is out of range"),
    ("violation", changed(samples.violation(1), needs_human=None), "needs_human is missing"),
    ("evidence", changed(samples.evidence(1), data="@@@"), "not JSON"),
]


def test_what_cannot_be_read_says_why_and_does_not_disturb_the_rest(spark: SparkSession) -> None:
    good = (kafka_topic("telemetry"), encode(samples.telemetry(99)))
    payloads = [(kafka_topic(kind), value) for kind, value, _ in BAD]

    batch = decoded(records(spark, [*payloads, good])).orderBy("kafka_offset").collect()

    for row, (kind, value, reason) in zip(batch, BAD, strict=False):
        assert row["error"] is not None, (kind, value)
        assert reason in row["error"], (kind, value)
        assert (row["value"] if value is None else bytes(row["value"])) == value
        assert all(row[each] is None for each in KINDS)
    assert batch[-1]["error"] is None
    assert batch[-1]["telemetry"]["seq"] == 100


def test_a_field_that_a_newer_station_adds_is_no_fault(spark: SparkSession) -> None:
    payload = changed(samples.telemetry(1), wind_mps=3.5)

    row = only_row(rows_of(decoded(records(spark, [(kafka_topic("telemetry"), payload)])), "telemetry"))

    assert json.loads(row["payload"])["wind_mps"] == 3.5


def test_a_record_without_headers_is_archived_all_the_same(spark: SparkSession) -> None:
    frame = spark.createDataFrame(
        [(kafka_topic("health"), 0, 0, samples.NOON, None, encode(samples.health(1)), None)], _RECORD
    )

    row = only_row(rows_of(decoded(frame), "health"))

    assert (row["station"], row["stored_at"]) == (None, None)
