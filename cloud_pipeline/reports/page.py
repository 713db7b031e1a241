"""The report as one HTML page beside its tables, charts and maps: no script, no network."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from cloud_pipeline.answers import Answer, Answers, Source
from cloud_pipeline.reports.tables import html_table

_STYLE = """
:root { color-scheme: light; --ink: #1b2733; --quiet: #5c6b7a; --line: #d9e0e6; }
body { font: 15px/1.5 Inter, "Segoe UI", sans-serif; color: var(--ink); max-width: 58rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.7rem; margin-bottom: 0 }
h2 { margin-top: 3rem; border-bottom: 2px solid var(--line) }
h3 { margin: 2.2rem 0 0 }
.headline { font-size: 1.1rem; margin: .2rem 0 .6rem }
.note, .quiet { color: var(--quiet); font-size: .9rem }
table { border-collapse: collapse; margin: .6rem 0; font-variant-numeric: tabular-nums }
th { text-align: left; color: var(--quiet); font-weight: 600 }
th, td { padding: .15rem .9rem .15rem 0; border-bottom: 1px solid var(--line) }
.number { text-align: right }
svg { max-width: 100%; height: auto }
details > summary { cursor: pointer; color: var(--quiet) }
iframe { width: 100%; height: 34rem; border: 1px solid var(--line) }
.wide { overflow-x: auto }
"""
_NAMES = {"live": "What the drones saw", "history": "The city's own records"}
_OPEN_ROWS = 12


def html_page(report: Answers, charts: Mapping[str, str], maps: Mapping[str, str]) -> str:
    """The page. `charts`: answer's name -> SVG; `maps`: source -> name of the map's file beside the page."""
    parts = [
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>Kestrel: answers from the archive</title><style>{_STYLE}</style></head><body>",
        "<h1>Answers from the archive</h1>",
    ]
    for source in report.sources:
        parts.append(f"<h2>{_NAMES[source.source]}</h2><p class='quiet'>{escape(basis(source))}</p>")
        for answer in report.answers:
            if answer.source == source.source:
                parts.append(_section(answer, charts.get(answer.name)))
        if source.source in maps:
            name = escape(maps[source.source])
            parts.append(
                f'<h3>On the map</h3><p class="quiet"><a href="{name}">{name}</a></p><iframe src="{name}" title="Map"></iframe>'
            )
    return "\n".join([*parts, "</body></html>", ""])


def basis(source: Source) -> str:
    """On how many cases, of which days, the answers rest."""
    if not source.used:
        return "Nothing in the archive yet."
    days = f"{source.first_on} to {source.last_on}" if source.first_on != source.last_on else f"{source.first_on}"
    if source.source == "history":
        return (
            f"{source.archived:,} records in the archive, {source.distinct:,} distinct tickets, "
            f"{source.used:,} of them of the files' own fiscal year ({days})."
        )
    return f"{source.archived:,} violations in the archive, {source.used:,} after the officers' rejections ({days})."


def _section(answer: Answer, chart: str | None) -> str:
    table = f'<div class="wide">{html_table(answer)}</div>'
    if len(answer.rows) > _OPEN_ROWS or (answer.shape == "heat" and chart):
        table = f"<details><summary>Table</summary>{table}</details>"
    note = f'<p class="note">{escape(answer.note)} ' if answer.note else '<p class="note">'
    return (
        f'<h3 id="{answer.name}">{escape(answer.question)}</h3><p class="headline">{escape(answer.headline)}</p>'
        f'{_inline(chart) if chart else ""}{table}{note}<a href="{answer.name}.csv">{answer.name}.csv</a></p>'
    )


def _inline(chart: str) -> str:
    """The SVG without the head that only a file of its own may have."""
    return chart[chart.index("<svg") :]
