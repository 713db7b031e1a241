"""The bridge's store in memory and on disk keep the same promises: one set of tests for both."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from edge_bridge.intake import refusal, row_of
from edge_bridge.ports import Changes, Heard, KeptAlert, Part, Place, Received, Row, Sendings, Store, StreamKey
from edge_bridge.sending_ports import Mark, Outbox
from edge_bridge.shedding import Purge
from edge_bridge.storage.outbox import SqliteOutbox, SqliteSendings, make_sent
from edge_bridge.storage.store import SqliteStore
from messages.alert import raised, step
from messages.codec import encode
from messages.model import AnyMessage, Correction, Violation
from messages.priority import Lane
from messages.state import LinkState
from tests.fakes.bridge_ports import Disk, MemoryOutbox, MemorySendings, MemoryStore
from tests.strategies import NOON, a_correction, a_request, a_sure_violation, a_telemetry, a_violation

REPORTS = StreamKey("nyc-17", 1, "report")


class Kept:
    """A store, its outbox and what is seen of it; again() is what a restart finds."""

    def __init__(self, again: Callable[[], tuple[Store, Outbox, Sendings]]) -> None:
        self._again = again
        self.again()

    def again(self) -> Kept:
        self.store, self.outbox, self.sendings = self._again()
        return self


@pytest.fixture(params=["memory", "disk"])
def kept(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Kept]:
    """Both kinds, new and empty."""
    opened: list[SqliteStore | SqliteOutbox | SqliteSendings] = []

    def in_memory(disk: Disk = Disk()) -> tuple[Store, Outbox, Sendings]:  # noqa: B008  (one disk for all restarts)
        return MemoryStore(disk), MemoryOutbox(disk), MemorySendings(disk)

    def on_disk() -> tuple[Store, Outbox, Sendings]:
        path = tmp_path / "store.db"
        while opened:
            opened.pop().close()
        store = SqliteStore(path)
        make_sent(path, store.store_id, store_is_new=store.is_new)
        outbox, sendings = SqliteOutbox(path), SqliteSendings(path)
        opened.extend((store, outbox, sendings))
        return store, outbox, sendings

    disk = Disk()
    yield Kept(on_disk if request.param == "disk" else lambda: in_memory(disk))
    while opened:
        opened.pop().close()


def rows(store: Store, *messages: AnyMessage, at: datetime = NOON) -> list[Row]:
    """The messages as the store's next rows."""
    return [
        row_of(message, encode(message), store.next_row + index, NOON, at) for index, message in enumerate(messages)
    ]


def test_rows_come_back_lane_by_lane_in_the_order_in_which_they_were_stored(kept: Kept):
    messages: list[AnyMessage] = [a_telemetry(1), a_sure_violation(2), a_violation(3), a_sure_violation(4)]

    kept.store.commit(Changes(rows=rows(kept.store, *messages)))
    kept.again()

    assert [row.id for row in kept.outbox.pending(Lane.VIOLATION, 0, 10)] == [messages[1].id, messages[3].id]
    assert [row.id for row in kept.outbox.pending(Lane.VIOLATION, 2, 10)] == [messages[3].id]
    assert [row.row for row in kept.outbox.pending(Lane.ALERT, 0, 10)] == [3]
    assert kept.outbox.pending(Lane.TELEMETRY, 0, 10)[0].payload == encode(messages[0])
    assert len(kept.outbox.pending(Lane.VIOLATION, 0, 1)) == 1
    assert kept.store.next_row == 5


def test_a_row_comes_back_as_it_was_put(kept: Kept):
    put = rows(kept.store, a_violation(1))

    kept.store.commit(Changes(rows=put))

    assert kept.outbox.pending(Lane.ALERT, 0, 1) == put
    assert kept.store.payload(Lane.ALERT, 1) == put[0].payload


def test_what_is_heard_survives_a_restart(kept: Kept):
    heard = Heard(9, ((2, 3), (7, 7)))

    kept.store.commit(Changes(heard={REPORTS: heard, StreamKey("nyc-17", 2, "report"): Heard(1)}))
    kept.again()

    assert kept.store.heard(REPORTS) == heard
    assert kept.store.heard(StreamKey("nyc-18", 1, "report")) == Heard()
    assert kept.store.boots("nyc-17") == [2, 1]
    assert kept.store.boots("nyc-18") == []


def test_the_id_behind_a_number_is_known_for_reports(kept: Kept):
    alert, sure = a_violation(1), a_sure_violation(2)
    decision = a_correction(alert, 2)

    kept.store.commit(Changes(rows=rows(kept.store, alert, sure, decision, a_telemetry(3))))

    assert kept.store.id_at(REPORTS, 1) == alert.id
    assert kept.store.id_at(REPORTS, 2) == sure.id
    assert kept.store.id_at(REPORTS, 3) is None
    assert kept.store.id_at(StreamKey("nyc-17", 1, "telemetry"), 3) is None


