"""The fast way into paho and paho's own hear the same, and acknowledge the same."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from datetime import UTC, datetime

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from edge_bridge.fast_paho import FastClient
from installers.local.mosquitto import Mosquitto

Heard = list[tuple[str, bytes, str | None, bytes | None]]


def properties(**fields: object) -> Properties:
    """Of a PUBLISH."""
    found = Properties(PacketTypes.PUBLISH)
    for name, value in fields.items():
        setattr(found, name, value)
    return found


MESSAGES: list[tuple[str, bytes, int, Properties | None]] = [
    ("a/b", b"plain", 1, None),
    ("a/b", b"", 1, None),
    ("a/ü", b"\x00\xff" * 100, 0, None),
    ("a/b", b"x" * 200, 1, properties(ResponseTopic="answer/to", CorrelationData=b"\x00\x01")),
    ("a/b", b"many", 1, properties(MessageExpiryInterval=60, ContentType="text", PayloadFormatIndicator=1)),
    ("a/b", b"pairs", 1, properties(UserProperty=[("k", "v"), ("k", "w")], ResponseTopic="answer/to")),
    ("a/big", b"y" * 900_000, 1, None),
    ("a/b", b"last", 1, None),
]


def as_paho_hears(port: int, session: str) -> Heard:
    """What a stock client of paho hears of a kept session."""
    found: Heard = []
    client = paho.Client(CallbackAPIVersion.VERSION2, client_id=session, protocol=paho.MQTTv5)

    def on_message(_client: paho.Client, _data: object, message: paho.MQTTMessage) -> None:
        told = message.properties
        found.append(
            (
                message.topic,
                bytes(message.payload),
                getattr(told, "ResponseTopic", None),
                getattr(told, "CorrelationData", None),
            )
        )

    client.on_message = on_message
    client.on_connect = lambda *_: _subscribe(client, session)
    _connect(client, port)
    _turn_until(client, lambda: found and found[-1][1] == MESSAGES[-1][1], 30)
    client.disconnect()
    return found


def _subscribe(client: paho.Client, session: str) -> None:
    client.subscribe(f"{session}/#", 1)


def _connect(client: paho.Client, port: int) -> None:
    kept = Properties(PacketTypes.CONNECT)
    kept.SessionExpiryInterval = 60
    client.connect("127.0.0.1", port, clean_start=False, properties=kept)


def _turn_until(client: paho.Client, condition: Callable[[], object], within_s: float) -> None:
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, f"not within {within_s} s"
        client.loop(0.05)


def a_session(port: int, session: str, kind: type[paho.Client]) -> paho.Client:
    """A client whose subscription stands."""
    subscribed: list[int] = []
    client = (
        FastClient(session, lambda: datetime.now(UTC))
        if kind is FastClient
        else paho.Client(CallbackAPIVersion.VERSION2, client_id=session, protocol=paho.MQTTv5)
    )
    client.on_connect = lambda *_: _subscribe(client, session)
    client.on_subscribe = lambda *_: subscribed.append(1)
    _connect(client, port)
    _turn_until(client, lambda: subscribed, 30)
    return client


def send_all(port: int, session: str) -> None:
    """Every message, below the session's own root."""
    client = paho.Client(CallbackAPIVersion.VERSION2, protocol=paho.MQTTv5)
    client.connect("127.0.0.1", port)
    client.loop_start()
    said = [
        client.publish(f"{session}/{topic}", payload, qos, properties=more) for topic, payload, qos, more in MESSAGES
    ]
    for word in said:
        word.wait_for_publish(30)
    client.disconnect()
    client.loop_stop()


@pytest.mark.timeout(60)
def test_both_hear_the_same_messages_in_the_same_order(mosquitto: Mosquitto):
    port = mosquitto.port
    fast = a_session(port, "fast", FastClient)
    assert isinstance(fast, FastClient)
    fast.connection = 1
    send_all(port, "fast")
    _turn_until(fast, lambda: len(fast.arrived) >= len(MESSAGES), 30)
    a_session(port, "slow", paho.Client).disconnect()
    send_all(port, "slow")  # the session is kept; what has QoS 0 is not
    slow = as_paho_hears(port, "slow")

    heard = [
        (one.topic.removeprefix("fast/"), one.payload, one.response_topic, one.correlation) for one in fast.arrived
    ]
    assert [one[:2] for one in heard] == [(topic, payload) for topic, payload, _, _ in MESSAGES]
    kept = [one for one, (_, _, qos, _) in zip(heard, MESSAGES, strict=True) if qos == 1]
    assert kept == [(topic.removeprefix("slow/"), *more) for topic, *more in slow]
    fast.disconnect()


@pytest.mark.timeout(60)
def test_what_is_acknowledged_does_not_come_again_and_the_rest_does(mosquitto: Mosquitto):
    port, session = mosquitto.port, "acks"
    client = a_session(port, session, FastClient)
    assert isinstance(client, FastClient)
    client.connection = 1
    send_all(port, session)
    _turn_until(client, lambda: len(client.arrived) >= len(MESSAGES), 30)
    first = list(client.arrived)
    client.acknowledge(first[:4])
    behind_them = client.publish("elsewhere", b"", qos=1)
    _turn_until(
        client, behind_them.is_published, 30
    )  # a broker may forget what it has not read when the connection ends
    client.disconnect()

    again = a_session(port, session, FastClient)
    assert isinstance(again, FastClient)
    _turn_until(again, lambda: len(again.arrived) >= 4, 30)

    assert [one.payload for one in again.arrived] == [one.payload for one in first[4:]]
    again.connection = 2
    stale = again.acknowledge(first)
    assert stale == 0  # numbers of the old connection mean other messages on this one
    again.disconnect()


@pytest.mark.parametrize(
    "nonsense", [b"\x20\x01\x00", b"\x20\x03\x00\x00\x00\x90\x01\x00", b"\x30\xff\xff\xff\xff\x01"]
)
def test_an_answer_that_cannot_be_read_ends_the_connection_and_nothing_else(nonsense: bytes):
    client = FastClient("nonsense", lambda: datetime.now(UTC))
    with socket.create_server(("127.0.0.1", 0)) as server:
        client.connect("127.0.0.1", server.getsockname()[1])
        with server.accept()[0] as connection:
            connection.recv(1_000)
            connection.sendall(nonsense)
            deadline = time.monotonic() + 30
            while client.socket() is not None:
                assert time.monotonic() < deadline
                client.loop(0.05)

    assert not client.is_connected()
    assert not client.arrived
