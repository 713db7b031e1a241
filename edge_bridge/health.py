"""How the bridge is, as values: counters -> one log line and the retained status."""

from __future__ import annotations

from collections import deque
from datetime import UTC, datetime

import msgspec

from messages.state import BridgeState, BridgeStatus, LinkState

RATE_OVER_S = 10.0
COMMITS_REMEMBERED = 1_000


class Counts(msgspec.Struct, frozen=True):
    """What is counted on the disk, per kind or reason."""

    stored: dict[str, int] = {}
    sent: dict[str, int] = {}
    set_aside: dict[str, int] = {}
    quarantined: dict[str, int] = {}
    thinned: dict[str, int] = {}
    duplicates: int = 0
    emptied: int = 0


class Pulse:
    """Rates over the last RATE_OVER_S and the slowest commits; fed with the time of a monotonic clock in seconds."""

    def __init__(self) -> None:
        self._samples: deque[tuple[float, int, int]] = deque()
        self._commits_ms: deque[float] = deque(maxlen=COMMITS_REMEMBERED)

    def committed(self, took_ms: float) -> None:
        """A commit took so long."""
        self._commits_ms.append(took_ms)

    def counted(self, at_s: float, stored: int, sent: int) -> None:
        """The counters stood like this."""
        self._samples.append((at_s, stored, sent))
        while len(self._samples) > 2 and self._samples[1][0] <= at_s - RATE_OVER_S:
            self._samples.popleft()

    @property
    def per_s(self) -> tuple[float, float]:
        """Messages stored and sent per second."""
        if len(self._samples) < 2:
            return 0.0, 0.0
        (from_s, stored_0, sent_0), (to_s, stored_1, sent_1) = self._samples[0], self._samples[-1]
        span_s = max(to_s - from_s, 1e-9)
        return (stored_1 - stored_0) / span_s, max(0.0, (sent_1 - sent_0) / span_s)

    @property
    def commit_p99_ms(self) -> float:
        """99 of 100 of the last commits took no longer."""
        if not self._commits_ms:
            return 0.0
        ordered = sorted(self._commits_ms)
        return ordered[min(len(ordered) - 1, len(ordered) * 99 // 100)]


def counts_of(tallies: dict[str, int], sent: dict[str, int], set_aside: dict[str, int]) -> Counts:
    """The counts from the store's tallies (`stored:KIND`, `quarantined:REASON`, `thinned:KIND`, `duplicates`, `emptied`) and from the
    sending process's.
    """

    def under(prefix: str) -> dict[str, int]:
        return {name.removeprefix(prefix): count for name, count in tallies.items() if name.startswith(prefix)}

    return Counts(
        stored=under("stored:"),
        sent=sent,
        set_aside=set_aside,
        quarantined=under("quarantined:"),
        thinned=under("thinned:"),
        duplicates=tallies.get("duplicates", 0),
        emptied=tallies.get("emptied", 0),
    )


def waiting_of(counts: Counts) -> dict[str, int]:
    """Kind -> messages stored, and neither confirmed nor set aside nor given up."""
    waiting = {
        kind: stored - counts.sent.get(kind, 0) - counts.set_aside.get(kind, 0) - counts.thinned.get(kind, 0)
        for kind, stored in counts.stored.items()
    }
    return {kind: count for kind, count in waiting.items() if count > 0}


def eta_s(waiting: int, stored_per_s: float, sent_per_s: float) -> float | None:
    """Seconds until nothing waits; None while the backlog does not shrink."""
    if waiting == 0:
        return 0.0
    gain = sent_per_s - stored_per_s
    return round(waiting / gain, 1) if gain > 0 else None


def status_of(
    *,
    station: str,
    state: BridgeState,
    boot: int,
    now: datetime,
    link: LinkState | None,
    counts: Counts,
    pulse: Pulse,
    oldest_waiting_at_ms: int | None,
    alerts_open: int,
    disk_used_bytes: int,
    disk_quota_bytes: int,
    encrypted: bool = False,
    disk_free_bytes: int = 0,
    problem: str = "",
    gaps: int = 0,
) -> BridgeStatus:
    """The retained status."""
    waiting = waiting_of(counts)
    stored_per_s, sent_per_s = pulse.per_s
    oldest = datetime.fromtimestamp(oldest_waiting_at_ms / 1000, UTC) if oldest_waiting_at_ms is not None else None
    return BridgeStatus(
        station=station,
        state=state,
        boot=boot,
        at=now,
        problem=problem,
        headquarters=link,
        stored=counts.stored,
        waiting=waiting,
        oldest_waiting_at=oldest,
        stored_per_s=round(stored_per_s, 1),
        sent_per_s=round(sent_per_s, 1),
        eta_s=eta_s(sum(waiting.values()), stored_per_s, sent_per_s),
        set_aside=sum(counts.set_aside.values()),
        quarantined=counts.quarantined,
        thinned=counts.thinned,
        duplicates=counts.duplicates,
        quarantine_emptied=counts.emptied,
        alerts_open=alerts_open,
        disk_used_bytes=disk_used_bytes,
        disk_quota_bytes=disk_quota_bytes,
        encrypted=encrypted,
        disk_free_bytes=disk_free_bytes,
        gaps=gaps,
        commit_p99_ms=round(pulse.commit_p99_ms, 2),
    )


def log_line(status: BridgeStatus, *, batches: int, stored: int, duplicates: int, rejected: int) -> str:
    """One line for everything since the last one."""
    link = status.headquarters
    return (
        f"batches={batches} stored={stored} duplicates={duplicates} quarantined={rejected}"
        f" waiting={sum(status.waiting.values())} stored_per_s={status.stored_per_s} sent_per_s={status.sent_per_s}"
        f" commit_p99_ms={status.commit_p99_ms} alerts_open={status.alerts_open}"
        f" headquarters={'none' if link is None else 'up' if link.up else 'away'}"
    )