def claimed_and_decided(violation: Violation) -> tuple[KeptAlert, KeptAlert]:
    """An alert that is claimed, and the same once it is decided in row 7."""
    claimed = step(raised(violation, now=NOON), a_request(violation, "claim"), NOON)
    decision: Correction = a_correction(violation)
    decided = step(claimed, decision, NOON)  # type: ignore[arg-type]
    return KeptAlert(claimed), KeptAlert(decided, 7)  # type: ignore[arg-type]


def test_an_alert_stands_until_it_is_retired_and_is_known_after_that(kept: Kept):
    violation = a_violation(1)
    claimed, decided = claimed_and_decided(violation)
    kept.store.commit(Changes(alerts={violation.id: claimed}))
    assert kept.again().store.standing_alerts() == [claimed]

    kept.store.commit(Changes(alerts={violation.id: decided}))
    assert kept.again().store.standing_alerts() == [decided]

    kept.store.retire([violation.id])
    assert kept.again().store.standing_alerts() == []
    assert kept.store.alert(violation.id) == decided
    assert kept.store.alert(a_violation(2).id) is None


def test_a_decision_row_is_not_forgotten_by_a_later_change(kept: Kept):
    violation = a_violation(1)
    _, decided = claimed_and_decided(violation)
    kept.store.commit(Changes(alerts={violation.id: decided}))

    kept.store.commit(Changes(alerts={violation.id: KeptAlert(decided.alert)}))

    assert kept.again().store.alert(violation.id) == decided


def test_parts_of_a_picture_are_found_and_a_part_that_comes_again_changes_nothing(kept: Kept):
    kept.store.commit(Changes(parts=[Part("picture", 1, 10), Part("picture", 3, 12)], duplicates=1))
    kept.store.commit(Changes(parts=[Part("picture", 1, 99)], duplicates=1))

    assert kept.again().store.parts("picture") == {1: 10, 3: 12}
    assert kept.store.parts("another") == {}


def test_counters_count_kinds_reasons_and_duplicates(kept: Kept):
    bad = refusal(Received("a/topic", b"what?", NOON), "not_json", "it is not")
    later = refusal(Received("a/topic", b"what?", NOON + timedelta(seconds=1)), "not_json", "it is not")
    kept.store.commit(Changes(rows=rows(kept.store, a_violation(1), a_telemetry(2)), rejected=[bad], duplicates=2))
    kept.store.commit(Changes(rejected=[later], duplicates=1))

    expected = {"stored:violation": 1, "stored:telemetry": 1, "quarantined:not_json": 1, "duplicates": 3}
    assert kept.again().store.tallies() == expected


def test_the_oldest_that_waits_is_found(kept: Kept):
    kept.store.commit(Changes(rows=rows(kept.store, a_violation(1))))
    kept.store.commit(Changes(rows=rows(kept.store, a_violation(2), at=NOON + timedelta(seconds=2))))

    first = kept.store.stored_at_after(Lane.ALERT, 0)
    second = kept.store.stored_at_after(Lane.ALERT, 1)

    assert (second or 0) - (first or 0) == 2_000
    assert kept.store.stored_at_after(Lane.ALERT, 2) is None
    assert kept.store.size_bytes() > 0


def test_marks_move_the_cursor_and_count_and_keep_the_tails(kept: Kept):
    assert kept.outbox.tails() is None
    kept.outbox.begin({("kestrel.telemetry", 0): 41})
    assert kept.again().outbox.tails() == {("kestrel.telemetry", 0): 41}

    kept.outbox.mark([Mark(Lane.TELEMETRY, 1, 5, {"telemetry": 5}, 1_000)], {("kestrel.telemetry", 1): 7})
    kept.outbox.mark([Mark(Lane.TELEMETRY, 6, 9, {"telemetry": 3}, 1_050)], {("kestrel.telemetry", 1): 9})
    kept.again()

    assert kept.outbox.tails() == {("kestrel.telemetry", 0): 41, ("kestrel.telemetry", 1): 9}
    assert kept.outbox.sent_through() == kept.sendings.sent_through() == {**dict.fromkeys(Lane, 0), Lane.TELEMETRY: 9}
    assert kept.sendings.sent() == {"telemetry": 8}


def test_a_row_set_aside_is_passed_and_counted_and_no_suspect_any_more(kept: Kept):
    row = rows(kept.store, a_violation(1))[0]
    kept.store.commit(Changes(rows=[row]))
    kept.outbox.suspect([1, 2])
    assert kept.again().outbox.suspects() == {1, 2}

    kept.outbox.set_aside(row, "too large")
    kept.again()

    assert kept.outbox.suspects() == {2}
    assert kept.sendings.sent_through()[Lane.ALERT] == 1
    assert kept.sendings.set_aside() == {"violation": 1}
    assert kept.sendings.is_set_aside(1)
    assert not kept.sendings.is_set_aside(2)


