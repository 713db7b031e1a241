"""The archive job on a real Kafka and a real HDFS: each message once, whatever comes twice, goes away or dies."""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Iterator
from typing import Any

import duckdb
import pyarrow.compute as pc
import pytest
from deltalake import DeltaTable
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition

from cloud_pipeline.archive import reader
from cloud_pipeline.archive.tables import table_uri
from installers.local.kafka import make_topics
from installers.local.stack import Stack
from installers.local.topics import headquarters_topics
from messages.model import KINDS, Evidence, Message, Violation, kind_of
from messages.topics import dead_letter_topic, kafka_topic
from tests.cloud_pipeline import samples
from tests.real.archive_runs import DYING, ArchiveRun, archived_ids, send, wait_until

pytestmark = pytest.mark.timeout(1_200)

SMALL_BATCHES = ("--rows-per-batch", "200", "--evidence-per-batch", "4")
UNREADABLE = b'{"kind":"telemetry"'


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A Kafka and an HDFS of this file's own: what cannot be read, and what is killed, is nobody else's."""
    with Stack(tmp_path_factory.mktemp("headquarters")) as own:
        own.up(("kafka", "hdfs"))
        own.wait_ready("kafka")
        own.wait_ready("hdfs")
        yield own


@pytest.fixture
def stack(servers: Stack) -> Stack:
    """The two with every topic empty and new; take an archive of your own."""
    admin = KafkaAdminClient(bootstrap_servers=servers.kafka.bootstrap)
    ours = {name for name, *_ in headquarters_topics()}
    admin.delete_topics([name for name in admin.list_topics() if name in ours])
    wait_until(lambda: not ours & set(admin.list_topics()))
    admin.close()
    make_topics(servers.kafka.bootstrap, headquarters_topics())
    return servers


def some_messages(first: int, count: int) -> list[Message]:
    """Mostly telemetry, as in life: of ten messages one violation, and of fifty one picture and one Health."""
    found: list[Message] = []
    for number in range(first, first + count):
        match number % 50:
            case 0:
                found.append(samples.evidence(number))
            case 1:
                found.append(samples.health(number))
            case rest if rest % 10 == 2:
                found.append(samples.violation(number, needs_human=rest == 2))
            case _:
                found.append(samples.telemetry(number))
    return found


def by_kind(messages: list[Message]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for message in messages:
        found.setdefault(kind_of(message), set()).add(message.id)
    return found


def assert_each_once(archive: str, messages: list[Message]) -> None:
    for kind, ids in by_kind(messages).items():
        counts = archived_ids(archive, kind)
        assert ids - set(counts) == set(), f"{kind} lost"
        assert [id_ for id_, times in counts.items() if times > 1] == [], f"{kind} doubled"
        assert set(counts) == ids


def test_one_archive_through_deaths_absences_and_what_kafka_forgot(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Five lives of the job on one archive: Spark's start is most of each, so every question is asked of the same five."""
    archive = f"{stack.hdfs.uri}/lives"
    messages = some_messages(0, 1_000)
    alert = next(m for m in messages if isinstance(m, Violation))
    messages += [samples.correction(1, alert), next(samples.tickets_2015(1))]
    send(stack.kafka.bootstrap, [*messages, *messages[:50]])
    bad = an_unreadable_record(stack.kafka.bootstrap)

    die_between_steps(stack, archive, monkeypatch)
    with ArchiveRun(stack.kafka.bootstrap, archive) as run:
        run.wait_for(" batch=", times=2)  # the one that was cut off, and the rest
        wait_until(lambda: archived_in_all(archive) >= len(messages))
        assert run.ask_to_stop() < 5.0
        assert run.process.returncode == 0
    assert_each_once(archive, messages)
    assert reader.archived(archive, "crowd").num_rows == 0  # type: ignore[union-attr]
    assert reader.archived(f"{stack.hdfs.uri}/nowhere", "telemetry") is None
    assert_rows_are_whole(archive, alert, next(m for m in messages if isinstance(m, Evidence)))
    assert_set_aside(stack, archive, bad)
    assert_duckdb_counts_alike(archive, len(by_kind(messages)["telemetry"]))

    more = some_messages(1_000, 100)
    stack.kafka.stop()
    with ArchiveRun(stack.kafka.bootstrap, archive) as run:
        run.wait_for("waiting: Kafka")
        stack.restart("kafka")
        run.wait_for("ready:")
        send(stack.kafka.bootstrap, messages[:100])  # a station that was not sure sends again, a day later
        send(stack.kafka.bootstrap, more[:50])
        run.wait_for(" batch=")

        stack.hdfs.stop()
        send(stack.kafka.bootstrap, more[50:])
        run.wait_for("waiting:", times=2)
        batches = sum(" batch=" in line for line in run.lines())
        stack.restart("hdfs")
        messages += more
        run.wait_for(" batch=", times=batches + 1)  # to read the whole archive again and again would hold it up
        wait_until(lambda: archived_in_all(archive) >= len(messages))
        assert_each_once(archive, messages)

        stack.hdfs.stop()  # so that nothing of what comes now can be archived in time
        send(stack.kafka.bootstrap, some_messages(1_100, 40))
        delete_all(stack.kafka.bootstrap, kafka_topic("telemetry"))
        send(stack.kafka.bootstrap, some_messages(1_140, 40))
        stack.restart("hdfs")
        assert run.end() == 1
    assert any("Kafka no longer has records that were not archived yet" in line for line in run.lines())


def archived_in_all(archive: str) -> int:
    return sum(len(archived_ids(archive, kind)) for kind in KINDS)


