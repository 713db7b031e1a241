"""An invented officer who codes every alert through the same intentions as the keyboard: for the demo, tests and measurements.

look at the first free alert ─▶ claim it ─▶ think ─▶ choose ─▶ fill in what is missing ─▶ confirm, or reject with a reason
"""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random

from ground_station.view_model.intentions import (
    ChooseDigit,
    Claim,
    Confirm,
    FactName,
    Intention,
    MarkNotShown,
    Reject,
    SelectAlert,
)
from ground_station.view_model.language import t
from ground_station.view_model.snapshot import DeskView, StationView
from ground_station.view_model.wording import REJECT_REASONS

BEST_SHARE, OTHER_SHARE = 0.70, 0.25  # of decisions; the rest is rejected
PATIENCE = timedelta(seconds=8)  # with an alert that can't be claimed, before trying another
_FACTS: dict[str, FactName] = {
    "plate": "plate",
    "plate_type": "plate_type",
    "plate_expiry": "plate_expiry",
    "make": "make",
    "body": "body",
    "plate_state": "plate_state",
}


class ScriptedOfficer:
    """Says what the officer wants next. Seeded: the same alerts in the same order get the same decisions."""

    def __init__(self, think_s: float, rng: Random) -> None:
        self._think = timedelta(seconds=think_s)
        self._rng = rng
        self._at_work: str | None = None  # the alert
        self._since: datetime | None = None  # when it came on the desk
        self._mine_since: datetime | None = None
        self._plan: float | None = None

    def next_intention(self, view: StationView, now: datetime) -> Intention | None:
        """What to do now, seeing this snapshot; None: wait. Call again with the snapshot after it until it is None."""
        desk = view.desk
        if desk is None or desk.violation_id != self._at_work or self._is_hopeless(desk, now):
            return self._turn_to_another(view, now)
        if desk.claim == "nobody" and not desk.can_decide:
            return Claim()
        if desk.claim == "asked":
            return None
        if self._mine_since is None:
            self._mine_since, self._plan = now, self._rng.random()
        if now - self._mine_since < self._think:
            return None
        return self._decide(desk)

    def _is_hopeless(self, desk: DeskView, now: datetime) -> bool:
        waited = self._since is not None and now - self._since > PATIENCE
        return desk.claim == "other" or (desk.claim == "nobody" and not desk.can_decide and waited)

    def _turn_to_another(self, view: StationView, now: datetime) -> Intention | None:
        free = [card for card in view.cards if card.whose in (t("new"), t("seen")) or card.mine]
        by_somebody, by_me = t("passed on by {name}", name="\0").partition("\0")[0], t("passed on by you")
        passed_on = [card for card in view.cards if card.whose.startswith(by_somebody) and card.whose != by_me]
        chosen = next((card for card in free + passed_on if card.violation_id != self._at_work), None)
        chosen = chosen or next(iter(free), None)
        if chosen is None or view.chain[1].state != "well":
            self._at_work = None
            return None
        self._at_work, self._since, self._mine_since, self._plan = chosen.violation_id, now, None, None
        return SelectAlert(chosen.violation_id)

    def _decide(self, desk: DeskView) -> Intention:
        plan = self._plan if self._plan is not None else 0.0
        if plan >= BEST_SHARE + OTHER_SHARE:
            return Reject(t(self._rng.choice(REJECT_REASONS)))
        if desk.code is None:
            return ChooseDigit(1 if plan < BEST_SHARE or len(desk.choices) < 2 else 2)
        missing = next((field for field in desk.fields if field.missing), None)
        return MarkNotShown(_FACTS[missing.name]) if missing else Confirm()
