"""The station's broker with the configuration that we ship, against real backlogs."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from edge_bridge.mqtt_source import MqttSource
from installers.local.mosquitto import CONFIGURATION, Mosquitto
from installers.local.ports import free_port
from tests.real import flood
from tests.real.bridge_runs import until

BACKLOG = 50_000
STOCK_LIMIT = 1_000
STOCK = "listener @PORT@ 127.0.0.1\nallow_anonymous true\nuser @USER@\n"
TOPIC = "kestrel/v1/test/drone/d-1/violation"
MARK_TOPIC = "kestrel/v1/test/drone/d-1/health"
WAIT_S = 60.0
PACKET_TOO_LARGE = 0x95  # [MQTT-5, 3.14.2.1]


@contextmanager
def a_client(port: int, client_id: str, received: list[bytes] | None = None) -> Iterator[mqtt.Client]:
    """A connected MQTT 5 client whose session the broker keeps; `received` gets every payload."""
    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=client_id, protocol=mqtt.MQTTv5)
    client.max_inflight_messages_set(4_000)
    client.max_queued_messages_set(0)
    connected = threading.Event()
    client.on_connect = lambda *_: connected.set()
    if received is not None:
        client.on_message = lambda _client, _data, message: received.append(bytes(message.payload))
    properties = Properties(PacketTypes.CONNECT)
    properties.SessionExpiryInterval = 3_600
    properties.ReceiveMaximum = 4_000
    client.connect("127.0.0.1", port, clean_start=False, properties=properties)
    client.loop_start()
    try:
        assert connected.wait(WAIT_S)
        yield client
    finally:
        client.disconnect()
        client.loop_stop()


def subscribe(client: mqtt.Client, topic: str) -> None:
    done = threading.Event()
    client.on_subscribe = lambda *_: done.set()
    client.subscribe(topic, qos=1)
    assert done.wait(WAIT_S)


def publish_acknowledged(port: int, count: int, topic: str = TOPIC) -> None:
    """Sends `count` messages of 300 bytes and returns when the broker has acknowledged each."""
    packets = [flood.packet(topic, number, b"%0300d" % number) for number in range(count)]
    with flood.connected(port, "drones") as broker:
        flood.send(broker, (packets[first : first + 100] for first in range(0, count, 100)), count)


def backlog_after_absence(broker: Mosquitto, count: int) -> int:
    """How many of `count` acknowledged messages reach a bridge that was away while they were sent."""
    bridge = a_bridge(broker)
    while not bridge.listening:
        bridge.receive(limit=1, wait_s=0.1)
    bridge.close()
    publish_acknowledged(broker.port, count)
    bridge, ended = a_bridge(broker), False
    received: set[bytes] = set()
    deadline = time.monotonic() + WAIT_S
    while not ended and time.monotonic() < deadline:
        batch = bridge.receive(limit=1_000, wait_s=1.0)
        bridge.acknowledge(batch)
        received |= {message.payload for message in batch if message.topic == TOPIC}
        if not batch:
            # The broker empties the backlog before what is sent after it, so the mark's arrival is the backlog's end. A queue that is
            # still full drops the mark too, so it is sent until it comes.
            publish_acknowledged(broker.port, 1, MARK_TOPIC)
        ended = any(message.topic == MARK_TOPIC for message in batch)
    assert ended
    bridge.close()
    return len(received)


def a_bridge(broker: Mosquitto) -> MqttSource:
    """The bridge's own way into the broker."""
    return MqttSource(
        broker.address, station="test", will_topic="kestrel/v1/test/bridge", will=b"gone", had_session=True
    )


@pytest.fixture
def stock_broker(tmp_path: Path) -> Iterator[Mosquitto]:
    """The control: what Debian's defaults do."""
    configuration = tmp_path / "stock.conf"
    configuration.write_text(STOCK)
    broker = Mosquitto(tmp_path / "stock", free_port(), configuration)
    broker.start()
    yield broker
    broker.stop()


