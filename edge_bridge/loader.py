"""Loads a historic file into the store: a few records, their place with them in one transaction, and the next few."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import islice

import msgspec

from edge_bridge.history_rows import Origin, Unreadable, fields_of, ticket_of
from edge_bridge.history_source import FileProblem, HistorySource, RawRecord
from edge_bridge.intake import KEPT_BYTES, row_of
from edge_bridge.ports import Changes, Place, Rejected
from edge_bridge.storage.store import SqliteStore
from messages.codec import encode
from messages.model import HistoricTicket

log = logging.getLogger(__name__)


class Loader:
    """Reads one file into one store, from wherever an earlier load of it ended. One thread."""

    def __init__(self, source: HistorySource, store: SqliteStore, *, chunk: int, clock: Callable[[], datetime]) -> None:
        """Raises FileProblem if an earlier version of the file was begun and not finished."""
        self._source = source
        self._store = store
        self._chunk = chunk
        self._clock = clock
        name = source.path.name
        begun = store.unfinished_place(name)
        if begun is not None and begun.fingerprint != source.fingerprint:
            raise FileProblem(
                f"it was changed after {begun.records} of its records were loaded; restore it, or load the new one under another name"
            )
        self.place = store.place(source.fingerprint) or Place(source.fingerprint, name, source.first_record)
        self.resumed_at = self.place.records
        self._records: Iterator[RawRecord] = source.records(self.place.byte_offset)

    def turn(self) -> bool:
        """Loads the next records; False when there are none left. Raises FileProblem, StoreError."""
        if self.place.finished:
            return False
        records = list(islice(self._records, self._chunk))
        self._source.check_unchanged()
        changes = Changes()
        place = self.place
        for record in records:
            place = self._take(record, place, changes)
        if len(records) < self._chunk:
            place = msgspec.structs.replace(place, finished=True)
        changes.place = place
        self._store.commit(changes)
        self.place = place
        return not place.finished

    def _take(self, record: RawRecord, place: Place, changes: Changes) -> Place:
        now = self._clock()
        number = place.records + 1
        origin = Origin(place.fingerprint, place.file_name, record.byte_offset, number)
        found = fields_of(record.content, self._source.layout)
        if isinstance(found, Unreadable):
            ticket: HistoricTicket | Unreadable = found
        else:
            ticket = ticket_of(found[0], self._source.layout, origin, found[1])
        quarantined = place.quarantined
        if isinstance(ticket, Unreadable):
            quarantined += 1
            changes.rejected.append(_rejected(ticket, record, origin, now))
        else:
            row = self._store.next_row + len(changes.rows)
            changes.rows.append(row_of(ticket, encode(ticket), row, now, now))
            changes.summons.append((ticket.drone_id, ticket.summons_number))
        return Place(place.fingerprint, place.file_name, record.end, number, quarantined)


def _rejected(problem: Unreadable, record: RawRecord, origin: Origin, now: datetime) -> Rejected:
    return Rejected(
        reason=problem.reason,
        detail=f"record {origin.number} at byte {origin.byte_offset}: {problem.detail}",
        topic=f"{origin.file_name}@{origin.byte_offset}",
        payload=record.content[:KEPT_BYTES],
        length=len(record.content),
        received_at=now,
    )
