"""What must hold of a store and of Kafka after a fault, whatever the fault was."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Collection
from pathlib import Path
from typing import NamedTuple

from edge_bridge.storage.database import Connection
from tests.real.bridge_runs import KEY, Fleet, records, stored, until


class Broken(NamedTuple):
    """What a store fails to keep. All empty: it keeps its promises."""

    lost: set[str]  # ids that were acknowledged and are not there
    doubled: set[str]  # ids that are there twice
    halves: list[str]  # in words: where the rows and what is counted of them disagree
    damage: str  # what SQLite's own check says; empty when it says "ok"

    @property
    def nothing(self) -> bool:
        return not any(self)


def broken_promises(store: Path, acknowledged: Collection[str]) -> Broken:
    """Looks at a store whose bridge is dead, or stands still. Opening it is what the next start would do: it reads the log again."""
    rows = list(stored(store))
    ids = Counter(row.id for row in rows)
    db = Connection(store, key=KEY)
    try:
        damage = db.one("PRAGMA integrity_check")
        heard = db.all("SELECT drone_id, boot, highest, holes FROM heard WHERE stream = 'report'")
        tallies = dict(db.all("SELECT name, count FROM tally"))
    finally:
        db.close()
    kept: dict[tuple[str, int], set[int]] = defaultdict(set)
    for row in rows:
        kept[row.drone_id, row.boot].add(row.seq)
    counted = {
        (drone_id, boot): set(range(1, highest + 1))
        - {seq for first, last in json.loads(holes) for seq in range(first, last + 1)}
        for drone_id, boot, highest, holes in heard
    }
    halves = [
        f"{key}: {kept.get(key)} kept, {counted.get(key)} heard"
        for key in kept.keys() | counted
        if kept.get(key, set()) != counted.get(key, set())
    ]
    if tallies.get("rows", 0) != max((row.row for row in rows), default=0):
        halves.append(f"the last row is counted as {tallies.get('rows')}")
    if sum(count for name, count in tallies.items() if name.startswith("stored:")) != len(rows):
        halves.append(f"{len(rows)} rows, counted as {tallies}")
    return Broken(
        set(acknowledged) - ids.keys(),
        {id_ for id_, times in ids.items() if times > 1},
        halves,
        "" if damage == ("ok",) else str(damage),
    )


def arrives_once(store: Path, kafka: str, station: str, fleet: Fleet, within_s: float = 60.0) -> None:
    """Waits until nothing waits for Kafka, and every report of the fleet is there once."""
    until(lambda: all(row.sent_at for row in stored(store)), within_s, "not everything was sent")
    in_kafka = Counter(record["id"] for record in records(kafka, "violation", station))
    doubled = sum(1 for times in in_kafka.values() if times > 1)
    missing, foreign = len(fleet.made.keys() - in_kafka.keys()), len(in_kafka.keys() - fleet.made.keys())
    assert (missing, doubled, foreign) == (0, 0, 0), f"missing, doubled, foreign: {missing, doubled, foreign}"
