"""What is shown of the alert on the desk: picture, claim, what is known, codes, facts, warnings, and whether it can be decided."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from ground_station.view_model import alert_queue, coding_desk, plates, wording
from ground_station.view_model.alert_queue import Entry
from ground_station.view_model.language import t
from ground_station.view_model.memo import Memo
from ground_station.view_model.snapshot import DeskView, Detail
from ground_station.view_model.station_state import DeskState, may_decide, station_now
from messages.alert import holder
from messages.coding import missing_facts
from messages.geo import Position, distance_m


def desk_view(state: DeskState, entry: Entry, now: datetime, memo: Memo) -> DeskView:
    """The alert on the desk at `now`: what the officer decides, and all that is known for it."""
    violation = entry.alert.violation
    at = station_now(state, now)
    form = coding_desk.form_for(state.work, violation)
    claim, words, left_s = _claim(state, entry, now)
    missing = missing_facts(form)
    guessed = bool(violation.guesses)
    return DeskView(
        violation_id=violation.id,
        drone_id=violation.drone_id,
        severity=alert_queue.severity_of(state.queue, entry, state.who.officer, at),
        title=alert_queue.place_of(entry),
        claim=claim,
        claim_words=words,
        lease_left_s=left_s,
        editable=claim != "other",
        details=_details(state, entry, now, memo),
        doubt=t("The drone is not sure") if guessed else t("The drone has no guess: frequent codes"),
        choices=coding_desk.choices(violation, form.code),
        search=state.work.search,
        hits=coding_desk.hits(violation, state.work.search, form.code),
        code=form.code,
        code_title=coding_desk.code_title(form, violation),
        fields=coding_desk.fields(form),
        confirm_text=wording.confirm_text(form.code, missing),
        confirm_ready=form.code is not None and not missing and (claim == "asked" or may_decide(state, entry)),
        can_decide=may_decide(state, entry),
        notice=state.work.notices.get(violation.id, ""),
        warnings=plates.warnings(
            memo.again(
                plates.same_plate,
                form.plate,
                form.plate_state,
                violation,
                state.queue.entries,
                state.done,
                state.done_by_others,
            ),
            violation,
            at,
            state.who.zone,
        ),
        picture=alert_queue.picture_of(state.queue, entry),
        lat_deg=violation.lat_deg,
        lon_deg=violation.lon_deg,
    )


def _claim(
    state: DeskState, entry: Entry, now: datetime
) -> tuple[Literal["nobody", "asked", "yours", "other"], str, float | None]:
    alert, at = entry.alert, station_now(state, now)
    held_by = holder(alert, at)
    if held_by == state.who.officer and alert.lease_until is not None:
        left_s = (alert.lease_until - at).total_seconds()
        return "yours", t("yours for {span}", span=wording.span(left_s)), left_s
    if held_by is not None and alert.lease_until is not None:
        left = wording.span((alert.lease_until - at).total_seconds())
        return "other", t("{name} has it for {left}", name=wording.name_of(held_by), left=left), None
    asking = state.work.asking
    if asking is not None and asking.violation_id == alert.violation.id:
        return "asked", t("confirming when it is yours …") if asking.then_confirm else t("asking for it …"), None
    if may_decide(state, entry):
        return "nobody", t("your claim ran out: press {claim} to keep it", claim=wording.cap("claim")), None
    if alert.state == "escalated":
        return (
            "nobody",
            t(
                "{whose}: press {claim} to claim it",
                claim=wording.cap("claim"),
                whose=alert_queue.whose(alert, state.who.officer, at),
            ),
            None,
        )
    return "nobody", t("press {claim} to claim it", claim=wording.cap("claim")), None


def _details(state: DeskState, entry: Entry, now: datetime, memo: Memo) -> tuple[Detail, ...]:
    violation = entry.alert.violation
    drone = state.fleet.drones.get(violation.drone_id)
    newest = drone.newest if drone else None
    where = violation.drone_id
    earlier = memo.again(plates.earlier, violation, state.queue.entries)
    if newest is not None:
        away_m = distance_m(Position(newest.lat_deg, newest.lon_deg), Position(violation.lat_deg, violation.lon_deg))
        where = t("{drone}, {distance} away", drone=violation.drone_id, distance=wording.metres(away_m))
    return (
        Detail(t("Seen"), wording.clock(violation.captured_at, state.who.zone)),
        Detail(t("Drone"), where),
        Detail(t("Precinct"), str(entry.precinct) if entry.precinct is not None else wording.NOTHING),
        Detail(t("Earlier here"), plates.earlier_words(earlier, now, state.who.zone)),
    )
