"""Whether the chain drones -> broker -> bridge -> headquarters is whole, and what is kept back where it is not.

Nothing here is ever an error: being offline is normal in the field. What matters is said in one pill: since when, how much is kept,
that nothing is lost, and when the next try is.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from ground_station.view_model import wording
from ground_station.view_model.language import later, t, tn
from ground_station.view_model.snapshot import ChainPart, Pill
from messages.state import BridgeStatus

NEARLY_FULL = 0.9  # of what the store may take
SILENCE_S = 5.0  # "link up, no data" at the latest; the bridge speaks once a second
CATCHING_UP_S = 5.0  # waiting messages younger than this are simply on their way
ANSWER_S = 5.0  # a decision that waits longer for its answer is said to be kept here


class Chain(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of the chain. Times are the desk's; the bridge's own times are read as spans against its `at`."""

    broker_up: bool = False
    broker_since: datetime
    broker_lost_at: datetime | None = None  # it last went away; None: not since the desk was opened
    broker_next_try_at: datetime | None = None
    broker_problem: str = ""
    data_at: datetime | None = None  # anything at all arrived
    telemetry_at: datetime | None = None
    bridge: BridgeStatus | None = None
    bridge_at: datetime | None = None  # when its status arrived
    bridge_since: datetime | None = None  # when it came or went


def link_up(chain: Chain, now: datetime) -> Chain:
    """The broker accepted the desk. What the bridge said before does not count until it speaks again."""
    return msgspec.structs.replace(
        chain, broker_up=True, broker_since=now, broker_next_try_at=None, broker_problem="", data_at=None
    )


def link_down(chain: Chain, problem: str, next_try_at: datetime | None, now: datetime) -> Chain:
    """The broker is away, or still away."""
    if chain.broker_up:
        chain = msgspec.structs.replace(chain, broker_up=False, broker_since=now, broker_lost_at=now)
    return msgspec.structs.replace(chain, broker_next_try_at=next_try_at, broker_problem=problem)


def heard(chain: Chain, now: datetime, *, telemetry: bool) -> Chain:
    """Something arrived."""
    return msgspec.structs.replace(chain, data_at=now, telemetry_at=now if telemetry else chain.telemetry_at)


def bridge_said(chain: Chain, status: BridgeStatus, now: datetime) -> Chain:
    """The bridge (or its Will) said how it is."""
    changed = chain.bridge is None or (chain.bridge.state in _HERE) != (status.state in _HERE)
    return msgspec.structs.replace(
        chain, bridge=status, bridge_at=now, bridge_since=now if changed else chain.bridge_since
    )


def bridge_is_here(chain: Chain, now: datetime) -> bool:
    """Whether the bridge is there and speaking."""
    return (
        chain.broker_up
        and chain.bridge is not None
        and chain.bridge.state in _HERE
        and chain.bridge_at is not None
        and (now - chain.bridge_at).total_seconds() < SILENCE_S
    )


def station_now(chain: Chain, now: datetime) -> datetime:
    """The time on the bridge's clock, by which leases run: differences below 2 s are taken for the way of the message."""
    if chain.bridge is None or chain.bridge_at is None:
        return now
    ahead = chain.bridge.at - chain.bridge_at
    return now if abs(ahead) < timedelta(seconds=2) else now + ahead


def parts(chain: Chain, live: int, total: int, now: datetime, *, stopped: int = 0) -> tuple[ChainPart, ...]:
    """The four parts of the chain, each with its word. `total` ought to be heard, `stopped` said that they would not."""
    here = bridge_is_here(chain, now)
    return (
        _drones(live, total, stopped),
        _broker(chain, now),
        _bridge(chain, here, now),
        _headquarters(chain, here, now),
    )


