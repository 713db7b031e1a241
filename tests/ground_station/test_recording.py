"""What a shift leaves on disk: all of it but the last second after a kill, its owner's alone, bounded, and never in the desk's way."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from ground_station.desk import Desk
from ground_station.recording import BLOCK_S, Limits, Recorder, tidy
from ground_station.shift_files import ShiftFile, ShiftFileError, find_shift, hold, shifts_in
from ground_station.view_model.events import AlertCame, LinkDown, LinkUp, PictureCame, RecordingChanged, TelemetryCame
from ground_station.view_model.moments import Began, Moment
from tests.ground_station.given import NOON, PICTURE, a_connected_desk, a_telemetry, an_alert, seconds, with_picture
from tests.ground_station.test_replay import ROOM, Recorded, comparable, replayed, the_file, without_details


def a_shift(folder: Path, **changes: object) -> Path:
    """A short recorded shift with an alert and its picture."""
    made = Recorded(folder, **changes)  # type: ignore[arg-type]
    alert = with_picture(an_alert(1))
    made.hears(LinkUp(), TelemetryCame(a_telemetry()))
    made.now += seconds(1)
    made.hears(AlertCame(alert), PictureCame(alert.violation.id, PICTURE, alert.picture.sha256))  # type: ignore[union-attr]
    made.now += seconds(1)
    made.hears(LinkDown("the end", None))
    made.ends()
    return the_file(folder)


def test_a_shift_is_its_owners_alone(tmp_path: Path) -> None:
    path = a_shift(tmp_path)

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert b"KJH 4T2" not in path.read_bytes()  # compressed: a search over the disk finds no plate by chance


def test_with_a_key_nothing_can_be_read_without_it(tmp_path: Path) -> None:
    path = a_shift(tmp_path, key="it's secret")

    assert not path.read_bytes().startswith(b"SQLite format 3")
    with pytest.raises(ShiftFileError, match="it is encrypted: set KESTREL_STORE_KEY"):
        ShiftFile.open(path, None)
    with pytest.raises(ShiftFileError, match="another key"):
        ShiftFile.open(path, "guessed")
    file = ShiftFile.open(path, "it's secret")
    assert file.about().alerts == 1
    file.close()


def test_the_pictures_are_there_again(tmp_path: Path) -> None:
    state = replayed(a_shift(tmp_path))

    (image,) = state.queue.images.values()
    assert image.data == PICTURE


def test_a_desk_opened_again_goes_on_with_its_shift_and_its_log(tmp_path: Path) -> None:
    first = a_shift(tmp_path)

    again = Recorded(tmp_path)

    assert again.recorder.lines[0].text == "Connected"
    assert again.desk.state.log.lines == again.recorder.lines
    assert the_file(tmp_path) == first
    again.ends()


def test_after_more_than_an_hour_it_is_another_shift(tmp_path: Path) -> None:
    a_shift(tmp_path)
    later = NOON + timedelta(hours=1, seconds=3)

    other = Recorder(
        tmp_path / "shifts", station="midtown", officer="duarte", key=None, limits=ROOM, clock=lambda: later
    )

    assert other.lines == ()
    assert len(list((tmp_path / "shifts").glob("*.shift"))) == 2
    other.stop()


def test_two_desks_of_an_officer_never_write_one_file(tmp_path: Path) -> None:
    one = Recorded(tmp_path / "one")
    folder = tmp_path / "one" / "shifts"

    other = Recorder(folder, station="midtown", officer="duarte", key=None, limits=ROOM, clock=lambda: NOON)

    assert len(list(folder.glob("*.shift"))) == 2
    other.stop()
    one.ends()


def test_two_stretches_of_a_shift_are_replayed_one_after_the_other(tmp_path: Path) -> None:
    made = Recorded(tmp_path)
    made.hears(LinkUp(), AlertCame(an_alert(1)))
    made.hears(LinkDown("the end", None))
    made.ends()
    again = Recorded(tmp_path)
    again.now = NOON + seconds(300)
    again.hears(LinkUp(), AlertCame(an_alert(2)))
    again.hears(LinkDown("the end", None))
    live = comparable(again.ends(), again.now)

    file = ShiftFile.open(the_file(tmp_path), None)
    began = [past for past in file.past() if isinstance(past, Began)]
    file.close()

    assert len(began) == 2
    assert without_details(comparable(replayed(the_file(tmp_path)), again.now)) == without_details(live)
    assert [line.text for line in again.desk.state.log.lines].count("Connected") == 2


def test_old_shifts_go_first_and_a_running_one_of_another_desk_never(tmp_path: Path) -> None:
    folder = tmp_path / "shifts"
    folder.mkdir()
    now_s = NOON.timestamp()
    for days in (1, 5, 40):
        path = folder / f"midtown-duarte-{days}.shift"
        path.write_bytes(b"x" * 1000)
        os.utime(path, (now_s - days * 86_400, now_s - days * 86_400))
    held = hold(folder / "midtown-duarte-5.shift")

    deleted = tidy(folder, None, Limits(total_bytes=1_500, days=30.0), NOON)

    assert [path.stem for path in deleted] == ["midtown-duarte-40", "midtown-duarte-1"]
    assert [path.name for path in folder.glob("*.shift")] == ["midtown-duarte-5.shift"]
    assert held is not None
    held.close()


def test_a_running_shift_gives_up_its_oldest_stretch_and_can_still_be_replayed(tmp_path: Path) -> None:
    made = Recorded(tmp_path)
    made.hears(LinkUp())
    for number in range(1, 700):
        made.now += seconds(1)
        made.hears(*(TelemetryCame(a_telemetry(f"nyc-{n}", seq=number, at=made.now)) for n in range(5)))
        if number % 100 == 0:
            assert made.recorder.flush()
    made.hears(AlertCame(an_alert(1)), LinkDown("the end", None))
    assert made.recorder.flush()
    writing = made.recorder._file
    assert writing is not None
    before = writing.used_bytes()

    assert tidy(tmp_path / "shifts", writing, Limits(total_bytes=before * 2 // 3, days=30.0), made.now) == []

    assert writing.used_bytes() <= before * 2 // 3
    live = comparable(made.ends(), made.now)
    again = comparable(replayed(the_file(tmp_path)), made.now)
    assert without_details(again, track=False) == without_details(live, track=False)
    assert the_file(tmp_path).is_file()


def test_a_disk_that_refuses_is_said_and_the_desk_goes_on(tmp_path: Path) -> None:
    (tmp_path / "shifts").write_text("a file where the folder should be")
    made = Recorded(tmp_path)

    made.hears(LinkUp(), AlertCame(an_alert(1)))
    assert made.recorder.flush()
    made.hears()

    assert "not being recorded" in " ".join(line.text for line in made.desk.state.log.lines)
    assert made.desk.state.selected == an_alert(1).violation.id
    made.hears(LinkDown("the end", None))
    made.ends()


def test_what_does_not_fit_into_memory_begins_another_stretch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that hangs: what heaps up is given up, and the recording says honestly where."""
    recorder = Recorder(tmp_path, station="midtown", officer="duarte", key=None, limits=ROOM, clock=lambda: NOON)
    monkeypatch.setattr("ground_station.recording.MOST_WAITING", 3)
    desk = a_connected_desk()
    for number in range(6):  # the recorder's thread has not begun yet
        recorder.note(Moment(NOON + seconds(number)), desk.state)
    monkeypatch.setattr("ground_station.recording.MOST_WAITING", 100)
    recorder.note(Moment(NOON + seconds(9)), desk.state)
    recorder.start(lambda event: None)
    recorder.stop()

    (path,) = tmp_path.glob("*.shift")
    file = ShiftFile.open(path, None)
    past = [(type(each).__name__, (each.at - NOON).total_seconds()) for each in file.past()]
    file.close()
    assert past == [("Began", 0.0), ("Moment", 1.0), ("Moment", 2.0), ("Began", 9.0)]


