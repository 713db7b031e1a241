"""What an officer's keys cost the rules: a search of the whole code book at each letter, and the list of a flood of alerts.

Peer of the search, in the same run: SQLite's full-text index over the same titles. Without drawing. All times are the thread's own on the
processor, which other work on the machine does not lengthen.

    ./kestrel bench coding_desk [--alerts 200] [--turns 200] [--json FILE]
"""

from __future__ import annotations

import argparse
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from time import thread_time
from typing import Any

from ground_station.view_model import coding_desk
from ground_station.view_model.coding_desk import Who
from ground_station.view_model.events import AlertCame, LinkUp
from ground_station.view_model.intentions import MoveSelection, ToggleGroup
from ground_station.view_model.station import handle, want
from ground_station.view_model.station_state import opened
from ground_station.view_model.view import view
from messages import codebook
from tests.ground_station.given import a_violation, an_alert

START = datetime(2026, 11, 27, 17, 0, tzinfo=UTC)


def main(arguments: list[str]) -> dict[str, Any]:
    """Figures by name, with units in the names."""
    parser = argparse.ArgumentParser(prog="kestrel bench coding_desk")
    parser.add_argument("--alerts", type=int, default=200)
    parser.add_argument("--turns", type=int, default=200)
    options = parser.parse_args(arguments)
    texts = _typed()
    violation = a_violation(at=START)
    figures: dict[str, Any] = {"codes": len({entry.code for entry in codebook.CODE_BOOK}), "searches": len(texts)}
    searches = [_took_ms(partial(coding_desk.hits, violation, text, None)) for text in texts]
    figures |= _spread("search_ms", searches)
    figures |= _spread("search_peer_fts_ms", _searched_by_sqlite(texts))
    figures |= _list_of_a_flood(options.alerts, options.turns)
    return figures


def _typed() -> list[str]:
    """Every beginning of every number and of every title, as it is typed."""
    words = {str(entry.code) for entry in codebook.CODE_BOOK} | {entry.title for entry in codebook.CODE_BOOK}
    return sorted({word[:length] for word in words for length in range(1, len(word) + 1)})


def _searched_by_sqlite(texts: list[str]) -> list[float]:
    database = sqlite3.connect(":memory:")
    database.execute("create virtual table codes using fts5(code, title, prefix='1 2 3')")
    database.executemany("insert into codes values (?, ?)", [(e.code, e.title) for e in codebook.CODE_BOOK])
    times = []
    for text in texts:
        words = ["".join(filter(str.isalnum, word)) for word in text.split()]
        query = " ".join(f'"{word}"*' for word in words if word)
        if query:
            times.append(
                _took_ms(
                    lambda: database.execute("select * from codes where codes match ? limit 8", [query]).fetchall()  # noqa: B023
                )
            )
    database.close()
    return times


def _list_of_a_flood(alerts: int, turns: int) -> dict[str, Any]:
    state = opened(Who(station="midtown", officer="duarte", desk="d-1", boot=1), START, lost_after_s=3.5)
    came = [
        AlertCame(
            an_alert(
                number,
                at=START - timedelta(seconds=number * 590 / alerts),
                drone_id=f"nyc-{number % 40}",
                street=f"{number % 25} Street",
                lat_deg=40.70 + number % 25 * 0.002,
            )
        )
        for number in range(alerts)
    ]
    state, _ = handle(state, [LinkUp(), *came], START, lambda: 1)
    shown = view(state, START)
    moves, views = [], []
    for turn in range(turns):
        wish = ToggleGroup() if turn % 10 == 0 else MoveSelection(1)
        begun = thread_time()
        state, _ = want(state, wish, START, lambda: turn)  # noqa: B023
        moves.append((thread_time() - begun) * 1e3)
        views.append(_took_ms(partial(view, state, START)))
    return {
        "alerts": len(shown.cards),
        "rows_while_grouped": len(shown.rows),
        **_spread("key_in_a_flood_ms", moves),
        **_spread("snapshot_in_a_flood_ms", views),
    }


def _took_ms(work: Callable[[], object]) -> float:
    begun = thread_time()
    work()
    return (thread_time() - begun) * 1e3


def _spread(name: str, times: list[float]) -> dict[str, float]:
    ordered = sorted(times)
    at = {"p50": 0.50, "p99": 0.99, "max": 1.0}
    return {f"{name}_{key}": round(ordered[min(len(ordered) - 1, int(len(ordered) * q))], 3) for key, q in at.items()}
