"""One MQTT 5 connection for each drone, all turned by one thread: sockets are watched together, nothing blocks, nothing is shared.

paho is used without its own threads (loop_read, loop_write, loop_misc). Each drone has its own client id, status and Will, as in real
life; a fleet of 1,000 is 1,000 sockets. While the broker is away one drone at a time tries again, with a growing pause for all.
"""

from __future__ import annotations

import logging
import selectors
import socket
from collections.abc import Callable, Sequence
from datetime import datetime
from random import Random
from time import monotonic
from typing import Any, NamedTuple

from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from messages.codec import decode_state, encode
from messages.errors import DecodeError
from messages.state import Ack, BridgeStatus, Command, DroneStatus
from messages.topics import DroneLeaf, bridge_status_topic, drone_topic, parse_drone_topic

log = logging.getLogger(__name__)

KEEPALIVE_S = 15  # a link that is dead without a word is found within 23 s
CONNECT_TIMEOUT_S = 3.0  # a loopback or a city network answers far sooner
RETRY_FIRST_S, RETRY_LONGEST_S = 0.5, 10.0
TELEMETRY_EXPIRY_S = 30
IN_FLIGHT = (
    20  # what every broker allows a client (receive maximum), which paho does not look at; 200/s at 100 ms of delay
)


class LinkChanged(NamedTuple):
    """A drone's connection came or went."""

    drone_id: str
    up: bool


class Taken(NamedTuple):
    """The broker has taken (PUBACK) what `publish` returned `mid` for. It is not stored yet."""

    drone_id: str
    mid: int


class BridgeHeard(NamedTuple):
    """The bridge's retained status: whether it takes reports."""

    is_open: bool


Event = LinkChanged | Taken | BridgeHeard | Ack | Command


class _Link:
    """One drone's client."""

    def __init__(self, drone_id: str, boot: int, client: Client) -> None:
        self.drone_id, self.boot, self.client = drone_id, boot, client
        self.up = False  # after the broker's welcome, not merely with a socket
        self.connecting_since: float | None = None


