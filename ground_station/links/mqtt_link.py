"""The station over MQTT 5: paho in its own thread. Only this file and block_reader.py know paho.

Rules: callbacks do nothing but turn bytes into events and hand them on. The desk keeps no session at the broker: everything it needs
is retained, and what it must not lose is in its journal. Waiting between attempts is our own, so that the next one can be shown and
brought forward; paho's reconnecting is switched off, and its thread lives for one connection.
"""

from __future__ import annotations

import logging
import random
import threading
from datetime import UTC, datetime, timedelta
from typing import Any

from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from ground_station.links.block_reader import BlockReader
from ground_station.links.incoming import event_of
from ground_station.links.link import Deliver
from ground_station.view_model.events import LinkDown, LinkUp, Unreadable
from messages import topics
from messages.codec import encode
from messages.state import Command, DeskRequest

log = logging.getLogger(__name__)

KEEPALIVE_S = 10  # a dead network is noticed after 15 s at the latest
CONNECT_TIMEOUT_S = 5.0
STOP_S = 1.5
FIRST_WAIT_S = 0.5
WAIT_CAP_S = 30.0
REQUEST_EXPIRY_S = 30  # a claim that waited longer for the bridge must not lock an alert nobody works on
COMMAND_EXPIRY_S = 10  # a stale command must never run


