"""The running desk around its rules: journal before link, nothing lost at the end, no waiting in the front end's thread."""

from __future__ import annotations

import threading
from pathlib import Path

from ground_station.desk import MUCH, Desk, FindWords
from ground_station.journal import Journal, decided, shown
from ground_station.links.link import Deliver
from ground_station.view_model.events import AlertCame, AnswerCame, BridgeCame, LinkUp, TelemetryCame
from ground_station.view_model.intentions import AlertsOnScreen, ChooseDigit, Claim, Confirm, SetFact
from messages.codec import decode
from messages.model import Correction
from messages.state import Command, DeskAnswer, DeskRequest
from tests.ground_station.bridge_double import wait_for
from tests.ground_station.given import NOON, a_bridge_status, a_telemetry, an_alert, claimed, dice_from, seconds


class FakeLink:
    """Hands over what the test gives it, and keeps what the desk sends. `answers` decides whether decisions are answered at once."""

    def __init__(self, journal_path: Path, *, answers: bool) -> None:
        self.asked: list[DeskRequest] = []
        self.decided: list[bytes] = []
        self.in_journal_when_sent: list[bool] = []
        self.stopped = False
        self._path, self._answers = journal_path, answers
        self.deliver: Deliver = lambda event: None

    def start(self, deliver: Deliver) -> None:
        self.deliver = deliver

    def ask(self, request: DeskRequest) -> None:
        self.asked.append(request)

    def decide(self, payload: bytes, correction_id: str) -> None:
        correction = decode(payload)
        assert isinstance(correction, Correction)
        self.in_journal_when_sent.append(correction_id in {each.correction_id for each in decided(self._path)})
        self.decided.append(payload)
        if self._answers:
            answer = DeskAnswer(id=correction_id, violation_id=correction.violation_id, ok=True, reason="", at=NOON)
            self.deliver(AnswerCame(answer))

    def order(self, command: Command) -> None:
        raise AssertionError("not used here")

    def retry_headquarters(self) -> None:
        raise AssertionError("not used here")

    def retry_now(self) -> None:
        raise AssertionError("not used here")

    def stop(self) -> None:
        self.stopped = True


class Clock:
    """A clock that the test turns."""

    def __init__(self) -> None:
        self.now = NOON


def here(_lat_deg: float, _lon_deg: float) -> tuple[str | None, int | None]:
    return "here", 14


def opened(
    path: Path, clock: Clock, *, answers: bool = True, find_words: FindWords = here
) -> tuple[Desk, FakeLink, threading.Event]:
    link, woken = FakeLink(path, answers=answers), threading.Event()
    journal = Journal.open(path, station="midtown", officer="duarte", now=clock.now, dice=dice_from())
    desk = Desk(
        link,
        journal,
        station="midtown",
        officer="duarte",
        lost_after_s=3.5,
        wake=woken.set,
        clock=lambda: clock.now,
        find_words=find_words,
    )
    desk.start()
    return desk, link, woken


def decide(desk: Desk, link: FakeLink) -> None:
    alert = an_alert(1, plate_expiry="2027-03")
    link.deliver(LinkUp())
    link.deliver(BridgeCame(a_bridge_status()))
    link.deliver(AlertCame(alert))
    desk.pump()
    desk.do(Claim())
    link.deliver(AlertCame(claimed(alert, "duarte", NOON)))
    desk.pump()
    desk.do(ChooseDigit(1))
    desk.do(Confirm())


def test_a_decision_is_on_disk_before_it_is_sent_and_answered_once(tmp_path: Path) -> None:
    clock = Clock()
    desk, link, woken = opened(tmp_path / "desk.db", clock)
    decide(desk, link)
    assert woken.is_set()
    clock.now = NOON + seconds(2.5)
    desk.pump()
    wait_for(lambda: bool(link.decided), "the decision was not sent")
    wait_for(lambda: desk.pump().kept == 0, "the answer did not arrive")
    desk.stop()

    assert link.in_journal_when_sent == [True]
    assert link.stopped


