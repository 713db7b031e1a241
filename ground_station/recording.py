"""A shift on disk while it happens: one SQLite file, written by a thread of its own, and cut off by a kill at most a second before it.

    front end's thread ──note(moment, desk)──▶ queue ──▶ recorder's thread ──every 0.75 s──▶ one transaction: block, lines, pictures

SQLite, because it is what the journal is: a transaction is there or not there whatever happens, a reader may look on meanwhile, old
stretches can be given up in place, and SQLCipher encrypts it with the station's key. A log of our own would have to be taught all four.
The file is its owner's alone (mode 0600): it holds plates and pictures of them.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from queue import Empty, SimpleQueue
from time import monotonic
from typing import NamedTuple

import sqlcipher3.dbapi2 as sqlite

from ground_station.shift_files import END, ShiftFile, ShiftFileError, hold, made
from ground_station.shift_writing import Noted, ShiftWriting
from ground_station.view_model.events import Event, RecordingChanged
from ground_station.view_model.log_view import LogLine
from ground_station.view_model.moments import Moment
from ground_station.view_model.station_state import DeskState

log = logging.getLogger(__name__)

BLOCK_S = 0.75  # a kill loses what came since the last block, and is to lose less than a second
SAME_SHIFT = timedelta(hours=1)  # a desk opened again within it goes on with the same file
TRY_AGAIN_S = 15.0  # after a disk that refused
TIDY_EVERY_S = 60.0
MOST_WAITING = 5_000  # moments in memory while the disk does not answer: 20 min, or 4 of a thousand drones
STOP_S = 3.0


class Limits(NamedTuple):
    """How much may be kept, in all files of the folder together."""

    total_bytes: int
    days: float


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
        self._queue: SimpleQueue[Noted | threading.Event | None] = SimpleQueue()
        self._deliver: Callable[[Event], None] = lambda event: None
        self._file: ShiftWriting | None = None
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
        self._queue.put(Noted(moment, state, self._gap))
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

    def _opened(self) -> ShiftWriting:
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
            return ShiftWriting(path, self._key, held)
        except BaseException:
            held.close()
            raise

    def _going_on(self, now: datetime) -> ShiftWriting | None:
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
                return ShiftWriting(newest, self._key, held)
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

    def _gathered(self) -> tuple[list[Noted], list[threading.Event], bool]:
        """What came within one block's time; at once when somebody waits for it, or at the end."""
        batch: list[Noted] = []
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

    def _write(self, batch: list[Noted]) -> None:
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


def tidy(folder: Path, own: ShiftWriting | None, limits: Limits, now: datetime) -> list[Path]:
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
