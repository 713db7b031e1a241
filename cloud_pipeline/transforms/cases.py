"""What the questions are asked of: one row for each violation, from drones or from the city's files, in the same columns.

    source    live or history
    local_on  day in New York
    hour      0 to 23 in New York; null where the ticket has none
    code      after an officer's decision; null where there is none (yet)
    precinct  null where it is not known, and for tickets written by a camera (the city writes 0)
    borough, street

A violation that an officer has rejected is none and is left out. Both kinds get their hour from New York's clock, also on the two
nights on which it is changed.
"""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as fn

NEW_YORK = "America/New_York"
TICKET_COLUMNS = [
    "id",
    "drone_id",
    "seq",
    "summons_number",
    "issued_on",
    "hour",
    "code",
    "precinct",
    "borough",
    "street",
]
"""What is needed of the history table: a tenth of its bytes."""

VIOLATION_COLUMNS = [
    "id", "captured_at", "stored_at", "lat_deg", "lon_deg", "code", "needs_human", "status", "street"
]  # fmt: skip
COLUMNS = ["source", "id", "local_on", "hour", "code", "precinct", "borough", "street"]


def live_cases(violations: DataFrame) -> DataFrame:
    """In: corrected and located violations. Out: COLUMNS."""
    local = fn.from_utc_timestamp("captured_at", NEW_YORK)
    return violations.where(fn.col("status") != "rejected").select(
        fn.lit("live").alias("source"),
        "id",
        fn.to_date(local).alias("local_on"),
        fn.hour(local).alias("hour"),
        "code",
        "precinct",
        "borough",
        street_words(fn.col("street")).alias("street"),
    )


def history_cases(tickets: DataFrame) -> DataFrame:
    """In: tickets, each once. Out: COLUMNS."""
    return tickets.select(
        fn.lit("history").alias("source"),
        "id",
        fn.try_to_date("issued_on", "yyyy-MM-dd").alias("local_on"),
        "hour",
        "code",
        fn.when(fn.col("precinct") > 0, fn.col("precinct")).alias("precinct"),
        "borough",
        street_words(fn.col("street")).alias("street"),
    )


def in_their_year(cases: DataFrame) -> DataFrame:
    """Historic cases of the fiscal year (July to June) that most of them are of; one in sixty of the city's dates cannot be right.

    A single ticket dated 2031 would otherwise make fifteen years of days without tickets. Live cases stay as they are.
    In, out: COLUMNS.
    """
    dated = cases.withColumn("fiscal_year", fn.year(fn.add_months("local_on", 6)))
    years = dated.groupBy("source", "fiscal_year").agg(fn.count("*").alias("cases"))
    usual = years.groupBy("source").agg(
        fn.max_by("fiscal_year", fn.struct(fn.col("cases"), fn.col("fiscal_year"))).alias("usual_year")
    )
    return (
        dated.join(fn.broadcast(usual), "source")
        .where((fn.col("source") == "live") | (fn.col("fiscal_year") == fn.col("usual_year")))
        .select(*COLUMNS)
    )


def street_words(street: Column) -> Column:
    """One spelling for the same street as far as case, points and blanks go: the city's officers write each as they like."""
    return fn.nullif(fn.trim(fn.regexp_replace(fn.upper(street), r"[\s.]+", " ")), fn.lit(""))
