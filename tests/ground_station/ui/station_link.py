"""A small working station behind the Link port: it holds alerts by the real rules and answers at once, from its own thread."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import UTC, datetime
from queue import SimpleQueue

from ground_station.links.link import Deliver
from ground_station.view_model.events import AlertCame, AnswerCame, BridgeCame, Event, LinkUp
from messages.alert import Alert, Refused, step
from messages.codec import decode
from messages.model import Correction
from messages.state import Command, DeskAnswer, DeskRequest
from tests.ground_station.given import a_bridge_status


class StationLink:
    """Keeps `alerts` as the bridge would. `decisions` holds the bytes of each Correction that came, in order."""

    def __init__(self, *alerts: Alert) -> None:
        self.alerts = {alert.violation.id: alert for alert in alerts}
        self.decisions: list[bytes] = []
        self.orders: list[Command] = []
        self._deliver: Deliver | None = None
        self._to_tell: SimpleQueue[Sequence[Event] | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._tell, name="station-link")

    def start(self, deliver: Deliver) -> None:
        self._deliver = deliver
        self._thread.start()
        now = datetime.now(UTC)
        self.say(LinkUp(), BridgeCame(a_bridge_status(now)), *(AlertCame(alert) for alert in self.alerts.values()))

    def say(self, *events: Event) -> None:
        """Let the desk hear events, from this link's thread."""
        self._to_tell.put(events)

    def ask(self, request: DeskRequest) -> None:
        self._step(request.id, request.violation_id, request, request.at)

    def decide(self, payload: bytes, correction_id: str) -> None:
        self.decisions.append(payload)
        correction = decode(payload)
        assert isinstance(correction, Correction)
        self._step(correction_id, correction.violation_id, correction, correction.decided_at)

    def order(self, command: Command) -> None:
        self.orders.append(command)

    def retry_headquarters(self) -> None:
        pass

    def retry_now(self) -> None:
        pass

    def stop(self) -> None:
        self._to_tell.put(None)
        self._thread.join()

    def _step(self, wish_id: str, violation_id: str, wish: DeskRequest | Correction, at: datetime) -> None:
        after = step(self.alerts[violation_id], wish, at)
        refused = isinstance(after, Refused)
        reason = after.reason if isinstance(after, Refused) else ""
        answer = AnswerCame(DeskAnswer(id=wish_id, violation_id=violation_id, ok=not refused, reason=reason, at=at))
        if isinstance(after, Refused):
            self.say(answer)
        else:
            self.alerts[violation_id] = after
            self.say(AlertCame(after), answer)

    def _tell(self) -> None:
        while (events := self._to_tell.get()) is not None:
            for event in events:
                assert self._deliver is not None
                self._deliver(event)