class MqttFleet:
    """The connections of all drones. `turn` moves them on and tells what happened."""

    def __init__(
        self,
        address: tuple[str, int],
        station: str,
        boots: Sequence[tuple[str, int]],
        *,
        clock: Callable[[], datetime],
        rng: Random,
    ) -> None:
        """`boots`: drone id and boot. Connects nothing yet."""
        self._address, self._station, self._clock, self._rng = address, station, clock, rng
        self._selector = selectors.DefaultSelector()
        self._events: list[Event] = []
        self._writers: set[_Link] = set()  # have bytes to write
        self._watched: set[_Link] = set()  # wait for their socket to take them
        self._links = {drone_id: self._made(drone_id, boot) for drone_id, boot in boots}
        self._down = list(self._links.values())
        self._next_try, self._pause_s, self._next_misc = 0.0, RETRY_FIRST_S, 0.0
        self._listener = next(iter(self._links))  # one drone hears the bridge's status for all: it is the same for all
        self._expiring = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]  # paho takes 60 us to make one
        self._expiring.MessageExpiryInterval = TELEMETRY_EXPIRY_S

    def publish(self, drone_id: str, leaf: DroneLeaf, payload: bytes, *, qos: int, retain: bool = False) -> int | None:
        """Hands a message over; returns its mid, or None if the drone is not connected."""
        link = self._links[drone_id]
        if not link.up:
            return None
        properties = self._expiring if leaf == "telemetry" else None
        topic = drone_topic(self._station, drone_id, leaf)
        return link.client.publish(topic, payload, qos=qos, retain=retain, properties=properties).mid

    def turn(self, timeout_s: float) -> list[Event]:
        """Moves bytes until something has happened or the time is over; returns what happened, in order."""
        self._connect_some()
        self._write()
        for key, mask in self._selector.select(max(0.0, timeout_s)):
            link: _Link = key.data
            if mask & selectors.EVENT_READ:
                link.client.loop_read()
            if mask & selectors.EVENT_WRITE and link.client.socket() is not None:
                link.client.loop_write()
        if monotonic() >= self._next_misc:
            self._next_misc = monotonic() + 1.0
            self._keep_alive()
        self._write()
        events, self._events = self._events, []
        return events

    def unsent(self) -> bool:
        """Whether bytes wait for a socket."""
        return any(link.client.want_write() for link in self._links.values() if link.up)

    def close(self) -> None:
        """Says that the drones have stopped, and hangs up."""
        deadline = monotonic() + 1.0
        for link in self._links.values():
            if link.up:
                self.publish(link.drone_id, "status", encode(self._status(link, "stopped")), qos=1, retain=True)
        while self.unsent() and monotonic() < deadline:
            self.turn(0.05)
        for link in self._links.values():
            if link.client.socket() is not None:
                link.client.disconnect()
                link.client.loop_write()
        self._selector.close()

    def _made(self, drone_id: str, boot: int) -> _Link:
        client = Client(CallbackAPIVersion.VERSION2, client_id=drone_id, protocol=MQTTProtocolVersion.MQTTv5)
        client.connect_timeout = CONNECT_TIMEOUT_S
        client.max_inflight_messages_set(IN_FLIGHT)
        client.max_queued_messages_set(0)  # our own window is the limit; paho must not drop
        link = _Link(drone_id, boot, client)
        client.user_data_set(link)
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_publish = self._on_publish
        client.on_message = self._on_message
        client.on_socket_open = self._on_socket_open
        client.on_socket_close = self._on_socket_close
        client.on_socket_register_write = lambda _client, data, _sock: self._writers.add(data)
        return link

    def _connect_some(self) -> None:
        """Connects drones one after the other; the first failure ends the round for all, because the broker is the same."""
        now = monotonic()
        if not self._down or now < self._next_try:
            return
        until = now + 0.05  # a few at a time, so that those already up are not kept waiting
        while self._down and monotonic() < until:
            link = self._down[0]
            link.client.will_set(
                drone_topic(self._station, link.drone_id, "status"),
                encode(self._status(link, "offline")),
                qos=1,
                retain=True,
            )
            try:
                link.client.connect(*self._address, keepalive=KEEPALIVE_S, clean_start=True)
            except OSError as error:
                log.info("broker=away try_again_s=%.1f reason=%s", self._pause_s, error)
                self._pause()
                return
            link.connecting_since = monotonic()
            self._down.pop(0)

    def _pause(self) -> None:
        self._next_try = monotonic() + self._pause_s * (0.75 + 0.5 * self._rng.random())
        self._pause_s = min(RETRY_LONGEST_S, self._pause_s * 2)

    def _write(self) -> None:
        """Writes what was published since; a socket that is full is watched until it is not."""
        for link in list(self._writers):
            if link.client.socket() is not None:
                link.client.loop_write()
        full = {link for link in self._writers if link.client.socket() is not None and link.client.want_write()}
        for link in self._watched ^ full:
            sock: Any = link.client.socket()
            self._selector.modify(sock, selectors.EVENT_READ | (selectors.EVENT_WRITE if link in full else 0), link)
        self._watched, self._writers = full, set(full)

    def _keep_alive(self) -> None:
        for link in self._links.values():
            if link.client.socket() is None:
                continue
            link.client.loop_misc()
            since = link.connecting_since
            if since is not None and monotonic() - since > CONNECT_TIMEOUT_S * 2:
                log.info("drone=%s the broker did not answer", link.drone_id)
                link.client.disconnect()
                link.client.loop_write()

    def _status(self, link: _Link, state: Any) -> DroneStatus:
        return DroneStatus(drone_id=link.drone_id, boot=link.boot, state=state, at=self._clock())

    # --- called by paho, from within turn() -------------------------------------------------------------------------

    def _on_connect(
        self, client: Client, link: _Link, _flags: ConnectFlags, reason: ReasonCode, _properties: Properties | None
    ) -> None:
        link.connecting_since = None
        if reason.is_failure:
            log.warning("drone=%s the broker refused: %s", link.drone_id, reason)
            self._pause()
            return
        self._pause_s = RETRY_FIRST_S
        link.up = True
        topics = [(drone_topic(self._station, link.drone_id, leaf), 1) for leaf in ("ack", "command")]
        if link.drone_id == self._listener:
            topics.append((bridge_status_topic(self._station), 1))
        client.subscribe(topics)
        client.publish(
            drone_topic(self._station, link.drone_id, "status"),
            encode(self._status(link, "online")),
            qos=1,
            retain=True,
        )
        self._events.append(LinkChanged(link.drone_id, True))

    def _on_disconnect(
        self, _client: Client, link: _Link, _flags: DisconnectFlags, _reason: ReasonCode, _properties: Properties | None
    ) -> None:
        link.connecting_since = None
        self._down.append(link)
        if link.up:
            link.up = False
            self._next_try = max(
                self._next_try, monotonic() + self._rng.random()
            )  # a fleet does not come back in one breath
            self._events.append(LinkChanged(link.drone_id, False))

    def _on_publish(
        self, _client: Client, link: _Link, mid: int, reason: ReasonCode, _properties: Properties | None
    ) -> None:
        if reason.is_failure:
            log.warning("drone=%s the broker refused a message: %s", link.drone_id, reason)
        self._events.append(Taken(link.drone_id, mid))

    def _on_message(self, _client: Client, link: _Link, message: MQTTMessage) -> None:
        payload = bytes(message.payload)
        place = parse_drone_topic(message.topic)
        heard: Ack | Command
        try:
            if message.topic == bridge_status_topic(self._station):
                self._events.append(BridgeHeard(decode_state(payload, BridgeStatus).state == "online"))
                return
            heard = decode_state(payload, Ack) if place and place.leaf == "ack" else decode_state(payload, Command)
        except DecodeError as error:
            log.warning("drone=%s cannot read what came on %s: %s", link.drone_id, message.topic, error)
            return
        if heard.drone_id == link.drone_id:
            self._events.append(heard)

    def _on_socket_open(self, _client: Client, link: _Link, sock: Any) -> None:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._selector.register(sock, selectors.EVENT_READ, link)

    def _on_socket_close(self, _client: Client, link: _Link, sock: Any) -> None:
        self._writers.discard(link)
        self._watched.discard(link)
        self._selector.unregister(sock)
