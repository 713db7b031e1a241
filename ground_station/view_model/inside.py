"""The inside of the station, for support: backlog and disk in a word each, and everything that the bridge says of itself."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from ground_station.view_model import link_state, wording
from ground_station.view_model.language import t, tn
from ground_station.view_model.link_state import Chain
from ground_station.view_model.snapshot import Standing, StateLine
from messages.state import BridgeStatus


def standing(chain: Chain, now: datetime) -> tuple[Standing, ...]:
    """What waits for headquarters and how full the disk is; nothing while the bridge does not say."""
    bridge = chain.bridge
    if bridge is None or not link_state.bridge_is_here(chain, now):
        return ()
    return (_backlog(bridge), _disk(bridge))


def lines(
    chain: Chain, now: datetime, *, unreadable: int, kept: int, recording: str, problem: str
) -> tuple[StateLine, ...]:
    """Everything, in the order of the chain. `recording`: the file of this shift; `problem`: why it is not written."""
    return (
        *_of_broker(chain, now, unreadable),
        *_of_bridge(chain, now),
        *_of_headquarters(chain, now),
        StateLine(t("This desk"), t("Decisions kept here"), wording.count(kept), "attention" if kept else ""),
        StateLine(
            t("This desk"),
            t("Shift recorded in"),
            problem or re.split(r"[/\\]", recording)[-1] or t("not recorded"),
            "attention" if problem else "",
        ),
    )


def _backlog(bridge: BridgeStatus) -> Standing:
    waiting = sum(bridge.waiting.values())
    if not waiting:
        return Standing(t("backlog 0"), t("backlog 0"), t("Everything is at headquarters"))
    parts = [t("backlog {count}", count=wording.count(waiting))]
    short = parts[0]
    if bridge.oldest_waiting_at is not None:
        age = wording.about((bridge.at - bridge.oldest_waiting_at).total_seconds())
        parts.append(t("oldest {span}", span=age))
        short = f"{short} · {age}"
    late = bridge.headquarters is not None and not bridge.headquarters.up
    if bridge.eta_s is not None and not late:
        parts.append(t("about {span} left", span=wording.about(bridge.eta_s)))
    by_kind = ", ".join(
        f"{wording.kind(kind)} {wording.count(number)}" for kind, number in sorted(bridge.waiting.items()) if number
    )
    return Standing(" · ".join(parts), short, by_kind, "attention" if late else "")


def _disk(bridge: BridgeStatus) -> Standing:
    detail = t(
        "{used} used, {free} free", used=wording.size(bridge.disk_used_bytes), free=wording.size(bridge.disk_free_bytes)
    )
    if bridge.state in ("full", "failing"):
        word = t("disk full") if bridge.state == "full" else t("disk fails")
        return Standing(word, word, bridge.problem or detail, "attention")
    share = link_state.disk_share(bridge)
    if share is None:
        return Standing(t("disk"), t("disk"), detail)
    word = t("disk {percent}", percent=wording.percent(100 * share))
    return Standing(word, word, detail, "attention" if share >= link_state.NEARLY_FULL else "")


def _of_broker(chain: Chain, now: datetime, unreadable: int) -> list[StateLine]:
    group = t("Broker")
    since = wording.about((now - chain.broker_since).total_seconds())
    found = [
        StateLine(group, t("Connection"), t("for {span}", span=since))
        if chain.broker_up
        else StateLine(group, t("Connection"), t("away for {span}", span=since), "attention")
    ]
    if chain.broker_problem:
        found.append(StateLine(group, t("Problem"), chain.broker_problem, "attention"))
    if chain.broker_next_try_at is not None:
        left = max(timedelta(), chain.broker_next_try_at - now).total_seconds()
        found.append(StateLine(group, t("Next try"), t("in {span}", span=wording.about(left))))
    silent_s = (now - (chain.data_at or chain.broker_since)).total_seconds()
    found.append(
        StateLine(
            group,
            t("Last message"),
            t("{span} ago", span=wording.about(silent_s)) if chain.data_at else wording.NOTHING,
            "attention" if chain.broker_up and silent_s >= link_state.SILENCE_S else "",
        )
    )
    found.append(StateLine(group, t("Not readable"), wording.count(unreadable), "attention" if unreadable else ""))
    return found


def _of_bridge(chain: Chain, now: datetime) -> list[StateLine]:
    group, bridge = t("Bridge"), chain.bridge
    if bridge is None:
        return [StateLine(group, t("State"), t("not heard yet"), "attention" if chain.broker_up else "")]
    here = link_state.bridge_is_here(chain, now)
    well = here and bridge.state == "online"
    thinned, quarantined = sum(bridge.thinned.values()), sum(bridge.quarantined.values())
    quota = wording.size(bridge.disk_quota_bytes) if bridge.disk_quota_bytes else t("no limit")
    heard_s = (now - (chain.bridge_at or now)).total_seconds()
    facts = [
        (
            t("State"),
            wording.bridge_state(bridge.state) if here else t("silent for {span}", span=wording.about(heard_s)),
            not well,
        ),
        (t("Start"), t("number {boot}", boot=bridge.boot), False),
        (t("Stored"), _by_kind(bridge.stored), False),
        (t("Rate in"), t("{rate} a second", rate=wording.decimal(bridge.stored_per_s, 0)), False),
        (t("Commit, 99 of 100"), t("{ms} ms", ms=wording.decimal(bridge.commit_p99_ms, 0)), False),
        (t("Disk used"), t("{used} of {quota}", used=wording.size(bridge.disk_used_bytes), quota=quota), False),
        (t("Disk free"), wording.size(bridge.disk_free_bytes), False),
        (t("Encrypted"), t("yes") if bridge.encrypted else t("no"), False),
        (t("Given up for room"), _by_kind(bridge.thinned) if thinned else "0", thinned > 0),
        (t("Lost by damage"), wording.count(bridge.gaps), bridge.gaps > 0),
        (t("In quarantine"), _by_kind(bridge.quarantined) if quarantined else "0", quarantined > 0),
        (t("Emptied for room"), _emptied(bridge.quarantine_emptied), bridge.quarantine_emptied > 0),
        (t("Came twice"), wording.count(bridge.duplicates), False),
    ]
    if bridge.problem:
        facts.insert(1, (t("Problem"), bridge.problem, True))
    return [StateLine(group, label, value, "attention" if mark else "") for label, value, mark in facts]


def _emptied(count: int) -> str:
    """Refused messages that are nobody's: the oldest lose their contents when quarantine has no room left."""
    if not count:
        return "0"
    return tn(
        count,
        "{count} refused message: only its reason is kept",
        "{count} refused messages: only their reasons are kept",
    )