def test_a_file_that_is_no_shift_is_named_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "broken.shift").write_bytes(b"not a database at all" * 100)
    path = a_shift(tmp_path)
    data = path.read_bytes()
    (path.parent / "cut.shift").write_bytes(data[: len(data) // 3])

    listed = shifts_in(path.parent, None)

    assert [shift.name for shift in listed if not shift.problem] == [path.stem]
    assert find_shift(path.parent, "latest", None) == path
    assert find_shift(path.parent, "midtown", None) == path
    with pytest.raises(ShiftFileError, match="there is no shift 'harlem'"):
        find_shift(path.parent, "harlem", None)
    with pytest.raises(ShiftFileError):
        ShiftFile.open(tmp_path / "broken.shift", None)


KILLED = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from threading import Event
from ground_station import recording
from ground_station.recording import Limits, Recorder
from ground_station.view_model.moments import Moment
from ground_station.view_model.events import TelemetryCame
from ground_station.view_model.station import handle
from tests.ground_station.given import a_connected_desk, a_telemetry, dice_from

recording.BLOCK_S = float(sys.argv[2])
recorder = Recorder(Path(sys.argv[1]), station="midtown", officer="duarte", key=None, limits=Limits(10**9, 30.0))
desk = a_connected_desk()
recorder.start(lambda event: None)
wait = Event()
number = 0
while True:
    number += 1
    now = datetime.now(UTC)
    events = [TelemetryCame(a_telemetry(f"nyc-{n}", seq=number, at=now)) for n in range(20)]
    state, _ = handle(desk.state, events, now, dice_from())
    desk.state = state
    recorder.note(Moment(now, tuple(events)), state)
    print(number, now.timestamp(), flush=True)
    wait.wait(0.02)
"""


def killed_after(folder: Path, lines: int, block_s: float) -> float:
    """Record in a process of its own, kill it; how many seconds of what it took in are not on disk."""
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(folder), str(block_s)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    assert process.stdout is not None
    said = []
    for line in process.stdout:
        said.append(line.split())
        if len(said) >= lines:
            process.send_signal(signal.SIGKILL)
            break
    said += [line.split() for line in process.stdout if len(line.split()) == 2]
    process.wait()
    process.stdout.close()
    (path,) = folder.glob("*.shift")
    file = ShiftFile.open(path, None)
    at = [past.at for past in file.past() if isinstance(past, Moment)]
    file.close()
    assert len(at) == len(set(at))
    held = hold(path)
    assert held is not None  # the lock went with its process
    held.close()
    return float(said[-1][1]) - (at[-1].timestamp() if at else float(said[0][1]))


def test_a_kill_loses_less_than_a_second_and_damages_nothing(tmp_path: Path) -> None:
    assert killed_after(tmp_path, 120, BLOCK_S) < 1.0


def test_a_recorder_that_dawdles_is_found_out(tmp_path: Path) -> None:
    """The control: blocks of a minute lose all that the test above looks for."""
    assert killed_after(tmp_path, 60, 60.0) > 1.0


def test_the_desk_is_told_where_its_shift_is(tmp_path: Path) -> None:
    made = Recorded(tmp_path)
    assert made.recorder.flush()
    made.hears()

    assert made.desk.state.recording == str(the_file(tmp_path))
    assert isinstance(made.desk, Desk)
    assert RecordingChanged("").problem == ""
    made.ends()