class MqttLink:
    """One desk's connection. All public methods may be called from any thread."""

    def __init__(self, host: str, port: int, *, station: str, officer: str, desk: str) -> None:
        self._host, self._port = host, port
        self._station, self._officer = station, officer
        self._answers_on = topics.answer_topic(station, officer, desk)
        self._bridge_on = topics.bridge_status_topic(station)
        self._stopping = threading.Event()
        self._hurry = threading.Event()  # stop waiting for the next attempt
        self._ended = threading.Event()  # the present connection broke
        self._deliver: Deliver = lambda event: None
        self._subscription: int | None = None
        self._failure, self._was_up = "", False
        self._thread: threading.Thread | None = None
        self._dice = random.Random()
        # A new name each time: the desk may be opened twice, and a broker takes the older connection of the same name away.
        self._client = BlockReader(f"desk-{desk}-{self._dice.getrandbits(32):08x}", self._on_arrived)
        self._client.connect_timeout = CONNECT_TIMEOUT_S
        self._client.max_inflight_messages_set(100)
        self._client.on_connect = self._on_connect
        self._client.on_disconnect = self._on_disconnect
        self._client.on_subscribe = self._on_subscribe

    def start(self, deliver: Deliver) -> None:
        """Begin to connect, and go on for ever. `deliver` is called in the link's thread."""
        self._deliver = deliver
        self._thread = threading.Thread(target=self._run, name="mqtt-link", daemon=True)
        self._thread.start()

    def ask(self, request: DeskRequest) -> None:
        """Send a request about an alert; the broker drops it after 30 s without the bridge."""
        properties = self._answerable(request.id)
        properties.MessageExpiryInterval = REQUEST_EXPIRY_S
        self._publish(topics.claim_topic(self._station, self._officer), encode(request), properties)

    def decide(self, payload: bytes, correction_id: str) -> None:
        """Send a Correction's bytes; the journal sends them again until they are answered."""
        topic = topics.decide_topic(self._station, self._officer)
        self._publish(topic, payload, self._answerable(correction_id))

    def order(self, command: Command) -> None:
        """Send a command to a drone; the broker drops it after 10 s."""
        properties = _properties(PacketTypes.PUBLISH)
        properties.MessageExpiryInterval = COMMAND_EXPIRY_S
        self._publish(topics.drone_topic(self._station, command.drone_id, "command"), encode(command), properties)

    def retry_headquarters(self) -> None:
        """Tell the bridge to try headquarters now."""
        properties = _properties(PacketTypes.PUBLISH)
        properties.MessageExpiryInterval = REQUEST_EXPIRY_S
        self._publish(topics.retry_topic(self._station), b"", properties)

    def retry_now(self) -> None:
        """End the wait for the next attempt."""
        self._hurry.set()

    def stop(self) -> None:
        """Say goodbye and end the thread."""
        self._stopping.set()
        self._hurry.set()
        self._client.disconnect()
        self._ended.set()
        if self._thread is not None:
            self._thread.join(timeout=STOP_S)  # it may be in the middle of an attempt

    def _publish(self, topic: str, payload: bytes, properties: Properties) -> None:
        # Without a connection paho would keep the message in memory and send it whenever it connects; the desk's own rules say
        # what is said again and what not.
        if self._client.is_connected():
            self._client.publish(topic, payload, qos=1, properties=properties)

    def _answerable(self, request_id: str) -> Properties:
        properties = _properties(PacketTypes.PUBLISH)
        properties.ResponseTopic = self._answers_on
        properties.CorrelationData = request_id.encode()
        return properties

    def _run(self) -> None:
        """The link's thread: connect, loop until it breaks, wait, again."""
        wait_s = FIRST_WAIT_S
        while not self._stopping.is_set():
            if self._connection():
                wait_s = FIRST_WAIT_S
            if self._stopping.is_set():
                return
            pause_s = wait_s * self._dice.uniform(0.8, 1.2)
            self._deliver(LinkDown(self._failure or "connection lost", _now() + timedelta(seconds=pause_s)))
            self._hurry.wait(pause_s)
            self._hurry.clear()
            wait_s = min(WAIT_CAP_S, wait_s * 2)

    def _connection(self) -> bool:
        """One connection from beginning to end; True if the broker accepted it."""
        self._failure, self._was_up = "", False
        self._ended.clear()
        connect = _properties(PacketTypes.CONNECT)
        connect.SessionExpiryInterval = 0
        try:
            self._client.connect(self._host, self._port, KEEPALIVE_S, clean_start=True, properties=connect)
        except OSError as error:
            self._failure = str(error) or type(error).__name__
            return False
        self._client.loop_start()
        self._ended.wait()
        self._client.loop_stop()
        return self._was_up

    def _on_connect(
        self, client: Client, userdata: Any, flags: ConnectFlags, reason: ReasonCode, properties: Properties | None
    ) -> None:
        """In paho's thread."""
        if reason.is_failure:
            self._failure = str(reason)
            client.disconnect()
            return
        wanted = [
            (topics.alert_filter(self._station), 1),
            (self._answers_on, 1),
            (self._bridge_on, 1),
            (topics.drone_filter(self._station, "status"), 1),
            (topics.drone_filter(self._station, "health"), 1),
            (topics.drone_filter(self._station, "telemetry"), 0),
        ]
        _, self._subscription = client.subscribe(wanted)

    def _on_subscribe(
        self, client: Client, userdata: Any, mid: int, reasons: list[ReasonCode], properties: Properties | None
    ) -> None:
        """In paho's thread. Only now would an answer reach the desk."""
        refused = [str(reason) for reason in reasons if reason.is_failure]
        if refused:
            self._failure = f"the broker refused a subscription: {refused[0]}"
            client.disconnect()
            return
        self._was_up = True
        self._deliver(LinkUp())

    def _on_disconnect(
        self,
        client: Client,
        userdata: Any,
        flags: DisconnectFlags,
        reason: ReasonCode,
        properties: Properties | None,
    ) -> None:
        """In paho's thread."""
        if not self._failure and reason.is_failure:
            self._failure = str(reason)
        self._ended.set()

    def _on_arrived(self, topic: str, payload: bytes) -> None:
        """In paho's thread."""
        event = event_of(topic, payload, answers_on=self._answers_on, bridge_on=self._bridge_on)
        if isinstance(event, Unreadable):
            log.warning("unreadable topic=%s reason=%s detail=%s", event.topic, event.reason, event.detail)
        if event is not None:
            self._deliver(event)


def _properties(packet: int) -> Properties:
    return Properties(packet)  # type: ignore[no-untyped-call]  # paho's properties have no annotations


def _now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 - a shell: the next attempt is shown as a time of day
