"""Counts what every hop of a run holds: the drones' flash, the station's store, Kafka's topics, the archive on HDFS.

Reads only. Every hop is read with something that is not the program that wrote it wherever there is such a thing: Kafka with a plain
consumer that starts at the beginning, the archive with deltalake and neither Spark nor a JVM.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import msgspec
from kafka import KafkaConsumer, TopicPartition

from cloud_pipeline.archive import reader
from drone_sim import flash
from edge_bridge.storage import gaps, store
from ground_station import journal
from installers.local.places import station_key
from installers.local.proof.ledger import Gap, KindCensus, Known
from installers.local.runs import Run
from messages.model import KINDS
from messages.topics import KAFKA_TOPICS


class Times(msgspec.Struct):
    """When each message passed: id -> time. Only what was seen is in."""

    published: dict[str, datetime]
    captured: dict[str, datetime]
    stored: dict[str, datetime]
    archived: dict[str, datetime]
    shown: dict[str, datetime]  # of alerts, by the id of the violation, on the desk that showed it first


class Census(msgspec.Struct):
    """Everything that was found: per kind, and the times of the single messages."""

    kinds: dict[str, KindCensus]
    times: Times
    gaps: list[Gap] = []


class KafkaRecord(NamedTuple):
    """A record as far as the proof needs it."""

    id: str
    partition: int
    offset: int
    written_at_ms: int
    headers: dict[str, str]


def take_census(run: Run) -> Census:
    """Reads every hop of the run. Raises OSError or KafkaError when Kafka or HDFS cannot be reached."""
    kinds = {kind: KindCensus({}, set(), {}, set(), set(), set(), {}, set(), {}, {}) for kind in KINDS}
    times = Times({}, {}, {}, {}, {})
    _read_drones(run, kinds, times)
    _read_desks(run, kinds, times)
    for path in run.stores():
        _read_store(path, kinds, times)
    for kind, topic in KAFKA_TOPICS.items():
        places: dict[str, tuple[int, int]] = {}
        for record in read_topic(run.kafka, topic):
            kinds[kind].kafka[record.id] = kinds[kind].kafka.get(record.id, 0) + 1
            places[record.id] = record.partition, record.offset
        read_to = _read_archive(run, kind, kinds[kind], times)
        kinds[kind].unread = {id_ for id_, (partition, at) in places.items() if at > read_to.get(partition, -1)}
    seen = {kind: found for kind, found in kinds.items() if _seen(found)}
    lost = [Gap(*gap) for path in run.stores() for gap in gaps.gaps(path, key=station_key())]
    return Census(kinds=seen, times=times, gaps=lost)


def _seen(found: KindCensus) -> bool:
    return bool(found.made or found.stored or found.quarantined or found.kafka or found.archive)


def _read_drones(run: Run, kinds: dict[str, KindCensus], times: Times) -> None:
    if not run.drones.exists():
        return
    for made in flash.made(run.drones):
        kinds[made.kind].made[made.id] = Known(made.id, made.drone_id, made.boot, made.seq)
        times.captured[made.id] = made.captured_at
        if not made.acknowledged:
            kinds[made.kind].unacknowledged.add(made.id)
        if made.published_at is not None:
            times.published[made.id] = made.published_at


def _read_desks(run: Run, kinds: dict[str, KindCensus], times: Times) -> None:
    for path in run.desks():
        for shown in journal.shown(path):
            first = times.shown.get(shown.violation_id)
            if first is None or shown.shown_at < first:
                times.shown[shown.violation_id] = shown.shown_at
        for decided in journal.decided(path):
            # A decision that the bridge refused (somebody else had the alert) never becomes a message.
            if decided.ok is not False:
                known = Known(decided.correction_id, path.stem, 0, 0)
                kinds["correction"].made[decided.correction_id] = known
                times.captured[decided.correction_id] = decided.decided_at
                if decided.ok is None:
                    kinds["correction"].unacknowledged.add(decided.correction_id)


def _read_store(path: Path, kinds: dict[str, KindCensus], times: Times) -> None:
    for row in store.stored(path, key=station_key()):
        found = kinds[row.kind]
        found.stored[row.id] = Known(row.id, row.drone_id, row.boot, row.seq)
        times.stored[row.id] = row.stored_at
        if row.set_aside is not None:
            found.set_aside.add(row.id)
        elif row.sent_at is None:
            found.waiting.add(row.id)
        if row.kind == "history":  # the loader is its own source: what it read is what it stored
            found.made[row.id] = found.stored[row.id]
    for given_up in store.thinned(path, key=station_key()):
        kinds["telemetry"].thinned[given_up.drone_id, given_up.boot] = given_up.first_seq, given_up.last_seq
    for refused in store.quarantined(path, key=station_key()):
        kind, id_ = _name_in(refused.payload)
        if kind in kinds and id_:
            kinds[kind].quarantined.add(id_)


def _name_in(payload: bytes) -> tuple[str | None, str | None]:
    """Kind and id of bytes that were refused, where they can be read at all."""
    try:
        found = json.loads(payload)
    except (ValueError, RecursionError):
        return None, None
    if not isinstance(found, dict):
        return None, None
    kind, id_ = found.get("kind"), found.get("id")
    return (kind if isinstance(kind, str) else None), (id_ if isinstance(id_, str) else None)


def read_topic(bootstrap: str, topic: str) -> Iterator[KafkaRecord]:
    """Every record of the topic from the first to the last there is at the moment of the call; none if there is no such topic."""
    consumer = KafkaConsumer(
        bootstrap_servers=bootstrap, enable_auto_commit=False, auto_offset_reset="earliest", consumer_timeout_ms=30_000
    )
    try:
        numbers = consumer.partitions_for_topic(topic) or set()
        partitions = [TopicPartition(topic, number) for number in sorted(numbers)]
        if not partitions:
            return
        consumer.assign(partitions)
        consumer.seek_to_beginning(*partitions)
        left = {partition: end for partition, end in consumer.end_offsets(partitions).items() if end > 0}
        while left:
            for records in consumer.poll(timeout_ms=1_000, max_records=5_000).values():
                for record in records:
                    headers = {name: bytes(value).decode() for name, value in record.headers}
                    yield KafkaRecord(headers.get("id", ""), record.partition, record.offset, record.timestamp, headers)
            # Positions and not offsets seen: the markers of transactions take offsets and are never handed out.
            left = {partition: end for partition, end in left.items() if consumer.position(partition) < end}
    finally:
        consumer.close()


def _read_archive(run: Run, kind: str, found: KindCensus, times: Times) -> dict[int, int]:
    """Gives the highest archived offset of each partition: what lies behind it is not read yet."""
    table = reader.archived(run.archive, kind)
    if table is None:
        return {}
    read_to: dict[int, int] = {}
    columns = (table[name].to_pylist() for name in ("id", "archived_at", "kafka_partition", "kafka_offset"))
    for id_, archived_at, partition, offset in zip(*columns, strict=True):
        found.archive[id_] = found.archive.get(id_, 0) + 1
        times.archived[id_] = archived_at
        read_to[partition] = max(offset, read_to.get(partition, -1))
    return read_to
