"""What happens between the parts, beat by beat: drones make messages, the flash keeps them, the connections carry them, the bridge answers.

The order is the promise: a report is on disk before it is handed to the broker, and its bytes go only when the bridge has stored it.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime
from random import Random
from typing import Protocol

from drone_sim.faults import LinkFaults, LossyLink
from drone_sim.flash import Flash, Report
from drone_sim.fleet import Fleet
from drone_sim.mqtt_publisher import BridgeHeard, Event, LinkChanged, Taken
from drone_sim.outbox import Key, Outbox, Patience
from messages.codec import encode
from messages.model import Health, Telemetry, kind_of
from messages.state import Ack, Command
from messages.topics import DroneLeaf

log = logging.getLogger(__name__)

SAVE_EVERY_S = 2.0  # a power cut moves a drone back by at most this much flight
LOG_EVERY_S = 10.0

LEAF: dict[str, DroneLeaf] = {"violation": "violation", "evidence": "evidence", "health": "health", "crowd": "crowd"}


class Air(Protocol):
    """What carries messages to the broker: MqttFleet, or a test's."""

    def publish(self, drone_id: str, leaf: DroneLeaf, payload: bytes, *, qos: int, retain: bool = False) -> int | None:
        """Hands a message over; its mid, or None without a connection."""


class Shift:
    """The drones of one process at work. Not safe for threads: one thread does everything."""

    def __init__(
        self,
        fleet: Fleet,
        flash: Flash,
        air: Air,
        *,
        steady: Callable[[], datetime],
        rng: Random,
        faults: LinkFaults | None = None,
        patience: Patience | None = None,
    ) -> None:
        """`steady`: a clock that nobody can set, for waiting. What the flash still holds goes out first."""
        self._fleet, self._flash, self._air, self._steady = fleet, flash, air, steady
        self._boots: Mapping[str, int] = {drone.drone_id: drone.boot for drone in fleet.drones}
        self._outboxes = {drone_id: Outbox(rng, patience or Patience()) for drone_id in self._boots}
        for drone_id, keys in flash.unacknowledged().items():
            if drone_id in self._outboxes:  # a smaller fleet than last time leaves the others' reports where they are
                self._outboxes[drone_id].add(keys)
        self._link: LossyLink[tuple[str, Key]] | None = LossyLink(faults, rng) if faults else None
        self._mids: dict[tuple[str, int], Key] = {}
        self._newest_health: dict[str, Key] = {}
        self._up: set[str] = set()
        self._bridge_open: bool | None = None
        self._next_save = self._next_log = steady().timestamp()
        self._made: Counter[str] = Counter()
        self._sent = 0

    def beat(self, now: datetime, *, making: bool) -> None:
        """Lets the drones live until `now` (if `making`), keeps what they made, and sends what is due."""
        messages = [message for _, message in self._fleet.advance(now)] if making else []
        fresh = self._flash.put(messages, telemetry_published_at=now if self._up else None)
        steady = self._steady()
        if making and steady.timestamp() >= self._next_save:
            self._next_save = steady.timestamp() + SAVE_EVERY_S
            self._flash.save(self._fleet.moments())
            self._flash.thin_pictures()
        self._flash.commit()
        for drone_id, key in fresh:
            self._outboxes[drone_id].add((key,))
        for message in messages:
            self._made[kind_of(message)] += 1
            if isinstance(message, Telemetry):
                self._air.publish(message.drone_id, "telemetry", encode(message), qos=0)
            elif isinstance(message, Health):
                self._newest_health[message.drone_id] = Key(message.boot, message.seq)
        self._send(now, steady, fresh)
        if steady.timestamp() >= self._next_log:
            self._next_log = steady.timestamp() + LOG_EVERY_S
            self._log()

    def hear(self, event: Event, now: datetime) -> None:
        """Takes in what a connection brought."""
        steady = self._steady()
        match event:
            case LinkChanged(drone_id, up):
                (self._up.add if up else self._up.discard)(drone_id)
                self._outboxes[drone_id].link_changed(up, steady)
            case Taken(drone_id, mid):
                key = self._mids.pop((drone_id, mid), None)
                if key is not None:
                    self._outboxes[drone_id].taken(key)
            case BridgeHeard(is_open):
                if is_open != self._bridge_open:
                    self._bridge_open = is_open
                    log.info("bridge=%s", "open" if is_open else "away or full: reports wait")
                    for outbox in self._outboxes.values():
                        outbox.bridge_changed(is_open, steady)
            case Ack():
                stored = self._outboxes[event.drone_id].acknowledged(event, steady)
                if stored:
                    self._flash.forget(event.drone_id, event.boot, stored)
            case Command():
                self._obey(event, now)

    def unacknowledged(self) -> int:
        """How many reports the drones still keep."""
        return sum(outbox.unacknowledged() for outbox in self._outboxes.values())

    def finish(self) -> None:
        """Remembers where the drones are, with everything else on disk."""
        self._flash.save(self._fleet.moments())
        self._flash.commit()
        self._log()

    def _send(self, now: datetime, steady: datetime, fresh: Mapping[tuple[str, Key], Report]) -> None:
        outgoing = [(drone_id, key) for drone_id, outbox in self._outboxes.items() for key in outbox.due(steady)]
        if self._link is not None:
            for drone_id, key in self._link.put(outgoing, steady):
                self._outboxes[drone_id].taken(key)  # lost after it was sent, as far as the drone can tell
            outgoing = self._link.arrived(steady)
        published = []
        for drone_id, key in outgoing:
            report = fresh.get((drone_id, key)) or self._flash.report(drone_id, key)
            if report is None:  # acknowledged while it was on its way
                continue
            retain = self._newest_health.get(drone_id) == key
            mid = self._air.publish(drone_id, LEAF[report.kind], report.payload, qos=1, retain=retain)
            if mid is None:
                self._outboxes[drone_id].taken(key)
                continue
            self._mids[drone_id, mid] = key
            published.append((drone_id, key))
        self._sent += len(published)
        self._flash.mark_published(published, now)

    def _obey(self, command: Command, now: datetime) -> None:
        log.info("drone=%s command=%s officer=%s", command.drone_id, command.action, command.officer)
        if command.action == "send_picture" and command.violation_id is not None:
            parts = self._flash.picture(command.violation_id)
            for payload in parts:
                self._air.publish(command.drone_id, "evidence", payload, qos=1)
            if not parts:
                log.info("drone=%s the picture asked for is no longer kept", command.drone_id)
        else:
            self._fleet.command(command)

    def _log(self) -> None:
        log.info(
            "made=%s connected=%d/%d sent=%d resent=%d waiting=%d",
            ",".join(f"{kind}:{count}" for kind, count in sorted(self._made.items())) or "0",
            len(self._up),
            len(self._outboxes),
            self._sent,
            sum(outbox.resent for outbox in self._outboxes.values()),
            self.unacknowledged(),
        )
