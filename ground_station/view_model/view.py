"""The snapshot of the desk at one moment: view(state, now)."""

from __future__ import annotations

from datetime import datetime
from statistics import median

from ground_station.view_model import (
    alert_queue,
    alert_rows,
    inside,
    link_state,
    outbox,
    shift_log,
    wording,
)
from ground_station.view_model.alert_queue import Entry
from ground_station.view_model.coding_desk import Who
from ground_station.view_model.desk_view import desk_view
from ground_station.view_model.fleet_rows import SORT_PREFERENCE, Shown, in_order, matching
from ground_station.view_model.language import t, tn
from ground_station.view_model.last_hour import charts
from ground_station.view_model.memo import Memo
from ground_station.view_model.snapshot import (
    AlertCard,
    AlertSpot,
    Detail,
    DronePanel,
    FleetView,
    MapScene,
    StationView,
    UndoView,
)
from ground_station.view_model.station_state import (
    DeskState,
    Done,
    groups,
    is_mine,
    selected,
    station_now,
)
from ground_station.view_model.track import points


def view(state: DeskState, now: datetime, memo: Memo | None = None) -> StationView:
    """Everything on screen at `now`. `memo` remembers what was made at the last snapshot of the same desk: quicker, and never another
    result."""
    memo = memo or Memo()
    in_groups = groups(state, now)
    waiting = [entry for group in in_groups for entry in group.entries]
    cards = tuple(_card(state, entry, now) for entry in waiting)
    desk_entry = selected(state)
    alerting = frozenset(entry.alert.violation.drone_id for entry in waiting)
    drones = memo.fleet.shown(state.fleet, now, alerting, state.drone)
    table = fleet_view(state, drones, now)
    unseen = sum(1 for entry in waiting if entry.alert.state == "new")
    station = wording.name_of(state.who.station)
    in_10_min = alert_queue.rate(state.queue, now)
    kept = len(state.outbox.kept)
    return StationView(
        station=station,
        officer=t("Ofc. {name}", name=wording.name_of(state.who.officer)),
        clock=wording.clock(now, state.who.zone),
        window_title=f"({unseen}) Kestrel · {station}" if unseen else f"Kestrel · {station}",
        chain=link_state.parts(
            state.chain, table.live, drones.expected, now, stopped=len(drones.rows) - drones.expected
        ),
        pill=link_state.pill(
            state.chain,
            kept=kept,
            oldest_kept_s=max((_since(each.decided_at, now) for each in state.outbox.kept), default=0.0),
            drones_expected=drones.expected > 0,
            now=now,
        ),
        alerts_title=tn(len(waiting), "Alerts · {count} open", "Alerts · {count} open"),
        rate=t("{count} in 10 min", count=in_10_min),
        flood=state.flood,
        cards=cards,
        rows=alert_rows.rows(in_groups, {card.violation_id: card for card in cards}, state.opened),
        desk=desk_view(state, desk_entry, now, memo) if desk_entry else None,
        calm="" if waiting else _calm(table.live, broker_up=state.chain.broker_up),
        undo=_undo(state, now),
        kept=kept,
        message=state.message,
        fleet=table,
        drone=_panel(state, now),
        log=shift_log.newest(state.log),
        log_count=state.log.count,
        log_view=shift_log.shown(state.log),
        counters=_counters(state, now, memo),
        scene=_scene(state, waiting, desk_entry, drones, now),
        theme=state.theme,
        sound_on=state.sound_on,
        preferences=state.preferences,
        standing=inside.standing(state.chain, now),
        inside=inside.lines(
            state.chain,
            now,
            unreadable=state.unreadable,
            kept=kept,
            recording=state.recording,
            problem=state.recording_problem,
        ),
    )


def fleet_view(state: DeskState, drones: Shown, now: datetime) -> FleetView:
    """The fleet table with its filter and order applied."""
    words = state.filter.lower().split()
    kept = matching(drones.rows, words) if words else drones.rows
    sort = state.preferences.get(SORT_PREFERENCE, "")
    total = len(drones.rows)
    title = (
        t("Fleet {count} of {total}", count=wording.count(len(kept)), total=wording.count(total))
        if words
        else t("Fleet {total}", total=wording.count(total))
    )
    return FleetView(
        title=title,
        filter=state.filter,
        rows=in_order(kept, sort),
        total=total,
        live=drones.live,
        sort=sort,
        now_s=now.timestamp(),
    )


