"""A recorded shift makes the same desk again: whatever came in, whatever the officer did, wherever one jumps."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from random import Random

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ground_station.desk import Desk
from ground_station.journal import Journal
from ground_station.recording import Limits, Recorder
from ground_station.shift_files import ShiftFile
from ground_station.view_model import replay
from ground_station.view_model.events import (
    AlertCame,
    AlertGone,
    AnswerCame,
    BridgeCame,
    Event,
    HealthCame,
    LinkDown,
    LinkUp,
    PictureCame,
    PlaceFound,
    StatusCame,
    TelemetryCame,
)
from ground_station.view_model.intentions import (
    ChooseDigit,
    Claim,
    Confirm,
    Intention,
    MarkNotShown,
    MoveSelection,
    PassOn,
    Reject,
    ReplayGoTo,
    ReplayJump,
    ReplayPause,
    ReplaySpeed,
    SelectAlert,
    SelectDrone,
    SetFact,
    TakeControl,
    Undo,
)
from ground_station.view_model.moments import Began, Moment, Thinner, block_of, moments_of
from ground_station.view_model.replay import Looking, Player, after, looked, played, position
from ground_station.view_model.snapshot import StationView
from ground_station.view_model.station_state import DeskState
from ground_station.view_model.view import view
from messages.state import DeskAnswer, DroneStatus
from tests.ground_station.given import (
    NOON,
    PICTURE,
    a_bridge_status,
    a_health,
    a_telemetry,
    an_alert,
    claimed,
    seconds,
    with_picture,
)

ROOM = Limits(total_bytes=10**9, days=30.0)


class SilentLink:
    """A link that brings what the test hands in, and remembers the last request."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def start(self, deliver: object) -> None: ...

    def ask(self, request: object) -> None: ...

    def decide(self, payload: bytes, correction_id: str) -> None: ...

    def order(self, command: object) -> None: ...

    def retry_headquarters(self) -> None: ...

    def retry_now(self) -> None: ...

    def stop(self) -> None: ...


class Recorded:
    """A desk whose clock the test turns, and the recorder beside it."""

    def __init__(self, folder: Path, seed: int = 1, *, key: str | None = None, limits: Limits = ROOM) -> None:
        self.now = NOON
        self.folder = folder
        dice = Random(seed)
        self.recorder = Recorder(
            folder / "shifts", station="midtown", officer="duarte", key=key, limits=limits, clock=lambda: self.now
        )
        journal = Journal.open(
            folder / "desk.db", station="midtown", officer="duarte", now=NOON, dice=lambda: dice.getrandbits(80)
        )
        self.desk = Desk(
            SilentLink(),
            journal,
            station="midtown",
            officer="duarte",
            lost_after_s=3.5,
            recorder=self.recorder,
            clock=lambda: self.now,
            dice=lambda: dice.getrandbits(80),
        )
        self.desk.start()

    def hears(self, *events: Event) -> None:
        for event in events:
            self.desk.deliver(event)
        self.desk.pump()

    def ends(self) -> DeskState:
        self.desk.stop()
        return self.desk.state


def the_file(folder: Path) -> Path:
    (path,) = (folder / "shifts").glob("*.shift")
    return path


def replayed(path: Path, since: datetime | None = None, upto: datetime | None = None) -> DeskState:
    """The desk at the end of the recording (or the last moment up to `upto`), made again from the kept desk before `since`."""
    file = ShiftFile.open(path, None)
    state: DeskState | None = None
    for past in file.past(since):
        if upto is not None and past.at > upto:
            break
        if isinstance(past, Began):
            state = past.state
        else:
            assert state is not None
            state = after(state, past)
    file.close()
    assert state is not None
    return state


def comparable(state: DeskState, now: datetime) -> StationView:
    """The whole window, but for the filters, which belong to who looks."""
    return msgspec.structs.replace(view(state, now), preferences={})


STEPS = st.sampled_from(
    [
        "telemetry",
        "alert",
        "claim",
        "keys",
        "answer",
        "picture",
        "down",
        "up",
        "health",
        "gone",
        "wait",
        "long",
        "bridge",
    ]
    + ["telemetry"] * 4
)


