"""One message's way, hop by hop: what each part of a run knows of an id."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import msgspec

from cloud_pipeline.archive import reader
from drone_sim import flash
from edge_bridge.storage import gaps, store
from ground_station import journal
from installers.local.places import station_key
from installers.local.proof.census import KafkaRecord, read_topic
from installers.local.runs import Run
from messages.topics import KAFKA_TOPICS


class Step(msgspec.Struct, frozen=True):
    """One hop: when (None where the hop notes no time), where, and what happened in words."""

    at: datetime | None
    hop: str
    words: str


def follow(run: Run, id_: str) -> list[Step]:
    """Everything that the run's parts know of the message, in the order of the hops; empty if nobody knows it."""
    kind = _kind(run, id_)
    station = (_bridge(run, id_), damage(run, id_), _desk(run, id_))
    hops = (_drone(run, id_), *station, _kafka(run, id_, kind), _archive(run, id_, kind))
    return [step for hop in hops for step in hop]


def _kind(run: Run, id_: str) -> str | None:
    for path in run.stores():
        for row in store.stored(path, key=station_key()):
            if row.id == id_:
                return row.kind
    return None


def _drone(run: Run, id_: str) -> Iterator[Step]:
    if not run.drones.exists():
        return
    for made in flash.made(run.drones):
        if made.id != id_:
            continue
        name = f"{made.kind} of {made.drone_id}, boot {made.boot}, seq {made.seq}"
        yield Step(made.captured_at, "drone", f"captured: {name}")
        if made.published_at is None:
            yield Step(None, "drone", "not yet handed to the broker")
        else:
            yield Step(made.published_at, "drone", "handed to the broker")
        if made.kind != "telemetry":
            words = (
                "knows that the bridge has stored it" if made.acknowledged else "waits for the bridge's acknowledgement"
            )
            yield Step(None, "drone", words)


def _bridge(run: Run, id_: str) -> Iterator[Step]:
    for path in run.stores():
        for row in store.stored(path, key=station_key()):
            if row.id != id_:
                continue
            yield Step(row.received_at, "bridge", "received")
            yield Step(row.stored_at, "bridge", f"stored as row {row.row} ({path.name})")
            if row.set_aside is not None:
                yield Step(None, "bridge", f"set aside: {row.set_aside}")
            elif row.sent_at is None:
                yield Step(None, "bridge", "waits for headquarters")
            else:
                yield Step(row.sent_at, "bridge", "confirmed by Kafka")
        for refused in store.quarantined(path, key=station_key()):
            if id_.encode() in refused.payload:
                yield Step(refused.received_at, "bridge", f"in quarantine: {refused.reason}, {refused.detail}")


def damage(run: Run, id_: str) -> Iterator[Step]:
    """Whether a damaged store has lost it. A gap bears a number and no id: the drone's own memory tells whose it is."""
    if not run.drones.exists():
        return
    numbers = {
        (made.drone_id, made.boot, "report", made.seq)
        for made in flash.made(run.drones)
        if made.id == id_ and made.kind != "telemetry"
    }
    for path in run.stores():
        if any(gap in numbers for gap in gaps.gaps(path, key=station_key())):
            yield Step(None, "bridge", f"lost when {path.name} was damaged; nobody has sent it again")


def _desk(run: Run, id_: str) -> Iterator[Step]:
    for path in run.desks():
        desk = path.stem
        for shown in journal.shown(path):
            if shown.violation_id == id_:
                yield Step(shown.shown_at, desk, "alert on screen")
        for decided in journal.decided(path):
            if id_ not in (decided.violation_id, decided.correction_id):
                continue
            about = f"decision {decided.correction_id} on violation {decided.violation_id}"
            yield Step(decided.decided_at, desk, about)
            if decided.answered_at is not None:
                words = (
                    "the bridge has stored the decision" if decided.ok else f"the bridge refused it: {decided.reason}"
                )
                yield Step(decided.answered_at, desk, words)


def _kafka(run: Run, id_: str, kind: str | None) -> Iterator[Step]:
    topics = [KAFKA_TOPICS[kind]] if kind else list(KAFKA_TOPICS.values())
    for topic in topics:
        found: list[KafkaRecord] = [record for record in read_topic(run.kafka, topic) if record.id == id_]
        for record in found:
            at = datetime.fromtimestamp(record.written_at_ms / 1000, UTC)
            yield Step(at, "kafka", f"{topic}, partition {record.partition}, offset {record.offset}")


def _archive(run: Run, id_: str, kind: str | None) -> Iterator[Step]:
    for name in [kind] if kind else list(KAFKA_TOPICS):
        row = reader.read_row(run.archive, name, id_)
        if row is not None:
            yield Step(row["archived_at"], "archive", f"table {name}, batch {row['batch']}")


def as_text(steps: list[Step]) -> str:
    """The steps as lines: local time, time since the first step, hop, words."""
    times = [step.at for step in steps if step.at is not None]
    first = min(times) if times else None
    lines = []
    for step in steps:
        if step.at is None or first is None:
            when = since = ""
        else:
            when = step.at.astimezone().strftime("%H:%M:%S.%f")[:-3]
            since = f"+{(step.at - first).total_seconds():.3f} s"
        lines.append(f"{when:12}  {since:>12}  {step.hop:14} {step.words}")
    return "\n".join(lines)
