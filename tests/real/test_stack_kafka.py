"""The one-machine Kafka through both of its doors."""

from __future__ import annotations

import time

from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition

from installers.local.kafka import Kafka, make_topics
from installers.local.link import Link
from installers.local.topics import headquarters_topics


def values_of(bootstrap: str, topic: str) -> list[bytes]:
    """Everything in a topic of one partition, through one door."""
    consumer = KafkaConsumer(bootstrap_servers=bootstrap, enable_auto_commit=False, auto_offset_reset="earliest")
    try:
        partition = TopicPartition(topic, 0)
        consumer.assign([partition])
        end = consumer.end_offsets([partition])[partition]
        consumer.seek_to_beginning(partition)
        values: list[bytes] = []
        deadline = time.monotonic() + 30
        while consumer.position(partition) < end and time.monotonic() < deadline:
            for records in consumer.poll(timeout_ms=500).values():
                values += [record.value for record in records]
        return values
    finally:
        consumer.close()


def a_topic(kafka: Kafka, name: str) -> str:
    make_topics(kafka.bootstrap, [(name, 1, {})])
    return name


def test_every_topic_of_the_project_is_there_with_its_partitions_and_the_brokers_time(kafka: Kafka) -> None:
    admin = KafkaAdminClient(bootstrap_servers=kafka.bootstrap)
    try:
        there = set(admin.list_topics())
        wanted = {name: partitions for name, partitions, _ in headquarters_topics()}
        assert set(wanted) <= there
        described = {each["name"]: len(each["partitions"]) for each in admin.describe_topics(list(wanted))}
        assert described == wanted
    finally:
        admin.close()


def test_a_record_of_long_ago_is_kept_by_its_arrival(kafka: Kafka) -> None:
    """Kept by its own time, a ticket of 2015 would go with the next sweep."""
    ten_years_ago_ms = int((time.time() - 10 * 365 * 86_400) * 1_000)
    producer = KafkaProducer(bootstrap_servers=kafka.bootstrap)
    try:
        sent = producer.send("kestrel.history", value=b"ticket", timestamp_ms=ten_years_ago_ms).get(30)
    finally:
        producer.close()
    assert sent.timestamp > ten_years_ago_ms + 86_400_000


def test_a_field_producer_cut_off_from_the_edge_delivers_after_the_restore_while_headquarters_reads_on(
    kafka: Kafka, link: Link
) -> None:
    topic = a_topic(kafka, "test.cut")
    producer = KafkaProducer(bootstrap_servers=kafka.edge_bootstrap, acks="all", retries=1_000_000)
    try:
        producer.send(topic, b"before").get(30)

        link.cut()
        waiting = producer.send(topic, b"during")
        assert values_of(kafka.bootstrap, topic) == [b"before"]
        assert not waiting.is_done

        link.restore()
        waiting.get(60)
        assert values_of(kafka.bootstrap, topic) == [b"before", b"during"]
    finally:
        producer.close()


def test_what_is_sent_into_a_hanging_edge_arrives_once_after_the_restore(kafka: Kafka, link: Link) -> None:
    topic = a_topic(kafka, "test.hang")
    producer = KafkaProducer(bootstrap_servers=kafka.edge_bootstrap, acks="all", enable_idempotence=True)
    try:
        producer.send(topic, b"before").get(30)

        link.hang()
        waiting = producer.send(topic, b"during")
        assert values_of(kafka.bootstrap, topic) == [b"before"]
        assert not waiting.is_done

        link.restore()
        waiting.get(90)
        assert values_of(kafka.bootstrap, topic) == [b"before", b"during"]
    finally:
        producer.close()


def test_the_largest_evidence_part_fits_into_a_record(kafka: Kafka) -> None:
    topic = a_topic(kafka, "test.large")
    producer = KafkaProducer(bootstrap_servers=kafka.edge_bootstrap, max_request_size=2_000_000)
    try:
        producer.send(topic, b"x" * 1_400_000).get(30)
    finally:
        producer.close()
