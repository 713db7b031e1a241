"""A shift on disk while it happens: one SQLite file, written by a thread of its own, and cut off by a kill at most a second before it.

    front end's thread ──note(moment, desk)──▶ queue ──▶ recorder's thread ──every 0.75 s──▶ one transaction: block, lines, pictures

SQLite, because it is what the journal is: a transaction is there or not there whatever happens, a reader may look on meanwhile, old
stretches can be given up in place, and SQLCipher encrypts it with the station's key. A log of our own would have to be taught all four.
The file is its owner's alone (mode 0600): it holds plates and pictures of them.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from queue import Empty, SimpleQueue
from time import monotonic
from typing import NamedTuple

import msgspec
import sqlcipher3.dbapi2 as sqlite

from ground_station.shift_files import END, Held, ShiftFile, ShiftFileError, connected, hold, made
from ground_station.view_model.events import Event, RecordingChanged
from ground_station.view_model.moments import Moment, Thinner, block_of, state_block
from ground_station.view_model.snapshot import LogLine
from ground_station.view_model.station_state import DeskState

log = logging.getLogger(__name__)

BLOCK_S = 0.75  # a kill loses what came since the last block, and is to lose less than a second
STATE_EVERY = timedelta(seconds=120)  # so far has a jump to go on by itself
SAME_SHIFT = timedelta(hours=1)  # a desk opened again within it goes on with the same file
TRY_AGAIN_S = 15.0  # after a disk that refused
TIDY_EVERY_S = 60.0
MOST_WAITING = 5_000  # moments in memory while the disk does not answer: about 20 min
STOP_S = 3.0


class Limits(NamedTuple):
    """How much may be kept, in all files of the folder together."""

    total_bytes: int
    days: float


class _Noted(NamedTuple):
    moment: Moment
    state: DeskState  # after the moment
    after_gap: bool  # what came before it was given up


class Recorder:
    """Records one desk. `note` may be called from one thread, the others from any; none of them waits for the disk but `flush`."""

    def __init__(
        self,
        folder: Path,
        *,
        station: str,
        officer: str,
        key: str | None,
        limits: Limits,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),  # noqa: TID251 - a shell's clock
    ) -> None:
        self._folder, self._station, self._officer = folder, station, officer
        self._key, self._limits, self._clock = key, limits, clock
        self._queue: SimpleQueue[_Noted | threading.Event | None] = SimpleQueue()
        self._deliver: Callable[[Event], None] = lambda event: None
        self._file: _Writing | None = None
        self._problem, self._failed_s, self._gap = "", monotonic(), False
        self.lines: tuple[LogLine, ...] = ()  # of the same shift, from before the desk was opened again
        try:
            self._file = self._opened()
            self.lines = self._file.lines()
        except (ShiftFileError, OSError, sqlite.Error) as error:
            self._problem = _words(error)
        self._thread = threading.Thread(target=self._run, name="desk-recorder", daemon=True)

    def start(self, deliver: Callable[[Event], None]) -> None:
        """Begin to write. `deliver` is told what the recording can or can't do; it is called in the recorder's thread."""
        self._deliver = deliver
        self._thread.start()

    def note(self, moment: Moment, state: DeskState) -> None:
        """What the desk took in, and the desk after it."""
        if self._queue.qsize() >= MOST_WAITING:
            self._gap = True
            return
        self._queue.put(_Noted(moment, state, self._gap))
        self._gap = False

    def flush(self, wait_s: float = 10.0) -> bool:
        """Wait until everything noted so far is on disk; False if it is not after `wait_s`."""
        done = threading.Event()
        self._queue.put(done)
        return done.wait(wait_s)

    def stop(self) -> None:
        """Write what is left and close the file."""
        self._queue.put(None)
        if self._thread.is_alive():
            self._thread.join(timeout=STOP_S)
        elif self._file is not None:
            self._file.close()

    def _opened(self) -> _Writing:
        """The file of the shift that goes on, or a new one."""
        now = self._clock()
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        going_on = self._going_on(now)
        if going_on is not None:
            return going_on
        path = _new_path(self._folder, self._station, self._officer, now)
        held = hold(path)
        if held is None:
            raise ShiftFileError(f"{path} is being written by another desk")
        try:
            made(path, self._key, station=self._station, officer=self._officer, at=now).close()
            return _Writing(path, self._key, held)
        except BaseException:
            held.close()
            raise

    def _going_on(self, now: datetime) -> _Writing | None:
        """The shift that this officer's desk left a moment ago: by being closed, or by being killed."""
        of_officer = self._folder.glob(f"{self._station}-{self._officer}-*{END}")
        newest = max(of_officer, key=_written_s, default=None)
        held = hold(newest) if newest is not None else None
        if newest is None or held is None:
            return None
        try:
            file = ShiftFile.open(newest, self._key)
            shift = file.about()
            file.close()
            if (shift.station, shift.officer) == (self._station, self._officer) and abs(now - shift.end) < SAME_SHIFT:
                return _Writing(newest, self._key, held)
        except (ShiftFileError, sqlite.Error) as error:
            log.warning("another shift is begun, because the last one can't be read: %s", error)
        held.close()
        return None

    def _run(self) -> None:
        self._tell()
        tidied_s = monotonic()
        going = True
        while going:
            batch, waiters, going = self._gathered()
            if batch:
                self._write(batch)
            for waiter in waiters:
                waiter.set()
            if self._file is not None and monotonic() - tidied_s >= TIDY_EVERY_S:
                tidied_s = monotonic()
                self._guarded(lambda: tidy(self._folder, self._file, self._limits, self._clock()))
        if self._file is not None:
            self._file.close()

    def _gathered(self) -> tuple[list[_Noted], list[threading.Event], bool]:
        """What came within one block's time; at once when somebody waits for it, or at the end."""
        batch: list[_Noted] = []
        waiters: list[threading.Event] = []
        last_s = monotonic() + BLOCK_S
        while (left_s := last_s - monotonic()) > 0:
            try:
                item = self._queue.get(timeout=left_s)
            except Empty:
                break
            if item is None:
                return batch, waiters, False
            if isinstance(item, threading.Event):
                waiters.append(item)
                break
            batch.append(item)
        return batch, waiters, True

    def _write(self, batch: list[_Noted]) -> None:
        if self._file is None:
            if monotonic() - self._failed_s < TRY_AGAIN_S:
                return
            self._guarded(self._open_again)
        file = self._file
        if file is not None:
            self._guarded(lambda: file.write(batch))

    def _open_again(self) -> None:
        self._file = self._opened()
        self._problem = ""
        self._tell()

    def _guarded(self, work: Callable[[], object]) -> None:
        """The desk goes on without its recording: a disk that refuses ends this stretch, and another is tried in a moment."""
        try:
            work()
        except (ShiftFileError, OSError, sqlite.Error) as error:
            self._failed_s = monotonic()
            if self._file is not None:
                self._file.close()
                self._file = None
            if _words(error) != self._problem:
                self._problem = _words(error)
                log.warning("the shift is not being recorded: %s", self._problem)
                self._tell()

    def _tell(self) -> None:
        self._deliver(RecordingChanged(str(self._file.path) if self._file else "", self._problem))