def _card(state: DeskState, entry: Entry, now: datetime) -> AlertCard:
    violation = entry.alert.violation
    at = station_now(state, now)
    return AlertCard(
        violation_id=violation.id,
        drone_id=violation.drone_id,
        severity=alert_queue.severity_of(state.queue, entry, state.who.officer, at),
        title=alert_queue.place_of(entry),
        line=alert_queue.line_of(state.queue, entry),
        age=wording.ago(entry.alert.raised_at, at, state.who.zone),
        whose=alert_queue.whose(entry.alert, state.who.officer, at),
        mine=is_mine(state, entry, now),
        unseen=entry.alert.state == "new",
        selected=violation.id == state.selected,
        picture=alert_queue.picture_of(state.queue, entry),
        lat_deg=violation.lat_deg,
        lon_deg=violation.lon_deg,
    )


def _undo(state: DeskState, now: datetime) -> UndoView | None:
    newest = outbox.undoable(state.outbox)
    if newest is None:
        return None
    what = t("Rejection") if newest.code is None else t("Code {code}", code=newest.code)
    left_s = (newest.decided_at + outbox.HOLD - station_now(state, now)).total_seconds()
    if not state.chain.broker_up:
        return UndoView(t("{what} for {drone} is kept here, will be sent", what=what, drone=newest.drone_id))
    return UndoView(
        t(
            "{what} for {drone} goes out in {span}",
            what=what,
            drone=newest.drone_id,
            span=wording.about(max(left_s, 0.0)),
        )
    )


def _panel(state: DeskState, now: datetime) -> DronePanel | None:
    drone = state.fleet.drones.get(state.drone) if state.drone else None
    if drone is None:
        return None
    zone, newest = state.who.zone, drone.newest
    details = [Detail(t("Heard"), wording.heard(None if drone.heard_s is None else now.timestamp() - drone.heard_s))]
    if newest is not None:
        details += [
            Detail(t("Phase"), wording.phase(newest.phase)),
            Detail(t("Height"), wording.metres(newest.alt_m)),
            Detail(t("Speed"), t("{speed} m/s", speed=wording.decimal(newest.speed_mps, 0))),
            Detail(t("Heading"), t("{heading}°", heading=wording.decimal(newest.heading_deg, 0))),
            Detail(t("Battery"), wording.percent(newest.battery_pct)),
            Detail(t("Link"), wording.percent(newest.link_pct)),
            Detail(t("Temperature"), wording.degrees_c(newest.temp_c)),
            Detail(t("Vibration"), t("{vibration} m/s²", vibration=wording.decimal(newest.vibration_mps2, 1))),
            Detail(t("Motor load"), wording.percent(newest.motor_load_pct)),
        ]
    if drone.status is not None:
        details.append(Detail(t("Power-ups"), wording.count(drone.status.boot)))
    faults = tuple(
        t(
            "{fault} ({level}) since {time}",
            fault=wording.fault(fault.code),
            level=wording.fault_level(fault.level),
            time=wording.clock(fault.since, zone),
        )
        for fault in (drone.health.faults if drone.health else ())
    )
    return DronePanel(drone_id=drone.drone_id, details=tuple(details), faults=faults, hour=charts(drone.track))


def _scene(state: DeskState, waiting: list[Entry], desk_entry: Entry | None, drones: Shown, now: datetime) -> MapScene:
    at = station_now(state, now)
    alerts = tuple(
        AlertSpot(
            entry.alert.violation.id,
            entry.alert.violation.lat_deg,
            entry.alert.violation.lon_deg,
            alert_queue.severity_of(state.queue, entry, state.who.officer, at),
            entry.alert.violation.drone_id,
            alert_queue.place_of(entry),
        )
        for entry in waiting
    )
    selection = state.drone or (desk_entry.alert.violation.drone_id if desk_entry else None)
    drone = state.fleet.drones.get(selection) if selection else None
    return MapScene(
        drones=drones.spots,
        alerts=alerts,
        selection=selection,
        track=points(drone.track) if drone else (),
        now_s=now.timestamp(),
    )


def _calm(live: int, *, broker_up: bool) -> str:
    if not broker_up:
        return t("Not connected. Alerts come by themselves when the broker is back.")
    return (
        tn(live, "Nothing to decide. {count} drone on patrol.", "Nothing to decide. {count} drones on patrol.")
        if live
        else t("Nothing to decide.")
    )


def _counters(state: DeskState, now: datetime, memo: Memo) -> str:
    return memo.again(_counted, state.done, state.who, now.astimezone(state.who.zone).toordinal())


def _counted(done: tuple[Done, ...], who: Who, day: int) -> str:
    """The officer's decisions of one local day (its proleptic Gregorian ordinal)."""
    today = [each for each in done if each.decided_at.astimezone(who.zone).toordinal() == day]
    if not today:
        return t("Nothing decided yet today")
    corrected = sum(1 for each in today if each.status == "corrected")
    return t(
        "Decided today {count} · median {median} s · corrected {corrected}",
        count=wording.count(len(today)),
        median=wording.decimal(median(each.took_s for each in today), 1),
        corrected=wording.count(corrected),
    )


def _since(at: datetime, now: datetime) -> float:
    return (now - at).total_seconds()