def a_step(made: Recorded, step: str, rng: Random, seqs: dict[str, int]) -> None:
    """Something that happens on a shift."""
    alerts = [an_alert(number, at=NOON) for number in range(1, 4)]
    alert = rng.choice(alerts)
    match step:
        case "telemetry":
            for number in range(4):
                drone_id = f"nyc-{number}"
                seqs[drone_id] = seqs.get(drone_id, 0) + 1
                made.hears(
                    TelemetryCame(
                        a_telemetry(
                            drone_id,
                            seq=seqs[drone_id] if rng.random() > 0.1 else max(1, seqs[drone_id] - 3),
                            at=made.now - seconds(rng.choice([0, 0.2, 30])),
                            lat_deg=40.7 + rng.random() / 100,
                            battery_pct=rng.choice([12.0, 18.0, 24.0, 28.0, 70.0]),
                            phase=rng.choice(["patrol", "inspect"]),
                        )
                    )
                )
        case "alert":
            made.hears(AlertCame(with_picture(alert)), PlaceFound(alert.violation.id, "E 42nd Street", 14))
        case "claim":
            made.desk.do(Claim())
            chosen = made.desk.state.selected
            entry = made.desk.state.queue.entries.get(chosen or "")
            if entry is not None and entry.alert.state in ("new", "seen"):
                made.hears(AlertCame(claimed(entry.alert, rng.choice(["duarte", "moreno"]), made.now)))
        case "keys":
            keys: list[Intention] = [
                ChooseDigit(rng.randint(1, 9)),
                SetFact("plate_expiry", "2027-03"),
                MarkNotShown("plate_expiry"),
                Confirm(),
                Undo(),
                Reject("no violation to be seen"),
                MoveSelection(1),
                PassOn(),
                SelectDrone("nyc-1"),
                TakeControl("nyc-2"),
            ]
            for intention in rng.sample(keys, 4):
                made.desk.do(intention)
        case "answer":
            for kept in made.desk.state.outbox.kept[:1]:
                ok = rng.random() > 0.3
                made.hears(
                    AnswerCame(
                        DeskAnswer(
                            id=kept.correction_id,
                            violation_id=kept.violation_id,
                            ok=ok,
                            reason="" if ok else "claimed by moreno",
                            at=made.now,
                        )
                    )
                )
        case "picture":
            made.hears(PictureCame(alert.violation.id, PICTURE, with_picture(alert).picture.sha256))  # type: ignore[union-attr]
        case "down":
            made.hears(LinkDown("connection lost", made.now + seconds(2)))
        case "up":
            made.hears(LinkUp(), BridgeCame(a_bridge_status(made.now)))
        case "bridge":
            made.hears(BridgeCame(a_bridge_status(made.now, state=rng.choice(["online", "full", "offline"]))))
        case "health":
            made.hears(
                HealthCame(a_health("nyc-1", seq=rng.randint(1, 9))),
                StatusCame(DroneStatus(drone_id="nyc-2", boot=1, state="stopped", at=made.now)),
            )
        case "gone":
            made.hears(AlertGone(alert.violation.id))
        case "wait":
            made.now += seconds(rng.choice([0.25, 1.0, 4.0]))
        case "long":
            made.now += seconds(130)
    made.now += seconds(0.25)
    made.desk.pump()


@settings(max_examples=25)
@given(steps=st.lists(STEPS, min_size=5, max_size=40), seed=st.integers(0, 2**16))
def test_a_replay_makes_the_same_desk_as_it_was(
    tmp_path_factory: pytest.TempPathFactory, steps: list[str], seed: int
) -> None:
    folder = tmp_path_factory.mktemp("shift")
    made, rng, seqs = Recorded(folder, seed), Random(seed), dict[str, int]()
    made.hears(LinkUp(), BridgeCame(a_bridge_status()))
    middle: StationView | None = None
    middle_at = made.now
    for number, step in enumerate(steps):
        a_step(made, step, rng, seqs)
        if number == len(steps) // 2:
            middle, middle_at = comparable(made.desk.state, made.now), made.now
            made.now += seconds(0.001)  # what comes next is later
    made.hears(LinkDown("the end", None))  # a desk with a link waits for answers when it is closed
    live = comparable(made.ends(), made.now)

    again = comparable(replayed(the_file(folder)), made.now)
    assert without_details(again) == without_details(live)
    assert middle is not None
    assert without_details(comparable(replayed(the_file(folder), upto=middle_at), middle_at)) == without_details(middle)
    jumped = comparable(replayed(the_file(folder), since=middle_at, upto=middle_at), middle_at)
    assert without_details(jumped, track=False) == without_details(middle, track=False)


def decided_once(folder: Path) -> Recorded:
    """A shift with one alert that was claimed, decided, and whose decision was answered."""
    made = Recorded(folder)
    alert = an_alert(1, plate_expiry="2027-03")
    made.hears(LinkUp(), BridgeCame(a_bridge_status()))  # the recording's stretch begins here
    made.hears(AlertCame(alert))
    made.desk.do(Claim())
    made.hears(AlertCame(claimed(alert, "duarte", made.now)))
    made.desk.do(ChooseDigit(1))
    made.desk.do(Confirm())
    (kept,) = made.desk.state.outbox.kept
    answer = DeskAnswer(id=kept.correction_id, violation_id=kept.violation_id, ok=True, reason="", at=made.now)
    made.hears(AnswerCame(answer))
    made.hears(LinkDown("the end", None))
    return made


def test_a_replay_that_forgot_the_dice_is_found_out(tmp_path: Path) -> None:
    """The control: without what the dice showed, the answer of then finds no decision to answer."""
    made = decided_once(tmp_path)
    live = made.ends()
    file = ShiftFile.open(the_file(tmp_path), None)
    forgetful: DeskState | None = None
    for past in file.past():
        if isinstance(past, Began):
            forgetful = past.state
        elif forgetful is not None:
            forgetful = after(forgetful, msgspec.structs.replace(past, draws=b""))
    file.close()

    assert forgetful is not None
    assert live.outbox.kept == ()
    assert without_details(comparable(forgetful, made.now)) != without_details(comparable(live, made.now))
    again = replayed(the_file(tmp_path))
    assert without_details(comparable(again, made.now)) == without_details(comparable(live, made.now))


