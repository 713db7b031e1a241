"""A snapshot that remembers the last one is the same snapshot: whatever happened between, over midnight too."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ground_station.view_model import memo as memory
from ground_station.view_model.events import AlertCame, AlertGone, TelemetryCame, Tick
from ground_station.view_model.intentions import ChooseDigit, Confirm, MarkNotShown, Reject, SelectAlert, SetFact, Undo
from ground_station.view_model.memo import Memo
from ground_station.view_model.view import view
from messages.alert import Alert
from messages.coding import FACTS
from tests.ground_station.given import a_connected_desk, a_telemetry, an_alert, an_id, claimed

Step = tuple[str, int]
PLATES = ("KJH 4T2", "ABC 123", None)
steps = st.lists(
    st.tuples(
        st.sampled_from(("alert", "alert", "decide", "decide", "reject", "gone", "plate", "flies", "undo")),
        st.integers(1, 6),
    )
    | st.tuples(st.just("wait"), st.sampled_from((1, 3, 40, 4_000, 30_000))),
    max_size=20,
)


def differs_somewhere(story: list[Step]) -> bool:
    """Whether a desk's remembering snapshot is ever another than a fresh one. Alerts stand 40 m from each other, two to a plate."""
    desk, memo = a_connected_desk(), Memo()
    alerts: dict[int, Alert] = {}
    for seq, (what, number) in enumerate(story, 1):
        match what:
            case "alert" if number not in alerts:
                alert = an_alert(number, at=desk.now, lat_deg=40.75 + number * 36e-5, plate=PLATES[number % 3])
                alerts[number] = claimed(alert, "duarte", desk.now)
                desk.hears(AlertCame(alerts[number]))
            case "decide" | "reject" if number in alerts:
                desk.wants(SelectAlert(alerts[number].violation.id))
                desk.wants(*(MarkNotShown(fact) for fact in FACTS[1:]), ChooseDigit(1))  # type: ignore[arg-type]
                desk.wants(Confirm() if what == "decide" else Reject("not_a_violation"))
            case "gone":
                desk.hears(AlertGone(alerts[number].violation.id if number in alerts else an_id(900)))
            case "plate":
                desk.wants(SetFact("plate", PLATES[number % 2] or ""))
            case "flies":
                desk.hears(TelemetryCame(a_telemetry("nyc-17", seq=seq, at=desk.now, lat_deg=40.75 + seq * 1e-4)))
            case "undo":
                desk.wants(Undo())
            case "wait":
                desk.waits(number)
        desk.hears(Tick())
        if view(desk.state, desk.now, memo) != view(desk.state, desk.now):
            return True
    return False


@given(steps)
def test_what_is_remembered_is_what_would_be_made_anew(story: list[Step]) -> None:
    assert not differs_somewhere(story)


@pytest.mark.parametrize(
    "story",
    [
        [("alert", 1), ("decide", 1), ("wait", 30_000)],
        [("alert", 1), ("alert", 4)],
        [("alert", 1), ("alert", 2), ("plate", 1)],
    ],
    ids=["counters", "earlier here", "same plate"],
)
def test_control_a_memory_that_takes_everything_for_the_same_is_found(
    story: list[Step], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory, "_same", lambda one, other: True)

    assert differs_somewhere(story)
