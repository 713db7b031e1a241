"""The questions, answered by Spark, and the same asked of DuckDB in its own words on the same real tickets."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from pyspark.sql import DataFrame, SparkSession

from cloud_pipeline.schema import message_type
from cloud_pipeline.transforms import statistics
from cloud_pipeline.transforms.cases import TICKET_COLUMNS, history_cases, in_their_year, live_cases
from cloud_pipeline.transforms.correcting import corrected
from cloud_pipeline.transforms.deduplication import tickets_once
from cloud_pipeline.transforms.disclosure import folded
from cloud_pipeline.transforms.locating import located
from messages.model import Correction, Violation
from tests.cloud_pipeline import samples

_ONCE = """
    CREATE VIEW once AS
        SELECT * FROM tickets QUALIFY row_number() OVER (PARTITION BY summons_number ORDER BY drone_id, seq, id) = 1
"""
_CASES = """
    CREATE VIEW cases AS
        SELECT try_cast(issued_on AS date) AS local_on, hour, code, nullif(precinct, 0) AS precinct, borough,
               nullif(trim(regexp_replace(upper(street), '[\\s.]+', ' ', 'g')), '') AS street
        FROM once WHERE try_cast(issued_on AS date) BETWEEN '2014-07-01' AND '2015-06-30'