class _Writing:
    """The open file of the running shift. A new stretch begins with the whole desk."""

    def __init__(self, path: Path, key: str | None, held: Held) -> None:
        self.path, self._held = path, held
        try:
            self._database = connected(path, key)
        except BaseException:
            held.close()
            raise
        self._thinner = Thinner()
        self._stated_at: datetime | None = None
        row = self._database.execute("select coalesce(max(number), 0) from lines").fetchone()
        self._line = int(row[0])

    def lines(self) -> tuple[LogLine, ...]:
        """The log so far."""
        return ShiftFile(self._database, self.path).lines()

    def write(self, batch: Sequence[_Noted]) -> None:
        """One transaction."""
        with self._database:
            self._database.execute("begin immediate")
            moments: list[Moment] = []
            for noted in batch:
                if (
                    self._stated_at is None or noted.after_gap
                ):  # the stretch begins with the desk after its first moment
                    self._put_block(moments)
                    self._put_state(noted, stretch=True)
                    moments = []
                else:
                    moments.append(noted.moment)
            self._put_block(moments)
            if self._stated_at is not None and batch[-1].moment.at - self._stated_at >= STATE_EVERY:
                self._put_state(batch[-1], stretch=False)
            self._put_lines(batch[-1].state)

    def _put_block(self, moments: list[Moment]) -> None:
        if not moments:
            return
        thin = [msgspec.structs.replace(each, events=self._thinner.thinned(each.events)) for each in moments]
        data, pictures = block_of(thin)
        self._put_pictures(pictures, moments[-1].at)
        self._database.execute(
            "insert into blocks(first_us, last_us, data) values (?, ?, ?)",
            [micros(moments[0].at), micros(moments[-1].at), data],
        )

    def _put_state(self, noted: _Noted, *, stretch: bool) -> None:
        data, pictures = state_block(noted.state)
        self._put_pictures(pictures, noted.moment.at)
        self._database.execute(
            "insert into states(at_us, after_block, begins, data)"
            " values (?, (select coalesce(max(number), 0) from blocks), ?, ?)",
            [micros(noted.moment.at), int(stretch), data],
        )
        self._stated_at = noted.moment.at

    def _put_pictures(self, pictures: dict[str, bytes], at: datetime) -> None:
        for digest, image in pictures.items():
            self._database.execute(
                "insert into pictures(digest, last_us, image) values (?1, ?2, ?3)"
                " on conflict(digest) do update set last_us = ?2",
                [digest, micros(at), image],
            )

    def _put_lines(self, state: DeskState) -> None:
        if state.log.count <= self._line:
            return
        new = state.log.lines[-(state.log.count - self._line) :]
        self._database.executemany(
            "insert or ignore into lines(number, at_us, text, drone_id, violation_id, lat_deg, lon_deg, clock)"
            " values (?, ?, ?, ?, ?, ?, ?, ?)",
            [
                [x.number, round(x.at_s * 1e6), x.text, x.drone_id, x.violation_id, x.lat_deg, x.lon_deg, x.at]
                for x in new
            ],
        )
        self._line = state.log.count

    def used_bytes(self) -> int:
        """What the file holds; pages that are free for what comes next not counted."""
        pages, free, size = (
            int(self._database.execute(f"pragma {name}").fetchone()[0])
            for name in ("page_count", "freelist_count", "page_size")
        )
        return (pages - free) * size

    def give_up_oldest(self) -> bool:
        """Forget the shift up to its second kept desk; False if there is none. The log's lines stay."""
        rows = self._database.execute(
            "select at_us, after_block from states order by at_us, after_block limit 2"
        ).fetchall()
        if len(rows) < 2:
            return False
        at_us, after_block = rows[1]
        with self._database:
            self._database.execute("begin immediate")
            self._database.execute("delete from blocks where number <= ?", [after_block])
            self._database.execute("delete from states where at_us < ?", [at_us])
            self._database.execute("delete from pictures where last_us < ?", [at_us])
        return True

    def close(self) -> None:
        try:
            self._database.close()
        finally:
            self._held.close()


