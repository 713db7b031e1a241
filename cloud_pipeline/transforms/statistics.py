"""One function for each question. In: cases (transforms/cases.py). Out: one row for each cell, counted and not yet folded."""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as fn


def week_or_weekend(cases: DataFrame) -> DataFrame:
    """Is a day of the week busier than one of the weekend?

    Out: source, day (weekday, weekend), cases, days (calendar days from the first to the last, with cases or without), per_day.
    """
    spans = cases.groupBy("source").agg(fn.min("local_on").alias("first_on"), fn.max("local_on").alias("last_on"))
    days = (
        spans.select("source", fn.explode(fn.sequence("first_on", "last_on")).alias("local_on"))
        .withColumn("day", _day_kind())
        .groupBy("source", "day")
        .agg(fn.count("*").alias("days"))
    )
    counts = cases.withColumn("day", _day_kind()).groupBy("source", "day").agg(fn.count("*").alias("cases"))
    return (
        days.join(counts, ["source", "day"], "left")
        .withColumn("cases", fn.coalesce("cases", fn.lit(0)))
        .select("source", "day", "cases", "days", fn.round(fn.col("cases") / fn.col("days"), 2).alias("per_day"))
        .orderBy("source", "day")
    )


def by_code(cases: DataFrame) -> DataFrame:
    """Which violations? Out: source, code, cases. Cases that no officer has coded yet are left out."""
    return _counted(cases, ["code"])


def by_hour(cases: DataFrame) -> DataFrame:
    """At which hours? Out: source, hour (New York), cases. Tickets without an hour are left out."""
    return _counted(cases, ["hour"])


def by_weekday_and_hour(cases: DataFrame) -> DataFrame:
    """At which hours of which day? Out: source, weekday (1 Monday to 7 Sunday), hour, cases."""
    weekday = (fn.dayofweek("local_on") + 5) % 7 + 1  # Spark counts from Sunday
    return _counted(cases.withColumn("weekday", weekday), ["weekday", "hour"])


def by_borough(cases: DataFrame) -> DataFrame:
    """In which borough? Out: source, borough, cases."""
    return _counted(cases, ["borough"])


def by_precinct(cases: DataFrame) -> DataFrame:
    """In which police precinct? Out: source, precinct, cases. Cameras (precinct 0) are left out."""
    return _counted(cases, ["precinct"])


def by_street(cases: DataFrame) -> DataFrame:
    """In which street? Out: source, borough, street, cases."""
    return _counted(cases, ["borough", "street"])


def by_outcome(violations: DataFrame) -> DataFrame:
    """How many violations needed a human, and what did the officers make of them?

    In: corrected violations. Out: outcome (drone alone, confirmed, corrected, rejected, open), cases.
    """
    outcome = (
        fn.when(~fn.col("needs_human"), "drone alone")
        .when(fn.col("status") == "raw", "open")
        .otherwise(fn.col("status"))
    )
    return (
        violations.withColumn("outcome", outcome)
        .groupBy("outcome")
        .agg(fn.count("*").alias("cases"))
        .orderBy(fn.desc("cases"), "outcome")
    )


def decision_times(violations: DataFrame) -> DataFrame:
    """How long does a decision take, and where does the time go?

    In: corrected violations. Out: step, cases, p50_s, p95_s. Steps: captured to stored (drone to station), stored to claimed (waiting
    for an officer), claimed to decided (the officer's work), captured to decided (all). Only decided alerts.
    """
    decided = violations.where(fn.col("needs_human") & fn.col("decided_at").isNotNull())
    steps = {
        "1 captured to stored": ("captured_at", "stored_at"),
        "2 stored to claimed": ("stored_at", "claimed_at"),
        "3 claimed to decided": ("claimed_at", "decided_at"),
        "4 captured to decided": ("captured_at", "decided_at"),
    }
    took = fn.explode(
        fn.array(
            *(
                fn.struct(fn.lit(step).alias("step"), _seconds(start, end).alias("took_s"))
                for step, (start, end) in steps.items()
            )
        )
    )
    return (
        decided.select(took.alias("each"))
        .select("each.step", "each.took_s")
        .where(fn.col("took_s").isNotNull())
        .groupBy("step")
        .agg(
            fn.count("*").alias("cases"),
            fn.round(fn.percentile("took_s", fn.lit(0.5)), 2).alias("p50_s"),
            fn.round(fn.percentile("took_s", fn.lit(0.95)), 2).alias("p95_s"),
        )
        .orderBy("step")
    )


def _counted(cases: DataFrame, keys: list[str]) -> DataFrame:
    known = cases
    for key in keys:
        known = known.where(fn.col(key).isNotNull())
    return known.groupBy("source", *keys).agg(fn.count("*").alias("cases")).orderBy("source", fn.desc("cases"), *keys)


def _day_kind() -> Column:
    return fn.when(fn.dayofweek("local_on").isin(1, 7), "weekend").otherwise("weekday")


def _seconds(start: str, end: str) -> Column:
    return (fn.unix_millis(end) - fn.unix_millis(start)) / 1000
