"""Writes a whole report into a folder, and sums it up for a terminal."""

from __future__ import annotations

from pathlib import Path

from cloud_pipeline.answers import Answers
from cloud_pipeline.reports import charts, maps, page, tables


def write(report: Answers, folder: Path) -> Path:
    """Tables (CSV), charts (SVG), maps and index.html. The same answers make the same bytes. Gives the page. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    drawn = {answer.name: chart for answer in report.answers if (chart := charts.svg(answer)) is not None}
    places = {f"map-{place.source}.html": html for place in report.places if (html := maps.html_map(place)) is not None}
    files = {
        **{f"{answer.name}.csv": tables.csv_text(answer) for answer in report.answers},
        **{f"{name}.svg": chart for name, chart in drawn.items()},
        **places,
    }
    index = page.html_page(report, drawn, {name[len("map-") : -len(".html")]: name for name in places})
    for name, text in {**files, "index.html": index}.items():
        (folder / name).write_text(text, encoding="utf-8", newline="\n")
    return folder / "index.html"


def summary(report: Answers) -> list[str]:
    """The answers for a terminal: one headline each, and the head of its table."""
    lines = []
    for source in report.sources:
        lines += ["", source.source.upper(), page.basis(source)]
        for answer in report.answers:
            if answer.source == source.source:
                lines += ["", f"  {answer.question}  {answer.headline}"]
                if answer.shape != "heat":
                    lines += [f"    {line}" for line in tables.text_table(answer)]
    return lines
