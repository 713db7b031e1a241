"""The station's broker with the configuration that we ship, against real backlogs."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from installers.local.mosquitto import CONFIGURATION, Mosquitto
from installers.local.ports import free_port

BACKLOG = 50_000
STOCK_LIMIT = 1_000
STOCK = "listener @PORT@ 127.0.0.1\nallow_anonymous true\nuser @USER@\n"
TOPIC = "kestrel/v1/test/drone/d-1/violation"
END_TOPIC = "kestrel/v1/test/end"
WAIT_S = 60.0


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


def publish_acknowledged(port: int, count: int, topic: str = TOPIC, retain: bool = False) -> None:
    """Sends `count` messages of 300 bytes and returns when the broker has acknowledged each."""
    with a_client(port, "drones") as client:
        infos = [client.publish(topic, b"%0300d" % number, qos=1, retain=retain) for number in range(count)]
        for info in infos:
            info.wait_for_publish(WAIT_S)
        assert all(info.is_published() for info in infos)


def backlog_after_absence(broker: Mosquitto, count: int) -> int:
    """How many of `count` acknowledged messages reach a subscriber that was away while they were sent."""
    with a_client(broker.port, "bridge") as bridge:
        subscribe(bridge, TOPIC)
    publish_acknowledged(broker.port, count)
    received: list[bytes] = []
    with a_client(broker.port, "bridge", received) as bridge:
        # The broker empties the backlog before what is sent after it, so the mark's arrival is the backlog's end. A queue that is
        # still full drops the mark too, so it is sent until it comes.
        ended = threading.Event()
        bridge.message_callback_add(END_TOPIC, lambda *_: ended.set())
        subscribe(bridge, END_TOPIC)
        for _ in range(int(WAIT_S)):
            publish_acknowledged(broker.port, 1, END_TOPIC)
            if ended.wait(1):
                break
        assert ended.is_set()
    return len(set(received))


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


def test_sessions_and_retained_alerts_outlast_a_restart_of_the_broker(tmp_path: Path) -> None:
    first = Mosquitto(tmp_path, free_port())
    first.start()
    with a_client(first.port, "bridge") as bridge:
        subscribe(bridge, TOPIC)
    publish_acknowledged(first.port, 10)
    publish_acknowledged(first.port, 1, "kestrel/v1/test/alert/a-1", retain=True)
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
    client = mqtt.Client(
        CallbackAPIVersion.VERSION2, client_id="flood", protocol=mqtt.MQTTv5, reconnect_on_failure=False
    )
    limits: list[int] = []
    reasons: list[str] = []
    connected, ended = threading.Event(), threading.Event()

    def on_connect(*arguments: object) -> None:
        limits.append(arguments[4].MaximumPacketSize)  # type: ignore[attr-defined]  # paho sets it from the packet
        connected.set()

    def on_disconnect(*arguments: object) -> None:
        reasons.append(str(arguments[3]))
        ended.set()

    client.on_connect, client.on_disconnect = on_connect, on_disconnect
    client.connect("127.0.0.1", mosquitto.port)
    client.loop_start()
    try:
        assert connected.wait(WAIT_S)
        client.publish("kestrel/v1/test/flood", b"x" * (limits[0] + 1), qos=1)
        assert ended.wait(WAIT_S)
    finally:
        client.loop_stop()
    assert limits == [1_114_112]
    assert reasons == ["Packet too large"]


def test_every_line_of_the_configuration_has_its_reason_above() -> None:
    explained = False
    for line in CONFIGURATION.read_text().splitlines():
        if line.startswith("#"):
            explained = True
        elif not line.strip():
            explained = False
        else:
            assert explained, line
