"""The analyses: the archive's tables -> cases -> answers. Spark counts, Python words."""

from __future__ import annotations

import logging
from datetime import date
from typing import Any

from pyspark import StorageLevel
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as fn

from cloud_pipeline import spark_errors, wording
from cloud_pipeline.answers import Answer, Answers, Place, Source
from cloud_pipeline.archive.tables import table_uri
from cloud_pipeline.errors import ArchiveError
from cloud_pipeline.settings import AnalyseSettings
from cloud_pipeline.transforms import statistics
from cloud_pipeline.transforms.cases import (
    COLUMNS,
    TICKET_COLUMNS,
    VIOLATION_COLUMNS,
    history_cases,
    in_their_year,
    live_cases,
)
from cloud_pipeline.transforms.correcting import corrected
from cloud_pipeline.transforms.deduplication import tickets_once
from cloud_pipeline.transforms.disclosure import folded
from cloud_pipeline.transforms.locating import located

log = logging.getLogger(__name__)


def run(session: SparkSession, settings: AnalyseSettings) -> Answers:
    """Every answer for every source asked for that has cases. Raises ArchiveError if the archive cannot be read or is empty."""
    try:
        return _run(session, settings)
    except spark_errors.REFUSED as problem:
        raise ArchiveError(
            f"the archive at {settings.archive} cannot be read: {spark_errors.cause_of(problem)}"
        ) from problem


def _run(session: SparkSession, settings: AnalyseSettings) -> Answers:
    sources: list[Source] = []
    cases: list[DataFrame] = []
    answers: list[Answer] = []
    if settings.source in ("history", "both"):
        tickets = _table(session, settings.archive, "history").select(*TICKET_COLUMNS)
        once = tickets_once(tickets).persist(StorageLevel.MEMORY_AND_DISK)
        mine = in_their_year(history_cases(once)).persist(StorageLevel.MEMORY_AND_DISK)
        sources.append(_source("history", tickets.count(), once.count(), mine))
        cases.append(mine)
    if settings.source in ("live", "both"):
        violations = corrected(
            _table(session, settings.archive, "violation").select(*VIOLATION_COLUMNS),
            _table(session, settings.archive, "correction"),
        ).persist(StorageLevel.MEMORY_AND_DISK)
        mine = live_cases(located(violations)).persist(StorageLevel.MEMORY_AND_DISK)
        rows = violations.count()
        sources.append(_source("live", rows, rows, mine))
        cases.append(mine)
        if rows:
            answers += about_officers(violations)
    used = [source for source in sources if source.used]
    if not used:
        raise ArchiveError(f"the archive at {settings.archive} has no violations yet")
    everything = cases[0]
    for more in cases[1:]:
        everything = everything.unionByName(more)
    answers = (
        about_cases(everything.select(*COLUMNS), settings.smallest_cell, [source.source for source in used]) + answers
    )
    return Answers(sources=tuple(sources), answers=tuple(answers), places=places_of(everything, settings.smallest_cell))


def about_cases(cases: DataFrame, smallest: int, sources: list[str]) -> list[Answer]:
    """The four classic questions and their refinements, each for each source. In: columns of transforms/cases.py."""
    week = _rows(statistics.week_or_weekend(cases))
    codes = _folded(statistics.by_code(cases), ["code"], smallest)
    hours = _folded(statistics.by_hour(cases), ["hour"], smallest)
    heat = _folded(statistics.by_weekday_and_hour(cases), ["weekday", "hour"], smallest)
    boroughs = _folded(statistics.by_borough(cases), ["borough"], smallest)
    precincts = _folded(statistics.by_precinct(cases), ["precinct"], smallest)
    streets = _folded(statistics.by_street(cases), ["borough", "street"], smallest)
    found = []
    for source in sources:
        found += [
            wording.week_or_weekend(source, [row for row in week if row["source"] == source], smallest),
            wording.codes(source, codes.get(source, [])),
            wording.hours(source, hours.get(source, [])),
            wording.weekdays_and_hours(source, heat.get(source, [])),
            wording.boroughs(source, boroughs.get(source, [])),
            wording.precincts(source, precincts.get(source, [])),
            wording.streets(source, streets.get(source, [])),
        ]
    return found


def about_officers(violations: DataFrame) -> list[Answer]:
    """How often a human is needed, and how long a decision takes. In: corrected violations."""
    return [
        wording.outcomes("live", _rows(statistics.by_outcome(violations))),
        wording.decision_times("live", _rows(statistics.decision_times(violations))),
    ]


def places_of(cases: DataFrame, smallest: int) -> tuple[Place, ...]:
    """The precincts with enough cases, for the map of each source."""
    rows = _folded(statistics.by_precinct(cases), ["precinct"], smallest)
    return tuple(
        Place(source=source, precincts={cell.keys[0]: float(cell.cases or 0) for cell in cells if not cell.folded})
        for source, cells in sorted(rows.items())
    )


def _folded(cells: DataFrame, keys: list[str], smallest: int) -> dict[str, list[wording.Counted]]:
    """Source -> its cells, the largest first and the folded ones last."""
    found: dict[str, list[wording.Counted]] = {}
    rows = folded(cells, keys, smallest).orderBy("source", "folded", fn.desc("cases"), *keys).collect()
    for row in rows:
        cell = wording.Counted(tuple(row[key] for key in keys), row["cases"], row["folded"])
        found.setdefault(row["source"], []).append(cell)
    return found


def _rows(table: DataFrame) -> list[dict[str, Any]]:
    return [row.asDict() for row in table.collect()]


def _source(name: str, archived: int, distinct: int, cases: DataFrame) -> Source:
    row = cases.agg(
        fn.count("*").alias("used"), fn.min("local_on").alias("first"), fn.max("local_on").alias("last")
    ).first()
    used, first, last = (row["used"], row["first"], row["last"]) if row is not None else (0, None, None)
    return Source(
        source=name, archived=archived, distinct=distinct, used=used, first_on=_day(first), last_on=_day(last)
    )


def _day(value: object) -> date | None:
    return value if isinstance(value, date) else None


def _table(session: SparkSession, archive: str, kind: str) -> DataFrame:
    return session.read.format("delta").load(table_uri(archive, kind))