"""
QUESTIONS = {
    "week_or_weekend": """
        WITH days AS (
            SELECT unnest(generate_series(min(local_on), max(local_on), INTERVAL 1 DAY))::date AS local_on FROM cases
        ), kinds AS (SELECT local_on, if(isodow(local_on) > 5, 'weekend', 'weekday') AS day FROM days)
        SELECT day, count(code) AS cases, count(DISTINCT local_on) AS days,
               round(count(code) / count(DISTINCT local_on), 2) AS per_day
        FROM kinds LEFT JOIN cases USING (local_on) GROUP BY day""",
    "by_code": "SELECT code, count(*) AS cases FROM cases GROUP BY code",
    "by_hour": "SELECT hour, count(*) AS cases FROM cases WHERE hour IS NOT NULL GROUP BY hour",
    "by_weekday_and_hour": """
        SELECT isodow(local_on) AS weekday, hour, count(*) AS cases FROM cases WHERE hour IS NOT NULL GROUP BY ALL""",
    "by_borough": "SELECT borough, count(*) AS cases FROM cases WHERE borough IS NOT NULL GROUP BY borough",
    "by_precinct": "SELECT precinct, count(*) AS cases FROM cases WHERE precinct IS NOT NULL GROUP BY precinct",
    "by_street": """
        SELECT borough, street, count(*) AS cases FROM cases
        WHERE street IS NOT NULL AND borough IS NOT NULL GROUP BY ALL""",
}


@pytest.fixture(scope="module")
def tickets() -> list[dict[str, Any]]:
    """The 10,000 real rows, as far as the questions need them."""
    return [{name: getattr(ticket, name) for name in TICKET_COLUMNS} for ticket in samples.tickets_2015()]


@pytest.fixture(scope="module")
def cases(spark: SparkSession, tickets: list[dict[str, Any]]) -> Iterator[DataFrame]:
    types = [message_type("history")[name] for name in TICKET_COLUMNS]
    frame = spark.createDataFrame([tuple(row.values()) for row in tickets], type(message_type("history"))(types))
    kept = in_their_year(history_cases(tickets_once(frame))).persist()
    yield kept
    kept.unpersist()


@pytest.fixture(scope="module")
def oracle(tickets: list[dict[str, Any]]) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as db:
        db.register("tickets", pa.Table.from_pylist(tickets))
        db.execute(_ONCE)
        db.execute(_CASES)
        yield db


def test_the_sample_holds_ten_thousand_rows_and_9333_tickets(
    tickets: list[dict[str, Any]], oracle: duckdb.DuckDBPyConnection
) -> None:
    assert len(tickets) == 10_000
    assert oracle.execute("SELECT count(*) FROM once").fetchall() == [(9_333,)]


@pytest.mark.parametrize("question", QUESTIONS)
def test_spark_and_duckdb_agree(question: str, cases: DataFrame, oracle: duckdb.DuckDBPyConnection) -> None:
    found = getattr(statistics, question)(cases)
    names = [name for name in found.columns if name != "source"]
    rows = found.collect()
    wanted = oracle.execute(QUESTIONS[question]).fetchall()

    assert {row["source"] for row in rows} == {"history"}
    assert sorted(tuple(row[name] for name in names) for row in rows) == sorted(wanted)
    assert wanted


def test_a_rate_counts_the_days_without_cases_too(spark: SparkSession) -> None:
    frame = spark.createDataFrame(
        [("live", date(2026, 11, 2)), ("live", date(2026, 11, 15))], "source string, local_on date"
    )

    rows = {
        row["day"]: (row["cases"], row["days"], row["per_day"]) for row in statistics.week_or_weekend(frame).collect()
    }

    assert rows == {"weekday": (1, 10, 0.1), "weekend": (1, 4, 0.25)}


def of_violations(spark: SparkSession, violations: list[Violation], corrections: list[Correction]) -> DataFrame:
    columns = ["id", "captured_at", "lat_deg", "lon_deg", "code", "needs_human", "status", "street"]
    violation_type = type(message_type("violation"))([message_type("violation")[name] for name in columns])
    seen = spark.createDataFrame(
        [tuple(getattr(each, name) for name in columns) for each in violations], violation_type
    )
    names = message_type("correction").names
    decided = spark.createDataFrame(
        [tuple(getattr(each, name) for name in names) for each in corrections], message_type("correction")
    )
    return corrected(seen.withColumn("stored_at", seen["captured_at"]), decided)


def test_a_correction_changes_code_and_status_and_a_rejection_is_no_case(spark: SparkSession) -> None:
    sure, asked, none, waiting = (samples.violation(number, needs_human=number > 0) for number in range(4))
    decisions = [
        samples.correction(1, asked),
        samples.correction(2, asked, after_s=60.0, code_after=40),  # the first decision counts
        samples.correction(3, none, status="rejected", code_after=None, reason="parked well"),
    ]

    rows = of_violations(spark, [sure, asked, none, waiting], decisions)

    found = {row["id"]: (row["code"], row["status"]) for row in rows.collect()}
    assert found == {
        sure.id: (21, "raw"),
        asked.id: (46, "corrected"),
        none.id: (None, "rejected"),
        waiting.id: (None, "raw"),
    }
    assert {row["id"] for row in live_cases(located(rows)).collect()} == {sure.id, asked.id, waiting.id}


def test_outcomes_and_times_are_those_of_the_decisions(spark: SparkSession) -> None:
    alerts = [samples.violation(number, needs_human=True) for number in range(3)]
    decisions = [samples.correction(number, alerts[number], after_s=20.0 + 10 * number) for number in range(2)]

    rows = of_violations(spark, [*alerts, samples.violation(9)], decisions)

    outcomes = {row["outcome"]: row["cases"] for row in statistics.by_outcome(rows).collect()}
    assert outcomes == {"corrected": 2, "open": 1, "drone alone": 1}
    times = {row["step"][2:]: (row["cases"], row["p50_s"]) for row in statistics.decision_times(rows).collect()}
    assert times["captured to decided"] == (2, 25.0)
    assert times["claimed to decided"] == (2, 10.0)
    assert times["stored to claimed"] == (2, 15.0)


def test_hours_are_new_yorks_in_summer_and_in_winter(spark: SparkSession) -> None:
    winter = samples.violation(1, at=datetime(2026, 1, 5, 4, 30, tzinfo=UTC))  # Sunday evening there
    summer = samples.violation(2, at=datetime(2026, 7, 6, 4, 30, tzinfo=UTC))  # past midnight, Monday, there

    rows = {row["id"]: row for row in live_cases(located(of_violations(spark, [winter, summer], []))).collect()}

    assert (rows[winter.id]["local_on"], rows[winter.id]["hour"]) == (date(2026, 1, 4), 23)
    assert (rows[summer.id]["local_on"], rows[summer.id]["hour"]) == (date(2026, 7, 6), 0)


def test_a_place_is_found_in_its_precinct_and_water_in_none(spark: SparkSession) -> None:
    midtown = samples.violation(1)
    bay = samples.violation(2, lat_deg=40.66, lon_deg=-74.04)

    rows = {row["id"]: row for row in located(of_violations(spark, [midtown, bay], [])).collect()}

    assert (rows[midtown.id]["precinct"], rows[midtown.id]["borough"]) == (14, "Manhattan")
    assert rows[bay.id]["precinct"] is None


def test_no_cell_below_ten_is_shown(cases: DataFrame) -> None:
    for question, keys in (("by_code", ["code"]), ("by_street", ["borough", "street"]), ("by_precinct", ["precinct"])):
        cells = getattr(statistics, question)(cases)

        shown = folded(cells, keys, 10).collect()
        counts = [row["cases"] for row in cells.collect()]

        assert all(row["cases"] is None or row["cases"] >= 10 for row in shown)
        # Fewer than ten may be left over, and then it is not said how many.
        assert 0 <= sum(counts) - sum(row["cases"] or 0 for row in shown) < 10
        assert sum(row["folded"] for row in shown) == sum(cases < 10 for cases in counts)


def test_a_few_cases_alone_are_said_to_be_there_but_not_how_many(spark: SparkSession) -> None:
    cells = spark.createDataFrame([("live", 21, 30), ("live", 40, 3)], "source string, code int, cases bigint")

    rows = {row["code"]: (row["cases"], row["folded"]) for row in folded(cells, ["code"], 10).collect()}

    assert rows == {21: (30, 0), None: (None, 1)}


def test_one_impossible_date_does_not_stretch_the_year(spark: SparkSession) -> None:
    days = [date(2014, 7, 1) + timedelta(days=number) for number in range(300)] + [date(2031, 1, 1)]
    frame = spark.createDataFrame(
        [("history", str(number), day, 9, 21, 1, "Bronx", "X") for number, day in enumerate(days)],
        "source string, id string, local_on date, hour int, code int, precinct int, borough string, street string",
    )

    assert in_their_year(frame).count() == 300