def test_the_link_is_told_across(kept: Kept):
    assert kept.sendings.link() is None
    link = LinkState(up=False, since=NOON, next_try_at=NOON, problem="nobody answers")

    kept.outbox.say_link(link)

    assert kept.again().sendings.link() == link


def test_a_place_moves_with_its_rows(tmp_path: Path):
    store = SqliteStore(tmp_path / "store.db")
    place = Place("ab" * 32, "tickets.csv", 1_234, 10, 1)

    store.commit(Changes(place=place, summons=[("h-abababababab", "1"), ("h-abababababab", "1")]))

    assert store.place("ab" * 32) == place
    assert store.unfinished_place("tickets.csv") == place
    assert store.place("cd" * 32) is None
    assert store.summons_numbers("ab" * 32) == 1
    store.close()


def a_lane_of(kept: Kept, count: int, *, lane_start: int = 1) -> list[int]:
    """Rows of sure violations, stored one second after the other."""
    rows = []
    for number in range(lane_start, lane_start + count):
        at = NOON + timedelta(seconds=number)
        message = a_sure_violation(number)
        row = row_of(message, encode(message), kept.store.next_row, at, at)
        kept.store.commit(Changes(rows=[row]))
        rows.append(row.row)
    return rows


def test_purging_deletes_what_is_old_enough_up_to_a_row_and_leaves_what_it_is_told_to(kept: Kept):
    rows = a_lane_of(kept, 6)
    before_ms = round((NOON + timedelta(seconds=5)).timestamp() * 1000)
    pruning, after, done = kept.store.pruning, 0, False

    while not done:
        _, after, done = pruning.purge(Purge(Lane.VIOLATION, after, rows[4], before_ms), keep={rows[1]})

    assert [row.row for row in kept.again().outbox.pending(Lane.VIOLATION, 0, 10)] == [rows[1], rows[4], rows[5]]
    assert kept.store.pruning.first_row(Lane.VIOLATION, rows[1]) == rows[4]
    assert kept.store.pruning.nth_row(Lane.VIOLATION, 0, 3) == rows[5]
    assert kept.store.pruning.nth_row(Lane.VIOLATION, 0, 4) is None
    assert kept.store.pruning.last_row(Lane.VIOLATION) == rows[5]
    assert kept.store.next_row == rows[5] + 1


def test_a_number_whose_message_was_purged_is_told_from_one_that_was_refused(kept: Kept):
    rows = a_lane_of(kept, 1)
    kept.store.pruning.purge(Purge(Lane.VIOLATION, 0, rows[0]), keep=())
    bad = refusal(Received("a/topic", b"bad", NOON), "not_json", "what is this", (REPORTS, 2))
    kept.store.commit(Changes(rejected=[bad]))

    assert (kept.again().store.id_at(REPORTS, 1), kept.store.id_at(REPORTS, 2)) == (None, None)
    assert [kept.store.is_quarantined(REPORTS, seq) for seq in (1, 2)] == [False, True]


def test_telemetry_that_is_given_up_is_gone_and_counted(kept: Kept):
    for number in (1, 2, 3):
        message = a_telemetry(number)
        kept.store.commit(Changes(rows=[row_of(message, encode(message), kept.store.next_row, NOON, NOON)]))
    samples = kept.store.pruning.samples(1)

    kept.store.pruning.give_up(samples[:1])

    assert [(sample.row, sample.drone_id, sample.seq) for sample in samples] == [(2, "nyc-17", 2), (3, "nyc-17", 3)]
    assert [row.row for row in kept.again().outbox.pending(Lane.TELEMETRY, 0, 10)] == [1, 3]
    assert kept.store.tallies()["thinned:telemetry"] == 1


def test_retired_alerts_are_purged_when_they_are_old(kept: Kept):
    alerts_ = [raised(a_violation(number), now=NOON + timedelta(hours=number)) for number in (1, 2, 3)]
    kept.store.commit(Changes(alerts={alert.violation.id: KeptAlert(alert) for alert in alerts_}))
    kept.store.retire([alert.violation.id for alert in alerts_[:2]])

    before_ms = round((NOON + timedelta(hours=1.5)).timestamp() * 1000)
    assert (kept.store.pruning.purge_alerts(before_ms), kept.store.pruning.purge_alerts(before_ms)) == (1, 0)

    assert [kept.again().store.alert(alert.violation.id) is not None for alert in alerts_] == [False, True, True]


def test_rows_set_aside_are_known_by_lane(kept: Kept):
    rows = a_lane_of(kept, 2)
    kept.outbox.set_aside(kept.outbox.pending(Lane.VIOLATION, 0, 1)[0], "too large")

    assert kept.again().sendings.set_aside_rows(Lane.VIOLATION) == {rows[0]}
    assert kept.sendings.set_aside_rows(Lane.TELEMETRY) == set()