def test_every_message_for_an_absent_bridge_is_delivered_when_it_returns(mosquitto: Mosquitto) -> None:
    assert backlog_after_absence(mosquitto, BACKLOG) == BACKLOG


def test_the_stock_configuration_loses_all_but_a_thousand_without_a_word(stock_broker: Mosquitto) -> None:
    assert backlog_after_absence(stock_broker, 5 * STOCK_LIMIT) == STOCK_LIMIT


def test_what_is_said_while_the_broker_is_away_is_not_published_and_no_error(tmp_path: Path) -> None:
    broker = Mosquitto(tmp_path, free_port())
    bridge = a_bridge(broker)
    while_away = bridge.publish("kestrel/v1/test/alert/a-1", b"", retain=True)
    assert not while_away.is_published()

    broker.start()
    until(lambda: bridge.receive(limit=1, wait_s=0.05) or bridge.connected, WAIT_S)
    once_there = bridge.publish("kestrel/v1/test/alert/a-1", b"", retain=True)
    until(lambda: bridge.receive(limit=1, wait_s=0.05) or once_there.is_published(), WAIT_S)
    bridge.close()
    broker.stop()


def test_sessions_and_retained_alerts_outlast_a_restart_of_the_broker(tmp_path: Path) -> None:
    first = Mosquitto(tmp_path, free_port())
    first.start()
    with a_client(first.port, "bridge") as bridge:
        subscribe(bridge, TOPIC)
    publish_acknowledged(first.port, 10)
    with a_client(first.port, "album") as album:
        album.publish("kestrel/v1/test/alert/a-1", b"here", qos=1, retain=True).wait_for_publish(WAIT_S)
    first.stop()

    second = Mosquitto(tmp_path, first.port)
    second.start()
    try:
        received: list[bytes] = []
        with a_client(second.port, "bridge", received) as bridge:
            seen = threading.Event()
            bridge.message_callback_add("kestrel/v1/test/alert/a-1", lambda *_: seen.set())
            subscribe(bridge, "kestrel/v1/test/alert/#")
            assert seen.wait(WAIT_S)
        assert len(received) == 10
    finally:
        second.stop()


def test_the_largest_evidence_part_passes(mosquitto: Mosquitto) -> None:
    received: list[bytes] = []
    with a_client(mosquitto.port, "album", received) as album, a_client(mosquitto.port, "camera") as camera:
        subscribe(album, "kestrel/v1/test/drone/d-1/evidence")
        came = threading.Event()
        album.on_message = lambda *_: came.set()

        camera.publish("kestrel/v1/test/drone/d-1/evidence", b"x" * 1_000_000, qos=1)

        assert came.wait(WAIT_S)


def test_a_client_is_told_the_limit_and_cut_off_when_it_sends_more(mosquitto: Mosquitto) -> None:
    connected = threading.Event()
    limits: list[int] = []
    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="asks", protocol=mqtt.MQTTv5)

    def on_connect(*arguments: object) -> None:
        limits.append(arguments[4].MaximumPacketSize)  # type: ignore[attr-defined]  # paho sets it from the packet
        connected.set()

    client.on_connect = on_connect
    client.connect("127.0.0.1", mosquitto.port)
    client.loop_start()
    assert connected.wait(WAIT_S)
    client.disconnect()
    client.loop_stop()
    assert limits == [1_114_112]

    # Only the announcement of a packet of 1.1 MB and a bit: of one that is sent whole, the broker's reason is lost in the reset.
    with flood.connected(mosquitto.port, "flood") as broker:
        broker.sendall(bytes((0x32, *(limits[0] >> shift & 0x7F | 0x80 for shift in (0, 7)), limits[0] >> 14)))
        answer = broker.recv(100)
    assert (answer[0], answer[2]) == (flood.DISCONNECT, PACKET_TOO_LARGE)


def test_every_line_of_the_configuration_has_its_reason_above() -> None:
    explained = False
    for line in CONFIGURATION.read_text().splitlines():
        if line.startswith("#"):
            explained = True
        elif not line.strip():
            explained = False
        else:
            assert explained, line