def tidy(folder: Path, own: _Writing | None, limits: Limits, now: datetime) -> list[Path]:
    """Delete shifts that are too old, then the oldest until the rest fits; then the oldest stretches of the running one.

    Shifts that another desk is writing are left alone. Returns the files deleted."""
    files = sorted(
        (path for path in folder.glob(f"*{END}") if own is None or path != own.path),
        key=lambda path: path.stat().st_mtime,
    )
    kept = own.used_bytes() if own is not None else 0
    total = kept + sum(_size(path) for path in files)
    oldest_s = (now - timedelta(days=limits.days)).timestamp()
    deleted = []
    for path in files:
        if path.stat().st_mtime >= oldest_s and total <= limits.total_bytes:
            break
        size = _size(path)
        if delete(path):
            deleted.append(path)
            total -= size
    while own is not None and total > limits.total_bytes and own.give_up_oldest():
        total += own.used_bytes() - kept
        kept = own.used_bytes()
    return deleted


def delete(path: Path) -> bool:
    """Delete a shift's files; False if a desk is writing it."""
    held = hold(path)
    if held is None:
        return False
    held.close()
    for end in ("-wal", "-shm", ".lock", ""):
        Path(f"{path}{end}").unlink(missing_ok=True)
    log.info("an old shift was deleted: %s", path.name)
    return True


def micros(at: datetime) -> int:
    """Unix time in whole microseconds, exactly."""
    return (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def _size(path: Path) -> int:
    return sum(Path(f"{path}{end}").stat().st_size for end in ("", "-wal") if Path(f"{path}{end}").exists())


def _written_s(path: Path) -> float:
    """When the shift was last written, as Unix time."""
    wal = Path(f"{path}-wal")
    return max(path.stat().st_mtime, wal.stat().st_mtime if wal.exists() else 0.0)


def _new_path(folder: Path, station: str, officer: str, now: datetime) -> Path:
    name = f"{station}-{officer}-{now.astimezone(UTC):%Y%m%d-%H%M%S}"
    path = folder / f"{name}{END}"
    more = 2
    while path.exists():
        path = folder / f"{name}-{more}{END}"
        more += 1
    return path


def _words(error: Exception) -> str:
    return str(error) or type(error).__name__
