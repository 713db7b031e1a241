"""Spark types derived from the contract's structs by looking into them, never typed twice; and the archive's own columns.

| contract | Spark | |
|---|---|---|
| str, Literal | string | |
| int | int if its range fits 32 bits, else bigint | `seq` and `boot` go up to 2^53 |
| float | double | |
| bool | boolean | |
| datetime | timestamp | the session's time zone is UTC |
| bytes | binary | base64 in JSON |
| tuple of X | array<X> | |
| dict | map | |
| struct | struct | |
| X or None | X, may be null | everything else is `required` |
"""

from __future__ import annotations

from typing import NamedTuple

import msgspec
from msgspec import inspect
from pyspark.sql.types import (
    ArrayType,
    BinaryType,
    BooleanType,
    DataType,
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

from messages.model import KINDS

OWN_COLUMNS = StructType(
    [
        StructField("station", StringType()),  # from the record's header; a Correction has it among its own fields
        StructField("stored_at", TimestampType()),  # when the station stored it, from the record's header
        StructField("kafka_partition", IntegerType()),
        StructField("kafka_offset", LongType()),
        StructField("archived_at", TimestampType()),  # when its batch was handed to the commit
        StructField("batch", StringType()),  # "<query>:<batch id>", also the commit's userMetadata
        StructField("payload", StringType()),  # the JSON as it came; null for evidence, whose bytes are in `data`
    ]
)
"""What the archive adds to every message."""

BAD_COLUMNS = StructType(
    [
        StructField("topic", StringType()),
        StructField("kafka_partition", IntegerType()),
        StructField("kafka_offset", LongType()),
        StructField("error", StringType()),  # one line: what could not be read
        StructField("key", BinaryType()),
        StructField("value", BinaryType()),  # the bytes as they came
        StructField("written_at", TimestampType()),  # Kafka's own time of the record
        StructField("archived_at", TimestampType()),
        StructField("batch", StringType()),
    ]
)
"""What is kept of a record that cannot be read."""

_INT_MAX = 2**31 - 1


class Rule(NamedTuple):
    """What a top-level field must hold beyond its type. None: no such limit. Patterns are those of the contract (Python's `re`)."""

    field: str
    required: bool
    least: float | None = None
    most: float | None = None
    below: float | None = None
    pattern: str | None = None
    values: tuple[str, ...] = ()


def partition_column(kind: str) -> StructField:
    """The day of capture (UTC); of the history, which spans years, the month as YYYY-MM."""
    if kind == "history":
        return StructField("captured_month", StringType())
    return StructField("captured_on", DateType())


def message_type(kind: str) -> StructType:
    """The message's own fields in the order of the struct. KeyError for a word that is not a kind."""
    return _struct(KINDS[kind])


def table_type(kind: str) -> StructType:
    """All columns of the kind's table: the message's, the archive's own, the partition's. Every column may be null."""
    message = message_type(kind)
    own = [field for field in OWN_COLUMNS if field.name not in message.names]
    return StructType([*message.fields, *own, partition_column(kind)])


def rules_of(kind: str) -> list[Rule]:
    """What the contract demands of the kind's top-level fields, for those who decode without msgspec."""
    return [_rule(field) for field in _info(KINDS[kind]).fields]


def _info(struct: type[msgspec.Struct]) -> inspect.StructType:
    info = inspect.type_info(struct)
    assert isinstance(info, inspect.StructType)
    return info


def _struct(struct: type[msgspec.Struct]) -> StructType:
    return StructType([StructField(field.encode_name, _spark(field.type)) for field in _info(struct).fields])


def _without_none(kind: inspect.Type) -> tuple[inspect.Type, bool]:
    """The type itself, and whether None is allowed beside it."""
    if not isinstance(kind, inspect.UnionType):
        return kind, False
    inner = [each for each in kind.types if not isinstance(each, inspect.NoneType)]
    if len(inner) != 1:
        raise TypeError(f"no column for a union of {len(inner)} types")
    return inner[0], len(inner) < len(kind.types)


def _spark(kind: inspect.Type) -> DataType:
    match _without_none(kind)[0]:
        case inspect.StrType() | inspect.LiteralType():
            return StringType()
        case inspect.BoolType():
            return BooleanType()
        case inspect.IntType(le=most):
            return IntegerType() if most is not None and most <= _INT_MAX else LongType()
        case inspect.FloatType():
            return DoubleType()
        case inspect.DateTimeType():
            return TimestampType()
        case inspect.BytesType():
            return BinaryType()
        case inspect.VarTupleType(item_type=item):
            return ArrayType(_spark(item))
        case inspect.DictType(key_type=key, value_type=value):
            return MapType(_spark(key), _spark(value))
        case inspect.StructType(cls=struct):
            return _struct(struct)
        case other:
            raise TypeError(f"no column for {type(other).__name__}")


def _rule(field: inspect.Field) -> Rule:
    inner, optional = _without_none(field.type)
    name, required = field.encode_name, field.required and not optional
    match inner:
        case inspect.IntType() | inspect.FloatType():
            return Rule(name, required, least=inner.ge, most=inner.le, below=inner.lt)
        case inspect.StrType(pattern=pattern):
            return Rule(name, required, pattern=pattern)
        case inspect.LiteralType(values=values):
            return Rule(name, required, values=tuple(str(value) for value in values))
    return Rule(name, required)
