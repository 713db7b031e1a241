"""One batch of received messages -> what the store is to commit, and what is said once it has. Reads the store, writes nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import datetime

import msgspec

from edge_bridge.acknowledging import is_new, with_seq, without_old_holes
from edge_bridge.desk import judge, refused
from edge_bridge.intake import (
    Accepted,
    Asked,
    Decided,
    RetryWanted,
    Rules,
    Seen,
    read,
    refusal,
    row_of,
    wish_in,
)
from edge_bridge.memory import Memory
from edge_bridge.ports import Changes, Heard, KeptAlert, Part, Received, Rejected, StreamKey
from messages.alert import Alert, Picture, is_open, raised, with_picture
from messages.codec import decode
from messages.model import AnyMessage, Evidence, Violation
from messages.priority import Lane
from messages.state import DeskAnswer, DroneStatus
from messages.topics import parse_desk_topic

_BY_THE_CLOCK = frozenset(("in_the_future", "too_old"))


class Outcome(msgspec.Struct):
    """What a batch leads to. Everything but `changes` is said only after the commit."""

    changes: Changes
    touched: set[StreamKey] = msgspec.field(default_factory=set)  # streams of which an Ack is due
    answers: list[tuple[Received, DeskAnswer]] = []
    pictures: dict[str, bytes] = {}  # by the violation's id: complete and checked
    seen: list[DroneStatus] = []
    retry_wanted: bool = False


class Weigher:
    """Weighs the messages of one batch against what is kept, in order of arrival. Make one for each batch."""

    def __init__(self, memory: Memory, rules: Rules, now: datetime, steady_now: datetime | None = None) -> None:
        """`steady_now`: the time by a clock that was not set since the start, where there is one."""
        self._memory = memory
        self._rules = rules
        self._now = now
        self._steady_now = steady_now
        self._next_row = memory.store.next_row
        self._ids: dict[tuple[StreamKey, int], str] = {}
        self._parts: dict[tuple[str, int], bytes] = {}  # of this batch
        self.outcome = Outcome(Changes())

    def weigh(self, batch: Iterable[Received]) -> Outcome:
        """The outcome. Raises StoreError if the store cannot be read."""
        for received in batch:
            item = read(received, self._rules, self._now)
            if isinstance(item, Rejected) and item.reason in _BY_THE_CLOCK and self._steady_now is not None:
                # Out of time by the clock as it reads now. It was set meanwhile, rightly or not; the drones' did not jump with it.
                item = read(received, self._rules, self._steady_now)
            match item:
                case Accepted():
                    self._take(item)
                case Rejected():
                    self._reject(item, received)
                case Asked(request=event) | Decided(decision=event):
                    self._judge(item, event.violation_id)
                case Seen(status=status):
                    self.outcome.seen.append(status)
                case RetryWanted():
                    self.outcome.retry_wanted = True
        return self.outcome

    def _take(self, item: Accepted) -> None:
        message, key = item.message, item.key
        heard = self._heard(key)
        if message.seq <= heard.highest and not is_new(heard, message.seq) and self._is_kept(item):
            return
        row = self._keep(message, item.received)
        self._set_heard(key, with_seq(heard, message.seq))
        self._ids[key, message.seq] = message.id
        if isinstance(message, Violation) and message.needs_human:
            self._raise(message)
        elif isinstance(message, Evidence):
            self.outcome.changes.parts.append(Part(message.evidence_id, message.part, row))
            self._parts[message.evidence_id, message.part] = message.data
            self._complete(message)

    def _is_kept(self, item: Accepted) -> bool:
        """Deals with a message whose number was heard before. False when what came under that number is in quarantine: this one is good."""
        message, key = item.message, item.key
        known = self._ids.get((key, message.seq)) or self._memory.store.id_at(key, message.seq)
        if known is None and key.stream == "report" and self._is_quarantined(key, message.seq):
            return False
        if known is not None and known != message.id:
            detail = f"{key.stream} {message.seq} of boot {key.boot} is already {known}"
            self._reject(refusal(item.received, "seq_taken", detail, (key, message.seq)), item.received)
        else:
            self.outcome.changes.duplicates += 1
            self._touch(key)
        return True

    def _is_quarantined(self, key: StreamKey, seq: int) -> bool:
        """Whether a bad message used the number; a number that is not found otherwise is one whose message was purged."""
        now = any((one.sender, one.seq) == (key, seq) for one in self.outcome.changes.rejected)
        return now or self._memory.store.is_quarantined(key, seq)

    def _reject(self, rejected: Rejected, received: Received) -> None:
        self.outcome.changes.rejected.append(rejected)
        if rejected.sender is not None and rejected.seq is not None:
            # It is kept, though apart: its drone need not send it again.
            self._set_heard(rejected.sender, with_seq(self._heard(rejected.sender), rejected.seq))
        elif parse_desk_topic(received.topic) is not None and (wish := wish_in(received.payload)):
            answer = refused(*wish, f"the station cannot take this: {rejected.reason}", self._now)
            self.outcome.answers.append((received, answer))

    def _judge(self, item: Asked | Decided, violation_id: str) -> None:
        event = item.request if isinstance(item, Asked) else item.decision
        kept = self._alert(violation_id)
        verdict = judge(kept.alert if kept else None, event, self._now)
        self.outcome.answers.append((item.received, verdict.answer))
        if verdict.alert is None:
            return
        decision_row = None
        if isinstance(item, Decided):
            decision_row = self._keep(item.decision, item.received)
        self.outcome.changes.alerts[violation_id] = KeptAlert(verdict.alert, decision_row)

    def _raise(self, violation: Violation) -> None:
        if self._alert(violation.id) is None:
            self.outcome.changes.alerts[violation.id] = KeptAlert(raised(violation, now=self._now))
            if violation.evidence_ids:
                self._show_picture(violation.id, violation.evidence_ids[0])

    def _complete(self, part: Evidence) -> None:
        kept = self._alert(part.violation_id)
        if kept is None or kept.alert.violation.evidence_ids[:1] != (part.evidence_id,):
            return
        self._show_picture(part.violation_id, part.evidence_id, part)

    def _show_picture(self, violation_id: str, evidence_id: str, part: Evidence | None = None) -> None:
        kept = self._alert(violation_id)
        assert kept is not None
        if not is_open(kept.alert) or (kept.alert.picture is not None and kept.alert.picture.checked):
            return
        rows = self._memory.store.parts(evidence_id)
        numbers = rows.keys() | {number for id_, number in self._parts if id_ == evidence_id}
        if not numbers:
            return
        sample = part or self._stored_part(rows[min(rows)])
        data = self._joined(evidence_id, rows, sample.parts) if len(numbers) == sample.parts else None
        checked = data is not None and hashlib.sha256(data).hexdigest() == sample.sha256
        picture = Picture(
            evidence_id=evidence_id,
            parts_here=len(numbers),
            parts=sample.parts,
            sha256=sample.sha256,
            media_type=sample.media_type,
            checked=checked,
        )
        self._set_alert(with_picture(kept.alert, picture), kept.decision_row)
        if data is not None and checked:
            self.outcome.pictures[violation_id] = data

    def _joined(self, evidence_id: str, rows: dict[int, int], parts: int) -> bytes:
        return b"".join(
            self._parts[evidence_id, number]
            if (evidence_id, number) in self._parts
            else self._stored_part(rows[number]).data
            for number in range(1, parts + 1)
            if number in rows or (evidence_id, number) in self._parts
        )

    def _stored_part(self, row: int) -> Evidence:
        message = decode(self._memory.store.payload(Lane.EVIDENCE, row))
        assert isinstance(message, Evidence)
        return message

    def _keep(self, message: AnyMessage, received: Received) -> int:
        row = self._next_row
        self._next_row += 1
        self.outcome.changes.rows.append(row_of(message, received.payload, row, received.received_at, self._now))
        return row

    def _heard(self, key: StreamKey) -> Heard:
        found = self.outcome.changes.heard.get(key)
        return found if found is not None else self._memory.heard(key)

    def _set_heard(self, key: StreamKey, heard: Heard) -> None:
        self.outcome.changes.heard[key] = without_old_holes(heard) if key.stream == "telemetry" else heard
        self._touch(key)

    def _touch(self, key: StreamKey) -> None:
        if key.stream == "report":  # telemetry is never asked for again, so nobody waits for word of it
            self.outcome.touched.add(key)

    def _alert(self, violation_id: str) -> KeptAlert | None:
        return self.outcome.changes.alerts.get(violation_id) or self._memory.alert(violation_id)

    def _set_alert(self, alert: Alert, decision_row: int | None) -> None:
        self.outcome.changes.alerts[alert.violation.id] = KeptAlert(alert, decision_row)


def picture_of(memory: Memory, alert: Alert) -> bytes | None:
    """The checked picture of an alert, read back from the store; None while it is not complete."""
    if alert.picture is None or not alert.picture.checked:
        return None
    rows = memory.store.parts(alert.picture.evidence_id)
    found: list[bytes] = []
    for number in range(1, alert.picture.parts + 1):
        if number not in rows:
            return None
        part = decode(memory.store.payload(Lane.EVIDENCE, rows[number]))
        assert isinstance(part, Evidence)
        found.append(part.data)
    return b"".join(found)