def without_details(shown: StationView, *, track: bool = True) -> StationView:
    """Without what thinned telemetry tells only every 5 s: a drone's temperature, load and the like."""
    rows = tuple(msgspec.structs.replace(row, battery_pct=None, link_pct=None, temp_c=None) for row in shown.fleet.rows)
    changes: dict[str, object] = {"fleet": msgspec.structs.replace(shown.fleet, rows=rows), "drone": None}
    if not track:
        changes["scene"] = msgspec.structs.replace(shown.scene, track=())
    return msgspec.structs.replace(shown, **changes)


def test_thinned_telemetry_keeps_every_place_and_every_battery_step() -> None:
    thinner = Thinner()
    events = [
        TelemetryCame(a_telemetry(seq=n, at=NOON + seconds(n), lat_deg=40 + n / 1000, battery_pct=31.0 - n / 2))
        for n in range(1, 21)
    ]

    thin = thinner.thinned(events)

    whole = [n for n, event in enumerate(thin, 1) if isinstance(event, TelemetryCame)]
    assert whole[0] == 1
    assert len(whole) < 10
    assert 2 in whole  # 30 %: the edge out of the low band
    assert 12 in whole  # 25 %
    places = [e.telemetry.lat_deg if isinstance(e, TelemetryCame) else e.lat_deg for e in thin]  # type: ignore[union-attr]
    assert places == [event.telemetry.lat_deg for event in events]


def test_pictures_are_apart_from_the_blocks_and_come_back() -> None:
    moments = (Moment(NOON, (PictureCame("v", PICTURE, "d"), PictureCame("w", PICTURE, "d"))),)

    data, pictures = block_of(moments)

    assert pictures == {"d": PICTURE}
    assert PICTURE not in data
    assert moments_of(data, pictures.__getitem__) == moments
    with pytest.raises(ValueError, match=r"\w"):
        moments_of(data[:-3], pictures.__getitem__)


PLAYER = Player(start=NOON, end=NOON + timedelta(hours=1), at=NOON, since_s=100.0, speed=10)


def test_the_player_keeps_the_time_and_stops_at_the_end() -> None:
    assert position(PLAYER, 101.5) == NOON + seconds(15)
    assert position(PLAYER, 100.0 + 3600) == PLAYER.end
    paused = played(PLAYER, ReplayPause(), 103.0)
    assert position(paused, 200.0) == NOON + seconds(30)
    assert position(played(paused, ReplayPause(), 200.0), 201.0) == NOON + seconds(40)


def test_speed_goes_in_steps_from_1_to_60_without_a_leap_in_time() -> None:
    player = PLAYER
    for _ in range(9):
        player = played(player, ReplaySpeed(1), 102.0)
    assert player.speed == 60
    assert position(player, 102.0) == NOON + seconds(20)
    for _ in range(9):
        player = played(player, ReplaySpeed(-1), 102.0)
    assert player.speed == 1


def test_a_jump_stays_within_the_shift_and_going_on_at_the_end_begins_again() -> None:
    assert played(PLAYER, ReplayJump(-50.0), 101.0).at == NOON
    assert played(PLAYER, ReplayJump(1e6), 101.0).at == PLAYER.end
    assert played(PLAYER, ReplayGoTo((NOON + seconds(60)).timestamp()), 101.0).at == NOON + seconds(60)
    assert position(played(PLAYER, ReplayPause(), 1e6), 1e6) == NOON


@pytest.mark.parametrize(
    "intention",
    [Claim(), Confirm(), Reject("no"), PassOn(), Undo(), TakeControl("nyc-1"), SetFact("plate", "X"), ChooseDigit(1)],
)
def test_what_would_be_sent_is_answered_in_words(intention: Intention) -> None:
    from tests.ground_station.given import a_connected_desk

    desk = a_connected_desk(an_alert(1))

    looking = looked(Looking(), intention, desk.state, NOON, 5.0)

    assert looking.message == "This is a replay: nothing can be decided, claimed or sent"
    assert looking.alert is None


def test_the_viewer_looks_at_another_alert_and_the_recorded_officer_goes_on_with_his() -> None:
    from tests.ground_station.given import a_connected_desk

    first, second = an_alert(1), an_alert(2)
    desk = a_connected_desk(first, second)
    looking = looked(Looking(), SelectAlert(second.violation.id), desk.state, NOON, 0.0)

    shown = replay.replayed_view(desk.state, looking, PLAYER, NOON, 100.0, zone=None, marks_s=(), going=False)

    assert shown.desk is not None
    assert shown.desk.violation_id == second.violation.id
    assert (shown.desk.editable, shown.desk.confirm_ready, shown.undo) == (False, False, None)
    assert desk.state.selected == first.violation.id
    assert shown.window_title.startswith("REPLAY")
    assert shown.replay is not None
    assert "nothing can be sent" in shown.replay.banner
