"""The desk of a replay: time goes as the viewer says, a slow machine is slower and loses nothing, and nothing is ever sent."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic

import pytest

from ground_station.headless import Headless
from ground_station.links.replay_link import ReplayLink
from ground_station.replay_desk import BUDGET_S, ReplayDesk
from ground_station.shift_files import ShiftFile
from ground_station.view_model.events import AlertCame, LinkDown, LinkUp, TelemetryCame
from ground_station.view_model.intentions import (
    Claim,
    Confirm,
    ExportShift,
    FilterLog,
    ReplayGoTo,
    ReplayJump,
    ReplayPause,
    ReplaySpeed,
    SetTheme,
)
from ground_station.view_model.snapshot import StationView
from tests.ground_station.bridge_double import wait_for
from tests.ground_station.given import NOON, a_telemetry, an_alert, seconds
from tests.ground_station.test_replay import Recorded, comparable, the_file, without_details

MINUTES = 12


class Clock:
    """Seconds that the test turns; and that every look at it costs something, where a test wants that."""

    def __init__(self) -> None:
        self.now_s, self.each_look_s = 1000.0, 0.0

    def __call__(self) -> float:
        self.now_s += self.each_look_s
        return self.now_s


class Replayed:
    """A replay of a recorded file, and its clock."""

    def __init__(self, path: Path, speed: int = 1) -> None:
        self.clock = Clock()
        file = ShiftFile.open(path, None)
        self.link = ReplayLink(file)
        self.saved: list[tuple[str, str, str]] = []
        self.desk = ReplayDesk(
            self.link,
            file.about(),
            speed=speed,
            marks_s=file.alerts_s(),
            export=self._save,
            clock=self.clock,
        )
        self.desk.start()

    def _save(self, shift: str, path: str, kind: str, _cut: threading.Event) -> str:
        self.saved.append((shift, path, kind))
        return ""

    def until(self, true: Callable[[StationView], bool]) -> StationView:
        """Turns without the clock going on, until the replay has come so far."""
        shown = self.desk.pump()

        def has_come() -> bool:
            nonlocal shown
            shown = self.desk.pump()
            return true(shown)

        wait_for(has_come, "the replay did not come there", within_s=10.0)
        return shown

    def at(self, at: str) -> StationView:
        return self.until(
            lambda view: view.replay is not None and view.replay.at == at and "going" not in view.replay.state
        )


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, StationView]:
    """Twelve minutes with ten drones, an alert each minute; and the desk at the end of it."""
    made = Recorded(tmp_path_factory.mktemp("recorded"))
    made.hears(LinkUp())
    for second in range(1, MINUTES * 60):
        made.now = NOON + seconds(second)
        made.hears(
            *(
                TelemetryCame(a_telemetry(f"nyc-{n}", seq=second, at=made.now, lat_deg=40 + second / 1e4))
                for n in range(10)
            )
        )
        if second % 60 == 0:
            made.hears(AlertCame(an_alert(second, at=made.now)))
    made.hears(LinkDown("the end", None))
    return the_file(made.folder), comparable(made.ends(), made.now)


@pytest.fixture
def replay(recorded: tuple[Path, StationView]) -> Iterator[Callable[..., Replayed]]:
    started: list[Replayed] = []

    def start(speed: int = 1) -> Replayed:
        started.append(Replayed(recorded[0], speed))
        return started[-1]

    yield start
    for each in started:
        each.desk.stop()


def local(second: int) -> str:
    return (NOON + seconds(second)).astimezone().strftime("%H:%M:%S")


def test_time_goes_at_the_chosen_speed_and_stands_still_when_asked(replay: Callable[..., Replayed]) -> None:
    made = replay(10)
    made.clock.now_s += 6.5

    shown = made.at(local(65))
    assert len(shown.cards) == 1

    made.desk.do(ReplayPause())
    made.clock.now_s += 100
    assert made.desk.pump().replay.at == local(65)  # type: ignore[union-attr]

    made.desk.do(ReplayPause())
    made.desk.do(ReplaySpeed(1))
    made.clock.now_s += 3
    assert len(made.at(local(125)).cards) == 2


@pytest.mark.parametrize("speed", [1, 60])
def test_the_end_of_a_replay_is_the_end_of_the_shift(
    replay: Callable[..., Replayed], recorded: tuple[Path, StationView], speed: int
) -> None:
    made = replay(speed)
    made.clock.now_s += 60 * MINUTES

    made.until(lambda _view: made.desk.finished.is_set())

    assert made.desk.state is not None
    end = NOON + seconds(60 * MINUTES - 1)
    assert without_details(comparable(made.desk.state, end)) == without_details(recorded[1])


def test_a_jump_back_and_a_jump_forward_are_the_desk_of_then(replay: Callable[..., Replayed]) -> None:
    made = replay()
    made.desk.do(ReplayPause())

    made.desk.do(ReplayJump(600))
    assert len(made.at(local(600)).cards) == 10
    made.desk.do(ReplayGoTo((NOON + seconds(185)).timestamp()))
    shown = made.at(local(185))
    assert len(shown.cards) == 3
    assert shown.log[-1].text.startswith("Alert from")
    assert shown.fleet.live == 10
    made.desk.do(ReplayJump(-5000))
    assert made.at(local(0)).cards == ()


def test_a_machine_that_is_too_slow_replays_slower_and_leaves_nothing_out(
    replay: Callable[..., Replayed], recorded: tuple[Path, StationView]
) -> None:
    made = replay(60)
    made.clock.each_look_s = BUDGET_S / 20  # every moment costs half a millisecond
    steps = []
    while not made.desk.finished.is_set():
        made.clock.now_s += 0.05
        before_s = made.clock.now_s
        made.desk.pump()
        steps.append(made.clock.now_s - before_s)
        assert len(steps) < 20_000

    assert max(steps) < 2 * BUDGET_S
    assert made.desk.state is not None
    end = NOON + seconds(60 * MINUTES - 1)
    assert without_details(comparable(made.desk.state, end)) == without_details(recorded[1])


def test_a_viewer_is_told_that_nothing_can_be_sent_and_looks_as_he_likes(replay: Callable[..., Replayed]) -> None:
    made = replay()
    made.clock.now_s += 65
    made.at(local(65))

    assert "nothing can be decided" in made.desk.do(Claim()).message
    assert made.desk.do(Confirm()).desk.confirm_text == "A replay decides nothing"  # type: ignore[union-attr]
    shown = made.desk.do(FilterLog("alert", ""))
    assert [line.text.split(",")[0] for line in shown.log_view.lines] == ["Alert from nyc-17"]
    assert made.desk.do(SetTheme("night")).theme == "night"
    made.desk.do(ReplayGoTo((NOON + seconds(125)).timestamp()))
    assert made.at(local(125)).log_view.found == 2


def test_what_is_taken_in_between_two_turns_is_the_same_shift(
    replay: Callable[..., Replayed], recorded: tuple[Path, StationView]
) -> None:
    made, woken = replay(60), 0
    made.desk.take_in()

    def wake() -> None:
        nonlocal woken
        woken += 1

    made.desk._wake = wake
    between = 0
    while not made.desk.finished.is_set():
        made.clock.now_s += 0.05
        woken = 0
        made.desk.pump()
        assert woken == 0, "a turn that wakes leaves no time between"
        for part in range(3):
            made.clock.now_s += 0.05
            made.desk.take_in()
            assert woken == (part == 2) or made.desk.finished.is_set(), (
                "a turn is asked for once, when the last one is three periods ago"
            )
        between += woken

    assert between > 50
    assert made.desk.state is not None
    end = NOON + seconds(60 * MINUTES - 1)
    assert without_details(comparable(made.desk.state, end)) == without_details(recorded[1])


def test_a_replayed_shift_can_be_saved_too(replay: Callable[..., Replayed], recorded: tuple[Path, StationView]) -> None:
    made = replay()

    made.desk.do(ExportShift("/tmp/out.gpx", "gpx"))

    made.until(lambda view: view.message == "Shift saved as /tmp/out.gpx")
    assert made.saved == [(str(recorded[0]), "/tmp/out.gpx", "gpx")]


def test_the_second_front_end_shows_a_replay_and_ends_with_it(recorded: tuple[Path, StationView]) -> None:
    from io import StringIO

    out = StringIO()
    file = ShiftFile.open(recorded[0], None)

    def open_desk(wake: Callable[[], None], sound: object) -> ReplayDesk:
        return ReplayDesk(ReplayLink(file), file.about(), speed=60, wake=wake, clock=lambda: 50 * monotonic())

    assert Headless(open_desk, out, None).run() == 0

    said = out.getvalue()
    assert "replay: REPLAY" in said
    assert said.count("log: Alert from nyc-17") == MINUTES - 1
