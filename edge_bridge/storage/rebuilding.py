"""What of a damaged store is worked out again from the rest: a row from its alert, an alert from its rows, streams and parts from rows."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

from edge_bridge.intake import row_of
from edge_bridge.ports import KeptAlert
from edge_bridge.storage.putting import TABLES, insert_row, put_alerts
from edge_bridge.storage.salvage import Lost
from messages.alert import Alert, Refused, raised, step
from messages.codec import decode, decode_state, encode
from messages.model import Correction, Evidence, Violation
from messages.priority import Lane


def rebuilt_from_alerts(db: Any, lost: Iterable[Lost]) -> set[int]:
    """Puts back the violations that an alert still holds whole; their rows."""
    wanted = {(one.drone_id, one.boot, one.seq): one for one in lost if one.lane is Lane.ALERT}
    found = set()
    if wanted:
        for (body,) in db.execute("SELECT body FROM alert").fetchall():
            alert = decode_state(body, Alert)
            violation = alert.violation
            one = wanted.get((violation.drone_id, violation.boot, violation.seq))
            if one is not None and one.row not in found:
                insert_row(db, row_of(violation, encode(violation), one.row, alert.raised_at, alert.raised_at))
                found.add(one.row)
    return found


def rebuild_alerts(db: Any) -> None:
    """Raises again the alerts whose violation is there and which are gone, with the decisions that are there."""
    known = {id_ for (id_,) in db.execute("SELECT violation_id FROM alert")}
    alerts: dict[str, KeptAlert] = {}
    rows = db.execute(f"SELECT row, stored_at_ms, payload FROM {TABLES[Lane.ALERT]} ORDER BY row").fetchall()
    for row, stored_at_ms, payload in rows:
        message, at = decode(payload), datetime.fromtimestamp(stored_at_ms / 1000, UTC)
        if isinstance(message, Violation) and message.needs_human and message.id not in known:
            alerts[message.id] = KeptAlert(raised(message, now=at))
        elif isinstance(message, Correction) and message.violation_id in alerts:
            decided = step(alerts[message.violation_id].alert, message, at)
            if not isinstance(decided, Refused):
                alerts[message.violation_id] = KeptAlert(decided, row)
    put_alerts(db, alerts.values())


def rebuild_heard(db: Any) -> None:
    """What is kept of streams that were forgotten. Below the first row that is there everything is taken for sent and purged."""
    known = set(db.execute("SELECT drone_id, boot, stream FROM heard"))
    numbers: dict[tuple[str, int, str], list[int]] = {}
    for lane, stream in (
        (Lane.ALERT, "report"),
        (Lane.VIOLATION, "report"),
        (Lane.EVIDENCE, "report"),
        (Lane.TELEMETRY, "telemetry"),
    ):
        sql = f"SELECT drone_id, boot, seq FROM {TABLES[lane]} WHERE kind <> 'correction'"
        for drone_id, boot, seq in db.execute(sql):
            if (drone_id, boot, stream) not in known:
                numbers.setdefault((drone_id, boot, stream), []).append(seq)
    for key, seqs in numbers.items():
        seqs.sort()
        holes = (
            [(left + 1, right - 1) for left, right in pairwise(seqs) if right - left > 1] if key[2] == "report" else []
        )
        db.execute("INSERT INTO heard VALUES (?, ?, ?, ?, ?)", (*key, seqs[-1], json.dumps(holes[-32:])))


def rebuild_parts(db: Any, *, decode_all: bool) -> None:
    """Forgets parts of pictures that are gone; `decode_all`: finds those that are there, from their messages."""
    table = TABLES[Lane.EVIDENCE]
    db.execute(f"DELETE FROM evidence_part WHERE row NOT IN (SELECT row FROM {table})")
    if decode_all:
        for row, payload in db.execute(f"SELECT row, payload FROM {table} WHERE kind = 'evidence'").fetchall():
            message = decode(payload)
            if isinstance(message, Evidence):
                db.execute(
                    "INSERT OR IGNORE INTO evidence_part VALUES (?, ?, ?)", (message.evidence_id, message.part, row)
                )