def pill(chain: Chain, *, kept: int, oldest_kept_s: float, drones_expected: bool, now: datetime) -> Pill | None:
    """The one thing to say about the chain, or None when all is well.

    `kept`: decisions here that the bridge has not answered; `drones_expected`: whether any drone should be speaking.
    """
    if not chain.broker_up:
        if _is_first_try(chain, now):
            return None
        until = chain.broker_next_try_at
        return _with_next_try(
            Pill(_broker_away(chain, kept, now), try_now=True), None if until is None else (until - now).total_seconds()
        )
    silent_s = (now - (chain.data_at or chain.broker_since)).total_seconds()
    if silent_s >= SILENCE_S:
        return Pill(t("Link up, no data for {span}", span=wording.about(silent_s)) + _decisions(kept), try_now=True)
    if not bridge_is_here(chain, now):
        if chain.bridge is None and (now - chain.broker_since).total_seconds() < SILENCE_S:
            return None
        return Pill(_bridge_away(chain, kept, now), try_now=False)
    bridge = chain.bridge
    if bridge is None:
        return None
    if bridge.state == "full":
        return Pill(t("The station's disk is full: the drones keep their reports until there is room"), try_now=False)
    if bridge.state == "failing":
        return Pill(t("The station's disk does not work: the drones keep their reports until it does"), try_now=False)
    telemetry_s = (now - max(chain.telemetry_at or chain.broker_since, chain.broker_since)).total_seconds()
    if drones_expected and telemetry_s >= SILENCE_S:
        return Pill(t("Link up, no data from any drone for {span}", span=wording.about(telemetry_s)), try_now=False)
    away = _headquarters_pill(bridge, chain, now) or _disk_pill(bridge)
    if away is None and kept and oldest_kept_s >= ANSWER_S:
        return Pill(
            tn(kept, "{count} decision kept here, will be sent", "{count} decisions kept here, will be sent"),
            try_now=False,
        )
    return away


_BRIDGE_WORDS = {"full": later("bridge full"), "failing": later("bridge's disk fails")}
_HERE = ("online", "full", "failing")


def _drones(live: int, total: int, stopped: int) -> ChainPart:
    if not total and stopped:
        words = tn(stopped, "{count} drone said that it stopped", "{count} drones said that they stopped")
        return ChainPart("drones", "unknown", t("drones stopped"), words)
    if not total:
        return ChainPart("drones", "unknown", t("no drones yet"), t("no drone has reported since the desk was opened"))
    word = tn(total, "{live} of {count} drone", "{live} of {count} drones", live=wording.count(live))
    return ChainPart(
        "drones", "well" if live else "away", word, t("{count} not heard in time", count=wording.count(total - live))
    )


def _broker(chain: Chain, now: datetime) -> ChainPart:
    since = wording.about((now - chain.broker_since).total_seconds())
    if chain.broker_up:
        return ChainPart("broker", "well", t("broker"), t("connected for {since}", since=since))
    if _is_first_try(chain, now):
        return ChainPart("broker", "unknown", t("broker"), t("connecting for the first time"))
    return ChainPart(
        "broker", "away", t("broker away"), chain.broker_problem or t("not reached for {since}", since=since)
    )


def _is_first_try(chain: Chain, now: datetime) -> bool:
    return not chain.broker_up and not chain.broker_problem and (now - chain.broker_since).total_seconds() < SILENCE_S


def _bridge(chain: Chain, here: bool, now: datetime) -> ChainPart:
    if here and chain.bridge is not None:
        detail = t(
            "start {boot}, commit p99 {ms} ms",
            boot=chain.bridge.boot,
            ms=wording.decimal(chain.bridge.commit_p99_ms, 0),
        )
        return ChainPart(
            "bridge", "well", t(_BRIDGE_WORDS.get(chain.bridge.state, later("bridge"))), chain.bridge.problem or detail
        )
    if chain.bridge is None or not chain.broker_up:
        return ChainPart("bridge", "unknown", t("bridge"), t("not heard since the broker was reached"))
    return ChainPart(
        "bridge", "away", t("bridge away"), t("last word: {state}", state=wording.bridge_state(chain.bridge.state))
    )


