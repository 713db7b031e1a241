"""Drones that keep each report until the bridge says that it is stored, as the simulator's do: its own outbox decides what goes out again.

All of them share one connection. `acknowledged` is what the bridge has promised: those reports the drones have forgotten.
"""

from __future__ import annotations

import random
import threading
import time

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from drone_sim.outbox import Key, Outbox, Patience
from messages.codec import decode_state, encode
from messages.model import Message
from messages.state import Ack, BridgeState, BridgeStatus
from messages.topics import bridge_status_topic, drone_filter, message_topic
from tests.real.bridge_runs import Fleet, now

# As the simulator's, ten times as impatient: a test has no minutes to wait.
HASTY = Patience(unknown_s=0.3, after_reconnect_s=0.3, quiet_s=0.7, hole_s=0.5, longest_s=3.0)
TURN_S = 0.01
ALERTS = 0.02  # of the reports
POURED_AT_ONCE = 2_000
KEPT_MOST = 4_000  # reports; with more the fleet waits, so that a slow machine is not buried under what it cannot take


class KeepingDrones:
    """A fleet in flight, `per_s` reports a second in all; 0: none until send() is called."""

    def __init__(self, host: str, port: int, fleet: Fleet, station: str, *, per_s: float, seed: int = 1) -> None:
        self.fleet = fleet
        self.per_s = per_s
        self.acknowledged: set[str] = set()
        self.acks: list[
            tuple[float, int]
        ] = []  # when (Unix time, seconds), and how many reports it covered that no other had
        self.states: list[tuple[float, BridgeState]] = []  # the bridge's, each when it was new
        self._seen = 0  # of the states: what was waited for
        self._next = 0  # the drone that makes the next report
        self.made_bytes = 0
        self.taken = 0  # by the broker
        self.handed = 0  # to the broker; more than made when some went out again
        self._station = station
        self._dice = random.Random(seed)
        self._outboxes = {id_: Outbox(random.Random(seed), HASTY) for id_ in fleet.ids}
        self._kept: dict[tuple[str, int], tuple[str, bytes, str]] = {}
        self._mids: dict[int, tuple[str, Key]] = {}
        self._early: set[int] = set()  # taken by the broker before publish() returned
        self._changed = threading.Condition()
        self._stopping = threading.Event()
        self._made = 0.0
        self._thread = threading.Thread(target=self._fly, name="drones")
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=f"drones-{station}", protocol=mqtt.MQTTv5)
        self._client.max_inflight_messages_set(2_000)
        self._client.reconnect_delay_set(1, 1)
        self._client.on_connect = self._on_connect
        self._client.on_disconnect = self._on_disconnect
        self._client.on_publish = self._on_publish
        self._client.on_message = self._on_message
        self._client.connect_async(host, port, keepalive=5)

    def __enter__(self) -> KeepingDrones:
        self._client.loop_start()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._thread.join()
        self._client.disconnect()
        self._client.loop_stop()

    def make(self, count: int, *, alerts: float = ALERTS) -> None:
        """So many reports at once, dealt out over the fleet."""
        with self._changed:
            for _ in range(count):
                drone = self._next % len(self.fleet.ids)
                self._next += 1
                self.carry(self.fleet.violation(drone, alert=self._dice.random() < alerts))

    def carry(self, message: Message) -> None:
        """One report of a drone of the fleet."""
        with self._changed:
            payload = encode(message)
            self.made_bytes += len(payload)
            self._kept[message.drone_id, message.seq] = (message_topic(self._station, message), payload, message.id)
            self._outboxes[message.drone_id].add([Key(message.boot, message.seq)])

    def land(self, within_s: float = 90.0) -> None:
        """No more reports; waits until every one is acknowledged."""
        self.per_s = 0.0
        with self._changed:
            done = self._changed.wait_for(lambda: not self._kept, within_s)
            assert done, f"{len(self._kept)} of {len(self.fleet.made)} are not acknowledged after {within_s} s"

    @property
    def kept(self) -> int:
        """Reports that are not acknowledged yet."""
        return len(self._kept)

    def promised(self) -> set[str]:
        """A copy of what is acknowledged now."""
        with self._changed:
            return set(self.acknowledged)

    def wait_for_acks(self, more: int, within_s: float = 60.0) -> None:
        """Until so many more reports are acknowledged."""
        with self._changed:
            wanted = len(self.acknowledged) + more
            done = self._changed.wait_for(lambda: len(self.acknowledged) >= wanted, within_s)
            assert done, f"{len(self.acknowledged)} acknowledged, {wanted} expected; the bridge says {self.states[-1:]}"

    def wait_for_state(self, *wanted: BridgeState, within_s: float = 60.0) -> float:
        """Until the bridge says one of these of itself, after what the last call waited for. When it did (Unix time, seconds)."""

        def found() -> int | None:
            return next((at for at in range(self._seen, len(self.states)) if self.states[at][1] in wanted), None)

        with self._changed:
            done = self._changed.wait_for(lambda: found() is not None, within_s)
            assert done, f"the bridge says {self.states}, and not {wanted}, after {within_s} s"
            place = found()
            assert place is not None
            self._seen = place + 1
            return self.states[place][0]

    def _fly(self) -> None:
        begun = last = time.monotonic()
        while not self._stopping.wait(TURN_S):
            begun, last = last, time.monotonic()
            self._made += self.per_s * (last - begun)
            whole, self._made = int(self._made), self._made % 1
            if len(self._kept) < KEPT_MOST:
                self.make(whole)
            with self._changed:
                at = now()
                due = [(id_, key) for id_, outbox in self._outboxes.items() for key in outbox.due(at)]
                out = [(id_, key, self._kept[id_, key.seq]) for id_, key in due]
            for id_, key, (topic, payload, _) in out:
                # Not under our lock: paho calls back under its own, and the callback wants ours.
                info = self._client.publish(topic, payload, qos=1)
                with self._changed:
                    self.handed += 1
                    if info.mid in self._early:
                        self._early.remove(info.mid)
                        self._outboxes[id_].taken(key)
                    else:
                        self._mids[info.mid] = (id_, key)

    def _on_connect(self, client: mqtt.Client, *_: object) -> None:
        client.subscribe([(drone_filter(self._station, "ack"), 1), (bridge_status_topic(self._station), 1)])
        self._link_changed(True)

    def _on_disconnect(self, *_: object) -> None:
        self._link_changed(False)

    def _link_changed(self, connected: bool) -> None:
        with self._changed:
            for outbox in self._outboxes.values():
                outbox.link_changed(connected, now())

    def _on_publish(self, _client: mqtt.Client, _data: object, mid: int, *_: object) -> None:
        with self._changed:
            self.taken += 1
            found = self._mids.pop(mid, None)
            if found is not None:
                self._outboxes[found[0]].taken(found[1])
            else:
                self._early.add(mid)

    def _on_message(self, _client: mqtt.Client, _data: object, message: mqtt.MQTTMessage) -> None:
        with self._changed:
            if message.topic.endswith("/ack"):
                self._acknowledge(decode_state(bytes(message.payload), Ack))
            else:
                state = decode_state(bytes(message.payload), BridgeStatus).state
                if not self.states or self.states[-1][1] != state:
                    self.states.append((time.time(), state))
                for outbox in self._outboxes.values():
                    outbox.bridge_changed(state == "online", now())
            self._changed.notify_all()

    def _acknowledge(self, ack: Ack) -> None:
        if ack.drone_id not in self._outboxes:
            return
        seqs = self._outboxes[ack.drone_id].acknowledged(ack, now())
        for seq in seqs:
            *_, id_ = self._kept.pop((ack.drone_id, seq))
            self.acknowledged.add(id_)
        if seqs:
            self.acks.append((time.time(), len(seqs)))


def acknowledged_between(drones: KeepingDrones, begin: float, end: float) -> int:
    """Reports acknowledged between two moments (Unix time, seconds)."""
    return sum(count for at, count in drones.acks if begin < at <= end)


def pour(port: int, station: str, reports: int) -> None:
    """So many reports of 50 drones as fast as the broker takes them; for a process of its own. The broker has all when it returns."""
    fleet, under_way = Fleet("poured", 50), threading.Semaphore(POURED_AT_ONCE)
    client = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
    client.max_inflight_messages_set(POURED_AT_ONCE)
    client.on_publish = lambda *_: under_way.release()
    client.connect("127.0.0.1", port)
    client.loop_start()
    for number in range(reports):
        violation = fleet.violation(number % len(fleet.ids))
        fleet.made.clear()
        under_way.acquire()
        client.publish(message_topic(station, violation), encode(violation), qos=1)
    for _ in range(POURED_AT_ONCE):
        under_way.acquire()
    client.disconnect()
    client.loop_stop()
