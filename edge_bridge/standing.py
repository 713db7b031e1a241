"""The alerts that stand on the broker: said when they change, said again after a reconnect, emptied when headquarters has the decision."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from edge_bridge.batch import picture_of
from edge_bridge.memory import Memory
from edge_bridge.ports import Field, KeptAlert, Published, Sendings, Store
from messages.alert import is_open
from messages.codec import encode
from messages.priority import Lane
from messages.topics import alert_topic, picture_topic

log = logging.getLogger(__name__)

PICTURE_BYTES = 1_000_000  # the shipped broker ends the connection of a client that sends a packet above 1.1 MB


class StandingAlerts:
    """Says what `memory` holds. The broker forgets retained messages when it is restarted without its file, so all is said again."""

    def __init__(self, field: Field, memory: Memory, station: str) -> None:
        self._field = field
        self._memory = memory
        self._station = station
        self._leaving: dict[str, list[Published]] = {}

    def say(self, alerts: Mapping[str, KeptAlert], pictures: Mapping[str, bytes]) -> None:
        """These changed."""
        for violation_id, kept in alerts.items():
            if violation_id in pictures:  # first the picture: an alert that calls it checked must find it there
                self._say_picture(violation_id, pictures[violation_id])
            self._field.publish(alert_topic(self._station, violation_id), encode(kept.alert), retain=True)

    def say_all(self) -> None:
        """Everything that stands."""
        self._leaving.clear()
        for violation_id, kept in self._memory.standing.items():
            picture = picture_of(self._memory, kept.alert)
            self.say({violation_id: kept}, {} if picture is None else {violation_id: picture})

    def retire(self, sendings: Sendings, store: Store) -> None:
        """Empties what is closed and confirmed by Kafka; forgets it once the broker has the empty message."""
        closed = [kept for kept in self._memory.standing.values() if not is_open(kept.alert)]
        if not closed:
            return
        through = sendings.sent_through()[Lane.ALERT]
        for kept in closed:
            violation_id, row = kept.alert.violation.id, kept.decision_row
            if violation_id in self._leaving or row is None or row > through or sendings.is_set_aside(row):
                continue
            topics = (alert_topic(self._station, violation_id), picture_topic(self._station, violation_id))
            self._leaving[violation_id] = [self._field.publish(topic, b"", retain=True) for topic in topics]
        gone = [id_ for id_, said in self._leaving.items() if all(word.is_published() for word in said)]
        if gone:
            store.retire(gone)
            for violation_id in gone:
                del self._leaving[violation_id]
                self._memory.retired(violation_id)

    def _say_picture(self, violation_id: str, picture: bytes) -> None:
        if len(picture) <= PICTURE_BYTES:
            self._field.publish(picture_topic(self._station, violation_id), picture, retain=True)
        else:
            log.warning("the picture of alert %s has %d bytes and is not shown", violation_id, len(picture))
