"""Spark's types come from the contract's structs."""

from __future__ import annotations

import msgspec
import pytest
from pyspark.sql.types import (
    ArrayType,
    BinaryType,
    DateType,
    DoubleType,
    IntegerType,
    LongType,
    MapType,
    StringType,
    StructField,
    StructType,
    TimestampType,
)

from cloud_pipeline import schema
from cloud_pipeline.schema import message_type, partition_column, rules_of, table_type
from messages.model import KINDS


@pytest.mark.parametrize("kind", KINDS)
def test_every_field_of_the_struct_is_a_column_of_the_same_name_and_order(kind: str) -> None:
    fields = [field.encode_name for field in msgspec.structs.fields(KINDS[kind])]

    assert message_type(kind).names == fields
    assert table_type(kind).names[: len(fields)] == fields


@pytest.mark.parametrize("kind", KINDS)
def test_no_column_comes_twice_and_the_archives_own_are_there(kind: str) -> None:
    names = table_type(kind).names

    assert len(names) == len(set(names))
    assert set(schema.OWN_COLUMNS.names) <= set(names)
    assert names[-1] == partition_column(kind).name


@pytest.mark.parametrize(
    ("kind", "field", "wanted"),
    [
        ("telemetry", "seq", LongType()),
        ("telemetry", "lat_deg", DoubleType()),
        ("telemetry", "captured_at", TimestampType()),
        ("violation", "code", IntegerType()),
        ("violation", "guesses", ArrayType(StructType([StructField("code", IntegerType()), StructField("confidence", DoubleType())]))),
        ("violation", "evidence_ids", ArrayType(StringType())),
        ("violation", "status", StringType()),
        ("evidence", "data", BinaryType()),
        ("history", "raw", MapType(StringType(), StringType())),
        ("history", "captured_month", StringType()),
        ("violation", "captured_on", DateType()),
    ],
)  # fmt: skip
def test_types_follow_the_struct(kind: str, field: str, wanted: object) -> None:
    assert table_type(kind)[field].dataType == wanted


def test_a_rule_carries_the_contracts_limits() -> None:
    rules = {rule.field: rule for rule in rules_of("telemetry")}

    assert (rules["battery_pct"].required, rules["battery_pct"].least, rules["battery_pct"].most) == (True, 0, 100)
    assert rules["heading_deg"].below == 360
    assert rules["drone_id"].pattern == r"\A[a-z0-9-]{1,32}\Z"
    assert "patrol" in rules["phase"].values


def test_a_field_that_may_be_none_is_not_required() -> None:
    rules = {rule.field: rule for rule in rules_of("violation")}

    assert (rules["code"].required, rules["code"].most) == (False, 999)


def test_a_type_without_a_column_is_refused_when_it_is_added_to_the_contract() -> None:
    class Odd(msgspec.Struct):
        field: int | str

    class Odder(msgspec.Struct):
        field: set[int]

    for struct in (Odd, Odder):
        with pytest.raises(TypeError, match="no column for"):
            schema._struct(struct)
