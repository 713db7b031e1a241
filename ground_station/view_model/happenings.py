"""What two moments of the desk tell that nobody wrote down yet: lines for the shift log about bridge, headquarters, claims and drones.

Only what changed is told, never what is heard of for the first time: a desk that connects is told the whole station at once, and that
is not news.
"""

from __future__ import annotations

from datetime import datetime

import msgspec

from ground_station.view_model import fleet, wording
from ground_station.view_model.alert_queue import Entry
from ground_station.view_model.fleet import Drone
from ground_station.view_model.freshness import STALE_SHARE
from ground_station.view_model.language import t, tn
from ground_station.view_model.link_state import Chain
from ground_station.view_model.station_state import DeskState, noted


def noted_between(before: DeskState, after: DeskState, now: datetime) -> DeskState:
    """The desk `after` with a line for each change since `before`."""
    state = after
    if before.chain.bridge is not after.chain.bridge:
        for text in _of_chain(before.chain, after.chain):
            state = noted(state, text, now)
    if before.queue.entries is not after.queue.entries:
        for violation_id, entry in after.queue.entries.items():
            earlier = before.queue.entries.get(violation_id)
            if earlier is None or earlier.alert is entry.alert:
                continue
            text = _of_alert(earlier, entry, after.who.officer)
            if text:
                drone_id = entry.alert.violation.drone_id
                state = noted(state, text, now, drone_id=drone_id, violation_id=violation_id)
    if before.fleet.drones is not after.fleet.drones:
        known = before.fleet.drones.get
        heard = [(was, drone) for key, drone in after.fleet.drones.items() if (was := known(key)) is not drone]
        for was, drone in heard:
            if was is not None and _says_more(was, drone):
                for text in _of_drone(was, drone):
                    state = noted(state, text, now, drone_id=drone.drone_id)
    return state


def looked_for_lost(state: DeskState, now: datetime) -> DeskState:
    """Writes to the log which drones were lost and which are heard again."""
    now_s, lost_after_s = now.timestamp(), state.fleet.lost_after_s
    since_s = now_s - lost_after_s * STALE_SHARE  # who was heard later is live
    silent = [d for d in state.fleet.drones.values() if d.cut_off or d.heard_s is None or d.heard_s < since_s]
    lost = frozenset(
        drone.drone_id
        for drone in silent
        if drone.heard_s is not None
        and fleet.is_expected(drone)
        and fleet.freshness(drone, now_s, lost_after_s) == "lost"
    )
    if not state.chain.broker_up or lost == state.lost:
        return state
    for drone_id in sorted(lost - state.lost):
        state = noted(state, t("{drone} lost", drone=drone_id), now, drone_id=drone_id)
    for drone_id in sorted(state.lost - lost):
        drone = state.fleet.drones.get(drone_id)
        stopped = drone is not None and not fleet.is_expected(drone)
        text = t("{drone} stopped", drone=drone_id) if stopped else t("{drone} heard again", drone=drone_id)
        state = noted(state, text, now, drone_id=drone_id)
    return msgspec.structs.replace(state, lost=lost)


def _of_chain(before: Chain, after: Chain) -> list[str]:
    was, bridge = before.bridge, after.bridge
    if was is None or bridge is None:
        return []
    texts = []
    if was.boot != bridge.boot:
        texts.append(t("The bridge was started again"))
    if was.state != bridge.state:
        words = {
            "online": t("The bridge is here"),
            "stopped": t("The bridge was stopped"),
            "offline": t("The bridge is away"),
            "full": t("The station's disk is full: the drones keep their reports"),
            "failing": t("The station's disk does not work: the drones keep their reports"),
        }
        texts.append(words.get(bridge.state, bridge.state))
    link_was, link = was.headquarters, bridge.headquarters
    if link_was is not None and link is not None and link_was.up != link.up:
        if link.up:
            texts.append(t("Headquarters is here again"))
        else:
            why = link.problem or t("not reached")
            texts.append(t("Headquarters is away: {problem}", problem=why))
    if bridge.gaps > was.gaps:
        texts.append(
            tn(
                bridge.gaps,
                "The station's disk was damaged: {count} report is asked for again",
                "The station's disk was damaged: {count} reports are asked for again",
            )
        )
    if sum(bridge.thinned.values()) > 0 and not sum(was.thinned.values()):
        texts.append(t("The station's disk is nearly full: old positions are given up"))
    if bridge.quarantine_emptied > 0 and not was.quarantine_emptied:
        texts.append(t("Quarantine is full: of its oldest messages only the reason is kept"))
    return texts


def _of_alert(before: Entry, after: Entry, officer: str) -> str:
    was, alert = before.alert, after.alert
    drone_id = alert.violation.drone_id
    if alert.state == "claimed" and (was.state != "claimed" or was.claimed_by != alert.claimed_by):
        if alert.claimed_by == officer:
            return t("You took the alert: {drone}", drone=drone_id)
        return t("{name} took the alert: {drone}", name=wording.name_of(alert.claimed_by or ""), drone=drone_id)
    if alert.state == "escalated" and was.state != "escalated":
        if alert.escalated_by == officer:
            return t("You passed it on: {drone}", drone=drone_id)
        return t("{name} passed it on: {drone}", name=wording.name_of(alert.escalated_by or ""), drone=drone_id)
    if was.state == "claimed" and alert.state in ("new", "seen"):
        return t("Given back: {drone}", drone=drone_id)
    return ""


def _says_more(before: Drone, after: Drone) -> bool:
    """Whether anything but places and numbers changed."""
    return (
        before.band is not after.band
        or before.health is not after.health
        or before.cut_off is not after.cut_off
        or (before.newest is not None and after.newest is not None and before.newest.boot != after.newest.boot)
    )


def _of_drone(before: Drone, after: Drone) -> list[str]:
    texts = []
    if after.newest is not None and before.newest is not None and after.newest.boot != before.newest.boot:
        texts.append(t("{drone} was switched on again", drone=after.drone_id))
    if after.band != before.band:
        words = {
            "well": t("{drone}: battery well again", drone=after.drone_id),
            "low": t("{drone}: battery low", drone=after.drone_id),
            "critical": t("{drone}: battery critical", drone=after.drone_id),
        }
        texts.append(words[after.band])
    if after.health is not before.health:
        was = {fault.code for fault in before.health.faults} if before.health else set()
        now = {fault.code for fault in after.health.faults} if after.health else set()
        now.discard("battery_low")  # the band of the battery is told already
        was.discard("battery_low")
        if before.health is not None:
            texts += [
                t("{drone}: {fault}", drone=after.drone_id, fault=wording.fault(code)) for code in sorted(now - was)
            ]
        texts += [
            t("{drone}: {fault} is over", drone=after.drone_id, fault=wording.fault(code)) for code in sorted(was - now)
        ]
    if after.cut_off and not before.cut_off:
        texts.append(t("{drone}: cut off, says the broker", drone=after.drone_id))
    return texts
