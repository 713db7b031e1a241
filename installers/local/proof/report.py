"""The proof as one JSON object and as lines for a person."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import msgspec

from installers.local.proof.census import Census, Times
from installers.local.proof.ledger import Proof, percentiles

NAMED_AT_MOST = 20  # lines of missing messages in the text; the JSON names all


def latencies(times: Times) -> dict[str, dict[str, float] | None]:
    """The three latencies in milliseconds over all messages that passed both ends: p50, p95, p99 and how many.

    `publish_to_stored` counts from the first hand-over to the broker, kept reports and telemetry alike; `publish_to_alert_shown` ends
    when the alert is in the desk's list; `captured_to_archived` when the commit is readable on HDFS, and holds any time without a link.
    """
    return {
        "publish_to_stored": percentiles(list(_between(times.published, times.stored))),
        "publish_to_alert_shown": percentiles(list(_between(times.published, times.shown))),
        "captured_to_archived": percentiles(list(_between(times.captured, times.archived))),
    }


def _between(start: Mapping[str, datetime], end: Mapping[str, datetime]) -> Iterable[float]:
    for id_, ended_at in end.items():
        if id_ in start:
            yield (ended_at - start[id_]).total_seconds() * 1000


def as_json(census: Census, proof: Proof, **more: Any) -> dict[str, Any]:
    """The whole proof, ready for JSON; `more` is put beside it."""
    return {
        **more,
        "kinds": {kind: msgspec.structs.asdict(figures) for kind, figures in proof.kinds.items()},
        "on_the_way": proof.on_the_way,
        "lost": proof.lost,
        "unexplained": proof.unexplained,
        "gaps": [gap._asdict() for gap in proof.gaps],
        "doubled": proof.doubled,
        "missing": [msgspec.structs.asdict(one) for one in proof.missing],
        "latency_ms": latencies(census.times),
    }


def _shortened(lines: list[str]) -> list[str]:
    """No more of them than a person reads."""
    more = len(lines) - NAMED_AT_MOST
    return lines if more <= 0 else [*lines[:NAMED_AT_MOST], f"  and {more:,} more (--json names all)"]


_COLUMNS = (
    "made",
    "stored",
    "quarantined",
    "in_kafka",
    "in_kafka_distinct",
    "archived",
    "on_the_way",
    "lost",
    "doubled",
)


def as_text(census: Census, proof: Proof) -> str:
    """The proof for a person: a table by kind, the latencies, and the verdict with every lost message by name."""
    head = ("kind", *(column.replace("_", " ") for column in _COLUMNS))
    rows = [(kind, *(f"{getattr(figures, c):,}" for c in _COLUMNS)) for kind, figures in proof.kinds.items()]
    widths = [max(len(row[i]) for row in (head, *rows)) for i in range(len(head))]
    lines = [
        "  ".join(
            cell.ljust(width) if i == 0 else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in (head, *rows)
    ]
    in_air = sum(figures.lost_in_air for figures in proof.kinds.values())
    if in_air:
        lines.append(f"{in_air:,} telemetry reports never reached the station: sent once, and not asked for again.")
    thinned = sum(figures.thinned for figures in proof.kinds.values())
    if thinned:
        lines.append(f"{thinned:,} telemetry reports were given up by the station for want of room, oldest first.")
    for name, figures in latencies(census.times).items():
        if figures:
            shown = ", ".join(f"{share} {value:,.0f} ms" for share, value in figures.items() if share != "count")
            lines.append(f"{name.replace('_', ' ')}: {shown}")
    lines.extend(_verdict(proof))
    return "\n".join(lines)


def _verdict(proof: Proof) -> list[str]:
    lines = []
    if proof.on_the_way:
        keepers: dict[str, int] = {}
        for one in proof.missing:
            if one.kept_by is not None:
                keepers[one.kept_by] = keepers.get(one.kept_by, 0) + 1
        kept = ", ".join(f"{count:,} by the {keeper}" for keeper, count in keepers.items())
        lines.append(f"{proof.on_the_way:,} messages have not arrived yet and are kept: {kept}.")
    if proof.doubled:
        lines.append(f"{proof.doubled:,} copies too many.")
    if proof.lost:
        lines.append(f"{proof.lost:,} messages are lost, {proof.unexplained:,} of them unexplained:")
        lines.extend(
            _shortened(
                [
                    f"  {one.kind} of {one.drone_id}, boot {one.boot}, seq {one.seq} is not in the {one.hop} ({one.id})"
                    for one in proof.missing
                    if one.kept_by is None and not one.damaged
                ]
            )
        )
    if proof.gaps:
        lines.append(
            f"{len(proof.gaps):,} of the lost are known to the station: its store was damaged, and nobody has sent them again:"
        )
        lines.extend(
            _shortened([f"  {gap.stream} of {gap.drone_id}, boot {gap.boot}, seq {gap.seq}" for gap in proof.gaps])
        )
    if not proof.doubled and not proof.lost:
        lines.append("Nothing is lost and nothing is doubled.")
    return lines
