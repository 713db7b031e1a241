"""The store's tables, and each kind of change as it is written into them. Every function is called within a transaction."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from typing import Any

from edge_bridge.intake import unix_ms
from edge_bridge.ports import Heard, KeptAlert, Part, Place, Rejected, Row, StreamKey
from messages.codec import encode
from messages.priority import Lane

TABLES: dict[Lane, str] = {lane: f"message_{lane.name.lower()}" for lane in Lane}
COLUMNS = "row, kind, id, drone_id, boot, seq, captured_at_ms, received_at_ms, stored_at_ms, key, payload"
INSERT = {lane: f"INSERT INTO {table} ({COLUMNS}) VALUES (?,?,?,?,?,?,?,?,?,?,?)" for lane, table in TABLES.items()}


def put_heard(db: Any, heard: dict[StreamKey, Heard]) -> None:
    """What is kept of streams."""
    db.executemany(
        "INSERT INTO heard VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET highest = excluded.highest, holes = excluded.holes",
        [(*key, state.highest, json.dumps(state.holes, separators=(",", ":"))) for key, state in heard.items()],
    )


def insert_row(db: Any, row: Row) -> None:
    """Puts one row in its place."""
    db.execute(INSERT[row.lane], (row.row, *row[2:]))


def put_alerts(db: Any, alerts: Iterable[KeptAlert]) -> None:
    """Alerts as they are now."""
    db.executemany(
        "INSERT INTO alert VALUES (?, ?, ?, ?, ?, ?, 1) ON CONFLICT DO UPDATE SET state = excluded.state, version = excluded.version, "
        "body = excluded.body, decision_row = coalesce(excluded.decision_row, decision_row)",
        [
            (
                kept.alert.violation.id,
                kept.alert.state,
                kept.alert.version,
                unix_ms(kept.alert.raised_at),
                encode(kept.alert),
                kept.decision_row,
            )
            for kept in alerts
        ],
    )


def put_parts(db: Any, parts: list[Part]) -> None:
    """Where parts of pictures are."""
    db.executemany("INSERT OR IGNORE INTO evidence_part VALUES (?, ?, ?)", parts)


def put_rejected(db: Any, rejected: Rejected) -> bool:
    """Whether it is there for the first time."""
    content = rejected.topic.encode(errors="replace") + b"\0" + str(rejected.length).encode() + b"\0" + rejected.payload
    sha256, at_ms = hashlib.sha256(content).hexdigest(), unix_ms(rejected.received_at)
    again = db.execute(
        "UPDATE quarantine SET times = times + 1, last_received_at_ms = ? WHERE sha256 = ?", (at_ms, sha256)
    )
    if again.rowcount:
        return False
    db.execute(
        "INSERT INTO quarantine (sha256, reason, detail, topic, payload, length, received_at_ms, last_received_at_ms, "
        "drone_id, boot, seq) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            sha256,
            rejected.reason,
            rejected.detail.encode(errors="replace").decode(),
            rejected.topic.encode(errors="replace").decode(),
            rejected.payload,
            rejected.length,
            at_ms,
            at_ms,
            rejected.sender.drone_id if rejected.sender else None,
            rejected.sender.boot if rejected.sender else None,
            rejected.seq,
        ),
    )
    return True


def put_place(db: Any, place: Place) -> None:
    """How far a historic file has been read."""
    db.execute(
        "INSERT OR REPLACE INTO place VALUES (?, ?, ?, ?, ?, ?)",
        (place.fingerprint, place.file_name, place.byte_offset, place.records, place.quarantined, place.finished),
    )
