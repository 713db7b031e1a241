"""Which reports go out, when, and when again: every promise of the outbox, and that nothing is ever lost in it."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drone_sim.faults import LinkFaults, LossyLink
from drone_sim.outbox import Key, Outbox, Patience
from messages.state import Ack
from tests.strategies import NOON

PATIENCE = Patience(window=10)


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def an_ack(contiguous: int, highest: int | None = None, *holes: tuple[int, int], boot: int = 1) -> Ack:
    return Ack(
        drone_id="nyc-01",
        boot=boot,
        contiguous=contiguous,
        highest=contiguous if highest is None else highest,
        holes=holes,
        stored_at=NOON,
    )


def an_outbox(count: int = 5, *, connected: bool = True, boot: int = 1) -> Outbox:
    outbox = Outbox(Random(1), PATIENCE)
    outbox.add(Key(boot, seq) for seq in range(1, count + 1))
    outbox.bridge_changed(True, at(0))
    if connected:
        outbox.link_changed(True, at(0))
    return outbox


def sent(outbox: Outbox, seconds: float = 0) -> list[int]:
    """The seqs that go out, each taken by the broker at once."""
    keys = outbox.due(at(seconds))
    for key in keys:
        outbox.taken(key)
    return [key.seq for key in keys]


def test_nothing_goes_out_without_a_connection() -> None:
    outbox = an_outbox(connected=False)
    assert sent(outbox) == []
    outbox.link_changed(True, at(1))
    assert sent(outbox, 1) == [1, 2, 3, 4, 5]


def test_nothing_goes_out_while_the_bridge_is_away() -> None:
    outbox = an_outbox()
    outbox.bridge_changed(False, at(0))
    assert sent(outbox, 100) == []
    outbox.bridge_changed(True, at(101))
    assert sent(outbox, 101) == [1, 2, 3, 4, 5]


def test_before_the_bridge_has_said_anything_reports_wait_a_moment_and_no_longer() -> None:
    outbox = Outbox(Random(1), PATIENCE)
    outbox.add([Key(1, 1)])
    outbox.link_changed(True, at(0))
    assert sent(outbox, 0.9) == []
    assert sent(outbox, 1.1) == [1]


def test_each_goes_out_once_while_all_is_well() -> None:
    outbox = an_outbox()
    assert sent(outbox) == [1, 2, 3, 4, 5]
    assert sent(outbox, 1) == []


def test_no_more_than_the_window_is_out() -> None:
    outbox = an_outbox(25)
    assert sent(outbox) == list(range(1, 11))
    assert outbox.acknowledged(an_ack(4), at(1)) == [1, 2, 3, 4]
    assert sent(outbox, 1) == [11, 12, 13, 14]


def test_an_ack_forgets_and_only_an_ack() -> None:
    outbox = an_outbox()
    sent(outbox)
    assert outbox.unacknowledged() == 5
    assert sorted(outbox.acknowledged(an_ack(5), at(1))) == [1, 2, 3, 4, 5]
    assert outbox.unacknowledged() == 0


def test_the_same_ack_twice_forgets_nothing_more() -> None:
    outbox = an_outbox()
    sent(outbox)
    outbox.acknowledged(an_ack(3), at(1))
    assert outbox.acknowledged(an_ack(3), at(1)) == []
    assert outbox.unacknowledged() == 2


def test_a_hole_goes_out_again_at_once_and_then_with_growing_patience() -> None:
    outbox = an_outbox()
    sent(outbox)
    assert sorted(outbox.acknowledged(an_ack(1, 5, (2, 3)), at(1))) == [1, 4, 5]
    assert sent(outbox, 1) == [2, 3]
    outbox.acknowledged(an_ack(1, 5, (2, 3)), at(1.1))
    assert sent(outbox, 1.1) == []
    outbox.acknowledged(an_ack(1, 5, (2, 3)), at(9))
    assert sent(outbox, 9) == [2, 3]
    assert outbox.resent == 4


def test_what_the_client_still_holds_is_left_to_it() -> None:
    outbox = an_outbox(2)
    assert len(outbox.due(at(0))) == 2  # no PUBACK comes
    outbox.link_changed(False, at(1))
    outbox.link_changed(True, at(2))
    assert outbox.due(at(100)) == []
    outbox.taken(Key(1, 1))
    outbox.link_changed(False, at(101))
    outbox.link_changed(True, at(102))
    assert outbox.due(at(200)) == [Key(1, 1)]


def test_after_a_reconnect_one_report_asks_what_is_missing_and_only_that_goes_again() -> None:
    outbox = an_outbox()
    sent(outbox)
    outbox.link_changed(False, at(1))
    assert sent(outbox, 60) == []
    outbox.link_changed(True, at(60))
    assert sent(outbox, 61) == [], "the bridge gets a moment to work off what the broker kept"
    assert sent(outbox, 64) == [5]
    assert sorted(outbox.acknowledged(an_ack(1, 5, (2, 3)), at(65))) == [1, 4, 5]
    assert sent(outbox, 65) == [2, 3]


def test_progress_after_a_reconnect_saves_the_question() -> None:
    outbox = an_outbox()
    sent(outbox)
    outbox.link_changed(False, at(1))
    outbox.link_changed(True, at(2))
    outbox.acknowledged(an_ack(4), at(3))
    assert sent(outbox, 7) == []
    assert sent(outbox, 30) == [5]


def test_each_boot_is_asked_about() -> None:
    outbox = an_outbox(0, connected=False)
    outbox.add([Key(1, 7), Key(1, 9), Key(2, 1), Key(2, 2)])
    outbox.link_changed(True, at(0))
    sent(outbox)
    keys = outbox.due(at(10))
    assert keys == [Key(1, 9), Key(2, 2)]


def test_when_questions_stay_unanswered_everything_goes_again_in_order() -> None:
    outbox = an_outbox()
    sent(outbox)
    rounds = [seqs for second in range(1, 100) if (seqs := sent(outbox, second))]
    assert rounds[:3] == [[5], [5], [1, 2, 3, 4, 5]]


def test_a_silent_bridge_is_asked_ever_more_seldom() -> None:
    outbox = an_outbox(1)
    sent(outbox)
    rounds = [second for second in range(1, 600) if sent(outbox, second)]
    assert 3 <= len(rounds) <= 8
    gaps = [later - earlier for earlier, later in pairwise(rounds)]
    assert gaps[-1] > gaps[0]


def test_older_boots_go_first() -> None:
    outbox = an_outbox(0, connected=False)
    outbox.add([Key(1, 7), Key(1, 9)])
    outbox.link_changed(True, at(0))
    outbox.add([Key(2, 1)])
    assert outbox.due(at(0)) == [Key(1, 7), Key(1, 9), Key(2, 1)]


def test_an_ack_of_one_boot_says_nothing_of_another() -> None:
    outbox = an_outbox(0, connected=False)
    outbox.add([Key(1, 1), Key(2, 1)])
    outbox.link_changed(True, at(0))
    sent(outbox)
    assert outbox.acknowledged(an_ack(1, boot=2), at(1)) == [1]
    assert outbox.unacknowledged() == 1


def test_after_a_power_up_one_answer_tells_what_the_bridge_had_already() -> None:
    outbox = Outbox(Random(1), Patience(window=1))
    outbox.bridge_changed(True, at(0))
    outbox.add(Key(1, seq) for seq in range(1, 101))
    outbox.link_changed(True, at(0))
    assert sent(outbox) == [1]
    stored = outbox.acknowledged(an_ack(60, 80, (61, 70)), at(1))
    assert sorted(stored) == [*range(1, 61), *range(71, 81)]
    assert sent(outbox, 1) == [61]


def test_an_ack_for_reports_that_were_never_made_is_harmless() -> None:
    outbox = an_outbox(2)
    sent(outbox)
    assert sorted(outbox.acknowledged(an_ack(50), at(1))) == [1, 2]
    assert outbox.acknowledged(an_ack(50, boot=9), at(1)) == []


class TinyBridge:
    """Keeps what arrives and says so."""

    def __init__(self) -> None:
        self.here: set[Key] = set()
        self.times = 0

    def take(self, keys: list[Key]) -> None:
        self.times += len(keys)
        self.here.update(keys)

    def ack(self) -> Ack:
        seqs = sorted(key.seq for key in self.here)
        holes = []
        expected = 1
        for seq in seqs:
            if seq > expected:
                holes.append((expected, seq - 1))
            expected = seq + 1
        return an_ack(holes[0][0] - 1 if holes else seqs[-1], seqs[-1], *holes)


@given(
    seed=st.integers(min_value=0, max_value=10_000),
    drop=st.floats(min_value=0, max_value=0.6),
    ack_loss=st.floats(min_value=0, max_value=0.6),
    cuts=st.lists(st.integers(min_value=0, max_value=60), max_size=4),
)
def test_over_any_bad_link_every_report_arrives(seed: int, drop: float, ack_loss: float, cuts: list[int]) -> None:
    rng = Random(seed)
    outbox = Outbox(rng, PATIENCE)
    link: LossyLink[Key] = LossyLink(LinkFaults(drop=drop, duplicate=0.2, reorder=0.2, delay_s=0.5), rng)
    bridge = TinyBridge()
    outbox.link_changed(True, at(0))
    made = 0
    for tick in range(10_000):
        now = at(tick / 2)
        if tick in cuts:
            outbox.link_changed(False, now)
            outbox.link_changed(True, now)
        if made < 60:
            made += 1
            outbox.add([Key(1, made)])
        keys = outbox.due(now)
        link.put(keys, now)
        for key in keys:
            outbox.taken(key)
        arrived = link.arrived(now)
        bridge.take(arrived)
        if arrived and rng.random() >= ack_loss:
            outbox.acknowledged(bridge.ack(), now)
        if made == 60 and outbox.unacknowledged() == 0:
            break
    assert bridge.here == {Key(1, seq) for seq in range(1, 61)}
    assert outbox.unacknowledged() == 0


def test_a_good_link_carries_each_report_once() -> None:
    outbox = an_outbox(0, connected=False)
    outbox.link_changed(True, at(0))
    bridge = TinyBridge()
    for second in range(200):
        outbox.add([Key(1, second + 1)])
        keys = outbox.due(at(second))
        for key in keys:
            outbox.taken(key)
        bridge.take(keys)
        outbox.acknowledged(bridge.ack(), at(second))
    assert bridge.times == len(bridge.here) == 200


def test_without_acks_the_reports_would_stay() -> None:
    """The control of the test above: a bridge that never answers leaves everything with the drone."""
    outbox = an_outbox(5)
    for second in range(300):
        sent(outbox, second)
    assert outbox.unacknowledged() == 5


@pytest.mark.parametrize("count", [1, 10, 11, 1_000])
def test_nothing_is_counted_twice(count: int) -> None:
    outbox = an_outbox(count)
    assert outbox.unacknowledged() == count
    sent(outbox)
    assert outbox.unacknowledged() == count
