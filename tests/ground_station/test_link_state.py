"""The chain and the one pill: what is kept back, since when, and that nothing is lost."""

from __future__ import annotations

from datetime import datetime, timedelta

from ground_station.view_model import link_state
from ground_station.view_model.link_state import Chain
from ground_station.view_model.snapshot import Pill
from messages.state import LinkState
from tests.ground_station.given import NOON, a_bridge_status, seconds


def up(now: datetime = NOON) -> Chain:
    return link_state.heard(link_state.link_up(Chain(broker_since=now), now), now, telemetry=True)


def pill(chain: Chain, after_s: float = 0.0, *, kept: int = 0, kept_s: float = 0.0) -> Pill | None:
    return link_state.pill(chain, kept=kept, oldest_kept_s=kept_s, drones_expected=True, now=NOON + seconds(after_s))


def test_a_whole_chain_needs_no_pill() -> None:
    assert pill(link_state.bridge_said(up(), a_bridge_status(), NOON)) is None


def test_headquarters_away_says_since_when_how_many_and_the_next_try() -> None:
    away = LinkState(up=False, since=NOON - timedelta(minutes=12), next_try_at=NOON + seconds(8), problem="refused")
    status = a_bridge_status(headquarters=away, waiting={"telemetry": 1200, "violation": 4})

    shown = pill(link_state.bridge_said(up(), status, NOON))

    assert shown == Pill(
        "Headquarters away for 12 min · 1,204 kept here, nothing lost · next try in 8 s",
        try_now=True,
        tells_backlog=True,
        brief="Headquarters away for 12 min · 1,204 kept here, nothing lost",
        next_try_in="8 s",
    )


def test_the_countdown_runs_on_between_two_words_of_the_bridge_whatever_its_clock_says() -> None:
    ahead = NOON + timedelta(hours=1)
    away = LinkState(up=False, since=ahead - timedelta(minutes=12), next_try_at=ahead + seconds(8))
    chain = link_state.bridge_said(up(), a_bridge_status(ahead, headquarters=away), NOON)

    shown = pill(chain, 3.0)

    assert shown is not None
    assert shown.text.endswith("next try in 5 s")
    assert shown.text.startswith("Headquarters away for 12 min")


def test_draining_is_called_catching_up() -> None:
    status = a_bridge_status(waiting={"telemetry": 812}, oldest_waiting_at=NOON - timedelta(minutes=9), eta_s=20.4)

    assert pill(link_state.bridge_said(up(), status, NOON)) == Pill("Catching up: 812 left, about 20 s", try_now=False)


def test_what_is_simply_on_its_way_is_not_called_kept_back() -> None:
    status = a_bridge_status(waiting={"telemetry": 40}, oldest_waiting_at=NOON - seconds(1))

    assert pill(link_state.bridge_said(up(), status, NOON)) is None


def test_a_link_without_data_is_noticed_within_five_seconds() -> None:
    chain = link_state.link_up(Chain(broker_since=NOON), NOON)

    assert pill(chain, 4.9) is None
    assert pill(chain, 5.0) == Pill("Link up, no data for 5 s", try_now=True)


def test_a_broker_away_counts_down_to_the_next_try() -> None:
    chain = link_state.link_down(up(), "connection refused", NOON + seconds(10), NOON)
    chain = link_state.link_down(chain, "connection refused", NOON + seconds(22), NOON + seconds(12))

    shown = pill(chain, 14.0, kept=2)

    assert shown == Pill(
        "Broker away for 14 s · 2 decisions kept here · nothing lost · next try in 8 s",
        try_now=True,
        brief="Broker away for 14 s · 2 decisions kept here · nothing lost",
        next_try_in="8 s",
    )


def test_a_bridge_that_fell_silent_or_left_its_will_is_away() -> None:
    chain = link_state.bridge_said(up(), a_bridge_status(), NOON)
    chain = link_state.heard(chain, NOON + seconds(9), telemetry=True)
    gone = link_state.bridge_said(chain, a_bridge_status(state="offline"), NOON + seconds(9))

    assert pill(chain, 9.0) == Pill("Bridge away for 9 s · the drones keep their reports, nothing lost", try_now=False)
    assert pill(gone, 11.0) == Pill("Bridge away for 2 s · the drones keep their reports, nothing lost", try_now=False)


def test_a_full_disk_is_said_calmly() -> None:
    chain = link_state.bridge_said(up(), a_bridge_status(state="full"), NOON)

    shown = pill(chain)

    assert shown is not None
    assert "keep their reports" in shown.text


def test_a_decision_that_waits_long_for_its_answer_is_said_to_be_kept() -> None:
    chain = link_state.bridge_said(up(), a_bridge_status(), NOON)

    assert pill(chain, kept=1, kept_s=2.0) is None
    assert pill(chain, kept=1, kept_s=6.0) == Pill("1 decision kept here, will be sent", try_now=False)


def test_the_four_parts_have_a_word_each() -> None:
    status = a_bridge_status(headquarters=LinkState(up=False, since=NOON))
    parts = link_state.parts(link_state.bridge_said(up(), status, NOON), 46, 48, NOON)

    assert [(part.state, part.word) for part in parts] == [
        ("well", "46 of 48 drones"),
        ("well", "broker"),
        ("well", "bridge"),
        ("away", "headquarters away"),
    ]


def test_a_fleet_that_has_landed_is_not_called_one_that_never_flew() -> None:
    never, landed, flying = (
        link_state.parts(up(), live, live, NOON, stopped=stopped)[0] for live, stopped in ((0, 0), (0, 20), (1, 19))
    )

    assert [never.word, landed.word, flying.word] == ["no drones yet", "drones stopped", "1 of 1 drone"]
    assert landed.detail == "20 drones said that they stopped"


def test_behind_a_broker_that_is_away_nothing_is_known() -> None:
    chain = link_state.link_down(link_state.bridge_said(up(), a_bridge_status(), NOON), "gone", None, NOON)

    assert [part.state for part in link_state.parts(chain, 3, 3, NOON)] == ["well", "away", "unknown", "unknown"]


def test_while_it_connects_for_the_first_time_nothing_is_called_away() -> None:
    fresh = Chain(broker_since=NOON)

    assert pill(fresh, 1.0) is None
    assert [part.state for part in link_state.parts(fresh, 0, 0, NOON)] == ["unknown"] * 4
    assert pill(fresh, 6.0) is not None
