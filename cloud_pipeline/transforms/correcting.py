"""Violations as they stand after an officer has looked: the drone's word, unless a Correction says otherwise."""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as fn
from pyspark.sql.window import Window


def corrected(violations: DataFrame, corrections: DataFrame) -> DataFrame:
    """Each violation with what became of it.

    In: columns of the tables violation and correction.
    Out: the violations' columns, where `status` is raw, confirmed, corrected or rejected and `code` is the officer's if there is one
    (null: rejected, or still open), and besides `code_drone`, `claimed_at`, `decided_at`. The first decision counts.
    """
    first = Window.partitionBy("violation_id").orderBy("decided_at", "id")
    decisions = (
        corrections.withColumn("turn", fn.row_number().over(first))
        .where(fn.col("turn") == 1)
        .select(
            fn.col("violation_id"),
            fn.col("status").alias("decision"),
            fn.col("code_after"),
            fn.col("claimed_at"),
            fn.col("decided_at"),
        )
    )
    joined = violations.join(decisions, violations["id"] == decisions["violation_id"], "left").drop("violation_id")
    code = fn.when(fn.col("decision").isNull(), fn.col("code")).otherwise(fn.col("code_after"))
    return (
        joined.withColumn("code_drone", fn.col("code"))
        .withColumn("code", code)
        .withColumn("status", fn.coalesce("decision", "status"))
        .drop("decision", "code_after")
    )
