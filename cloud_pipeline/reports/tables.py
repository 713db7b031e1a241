"""Answers as tables: CSV for spreadsheets, HTML for the page."""

from __future__ import annotations

import csv
import io
from html import escape

from cloud_pipeline.answers import Answer, Cell

_FORMULA = ("=", "+", "-", "@", "\t", "\0")
_WORDS = {
    "per_day": "per day",
    "share_pct": "share, %",
    "cumulative_pct": "together, %",
    "p50_s": "half within, s",
    "p95_s": "95 % within, s",
}


def csv_text(answer: Answer) -> str:
    """One table as CSV with the columns' names as they are in the archive. A text that a spreadsheet would take for a formula gets a '."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(answer.columns)
    writer.writerows([_safe(cell) for cell in row] for row in answer.rows)
    return file.getvalue()


def html_table(answer: Answer) -> str:
    """One table as HTML, numbers to the right; a cell that is not shown is a dash."""
    head = "".join(f"<th>{escape(_WORDS.get(column, column.replace('_', ' ')))}</th>" for column in answer.columns)
    body = "".join("<tr>" + "".join(_cell(cell) for cell in row) + "</tr>" for row in answer.rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def text_table(answer: Answer, most: int = 8) -> list[str]:
    """The first rows for a terminal, in columns."""
    rows = [tuple("–" if cell is None else _number(cell) for cell in row) for row in answer.rows[:most]]
    head = tuple(_WORDS.get(column, column) for column in answer.columns)
    widths = [max(len(row[column]) for row in (head, *rows)) for column in range(len(head))]
    numeric = [any(isinstance(row[column], (int, float)) for row in answer.rows) for column in range(len(head))]
    return [
        "  ".join(
            text.rjust(width) if right else text.ljust(width)
            for text, width, right in zip(row, widths, numeric, strict=True)
        )
        for row in (head, *rows)
    ]


def _safe(cell: Cell) -> Cell:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell


def _number(cell: Cell) -> str:
    return f"{cell:,}" if isinstance(cell, int) and abs(cell) >= 10_000 else str(cell)


def _cell(cell: Cell) -> str:
    if cell is None:
        return '<td class="number">–</td>'
    kind = "" if isinstance(cell, str) else ' class="number"'
    return f"<td{kind}>{escape(_number(cell))}</td>"
