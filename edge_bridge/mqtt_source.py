"""The station's broker: hears the field and speaks to it, through paho. One thread; it never blocks longer than it is told."""

from __future__ import annotations

import logging
import random
import select
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime

from paho.mqtt import client as paho
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from edge_bridge.fast_paho import FastClient
from edge_bridge.ports import Published, Received
from messages.topics import desk_filter, drone_filter, retry_topic

log = logging.getLogger(__name__)

SESSION_S = 7 * 86_400  # what comes while the bridge is away is kept that long
RECEIVE_MAXIMUM = 4_000  # messages under way and not acknowledged: rate x time of a commit x 4
KEEPALIVE_S = 15  # a dead connection is found within 1.5 x this
RECONNECT_CAP_S = 2.0  # the broker runs on the same machine: asking often costs nothing
WAITING_BYTES = 8_388_608  # of messages that are read and not yet handed on; beyond it the socket is left alone
ANSWER_EXPIRY_S = 3_600  # what a desk or drone did not fetch by then it asks for again


class _Word:
    """See ports.Published. To the same question paho raises an error for what was said while there was no connection."""

    __slots__ = ("_info",)

    def __init__(self, info: paho.MQTTMessageInfo) -> None:
        self._info = info

    def is_published(self) -> bool:
        return self._info.rc in (paho.MQTT_ERR_SUCCESS, paho.MQTT_ERR_AGAIN) and self._info.is_published()


