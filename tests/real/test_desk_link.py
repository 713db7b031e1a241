"""The desk's way into paho, through Mosquitto: what it hears is what paho hears, and what it has taken does not come again."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from ground_station.links.block_reader import BlockReader
from ground_station.links.mqtt_link import MqttLink
from ground_station.view_model.events import LinkDown
from installers.local.mosquitto import Mosquitto
from tests.ground_station.bridge_double import wait_for

pytestmark = pytest.mark.timeout(60)

LAST = ("a/last", b"last")
MESSAGES: list[tuple[str, bytes, int]] = [
    ("a/b", b"plain", 1),
    ("a/b", b"", 1),
    ("a/ü", b"\x00\xff" * 100, 0),
    ("a/b", b"twice", 2),
    ("a/big", b"y" * 900_000, 1),
    *((f"a/{number}", b"x" * number, number % 2) for number in range(400)),
    (*LAST, 1),
]
Heard = list[tuple[str, bytes]]


def a_stock_client(name: str, heard: Heard) -> paho.Client:
    """paho as it is."""
    client = paho.Client(CallbackAPIVersion.VERSION2, client_id=name, protocol=paho.MQTTv5)
    client.on_message = lambda _client, _data, message: heard.append((message.topic, bytes(message.payload)))
    return client


def a_block_reader(name: str, heard: Heard) -> paho.Client:
    """The desk's. A message of QoS 2, which the desk never asks for, goes paho's own way."""
    client = BlockReader(name, lambda topic, payload: heard.append((topic, payload)))
    client.on_message = lambda _client, _data, message: heard.append((message.topic, bytes(message.payload)))
    return client


@contextmanager
def subscribed(client: Any, port: int) -> Iterator[Any]:
    """Connected, with its session kept for a minute, and subscribed to everything."""
    stands = threading.Event()
    client.on_connect = lambda *_: client.subscribe("a/#", 2)
    client.on_subscribe = lambda *_: stands.set()
    kept = Properties(PacketTypes.CONNECT)
    kept.SessionExpiryInterval = 60
    client.connect("127.0.0.1", port, clean_start=False, properties=kept)
    client.loop_start()
    assert stands.wait(30)
    try:
        yield client
    finally:
        client.disconnect()
        client.loop_stop()


def send(port: int, messages: list[tuple[str, bytes, int]]) -> None:
    """All of them, in order."""
    client: Any = paho.Client(CallbackAPIVersion.VERSION2, protocol=paho.MQTTv5)
    client.connect("127.0.0.1", port)
    client.loop_start()
    for word in [client.publish(*message) for message in messages]:
        word.wait_for_publish(30)
    client.disconnect()
    client.loop_stop()


def test_it_hears_what_paho_hears(mosquitto: Mosquitto):
    ours: Heard = []
    pahos: Heard = []
    with (
        subscribed(a_block_reader("link-ours", ours), mosquitto.port),
        subscribed(a_stock_client("link-pahos", pahos), mosquitto.port),
    ):
        send(mosquitto.port, MESSAGES)
        wait_for(lambda: LAST in ours and LAST in pahos, "the last message is not heard")

    twice = MESSAGES[3][
        :2
    ]  # QoS 2 takes two more messages there and back: its place among the others is nobody's promise
    assert [each for each in ours if each != twice] == [each for each in pahos if each != twice]
    assert sorted(ours) == sorted((topic, payload) for topic, payload, _ in MESSAGES)


def test_what_it_took_is_acknowledged_and_does_not_come_again(mosquitto: Mosquitto):
    heard: Heard = []
    with subscribed(a_block_reader("link-acks", heard), mosquitto.port) as client:
        send(mosquitto.port, MESSAGES)
        wait_for(lambda: LAST in heard, "the last message is not heard")
        behind_them = client.publish("elsewhere", b"", qos=1)
        behind_them.wait_for_publish(30)  # a broker may forget what it has not read when the connection ends
    again: Heard = []
    with subscribed(a_block_reader("link-acks", again), mosquitto.port):
        send(mosquitto.port, [("a/new", b"new", 1)])
        wait_for(lambda: bool(again), "nothing is heard after coming back")

    assert again == [("a/new", b"new")]


def test_half_a_message_of_a_connection_that_broke_is_not_read_with_the_next_one():
    accepted, message = b"\x20\x03\x00\x00\x00", b"\x30\x0b\x00\x05a/new\x00new"
    heard: Heard = []
    client = a_block_reader("link-cut", heard)
    with socket.create_server(("127.0.0.1", 0)) as server:
        for sent in (
            accepted + message[:7],
            accepted + message,
        ):  # a broker that dies in the middle, and the same again
            client.connect("127.0.0.1", server.getsockname()[1])
            with server.accept()[0] as connection:
                connection.recv(1_000)
                connection.sendall(sent)
            while client.loop(1.0) == MQTTErrorCode.MQTT_ERR_SUCCESS:
                pass
            assert not client.is_connected()

    assert heard == [("a/new", b"new")]


NONSENSE = (
    b"\x20\x01\x00",  # an answer to CONNECT that ends too early
    b"\x20\x03\x00\x00\x00" + b"\x90\x01\x00",  # connected; an answer to SUBSCRIBE that ends too early
    b"\x20\x03\x00\x00\x00" + b"\x30\x03\x00\xffa",  # a message whose topic is longer than itself
    b"\x30\xff\xff\xff\xff\x01",  # a length that never ends
)


@pytest.mark.filterwarnings(
    "ignore::pytest.PytestUnraisableExceptionWarning"
)  # paho lets go of its own wake-up sockets unclosed
@pytest.mark.parametrize("nonsense", NONSENSE)
def test_a_link_whose_broker_talks_nonsense_says_so_and_tries_again(nonsense: bytes):
    events: list[object] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(30)
        link = MqttLink("127.0.0.1", server.getsockname()[1], station="midtown", officer="duarte", desk="d")
        link.start(events.append)
        try:
            for _ in range(2):  # the second time is the proof that it went on
                with server.accept()[0] as connection:
                    connection.settimeout(30)
                    connection.recv(1_000)
                    connection.sendall(nonsense)
                    while connection.recv(1_000):
                        pass
            wait_for(lambda: any(isinstance(event, LinkDown) for event in events), "nothing is said")
            assert not link._client.is_connected()  # what is said to it now is not kept for later
        finally:
            link.stop()
