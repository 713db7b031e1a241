"""What goes back to the field or tells how things stand: retained state and answers, not data. None of it is archived.

`Alert` lives in alert.py with the rules of its life.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from messages.model import DroneId, LongText, MessageId, OfficerId, ShortText, StationId, Utc


class State(msgspec.Struct, frozen=True, kw_only=True):
    """Root of the state structs. Unknown fields are tolerated, so that an older desk can read a newer bridge."""


class DroneStatus(State, frozen=True, kw_only=True):
    """`drone/{id}/status`, retained. The Will says `offline` with the boot it belongs to: a late Will of an older boot is ignored."""

    drone_id: DroneId
    boot: int
    state: Literal["online", "stopped", "offline"]
    at: Utc


class Ack(State, frozen=True, kw_only=True):
    """`drone/{id}/ack`: what of the drone's report stream is on the bridge's disk.

    Everything up to and including `contiguous` is, and everything above it up to `highest` except the `holes` (first, last; both
    included). A drone forgets what is stored and sends the holes again.
    """

    drone_id: DroneId
    boot: int
    contiguous: int
    highest: int
    holes: tuple[tuple[int, int], ...]
    stored_at: Utc


class Command(State, frozen=True, kw_only=True):
    """`drone/{id}/command`: what an officer asks of a drone; the broker drops it after 10 s (message expiry)."""

    id: MessageId
    drone_id: DroneId
    officer: OfficerId
    action: Literal["take_control", "release_control", "send_picture"]
    violation_id: MessageId | None = None
    at: Utc


class DeskRequest(State, frozen=True, kw_only=True):
    """`desk/{officer}/claim`: what an officer asks of an alert, except the decision, which is a Correction on `desk/{officer}/decide`."""

    id: MessageId
    officer: OfficerId
    action: Literal["seen", "claim", "renew", "release", "escalate"]
    violation_id: MessageId
    at: Utc


class DeskAnswer(State, frozen=True, kw_only=True):
    """The bridge's answer on the request's response topic, with its correlation data. `ok` after the commit, never before."""

    id: MessageId  # of the DeskRequest or Correction
    violation_id: MessageId
    ok: bool
    reason: ShortText  # empty when ok; else plain words: "claimed by moreno until 14:32:07"
    at: Utc


class LinkState(State, frozen=True, kw_only=True):
    """The bridge's link to headquarters."""

    up: bool
    since: Utc
    next_try_at: Utc | None = None
    problem: LongText = ""


BridgeState = Literal["online", "stopped", "offline", "full", "failing"]
"""`full`: there is no room and nothing left that may be given up. `failing`: the disk refuses (errors, read-only, damage). In both
nothing is acknowledged, the drones keep their reports, and the bridge tries again by itself.
"""


class BridgeStatus(State, frozen=True, kw_only=True):
    """`bridge/status`, retained; the Will is the same with state `offline`."""

    station: StationId
    state: BridgeState
    boot: int
    at: Utc
    problem: LongText = ""  # why it is `full` or `failing`, in the words of the disk; empty otherwise
    headquarters: LinkState | None = None
    stored: dict[str, int] = {}  # kind -> messages stored since the store was made
    waiting: dict[str, int] = {}  # kind -> messages stored and not yet confirmed by Kafka
    oldest_waiting_at: Utc | None = None
    stored_per_s: float = 0.0  # over the last 10 s
    sent_per_s: float = 0.0
    eta_s: Annotated[float, Meta(ge=0)] | None = None  # until nothing waits; None when it cannot be told
    set_aside: int = 0  # messages that Kafka cannot take, kept with their reason
    quarantined: dict[str, int] = {}  # reason -> messages
    quarantine_emptied: int = 0  # of those, messages that are nobody's and whose bytes were given up for want of room
    thinned: dict[str, int] = {}  # kind -> messages given up for want of room, oldest first; telemetry only
    gaps: int = 0  # messages that a damaged store lost and that no drone has sent again yet
    duplicates: int = 0  # messages that came again and were already stored
    alerts_open: int = 0
    disk_used_bytes: int = 0
    disk_quota_bytes: int = 0  # 0: as much as there is
    disk_free_bytes: int = 0  # on the store's file system
    encrypted: bool = False
    commit_p99_ms: float = 0.0  # over the last 1,000 commits