def test_much_that_came_is_taken_in_between_two_snapshots_and_little_waits(tmp_path: Path) -> None:
    desk, link, _ = opened(tmp_path / "desk.db", Clock())
    for number in range(MUCH - 1):
        link.deliver(TelemetryCame(a_telemetry(f"nyc-{number:03d}")))
    desk.take_in()
    little = len(desk.state.fleet.drones)
    link.deliver(TelemetryCame(a_telemetry("nyc-999")))
    desk.take_in()
    much = len(desk.state.fleet.drones)
    shown = desk.pump()
    desk.stop()

    assert (little, much) == (0, MUCH)
    assert len(shown.fleet.rows) == MUCH


def test_closing_sends_what_is_held_and_takes_its_answer(tmp_path: Path) -> None:
    desk, link, _ = opened(tmp_path / "desk.db", Clock())
    decide(desk, link)
    desk.stop()

    assert len(link.decided) == 1
    reopened = Journal.open(tmp_path / "desk.db", station="midtown", officer="duarte", now=NOON, dice=dice_from())
    assert reopened.kept() == ()
    reopened.close()


def test_an_unanswered_decision_and_a_half_typed_form_are_there_at_the_next_start(tmp_path: Path) -> None:
    clock = Clock()
    desk, link, _ = opened(tmp_path / "desk.db", clock, answers=False)
    decide(desk, link)
    other = an_alert(2)
    link.deliver(AlertCame(other))
    desk.pump()
    desk.do(SetFact("plate", "HALF"))
    desk.stop()

    again, new_link, _ = opened(tmp_path / "desk.db", clock)
    new_link.deliver(LinkUp())
    new_link.deliver(AlertCame(other))
    view = again.pump()
    wait_for(lambda: bool(new_link.decided), "the decision was not sent again")
    again.stop()

    assert new_link.decided == link.decided
    assert view.desk is not None
    assert view.desk.fields[0].value == "HALF"


def test_the_first_showing_is_written(tmp_path: Path) -> None:
    desk, link, _ = opened(tmp_path / "desk.db", Clock())
    link.deliver(AlertCame(an_alert(1)))
    view = desk.pump()
    desk.do(AlertsOnScreen(tuple(card.violation_id for card in view.cards)))
    wait_for(lambda: desk.pump().cards[0].title == "here", "the place was not found")
    desk.stop()

    assert [each.violation_id for each in shown(tmp_path / "desk.db")] == [an_alert(1).violation.id]


def test_a_closed_desk_has_no_thread_left_and_looks_up_no_more_places(tmp_path: Path) -> None:
    asked, begun, may_go_on = [], threading.Event(), threading.Event()

    def slow(lat_deg: float, lon_deg: float) -> tuple[str | None, int | None]:
        asked.append((lat_deg, lon_deg))
        begun.set()
        assert may_go_on.wait(30.0)
        return "here", 14

    before = set(threading.enumerate())
    desk, link, _ = opened(tmp_path / "desk.db", Clock(), find_words=slow)
    for number in range(1, 4):
        link.deliver(AlertCame(an_alert(number)))
    desk.pump()
    assert begun.wait(10.0)
    assert {thread.name for thread in set(threading.enumerate()) - before} == {"desk-worker", "desk-places"}

    closing = threading.Thread(target=desk.stop, name="front-end")
    closing.start()
    wait_for(desk._closing.is_set, "the desk did not begin to close")
    may_go_on.set()
    closing.join(30.0)

    assert set(threading.enumerate()) - before == set()
    assert len(asked) == 1


def test_a_journal_that_can_not_be_written_is_said(tmp_path: Path) -> None:
    desk, link, _ = opened(tmp_path / "desk.db", Clock())
    desk._journal.close()
    decide(desk, link)

    assert desk.failed.wait(10.0)
    desk._outgoing.put(None)
