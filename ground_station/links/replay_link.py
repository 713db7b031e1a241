"""A recorded shift behind the same port as the station: it brings the past, a little ahead of where the replay is, and sends nothing.

The link's thread reads and unpacks; how fast time goes is the desk's to say (`move_on`), because only the desk knows how far it has
come. So a slow machine replays slower, and nothing heaps up.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from ground_station.shift_files import ShiftFile, ShiftFileError
from ground_station.view_model.moments import Began, Ended, Moment, Past
from messages.state import Command, DeskRequest

log = logging.getLogger(__name__)

AHEAD = timedelta(seconds=150)  # of the shift, read before it is wanted: 2.5 s at 60 times the speed
STOP_S = 2.0


class ReplayLink:
    """One recorded shift. `start` takes what brings the past on; all methods may be called from any thread."""

    def __init__(self, file: ShiftFile) -> None:
        self._file = file
        self._deliver: Callable[[Past], None] = lambda past: None
        self._changed = threading.Condition()
        self._wanted = file.about().start
        self._jump: tuple[int, datetime | None] = (0, None)
        self._next_at: datetime | None = None  # of what is read and not delivered yet; None: it is being read
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="replay-link", daemon=True)

    def start(self, deliver: Callable[[Past], None]) -> None:
        """Begin with the beginning of the shift. `deliver` is called in the link's thread."""
        self._deliver = deliver
        self._thread.start()

    def move_on(self, to: datetime) -> None:
        """The replay has come so far."""
        with self._changed:
            self._wanted = max(self._wanted, to)
            self._changed.notify_all()

    def jump(self, to: datetime, number: int) -> None:
        """Bring the shift from the desk kept before `to` on. What is brought says which jump it answers."""
        with self._changed:
            self._jump, self._wanted, self._next_at = (number, to), to, None
            self._changed.notify_all()

    def has_nothing_before(self, at: datetime) -> bool:
        """Whether all of the past up to `at` is delivered, as far as there is any."""
        with self._changed:
            return self._next_at is not None and self._next_at > at

    def ask(self, request: DeskRequest) -> None:
        """The past can't be asked."""
        self._refuse("a request")

    def decide(self, payload: bytes, correction_id: str) -> None:
        """The past is decided."""
        self._refuse("a decision")

    def order(self, command: Command) -> None:
        """The drones of then don't hear."""
        self._refuse("a command")

    def retry_headquarters(self) -> None:
        """There is nobody to be tried."""

    def retry_now(self) -> None:
        """There is nothing to connect to."""

    def stop(self) -> None:
        """End the thread and close the file."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        if self._thread.is_alive():
            self._thread.join(timeout=STOP_S)
        self._file.close()

    def _refuse(self, what: str) -> None:
        log.error("%s was to be sent in a replay: it was not", what)

    def _run(self) -> None:
        """The link's thread: from one jump to the next."""
        number, since = self._jump
        while not self._stopping:
            try:
                self._bring(self._file.past(since, jump=number), number)
            except ShiftFileError as error:
                log.error("the replay ends here: %s", error)
            self._deliver(Ended(number))
            with self._changed:
                while not self._stopping and self._jump[0] == number:
                    self._changed.wait()
                number, since = self._jump

    def _bring(self, past: Iterator[Began | Moment], number: int) -> None:
        for each in past:
            with self._changed:
                self._next_at = each.at
                while not self._stopping and self._jump[0] == number and each.at > self._wanted + AHEAD:
                    self._changed.wait()
                if self._stopping or self._jump[0] != number:
                    return
                self._deliver(each)
                self._next_at = None
