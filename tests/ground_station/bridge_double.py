"""A small bridge for the desk's real tests: keeps alerts in memory by the rules of messages.alert and answers desks on a real broker."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from messages import topics
from messages.alert import Alert, is_open, raised, step
from messages.codec import decode, decode_state, encode
from messages.model import Correction, Violation
from messages.state import BridgeStatus, DeskAnswer, DeskRequest, LinkState

WAIT_S = 60.0  # far more than a calm machine needs


class BridgeDouble:
    """One station's bridge. `corrections` holds the bytes of every Correction that came, in order, repeats too."""

    def __init__(self, port: int, station: str) -> None:
        self.port, self.station = port, station
        self.alerts: dict[str, Alert] = {}
        self.corrections: list[bytes] = []
        self.answers = True  # False: decisions are heard and kept, and not answered
        self.changed = threading.Condition()
        self._stopping, self._begun = threading.Event(), threading.Event()
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=f"bridge-{station}", protocol=mqtt.MQTTv5)
        self._client.on_message = self._hear
        self._client.on_connect = self._connected
        self._speaker = threading.Thread(target=self._speak, name="bridge-double")

    def start(self) -> None:
        properties = Properties(PacketTypes.CONNECT)
        properties.SessionExpiryInterval = 3_600
        self._client.connect("127.0.0.1", self.port, clean_start=False, properties=properties)
        self._client.loop_start()
        self._speaker.start()
        if not self._begun.wait(
            WAIT_S
        ):  # what it has is said again at each connection: nothing newer may be before that
            raise TimeoutError("the bridge double could not connect")

    def stop(self) -> None:
        self._stopping.set()
        self._speaker.join()
        self._client.disconnect()
        self._client.loop_stop()

    def raise_alert(self, violation: Violation) -> None:
        with self.changed:
            self._keep(raised(violation, now=_now()))

    def put_picture(self, violation_id: str, data: bytes) -> None:
        self._client.publish(topics.picture_topic(self.station, violation_id), data, qos=1, retain=True)

    def archive(self, violation_id: str) -> None:
        """Empty the topics of a closed alert, as when headquarters has its Correction."""
        for topic in (
            topics.alert_topic(self.station, violation_id),
            topics.picture_topic(self.station, violation_id),
        ):
            self._client.publish(topic, b"", qos=1, retain=True)

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        self._client.publish(topic, payload, qos=1, retain=retain)

    def wait_until(self, true: Callable[[], bool]) -> None:
        """Wait for something that this bridge's life brings about; TimeoutError after WAIT_S."""
        with self.changed:
            if not self.changed.wait_for(true, WAIT_S):
                raise TimeoutError("the bridge double waited in vain")

    def closed(self) -> list[Alert]:
        return [alert for alert in self.alerts.values() if not is_open(alert)]

    def _connected(self, client: mqtt.Client, *_: Any) -> None:
        client.subscribe([(topics.desk_filter(self.station), 1), (topics.retry_topic(self.station), 1)])
        with self.changed:
            for alert in self.alerts.values():
                self._keep(alert)
        self._begun.set()

    def _keep(self, alert: Alert) -> None:
        self.alerts[alert.violation.id] = alert
        self._client.publish(topics.alert_topic(self.station, alert.violation.id), encode(alert), qos=1, retain=True)
        self.changed.notify_all()

    def _hear(self, client: mqtt.Client, userdata: Any, message: mqtt.MQTTMessage) -> None:
        place = topics.parse_desk_topic(message.topic)
        if place is None:
            return
        payload = bytes(message.payload)
        event: DeskRequest | Correction
        if place.leaf == "claim":
            event = decode_state(payload, DeskRequest)
        else:
            correction = decode(payload)
            assert isinstance(correction, Correction)
            event = correction
        now = _now()
        with self.changed:
            if isinstance(event, Correction):
                self.corrections.append(payload)
            known = self.alerts.get(event.violation_id)
            outcome = step(known, event, now) if known else None
            if isinstance(outcome, Alert):
                self._keep(outcome)
            self.changed.notify_all()
            if isinstance(event, Correction) and not self.answers:
                return
        reason = "no such alert" if outcome is None else "" if isinstance(outcome, Alert) else outcome.reason
        answer = DeskAnswer(id=event.id, violation_id=event.violation_id, ok=not reason, reason=reason, at=now)
        properties = Properties(PacketTypes.PUBLISH)
        asked = message.properties
        properties.CorrelationData = asked.CorrelationData  # type: ignore[union-attr]
        client.publish(asked.ResponseTopic, encode(answer), qos=1, properties=properties)  # type: ignore[union-attr]

    def _speak(self) -> None:
        since = _now()
        while not self._stopping.wait(0.5):
            status = BridgeStatus(
                station=self.station,
                state="online",
                boot=1,
                at=_now(),
                headquarters=LinkState(up=True, since=since),
                alerts_open=sum(1 for alert in self.alerts.values() if is_open(alert)),
            )
            self._client.publish(topics.bridge_status_topic(self.station), encode(status), qos=1, retain=True)


def wait_for(true: Callable[[], bool], what: str, within_s: float = WAIT_S) -> None:
    """Look again and again at something outside this process until it is true; TimeoutError names it."""
    last = time.monotonic() + within_s
    pause = threading.Event()
    while not true():
        if time.monotonic() > last:
            raise TimeoutError(what)
        pause.wait(0.05)


def _now() -> datetime:
    return datetime.now(UTC)