def _headquarters(chain: Chain, here: bool, now: datetime) -> ChainPart:
    if not here or chain.bridge is None:
        return ChainPart("headquarters", "unknown", t("headquarters"), t("only the bridge knows"))
    link = chain.bridge.headquarters
    if link is None:
        return ChainPart("headquarters", "unknown", t("headquarters not set"), t("the bridge has no address for it"))
    if link.up:
        return ChainPart(
            "headquarters",
            "well",
            t("headquarters"),
            t("{rate} messages a second", rate=wording.decimal(chain.bridge.sent_per_s, 0)),
        )
    return ChainPart("headquarters", "away", t("headquarters away"), link.problem or t("not reached"))


def _headquarters_pill(bridge: BridgeStatus, chain: Chain, now: datetime) -> Pill | None:
    waiting = sum(bridge.waiting.values())
    link = bridge.headquarters
    if link is None:
        return None
    since_said = now - (chain.bridge_at or now)
    if not link.up:
        away_s = (bridge.at - link.since + since_said).total_seconds()
        text = t(
            "Headquarters away for {span} · {count} kept here, nothing lost",
            span=wording.about(away_s),
            count=wording.count(waiting),
        )
        until = link.next_try_at
        return _with_next_try(
            Pill(text, try_now=True, tells_backlog=True),
            None if until is None else (until - bridge.at - since_said).total_seconds(),
        )
    oldest = bridge.oldest_waiting_at
    if not waiting or oldest is None or (bridge.at - oldest).total_seconds() < CATCHING_UP_S:
        return None
    eta = "" if bridge.eta_s is None else t(", about {span}", span=wording.about(bridge.eta_s))
    return Pill(t("Catching up: {count} left", count=wording.count(waiting)) + eta, try_now=False)


def disk_share(bridge: BridgeStatus) -> float | None:
    """How much of what the store may take on the disk it takes, 0 to 1; None if the bridge does not say."""
    room = bridge.disk_used_bytes + bridge.disk_free_bytes
    if bridge.disk_quota_bytes:
        room = min(room, bridge.disk_quota_bytes) if bridge.disk_free_bytes else bridge.disk_quota_bytes
    return min(1.0, bridge.disk_used_bytes / room) if room else None


def _disk_pill(bridge: BridgeStatus) -> Pill | None:
    if bridge.gaps:
        text = tn(
            bridge.gaps,
            "The station's disk was damaged: {count} report is asked for again",
            "The station's disk was damaged: {count} reports are asked for again",
        )
        return Pill(text, try_now=False)
    share = disk_share(bridge)
    if share is None or share < NEARLY_FULL:
        return None
    percent = wording.percent(100 * share)
    if sum(bridge.thinned.values()):
        return Pill(
            t("The station's disk is {percent} full · old positions are given up, no alert is", percent=percent),
            try_now=False,
        )
    return Pill(t("The station's disk is {percent} full", percent=percent), try_now=False)


def _broker_away(chain: Chain, kept: int, now: datetime) -> str:
    away = wording.about((now - chain.broker_since).total_seconds())
    return t("Broker away for {span}", span=away) + _decisions(kept) + t(" · nothing lost")


def _bridge_away(chain: Chain, kept: int, now: datetime) -> str:
    since = chain.bridge_at if chain.bridge is not None and chain.bridge.state in _HERE else chain.bridge_since
    away = wording.about((now - (since or chain.broker_since)).total_seconds())
    return (
        t("Bridge away for {span}", span=away) + _decisions(kept) + t(" · the drones keep their reports, nothing lost")
    )


def _decisions(kept: int) -> str:
    return tn(kept, " · {count} decision kept here", " · {count} decisions kept here") if kept else ""


def _with_next_try(pill: Pill, seconds: float | None) -> Pill:
    """The pill with the time until the next try, where there is one."""
    if seconds is None:
        return pill
    if seconds < 0.5:
        return msgspec.structs.replace(pill, text=pill.text + t(" · trying now"))
    span = wording.about(seconds)
    text = pill.text + t(" · next try in {span}", span=span)
    return msgspec.structs.replace(pill, text=text, brief=pill.text, next_try_in=span)