def die_between_steps(stack: Stack, archive: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three lives, each ended between two other steps of its second batch."""
    for moment in ("before-write", "one-table", "all-tables"):
        monkeypatch.setenv("KESTREL_TEST_DIES", moment)
        with ArchiveRun(stack.kafka.bootstrap, archive, *SMALL_BATCHES, script=DYING) as run:
            assert run.end() == -9, run.lines()[-5:]
    monkeypatch.delenv("KESTREL_TEST_DIES")


def an_unreadable_record(kafka: str) -> Any:
    producer = KafkaProducer(bootstrap_servers=kafka)
    placed = producer.send(kafka_topic("telemetry"), key=b"d-01", value=UNREADABLE).get(30)
    producer.close()
    return placed


def assert_rows_are_whole(archive: str, alert: Violation, picture: Evidence) -> None:
    row = reader.read_row(archive, "violation", alert.id)
    assert row is not None
    assert (row["street"], row["station"], row["drone_id"], row["seq"]) == (
        "West 42nd Street",
        "north",
        "d-01",
        alert.seq,
    )
    assert row["captured_at"] == alert.captured_at
    assert row["batch"].startswith("archive-v1:")
    handed_over = reader.table_of(archive, "violation", ["archived_at"])
    assert handed_over is not None
    assert pc.min(handed_over["archived_at"]).as_py() <= row["archived_at"]  # the commit comes after
    kept = reader.read_row(archive, "evidence", picture.id)
    assert kept is not None
    assert (kept["data"], kept["payload"]) == (picture.data, None)


def assert_set_aside(stack: Stack, archive: str, bad: Any) -> None:
    """In the archive's table and in the dead-letter topic, with the reason. The batch that holds it is not one that was cut off."""
    aside = reader.table_of(archive, "bad")
    assert aside is not None
    assert [(each["kafka_partition"], each["kafka_offset"], each["value"]) for each in aside.to_pylist()] == [
        (bad.partition, bad.offset, UNREADABLE)
    ]
    (letter,) = dead_letters(stack.kafka.bootstrap, kafka_topic("telemetry"))
    assert letter.value == UNREADABLE
    headers = {name: bytes(value).decode() for name, value in letter.headers}
    assert headers == {
        "topic": kafka_topic("telemetry"),
        "partition": str(bad.partition),
        "offset": str(bad.offset),
        "error": "not JSON, or not of the kind's types",
    }


def assert_duckdb_counts_alike(archive: str, sent: int) -> None:
    with duckdb.connect() as db:
        db.register("telemetry", DeltaTable(table_uri(archive, "telemetry")).to_pyarrow_table())
        counted = db.execute("SELECT captured_on, count(*), count(DISTINCT id) FROM telemetry GROUP BY ALL").fetchall()
    assert counted == [(samples.NOON.date(), sent, sent)]


def dead_letters(kafka: str, topic: str) -> list[Any]:
    consumer = KafkaConsumer(bootstrap_servers=kafka, auto_offset_reset="earliest", consumer_timeout_ms=5_000)
    consumer.assign([TopicPartition(dead_letter_topic(topic), 0)])
    found = list(consumer)
    consumer.close()
    return found


@pytest.mark.soak  # minutes, and nothing that it runs is the program's
def test_the_control_doubles(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without transaction ids and without MERGE the same death doubles a batch: the test above can fail."""
    archive = f"{stack.hdfs.uri}/control"
    messages = some_messages(0, 600)
    send(stack.kafka.bootstrap, messages)
    monkeypatch.setenv("KESTREL_TEST_PLAIN", "1")
    monkeypatch.setenv("KESTREL_TEST_DIES", "all-tables")
    with ArchiveRun(stack.kafka.bootstrap, archive, *SMALL_BATCHES, script=DYING) as run:
        assert run.end() == -9, run.lines()[-5:]
    monkeypatch.delenv("KESTREL_TEST_DIES")
    with ArchiveRun(stack.kafka.bootstrap, archive, "--once", script=DYING) as run:
        assert run.end() == 0

    counts: Counter[str] = archived_ids(archive, "telemetry")

    assert set(counts) == by_kind(messages)["telemetry"]
    assert max(counts.values()) == 2


@pytest.mark.soak  # minutes; journeys/test_killed_at_random.py kills the archive, too, and is run every time
def test_killed_at_random_while_20000_messages_flow(stack: Stack) -> None:
    archive, dice = f"{stack.hdfs.uri}/random", random.Random(7)
    messages = some_messages(0, 20_000)
    sending = threading.Thread(target=send, args=(stack.kafka.bootstrap, messages))
    sending.start()

    for _ in range(4):
        with ArchiveRun(
            stack.kafka.bootstrap, archive, "--rows-per-batch", "1500", "--evidence-per-batch", "30"
        ) as run:
            run.wait_for("ready:")
            threading.Event().wait(dice.uniform(0.5, 9.0))  # the moment of death, not a wait for anything
            run.kill()
    sending.join()
    with ArchiveRun(stack.kafka.bootstrap, archive, "--once") as run:
        assert run.end() == 0

    assert_each_once(archive, messages)


def delete_all(kafka: str, topic: str) -> None:
    """What retention does after a week."""
    consumer = KafkaConsumer(bootstrap_servers=kafka)
    partitions = [TopicPartition(topic, number) for number in sorted(consumer.partitions_for_topic(topic) or ())]
    ends = consumer.end_offsets(partitions)
    consumer.close()
    admin = KafkaAdminClient(bootstrap_servers=kafka)
    admin.delete_records({partition: end for partition, end in ends.items() if end})
    admin.close()
