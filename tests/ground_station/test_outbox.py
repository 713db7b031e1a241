"""The outbox: held, sent, sent again, never overtaken, gone with the answer."""

from __future__ import annotations

import msgspec

from ground_station.view_model.effects import Kept
from ground_station.view_model.outbox import (
    AGAIN,
    HOLD,
    Outbox,
    due,
    hidden,
    reconnected,
    undoable,
    with_decision,
    without,
)
from tests.ground_station.given import NOON, an_id, seconds


def a_decision(number: int, *, after_s: float = 0.0, **changes: object) -> Kept:
    kept = Kept(
        correction_id=an_id(number),
        violation_id=an_id(100 + number),
        drone_id="nyc-1",
        boot=1,
        seq=number,
        status="confirmed",
        code=14,
        claimed_at=NOON,
        decided_at=NOON + seconds(after_s),
        payload=b"%d" % number,
    )
    return msgspec.structs.replace(kept, **changes)


def test_a_decision_is_held_for_undo_and_then_sent() -> None:
    outbox = with_decision(Outbox(), a_decision(1))

    assert due(outbox, NOON + HOLD - seconds(0.1))[1] == []
    after, sends = due(outbox, NOON + HOLD)

    assert [send.payload for send in sends] == [b"1"]
    assert undoable(outbox) is not None
    assert undoable(after) is None
    assert due(after, NOON + HOLD)[1] == []


def test_a_sent_decision_goes_again_after_a_reconnect_and_after_a_while_with_the_same_bytes() -> None:
    sent, _ = due(with_decision(Outbox(), a_decision(1)), NOON + HOLD)

    assert [send.payload for send in due(reconnected(sent), NOON + HOLD)[1]] == [b"1"]
    assert [send.payload for send in due(sent, NOON + HOLD + AGAIN)[1]] == [b"1"]


def test_a_decision_never_overtakes_an_earlier_one_and_only_the_newest_is_taken_back() -> None:
    outbox = with_decision(with_decision(Outbox(), a_decision(1, after_s=1.0)), a_decision(2, after_s=0.0))

    assert due(outbox, NOON + HOLD)[1] == []
    newest = undoable(outbox)
    assert newest is not None
    assert newest.seq == 2


def test_an_answered_decision_is_forgotten() -> None:
    outbox = with_decision(Outbox(), a_decision(1))

    assert hidden(outbox) == {an_id(101)}
    assert without(outbox, an_id(1)) == Outbox()