class MqttSource:
    """The connection to the broker. See ports.Source and ports.Field.

    `will` is what the broker says on `will_topic` when the bridge is gone. `had_session`: it was connected before, so that a session that
    is new is one that the broker has lost.
    """

    def __init__(
        self,
        address: str,
        *,
        station: str,
        will_topic: str,
        will: bytes,
        had_session: bool,
        gather_s: float = 0.005,
        urgent: Callable[[Received], bool] = lambda _: False,
        dice: random.Random | None = None,
    ) -> None:
        host, _, port = address.rpartition(":")
        self._station = station
        self._had_session = had_session
        self._gather_s = gather_s
        self._urgent = urgent
        self._dice = dice or random.Random()
        self._attempt = 0
        self._next_try = 0.0
        self._expiring = _expiring()  # of every Ack: paho makes two tables for each new one
        self.sessions_lost = 0
        self.listening = False  # the broker has confirmed the subscriptions, once
        self._client = FastClient(f"bridge-{station}", _now)
        self._client.will_set(will_topic, will, qos=1, retain=True)
        self._client.max_inflight_messages_set(1_000)
        self._client.on_connect = self._on_connect
        self._client.on_subscribe = self._on_subscribe
        self._client.on_disconnect = self._on_disconnect
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        properties.SessionExpiryInterval = SESSION_S
        properties.ReceiveMaximum = RECEIVE_MAXIMUM
        # clean_start False from the very first time: else this Mosquitto does not keep the session on its disk.
        self._client.connect_async(
            host.strip("[]"), int(port), keepalive=KEEPALIVE_S, clean_start=False, properties=properties
        )

    @property
    def connection(self) -> int:
        return self._client.connection

    @property
    def connected(self) -> bool:
        return self._client.is_connected()

    def receive(self, *, limit: int, wait_s: float) -> list[Received]:
        """See ports.Source. The first message waits `gather_s` for company, unless somebody waits for it."""
        deadline = time.monotonic() + wait_s
        gather_until: float | None = None
        looked_at = 0
        arrived = self._client.arrived
        while True:
            now = time.monotonic()
            if arrived and gather_until is None:
                gather_until = now + self._gather_s
            if gather_until is not None:
                while looked_at < len(arrived) and gather_until > now:
                    if self._urgent(arrived[looked_at]):
                        gather_until = now
                    looked_at += 1
                if now >= gather_until or len(arrived) >= limit or self._client.arrived_bytes >= WAITING_BYTES:
                    return self._take(limit)
            until = deadline if gather_until is None else gather_until
            if now >= until:
                return []
            self._turn(until - now)

    def stay(self, wait_s: float) -> None:
        """Keeps the connection alive for a while without reading from it: nothing more can be kept now."""
        deadline = time.monotonic() + wait_s
        while (left := deadline - time.monotonic()) > 0:
            sock = self._client.socket()
            if sock is not None and self._client.want_write():
                select.select([], [sock], [], min(left, 0.2))
                self._client.loop_write()
            else:
                time.sleep(min(left, 0.2))
            # paho counts silence by what it read; a ping is sent and its answer waits unread in the socket
            self._client._ping_t = 0.0
            self._client.loop_misc()

    def acknowledge(self, batch: Iterable[Received]) -> None:
        self._client.acknowledge(batch)

    def publish(
        self, topic: str, payload: bytes, *, retain: bool = False, correlation: bytes | None = None
    ) -> Published:
        properties = None
        if not retain:
            properties = self._expiring if correlation is None else _expiring(correlation)
        return _Word(self._client.publish(topic, payload, qos=1, retain=retain, properties=properties))

    def close(self, within_s: float = 1.0) -> None:
        """Says what is still to be said, and good-bye (so that the will is not said)."""
        deadline = time.monotonic() + within_s
        while self.connected and self._client._out_messages and time.monotonic() < deadline:
            self._turn(0.05)
        if self.connected:
            self._client.disconnect()
            while self._client.socket() is not None and self._client.want_write() and time.monotonic() < deadline:
                self._turn(0.05)

    def _turn(self, wait_s: float) -> None:
        sock = self._client.socket()
        if sock is None:
            self._connect(wait_s)
            return
        readable, writable, _ = select.select([sock], [sock] if self._client.want_write() else [], [], wait_s)
        if readable:
            self._client.loop_read()
        if writable and self._client.socket() is not None:
            self._client.loop_write()
        self._client.loop_misc()

    def _connect(self, wait_s: float) -> None:
        left = self._next_try - time.monotonic()
        if left > 0:
            time.sleep(min(left, wait_s))
            return
        self._attempt += 1
        pause = min(RECONNECT_CAP_S, 0.05 * 2 ** min(self._attempt, 10)) * (0.5 + self._dice.random() / 2)
        self._next_try = time.monotonic() + pause
        try:
            self._client.reconnect()
        except OSError as error:
            if self._attempt == 1:
                log.warning("the broker does not answer: %s", error)

    def _take(self, limit: int) -> list[Received]:
        arrived = self._client.arrived
        taken = [arrived.popleft() for _ in range(min(limit, len(arrived)))]
        self._client.arrived_bytes -= sum(len(message.payload) for message in taken)
        return taken

    def _on_connect(
        self,
        client: paho.Client,
        _userdata: object,
        flags: paho.ConnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        """On the calling thread, from within receive()."""
        if reason.is_failure:
            log.warning("the broker refused: %s", reason)
            return
        self._attempt = 0
        self._client.connection += 1
        if self._had_session and not flags.session_present:
            self.sessions_lost += 1
            log.warning(
                "the broker has lost the session: what it kept for this bridge is gone, the drones send it again"
            )
        self._had_session = True
        reports = ("violation", "evidence", "health", "crowd", "status")
        filters = [(drone_filter(self._station, leaf), 1) for leaf in reports]  # type: ignore[arg-type]
        filters += [(drone_filter(self._station, "telemetry"), 0)]
        filters += [(desk_filter(self._station), 1), (retry_topic(self._station), 1)]
        client.subscribe([(name, SubscribeOptions(qos=qos)) for name, qos in filters])
        log.info("connected to the broker, session %s", "kept" if flags.session_present else "new")

    def _on_subscribe(self, *_: object) -> None:
        self.listening = True

    def _on_disconnect(
        self,
        _client: paho.Client,
        _userdata: object,
        _flags: paho.DisconnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        self._next_try = time.monotonic() + 0.05
        log.log(
            logging.WARNING if reason.is_failure else logging.INFO, "the connection to the broker ended: %s", reason
        )


def _expiring(correlation: bytes | None = None) -> Properties:
    properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
    properties.MessageExpiryInterval = ANSWER_EXPIRY_S
    if correlation is not None:
        properties.CorrelationData = correlation
    return properties


def _now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251  (a shell)
