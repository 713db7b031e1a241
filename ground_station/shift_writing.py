"""The file of the running shift: a transaction for what came in within a second, and the whole desk every two minutes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import msgspec

from ground_station.shift_files import Held, ShiftFile, connected, micros
from ground_station.view_model.log_view import LogLine
from ground_station.view_model.moments import Moment, Thinner, block_of, state_block
from ground_station.view_model.station_state import DeskState

STATE_EVERY = timedelta(seconds=120)  # so far has a jump to go on by itself


class Noted(NamedTuple):
    """What the desk took in, and the desk after it."""

    moment: Moment
    state: DeskState  # after the moment
    after_gap: bool  # what came before it was given up


class ShiftWriting:
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

    def write(self, batch: Sequence[Noted]) -> None:
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

    def _put_state(self, noted: Noted, *, stretch: bool) -> None:
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
        """Close the file, and let others write it."""
        try:
            self._database.close()
        finally:
            self._held.close()