def _of_headquarters(chain: Chain, now: datetime) -> list[StateLine]:
    group, bridge = t("Headquarters"), chain.bridge
    link = bridge.headquarters if bridge is not None else None
    if bridge is None or link is None:
        return [StateLine(group, t("State"), t("only the bridge knows") if bridge is None else t("not set"))]
    late = now - (chain.bridge_at or now)
    for_s = (bridge.at - link.since + late).total_seconds()
    words = t("for {span}", span=wording.about(for_s)) if link.up else t("away for {span}", span=wording.about(for_s))
    found = [StateLine(group, t("Connection"), words, "" if link.up else "attention")]
    if link.problem:
        found.append(StateLine(group, t("Problem"), link.problem, "attention"))
    if not link.up and link.next_try_at is not None:
        left_s = (link.next_try_at - bridge.at - late).total_seconds()
        found.append(StateLine(group, t("Next try"), t("in {span}", span=wording.about(max(0.0, left_s)))))
    waiting = sum(bridge.waiting.values())
    found.append(StateLine(group, t("Waiting"), _by_kind(bridge.waiting) if waiting else "0"))
    if bridge.oldest_waiting_at is not None:
        age = wording.about((bridge.at - bridge.oldest_waiting_at + late).total_seconds())
        found.append(StateLine(group, t("Oldest waiting"), age))
    found.append(StateLine(group, t("Rate out"), t("{rate} a second", rate=wording.decimal(bridge.sent_per_s, 0))))
    found.append(
        StateLine(group, t("Time left"), wording.NOTHING if bridge.eta_s is None else wording.about(bridge.eta_s))
    )
    aside = tn(bridge.set_aside, "{count} message", "{count} messages")
    found.append(StateLine(group, t("Set aside"), aside, "attention" if bridge.set_aside else ""))
    return found


def _by_kind(counts: dict[str, int]) -> str:
    told = ", ".join(
        f"{wording.kind(kind)} {wording.count(number)}" for kind, number in sorted(counts.items()) if number
    )
    return told or "0"
