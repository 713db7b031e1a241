"""The configurations that the servers are started with."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import msgspec
import pytest

from installers.local import kafka, mosquitto
from installers.local.hdfs import HdfsPorts, hdfs_site
from installers.local.kafka import KafkaPorts, server_properties
from installers.local.ports import free_port, is_free, remembered_ports
from installers.local.running import FILE, PartState, StackState, read_state, write_state
from installers.local.topics import headquarters_topics
from messages.topics import KAFKA_TOPICS


def properties(text: str) -> dict[str, str]:
    return dict(line.split("=", 1) for line in text.splitlines() if line and not line.startswith("#"))


def test_the_field_is_told_the_links_port_and_headquarters_the_servers_own():
    settings = properties(
        server_properties(Path("/data"), KafkaPorts(plain=1, edge=2, controller=3, edge_advertised=4))
    )

    assert settings["listeners"] == "PLAINTEXT://127.0.0.1:1,EDGE://127.0.0.1:2,CONTROLLER://127.0.0.1:3"
    assert settings["advertised.listeners"] == "PLAINTEXT://127.0.0.1:1,EDGE://127.0.0.1:4"
    assert settings["auto.create.topics.enable"] == "false"


def test_every_kind_has_a_topic_and_a_place_for_what_cannot_be_read():
    plans = {name: settings for name, _, settings in headquarters_topics()}

    assert set(plans) == set(KAFKA_TOPICS.values()) | {f"{name}.dlq" for name in KAFKA_TOPICS.values()}
    assert {settings["message.timestamp.type"] for settings in plans.values()} == {"LogAppendTime"}


def test_a_cluster_id_never_reads_as_an_option():
    ids = [kafka.new_cluster_id() for _ in range(500)]

    assert len(set(ids)) == 500
    assert all(len(each) == 22 and not each.startswith("-") for each in ids)


def test_hdfs_listens_on_this_machine_alone():
    site = hdfs_site(Path("/data"), HdfsPorts(1, 2, 3, 4, 5))

    addresses = [value for name, value in site.items() if name.endswith("address")]
    assert sorted(addresses) == ["127.0.0.1:2", "127.0.0.1:3", "127.0.0.1:4", "127.0.0.1:5"]


def test_the_shipped_broker_configuration_has_no_blank_left():
    text = mosquitto.configured(mosquitto.CONFIGURATION.read_text(), port=1883, data=Path("/data"), user="kestrel")

    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    assert "listener 1883 127.0.0.1" in lines
    assert "persistence_location /data/" in lines
    assert not [line for line in lines if "@" in line]


def test_ports_are_the_same_again_after_a_restart(tmp_path: Path):
    first = remembered_ports(tmp_path / "ports.json", ["mqtt", "kafka"])

    assert remembered_ports(tmp_path / "ports.json", ["mqtt", "kafka"]) == first
    assert len(set(first.values())) == 2


def test_a_port_that_somebody_took_meanwhile_is_changed_and_the_others_stay(tmp_path: Path):
    first = remembered_ports(tmp_path / "ports.json", ["mqtt", "kafka"])
    with socket.create_server(("127.0.0.1", first["mqtt"])):
        second = remembered_ports(tmp_path / "ports.json", ["mqtt", "kafka"])

    assert second["mqtt"] != first["mqtt"]
    assert second["kafka"] == first["kafka"]
    assert json.loads((tmp_path / "ports.json").read_text()) == second


def test_a_free_port_is_free_and_a_taken_one_is_not():
    port = free_port()
    assert is_free(port)
    with socket.create_server(("127.0.0.1", port)):
        assert not is_free(port)


STATE = StackState(1, 2.5, [PartState("kafka", {"edge": "127.0.0.1:9"}, {"kafka": (7, 8.5)}, ["/log"], 3.0)])


def test_what_runs_reads_back_as_it_was_written(tmp_path: Path):
    write_state(tmp_path, STATE)

    assert read_state(tmp_path) == STATE
    assert STATE.address("kafka", "edge") == "127.0.0.1:9"
    assert STATE.address("hdfs", "files") is None


@pytest.mark.parametrize("damaged", [b"", b"{", msgspec.json.encode({"supervisor_pid": "x"})])
def test_a_damaged_note_of_what_runs_reads_as_nothing(tmp_path: Path, damaged: bytes):
    (tmp_path / FILE).write_bytes(damaged)

    assert read_state(tmp_path) is None
