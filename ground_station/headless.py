"""The second front end: the same snapshots as lines of text, only what changed; with or without a scripted officer."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from queue import Empty, SimpleQueue
from typing import TextIO

from ground_station.running import OpenDesk
from ground_station.scripted_officer import ScriptedOfficer
from ground_station.view_model.effects import Sound
from ground_station.view_model.intentions import AlertsOnScreen
from ground_station.view_model.language import later, t
from ground_station.view_model.snapshot import AlertCard, AlertGroup, FleetRow, StationView

PERIOD_S = 0.25
MAX_STEPS = 20  # intentions in one turn: an alert takes about ten; more is a loop
SOUND_WORDS: dict[Sound, str] = {"new_alert": later("new alert"), "reminder": later("reminder")}
_COUNTING = re.compile(r"\d[\d,.:]*(?: ?(?:s|min|h)\b)?")


class Headless:
    """The desk as text. `run` returns after `finish` was called."""

    def __init__(
        self,
        open_desk: OpenDesk,
        out: TextIO,
        officer: ScriptedOfficer | None,
    ) -> None:
        """`open_desk(wake, sound)` makes the desk."""
        self._wakes: SimpleQueue[bool] = SimpleQueue()  # True: go on; False: finish
        self._out, self._officer = out, officer
        self._shown: set[str] = set()
        self._before: StationView | None = None
        self._desk = open_desk(lambda: self._wakes.put(True), self._hear)

    def finish(self) -> None:
        """Ask for the end. From any thread, or a signal handler."""
        self._wakes.put(False)

    def run(self) -> int:
        """Show what comes until `finish`; 0, or 1 if the journal could not be written."""
        self._desk.start()
        going = True
        while going and not self._desk.failed.is_set():
            self._turn()
            going = not self._desk.finished.is_set() and self._wait()
        self._desk.stop()
        return int(self._desk.failed.is_set())

    def _wait(self) -> bool:
        try:
            going = self._wakes.get(timeout=PERIOD_S)
            while going and not self._wakes.empty():
                going = self._wakes.get_nowait()
        except Empty:
            return True
        return going

    def _turn(self) -> None:
        view = self._show(self._desk.pump())
        if self._officer is None:
            return
        for _ in range(MAX_STEPS):
            intention = self._officer.next_intention(view, datetime.now(UTC))  # noqa: TID251 - a shell
            if intention is None:
                return
            view = self._show(self._desk.do(intention))

    def _show(self, view: StationView) -> StationView:
        for line in lines_between(self._before, view):
            self._write(f"{view.clock} {line}")
        self._before = view
        new = tuple(card.violation_id for card in view.cards if card.violation_id not in self._shown)
        if new:
            self._shown.update(new)
            self._desk.do(AlertsOnScreen(new))
        return view

    def _hear(self, sound: Sound) -> None:
        self._write(f"{t('sound')}: {t(SOUND_WORDS[sound])}")

    def _write(self, line: str) -> None:
        self._out.write(f"{line}\n")
        self._out.flush()


def lines_between(before: StationView | None, after: StationView) -> list[str]:
    """What to print when one snapshot follows another: changes only, and no line for a count that merely goes on."""
    lines = [
        *_changed(t("replay"), "" if before is None else _replay(before), _replay(after)),
        *_changed(t("chain"), _chain(before) if before else "", _chain(after)),
        *_changed(t("state"), _pill(before) if before else t("all well"), _pill(after)),
        *_alerts(before.cards if before else (), after.cards),
        *_groups(before, after),
        *_changed(t("desk"), _desk(before) if before else "", _desk(after)),
        *_fleet(before.fleet.rows if before else (), after.fleet.rows),
        *_changed(t("message"), before.message if before else "", after.message),
        *_changed(t("kept here"), str(before.kept) if before else "0", str(after.kept)),
    ]
    last = before.log_count if before else 0
    lines += [f"{t('log')}: {line.text}" for line in after.log if line.number > last]
    return lines


def _changed(name: str, before: str, after: str) -> list[str]:
    if not after or _COUNTING.sub("#", before) == _COUNTING.sub("#", after):
        return []
    return [f"{name}: {after}"]


def _replay(view: StationView) -> str:
    return f"{view.replay.banner} · {view.replay.speed_words} {view.replay.state}" if view.replay is not None else ""


def _chain(view: StationView) -> str:
    marks = {"well": "●", "away": "○", "unknown": "◌"}
    return " → ".join(f"{marks[part.state]} {part.word}" for part in view.chain)


def _pill(view: StationView) -> str:
    return view.pill.text if view.pill else t("all well")


def _desk(view: StationView) -> str:
    if view.desk is None:
        return view.calm
    words = f"{view.desk.drone_id}, {view.desk.title}: {view.desk.claim_words}, {view.desk.picture.words}"
    return f"{words}, {view.desk.notice}" if view.desk.notice else words


def _alerts(before: tuple[AlertCard, ...], after: tuple[AlertCard, ...]) -> list[str]:
    known = {card.violation_id: _card(card) for card in before}
    lines = []
    for card in after:
        lines += _changed(t("alert {id}", id=card.violation_id[-12:]), known.pop(card.violation_id, ""), _card(card))
    return lines + [t("alert {id}: left the list", id=violation_id[-12:]) for violation_id in known]


def _card(card: AlertCard) -> str:
    mark = "▲" if card.severity == "must_decide" else "◆"
    return f"{mark} {card.title} · {card.line} · {card.whose}"


def _groups(before: StationView | None, after: StationView) -> list[str]:
    """The alerts that stand together, and that they do so no more."""
    known = {group.key: group.title for group in _grouped(before)} if before else {}
    lines = []
    for group in _grouped(after):
        lines += _changed(t("group"), known.pop(group.key, ""), group.title)
    return lines + [t("group: {title} is no more", title=title) for title in known.values()]


def _grouped(view: StationView) -> list[AlertGroup]:
    return [row for row in view.rows if isinstance(row, AlertGroup)]


def _fleet(before: tuple[FleetRow, ...], after: tuple[FleetRow, ...]) -> list[str]:
    known = {row.drone_id: row.attention for row in before}
    return [
        t("drone {drone}: {words}", drone=row.drone_id, words=row.attention or t("well"))
        for row in after
        if row.attention != known.get(row.drone_id, "")
    ]
