"""Kafka's records -> typed columns, or one line that says why not.

The rules are the contract's own (schema.rules_of), written as Spark expressions so that no row leaves the JVM. A field that the contract
does not know is let through here: the station has already refused what it must, headquarters may be older than the station, and the
payload is kept as it came.
"""

from __future__ import annotations

from functools import reduce

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as fn
from pyspark.sql.types import StringType, StructField, StructType

from cloud_pipeline.schema import Rule, message_type, partition_column, rules_of, table_type
from messages.model import KINDS
from messages.topics import KAFKA_TOPICS

_JSON = {"mode": "PERMISSIVE", "columnNameOfCorruptRecord": "unreadable", "allowNonNumericNumbers": "false"}


def decoded(records: DataFrame) -> DataFrame:
    """Each record decoded once, for all kinds side by side, so that the batch can be kept and every table reads its own column.

    In: topic, partition, offset, timestamp, key, value, headers (Kafka's, with headers).
    Out: kind, topic, kafka_partition, kafka_offset, written_at, key, value, station, stored_at, error (null: readable), and for each
    kind a struct column of its name (null for the others). `value` is null for readable evidence, whose bytes are in its struct.
    """
    columns = [
        *(
            fn.when(fn.col("topic") == topic, fn.lit(kind)).alias(f"kind_{kind}")
            for kind, topic in KAFKA_TOPICS.items()
        ),
    ]
    kind = fn.coalesce(*columns)
    text = fn.col("value").cast(StringType())
    base = records.select(
        kind.alias("kind"),
        "topic",
        fn.col("partition").alias("kafka_partition"),
        fn.col("offset").alias("kafka_offset"),
        fn.col("timestamp").alias("written_at"),
        "key",
        "value",
        _header("station").alias("station"),
        fn.try_to_timestamp(_header("stored_at")).alias("stored_at"),
        fn.coalesce(fn.is_valid_utf8(text), fn.lit(False)).alias("is_text"),
    )
    parsed = base.select("*", *(_parsed(each, text).alias(each) for each in KINDS))
    errors = fn.coalesce(
        fn.when(fn.col("value").isNull(), "the record is empty"),
        fn.when(~fn.col("is_text"), "not UTF-8 text"),
        *(fn.when(fn.col("kind") == each, _problem(each)) for each in KINDS),
        fn.when(fn.col("kind").isNull(), "no kind belongs to this topic"),
    )
    judged = parsed.withColumn("error", errors)
    fields = {each: [fn.col(f"{each}.{name}") for name in message_type(each).names] for each in KINDS}
    return judged.select(
        "kind",
        "topic",
        "kafka_partition",
        "kafka_offset",
        "written_at",
        "key",
        fn.when((fn.col("kind") != "evidence") | fn.col("error").isNotNull(), fn.col("value")).alias("value"),
        "station",
        "stored_at",
        "error",
        *(
            fn.when((fn.col("kind") == each) & fn.col("error").isNull(), fn.struct(*fields[each])).alias(each)
            for each in KINDS
        ),
    )


def rows_of(batch: DataFrame, kind: str) -> DataFrame:
    """The readable messages of one kind as the columns of its table, still without archived_at and batch.

    In: what `decoded` gives. Out: schema.table_type(kind) without archived_at and batch.
    """
    own = {
        "station": fn.col("station"),
        "stored_at": fn.col("stored_at"),
        "kafka_partition": fn.col("kafka_partition"),
        "kafka_offset": fn.col("kafka_offset"),
        "payload": fn.col("value").cast(StringType()),
        partition_column(kind).name: partition_value(kind),
    }
    message = message_type(kind).names
    columns = [fn.col(f"{kind}.{name}") if name in message else own[name] for name in _table_names(kind)]
    return batch.where((fn.col("kind") == kind) & fn.col("error").isNull()).select(
        *(column.alias(name) for column, name in zip(columns, _table_names(kind), strict=True))
    )


def partition_value(kind: str) -> Column:
    """The value of the kind's partition column, from its struct column in what `decoded` gives."""
    captured_at = fn.col(f"{kind}.captured_at")
    return fn.date_format(captured_at, "yyyy-MM") if kind == "history" else fn.to_date(captured_at)


def _table_names(kind: str) -> list[str]:
    return [name for name in table_type(kind).names if name not in ("archived_at", "batch")]


def _header(name: str) -> Column:
    matching = fn.filter("headers", lambda header: header["key"] == name)
    return fn.try_element_at(matching, fn.lit(1))["value"].cast(StringType())


def _parsed(kind: str, text: Column) -> Column:
    # A JSON that does not fit the types leaves its text in `unreadable`; what is no JSON at all does the same.
    fields = [StructField("kind", StringType()), *message_type(kind).fields, StructField("unreadable", StringType())]
    return fn.when((fn.col("kind") == kind) & fn.col("is_text"), fn.from_json(text, StructType(fields), _JSON))


def _problem(kind: str) -> Column:
    """One line, or null if the message is as the contract wants it."""
    checks = [
        fn.when(
            fn.col(kind).isNull() | fn.col(f"{kind}.unreadable").isNotNull(), "not JSON, or not of the kind's types"
        ),
        fn.when(~fn.col(f"{kind}.kind").eqNullSafe(fn.lit(kind)), f"the JSON does not say that it is a {kind}"),
        *(check for rule in rules_of(kind) for check in _checks(kind, rule)),
    ]
    return fn.coalesce(*checks)


def _checks(kind: str, rule: Rule) -> list[Column]:
    field = fn.col(f"{kind}.{rule.field}")
    checks = []
    if rule.required:
        checks.append(fn.when(field.isNull(), f"{rule.field} is missing"))
    outside: list[Column] = []
    if rule.least is not None:
        outside.append(field < rule.least)
    if rule.most is not None:
        outside.append(field > rule.most)
    if rule.below is not None:
        outside.append(field >= rule.below)
    if outside:
        checks.append(fn.when(reduce(Column.__or__, outside), f"{rule.field} is out of range"))
    if rule.pattern is not None:
        # Python's \Z is Java's \z: Java's own \Z would let a line end through.
        checks.append(fn.when(~field.rlike(rule.pattern.replace(r"\Z", r"\z")), f"{rule.field} has a wrong form"))
    if rule.values:
        checks.append(fn.when(~field.isin(*rule.values), f"{rule.field} is not one of the known words"))
    return checks
