"""Counted cells -> answers in words and tables. Values in, values out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from cloud_pipeline.answers import WEEKDAYS, Answer, Cell
from messages.codebook import title_of

_FOLDED = "Cells of fewer than ten cases are put together, so that nobody can be singled out."
_SHORT_DAYS = 14  # less than two whole weeks: a weekday cannot be told from the day's own weather


class Counted(NamedTuple):
    """A cell: its keys, how many cases (None: fewer than may be shown), and how many cells were put together in it (0: none)."""

    keys: tuple[Any, ...]
    cases: int | None
    folded: int


def week_or_weekend(source: str, rows: Sequence[Mapping[str, Any]], smallest: int) -> Answer:
    """Rows: day, cases, days, per_day."""
    table = tuple(
        (row["day"], row["cases"] if row["cases"] >= smallest else None, row["days"], row["per_day"]) for row in rows
    )
    rate = {row["day"]: float(row["per_day"]) for row in rows}
    days = sum(int(row["days"]) for row in rows)
    if len(rate) < 2:
        headline = f"Only {' and '.join(rate) or 'no'} days were observed: there is nothing to compare yet."
    elif rate["weekend"] == 0:
        headline = "No case on any weekend."
    else:
        more, less = sorted(rate, key=lambda day: -rate[day])
        times = rate[more] / rate[less] if rate[less] else 0.0
        headline = f"A {_day(more)} has {times:.1f} times as many as a {_day(less)}: {rate[more]:.1f} against {rate[less]:.1f}."
    return Answer(
        name=f"week-or-weekend-{source}",
        source=source,
        question="Week or weekend?",
        headline=headline,
        columns=("day", "cases", "days", "per_day"),
        rows=table,
        note="Cases for each calendar day, since a week has five weekdays and two days of weekend."
        + (f" Only {days} days were observed: too few to rely on." if days < _SHORT_DAYS else ""),
        shape="bars",
        drawn="per_day",
        unit="cases per day",
    )


def codes(source: str, cells: Sequence[Counted]) -> Answer:
    """Keys: code."""
    total = _total(cells)
    rows: list[tuple[Cell, ...]] = []
    sum_so_far = 0
    for cell in cells:
        sum_so_far += cell.cases or 0
        name: tuple[Cell, Cell] = (
            (None, _others(cell, "codes")) if cell.folded else (cell.keys[0], title_of(cell.keys[0]))
        )
        rows.append((*name, cell.cases, _share(cell.cases, total), _share(sum_so_far, total)))
    top = next((cell for cell in cells if not cell.folded), None)
    needed = _needed(cells, total)
    headline = (
        f"{title_of(top.keys[0])} (code {top.keys[0]}) comes first with {_share(top.cases, total)} %; {needed} codes make 80 %."
        if top is not None
        else "No code has enough cases to be shown."
    )
    return Answer(
        name=f"codes-{source}",
        source=source,
        question="Which violations?",
        headline=headline,
        columns=("code", "title", "cases", "share_pct", "cumulative_pct"),
        rows=tuple(rows),
        note=_FOLDED,
        shape="ranked",
        drawn="cases",
        unit="cases",
    )


def hours(source: str, cells: Sequence[Counted]) -> Answer:
    """Keys: hour."""
    total = _total(cells)
    known = {cell.keys[0]: cell.cases for cell in cells if not cell.folded}
    rows: list[tuple[Cell, ...]] = [
        (f"{hour:02}:00", known.get(hour), _share(known.get(hour), total)) for hour in range(24)
    ]
    rows += [(_others(cell, "hours"), cell.cases, _share(cell.cases, total)) for cell in cells if cell.folded]
    top = max(known, key=lambda hour: (known[hour] or 0, -hour)) if known else None
    morning = sum(known.get(hour) or 0 for hour in range(8, 15))
    headline = (
        f"Most come from {top:02}:00 to {top + 1:02}:00; {_share(morning, total)} % between 8 in the morning and 3 in the afternoon."
        if top is not None
        else "No hour has enough cases to be shown."
    )
    return Answer(
        name=f"hours-{source}",
        source=source,
        question="At which hours?",
        headline=headline,
        columns=("hour", "cases", "share_pct"),
        rows=tuple(rows),
        note=f"New York's local time. An hour without a figure has fewer than ten cases. {_FOLDED}",
        shape="bars",
        drawn="cases",
        unit="cases",
    )


def weekdays_and_hours(source: str, cells: Sequence[Counted]) -> Answer:
    """Keys: weekday (1 Monday), hour."""
    known = {cell.keys: cell.cases for cell in cells if not cell.folded}
    rows = tuple(
        (WEEKDAYS[weekday - 1], *(known.get((weekday, hour)) for hour in range(24))) for weekday in range(1, 8)
    )
    top = max(known, key=lambda key: (known[key] or 0, key), default=None)
    headline = (
        f"The busiest hour of the week is {WEEKDAYS[top[0] - 1]} from {top[1]:02}:00."
        if top is not None
        else "No hour of the week has enough cases to be shown."
    )
    return Answer(
        name=f"weekdays-and-hours-{source}",
        source=source,
        question="At which hours of which day?",
        headline=headline,
        columns=("weekday", *(f"{hour:02}" for hour in range(24))),
        rows=rows,
        note="New York's local time. An empty cell has fewer than ten cases.",
        shape="heat",
        drawn="cases",
        unit="cases",
    )


def boroughs(source: str, cells: Sequence[Counted]) -> Answer:
    """Keys: borough."""
    return _places("boroughs", "In which borough?", source, cells, ("borough",))


def precincts(source: str, cells: Sequence[Counted]) -> Answer:
    """Keys: precinct."""
    return _places("precincts", "In which police precinct?", source, cells, ("precinct",))


def streets(source: str, cells: Sequence[Counted]) -> Answer:
    """Keys: borough, street. The forty with most cases."""
    return _places("streets", "In which street?", source, cells, ("borough", "street"), most=40)


def outcomes(source: str, rows: Sequence[Mapping[str, Any]]) -> Answer:
    """Rows: outcome, cases."""
    total = sum(int(row["cases"]) for row in rows)
    alone = sum(int(row["cases"]) for row in rows if row["outcome"] == "drone alone")
    return Answer(
        name=f"human-help-{source}",
        source=source,
        question="How often is a human needed?",
        headline=f"An officer is asked for {_share(total - alone, total)} % of violations ({total - alone} of {total}).",
        columns=("outcome", "cases", "share_pct"),
        rows=tuple((row["outcome"], row["cases"], _share(row["cases"], total)) for row in rows),
        note="Figures of the process, not of places or persons: small ones are shown. Open: not decided when the archive was read.",
        shape="none",
        drawn="cases",
        unit="cases",
    )


def decision_times(source: str, rows: Sequence[Mapping[str, Any]]) -> Answer:
    """Rows: step, cases, p50_s, p95_s."""
    table = tuple((str(row["step"])[2:], row["cases"], row["p50_s"], row["p95_s"]) for row in rows)
    whole = next((row for row in table if row[0] == "captured to decided"), None)
    headline = (
        f"Half of the alerts are decided within {whole[2]:g} s of what the drone saw, 95 % within {whole[3]:g} s."
        if whole is not None
        else "No alert has been decided yet."
    )
    return Answer(
        name=f"decision-times-{source}",
        source=source,
        question="How long does a decision take?",
        headline=headline,
        columns=("step", "cases", "p50_s", "p95_s"),
        rows=table,
        note="Seconds; p50 is the middle one, p95 leaves one in twenty above it. Steps are measured each for itself and do not add up.",
        shape="none",
        drawn="p50_s",
        unit="seconds",
    )


def _places(
    name: str, question: str, source: str, cells: Sequence[Counted], keys: tuple[str, ...], most: int = 100
) -> Answer:
    total = _total(cells)
    shown = [cell for cell in cells if not cell.folded]
    rows: list[tuple[Cell, ...]] = [(*cell.keys, cell.cases, _share(cell.cases, total)) for cell in shown[:most]]
    rows += [
        (*(None,) * (len(keys) - 1), _others(cell, name), cell.cases, _share(cell.cases, total))
        for cell in cells
        if cell.folded
    ]
    headline = f"No {keys[-1]} has enough cases to be shown."
    if shown:
        place = ", ".join(str(key).title() if keys[-1] == "street" else str(key) for key in reversed(shown[0].keys))
        place = f"Precinct {place}" if keys == ("precinct",) else place
        headline = f"{place} comes first with {shown[0].cases} of {total} cases ({_share(shown[0].cases, total)} %)."
    return Answer(
        name=f"{name}-{source}",
        source=source,
        question=question,
        headline=headline,
        columns=(*keys, "cases", "share_pct"),
        rows=tuple(rows),
        note=_FOLDED + (f" The first {most} are listed." if len(shown) > most else ""),
        shape="ranked",
        drawn="cases",
        unit="cases",
    )


def _total(cells: Sequence[Counted]) -> int:
    return sum(cell.cases or 0 for cell in cells)


def _needed(cells: Sequence[Counted], total: int) -> int:
    """How many of the largest cells make 80 % of all."""
    so_far = 0
    for number, cell in enumerate(cells, start=1):
        so_far += cell.cases or 0
        if so_far >= 0.8 * total:
            return number
    return len(cells)


def _others(cell: Counted, what: str) -> str:
    return f"{cell.folded} others of fewer than ten cases each" if cell.folded > 1 else f"one other of the {what}"


def _share(part: int | None, total: int) -> float | None:
    return None if part is None or not total else round(100 * part / total, 1)


def _day(kind: str) -> str:
    return "day of the weekend" if kind == "weekend" else kind
