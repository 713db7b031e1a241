"""Answers as charts: SVG by matplotlib, without its global state, the same bytes for the same answer."""

from __future__ import annotations

import io
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure

from cloud_pipeline.answers import Answer, Cell

_INK, _QUIET, _BAR = "#1b2733", "#5c6b7a", "#2f6f9f"
_MOST_RANKED = 15
_STYLE: Any = {
    "svg.hashsalt": "kestrel",  # matplotlib's names inside the SVG would differ each time
    "svg.fonttype": "none",  # text stays text: it can be searched, and read aloud
    "font.family": "sans-serif",
    "font.size": 9,
    "axes.edgecolor": _QUIET,
    "text.color": _INK,
    "axes.labelcolor": _QUIET,
    "xtick.color": _QUIET,
    "ytick.color": _INK,
}


def svg(answer: Answer) -> str | None:
    """The chart of an answer; None for one that is a table only or has nothing to draw."""
    with mpl.rc_context(_STYLE):
        match answer.shape:
            case "bars":
                figure = _bars(answer)
            case "ranked":
                figure = _ranked(answer)
            case "heat":
                figure = _heat(answer)
            case _:
                figure = None
        return None if figure is None else _text(figure, answer)


def _bars(answer: Answer) -> Figure | None:
    pairs = _pairs(answer)
    if not any(value for _, value in pairs):
        return None
    figure, axes = _figure(2.6)
    axes.bar([label for label, _ in pairs], [value for _, value in pairs], color=_BAR, width=0.75)
    axes.set_ylabel(answer.unit)
    axes.tick_params(axis="x", rotation=90 if len(pairs) > 8 else 0, length=0)
    return figure


def _ranked(answer: Answer) -> Figure | None:
    pairs = _pairs(answer)[:_MOST_RANKED]
    if not pairs:
        return None
    figure, axes = _figure(0.6 + 0.24 * len(pairs))
    axes.barh([label for label, _ in pairs][::-1], [value for _, value in pairs][::-1], color=_BAR, height=0.75)
    axes.set_xlabel(answer.unit)
    axes.tick_params(axis="y", length=0)
    return figure


def _heat(answer: Answer) -> Figure | None:
    cells = [[_figure_of(cell) for cell in row[1:]] for row in answer.rows]
    if not any(value for row in cells for value in row):
        return None
    figure, axes = _figure(2.4)
    image = axes.imshow(cells, aspect="auto", cmap="Blues", vmin=0)
    axes.set_yticks(range(len(answer.rows)), [str(row[0]) for row in answer.rows])
    axes.set_xticks(range(len(answer.columns) - 1), answer.columns[1:])
    axes.tick_params(length=0)
    figure.colorbar(image, ax=axes, label=answer.unit, pad=0.01)
    return figure


def _pairs(answer: Answer) -> list[tuple[str, float]]:
    """Label and figure of each row; rows that put others together, or whose figure is not shown, are left out of ranked charts."""
    place = answer.columns.index(answer.drawn)
    labels = (
        answer.columns.index("title")
        if "title" in answer.columns
        else max(place - 1, 0)
        if answer.shape == "ranked"
        else 0
    )
    return [
        (_short(row[labels]), _figure_of(row[place]))
        for row in answer.rows
        if not (isinstance(row[labels], str) and "other" in str(row[labels]).split())
        and not (isinstance(row[labels], str) and "others" in str(row[labels]).split())
    ]


def _figure_of(cell: Cell) -> float:
    return float(cell) if isinstance(cell, (int, float)) else 0.0


def _short(cell: Cell) -> str:
    text = str(cell)
    return text if len(text) <= 40 else text[:39] + "…"


def _figure(height: float) -> tuple[Figure, Any]:
    figure = Figure(figsize=(8.0, height), layout="constrained")
    axes = figure.subplots()
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    return figure, axes


def _text(figure: Figure, answer: Answer) -> str:
    file = io.BytesIO()
    figure.savefig(file, format="svg", metadata={"Date": None, "Title": f"{answer.question} ({answer.source})"})
    return file.getvalue().decode()
