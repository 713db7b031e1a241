"""Everything that is on screen at one moment, as one value: what widgets draw and what the headless front end prints.

All texts are plain text in full words, ready to show (never markup: outside text may hold any character). Numbers that a widget draws
itself (bars, map marks) are given as numbers with their unit in the name. Equal parts of two snapshots compare equal, so a front end
redraws only what changed. Times are local times in words; ages count at each new snapshot.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from ground_station.view_model import wording
from ground_station.view_model.log_view import LogLine, LogView

Freshness = Literal["live", "stale", "lost"]
Severity = Literal["must_decide", "attention"]
"""Drawn as triangle and diamond, never by colour alone."""
BatteryBand = Literal["well", "low", "critical"]


class ChainPart(msgspec.Struct, frozen=True):
    """One part of the chain drones -> broker -> bridge -> headquarters."""

    name: Literal["drones", "broker", "bridge", "headquarters"]
    state: Literal["well", "away", "unknown"]  # filled dot, ring, dotted ring
    word: str  # "46 of 48 drones", "broker", "bridge away"
    detail: str  # one line for support: the inside of the thing


class Pill(msgspec.Struct, frozen=True):
    """The one amber pill: shown only while something is kept back, draining, or silent. Never red."""

    text: str  # "Headquarters away for 12 min · 1,204 kept here, nothing lost · next try in 8 s"
    try_now: bool  # whether the button "Try now" (intention TryNow) belongs to it
    tells_backlog: bool = False  # the text has the count and since when: the strip need not say it again beside it
    brief: str = ""  # the text without its next try, for whoever writes that on the button; empty: there is none to count down to
    next_try_in: str = ""  # "8 s"


class PictureView(msgspec.Struct, frozen=True):
    """An alert's evidence picture as far as it is here."""

    state: Literal["none", "coming", "complete", "damaged"]
    words: (
        str  # "picture complete, checked", "picture 2 of 3 parts", "picture damaged: do not rely on it", "no picture"
    )
    digest: str  # SHA-256 of `image`: changes exactly when the image does; empty without one
    image: bytes | None  # the file's bytes (PNG or JPEG); None unless complete


class AlertCard(msgspec.Struct, frozen=True, kw_only=True):
    """One row of the alert list, in the order shown."""

    violation_id: str
    drone_id: str
    severity: Severity
    title: str  # place in words: "E 42nd Street at Lexington Avenue"
    line: str  # "nyc-17 · code? 14 or 19", "nyc-05 · picture 2 of 3 parts"
    age: str  # "0:08 ago"
    whose: str  # "new", "seen", "yours 1:52", "Moreno 0:40", "passed on by Moreno"
    mine: bool
    unseen: bool  # nobody has looked at it yet: the card's edge is the sound's visual twin
    selected: bool
    picture: PictureView
    lat_deg: float
    lon_deg: float
    inside: bool = False  # below the card of its open group


class AlertGroup(msgspec.Struct, frozen=True, kw_only=True):
    """The card of several alerts that stand together in the list. It opens and closes; it decides nothing."""

    key: str  # for ToggleGroup
    kind: Literal["alike", "near"]  # chatter of one drone at one place; alerts on one street, or of one drone
    count: int
    violation_ids: tuple[str, ...]  # in the order of Up and Down
    title: str  # "Madison Avenue, 3 grouped", "E 42nd Street at Lexington Avenue, 4 alike"
    line: str  # "nyc-22, nyc-40 · same kerb"
    whose: str  # "2 of 3" while one of them is on the desk, else "2 new", else the oldest one's
    age: str  # of the one on the desk, else of the oldest
    severity: Severity
    picture: PictureView
    unseen: bool  # nobody has looked at some of them yet
    selected: bool  # it is closed, and one of them is on the desk
    is_open: bool


AlertRow = AlertCard | AlertGroup


class CodeChoice(msgspec.Struct, frozen=True):
    """One line that a digit chooses: the drone's guess, or a frequent code."""

    digit: int  # 1-9
    code: int
    title: str
    share: float | None  # the drone's confidence, 0 to 1; None for a frequent code
    share_words: str  # "48 %", "frequent"
    chosen: bool


class CodeHit(msgspec.Struct, frozen=True):
    """One code found by number or words."""

    code: int
    title: str
    fine: str  # "$115"
    chosen: bool


class FactField(msgspec.Struct, frozen=True):
    """One of the six facts of the form."""

    name: str  # of the fact, for SetFact and MarkNotShown
    label: str  # "Plate"
    value: str
    missing: bool  # empty with an amber edge and the word "needed"
    not_shown: bool


class Detail(msgspec.Struct, frozen=True):
    """One of the four facts beside the picture."""

    label: str  # "Seen"
    value: str  # "14:31:59"


class DeskView(msgspec.Struct, frozen=True, kw_only=True):
    """The coding desk with the selected alert on it."""

    violation_id: str
    drone_id: str
    severity: Severity
    title: str
    claim: Literal["nobody", "asked", "yours", "other"]
    claim_words: str  # "yours for 1:52", "press C to claim", "asking for it ...", "Moreno has it for 0:40"
    lease_left_s: float | None  # of the claim, if it is yours
    editable: bool  # the form may be filled
    details: tuple[Detail, ...]  # Seen, Drone, Precinct, Earlier here
    doubt: str  # "The drone is not sure", "The drone has no guess: frequent codes"
    choices: tuple[CodeChoice, ...]  # at most 9
    search: str  # the text of the search field
    hits: tuple[CodeHit, ...]  # at most 8; empty while the field is
    code: int | None  # chosen
    code_title: str
    fields: tuple[FactField, ...]  # plate, plate type, expiry, make or model, body type, state
    confirm_text: str  # "Confirm code 14", "Expiry or not shown?", "Choose a code"
    confirm_ready: bool  # whether Confirm would decide now (or as soon as the claim is answered)
    can_decide: bool  # whether Reject and Pass on are possible
    notice: str  # a refusal or another word about this alert; empty when there is none
    warnings: tuple[
        str, ...
    ]  # of the plate on the form: the officer may go on ("Ticket for this plate 2:10:00 ago: code 14")
    picture: PictureView
    lat_deg: float
    lon_deg: float


class FleetRow(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One drone in the table. Numbers are None where nothing has been heard. Texts are made only when asked for.

    It holds no moment, so a drone of which nothing came is the same row at each snapshot: what counts on is made with `heard_text`.
    """

    drone_id: str
    phase: str  # "patrol", "alert" while an alert of it is open
    freshness: Freshness
    heard_at_s: float | None  # Unix time at which the newest telemetry was captured or came, whichever is later
    battery_pct: float | None
    battery_band: BatteryBand
    link_pct: float | None
    temp_c: float | None
    attention: str  # "", "stale", "lost", "battery", "motor hot"
    attention_rank: int  # 0: needs none; the table is sorted by it, highest first, then by drone_id
    has_alert: bool
    selected: bool

    @property
    def battery_text(self) -> str:
        """As "71 %", or "—"."""
        return wording.percent(self.battery_pct)

    @property
    def link_text(self) -> str:
        """As "98 %", or "—" when the drone is lost."""
        return wording.percent(None if self.freshness == "lost" else self.link_pct)

    @property
    def temp_text(self) -> str:
        """As "24 °C", or "—"."""
        return wording.degrees_c(self.temp_c)

    def heard_text(self, now_s: float) -> str:
        """As "0.8 s", "9 s", "2:14", or "—", at a Unix time."""
        return wording.heard(None if self.heard_at_s is None else now_s - self.heard_at_s)


class FleetView(msgspec.Struct, frozen=True, kw_only=True):
    """The fleet table: all rows that pass the filter, in the order that the officer chose, else attention first."""

    title: str  # "Fleet 48", "Fleet 3 of 48" while filtered
    filter: str
    rows: tuple[FleetRow, ...]
    total: int
    live: int
    sort: str = ""  # a column of fleet_rows.SORTS, "-" before it for the highest first; empty: attention first
    now_s: float = 0.0  # Unix time of the snapshot, for heard_text


class Chart(msgspec.Struct, frozen=True, kw_only=True):
    """One value of the selected drone over its last hour. Breaks where nothing was heard for a while are for whoever draws it."""

    label: str  # "Battery"
    now: str  # "71 %"
    low: float  # the lowest and the highest value that the drawing has room for
    high: float
    low_words: str  # "0 %"
    high_words: str
    points: tuple[tuple[float, float], ...]  # (s before the newest, so 0 or less; value), oldest first
    words: str  # the course in words, for a screen reader: "Battery: 71 %, between 71 % and 94 % in the last 40 min"


class DronePanel(msgspec.Struct, frozen=True, kw_only=True):
    """The selected drone in words, and its last hour."""

    drone_id: str
    details: tuple[Detail, ...]
    faults: tuple[str, ...]  # "motor hot (alarm) since 14:20:11"
    hour: tuple[Chart, ...] = ()  # battery, height, link


class ReplayView(msgspec.Struct, frozen=True, kw_only=True):
    """A replayed shift: what the banner and its controls show."""

    banner: str  # "REPLAY · Sunday 22 November 2026 · nothing here can be sent"
    at: str  # the replayed time of day
    at_s: float  # Unix time
    start_s: float
    end_s: float
    start: str  # times of day
    end: str
    speed: int
    speed_words: str  # "10×"
    paused: bool
    state: str  # "playing", "paused", "at the end", "going to 14:32:07 …"
    marks_s: tuple[float, ...]  # when alerts came in, Unix times


class StateLine(msgspec.Struct, frozen=True):
    """One line of the inside of the station, for support."""

    group: str  # "Bridge"
    label: str  # "Disk used"
    value: str  # "1.2 GB of 20 GB"
    mark: Literal["", "attention"] = ""


class Standing(msgspec.Struct, frozen=True):
    """One of the short facts at the end of the chain: what waits, how full the disk is."""

    word: str  # "backlog 1,204 · oldest 4 min · about 20 s left", "disk 62 %"
    short: str  # "backlog 1,204 · 4 min", "disk 62 %"
    detail: str
    mark: Literal["", "attention"] = ""


class UndoView(msgspec.Struct, frozen=True):
    """The newest decision that can still be taken back (intention Undo)."""

    text: str  # "Code 14 for nyc-17 goes out in 2 s", "Code 14 for nyc-17 is kept here, will be sent"


class DroneSpot(msgspec.Struct, frozen=True, gc=False):
    """One drone on the map: always its newest place, never one that came late."""

    lat_deg: float
    lon_deg: float
    heading_deg: float
    freshness: Freshness
    heard_at_s: float  # Unix time of the newest telemetry; the age to show is now - this
    alert: bool


class AlertSpot(msgspec.Struct, frozen=True):
    """One open alert on the map, at the vehicle's place."""

    violation_id: str
    lat_deg: float
    lon_deg: float
    severity: Severity
    drone_id: str
    label: str


class MapScene(msgspec.Struct, frozen=True, kw_only=True):
    """What the map shows. features.changes_between(before, after) turns two scenes into calls for the map page."""

    drones: dict[str, DroneSpot]  # by drone id
    alerts: tuple[AlertSpot, ...]
    selection: str | None  # a drone id: the selected drone, else the drone of the selected alert
    track: tuple[tuple[float, float], ...]  # (lat, lon) of the selection's last hour, oldest first
    now_s: float  # Unix time of the snapshot


class StationView(msgspec.Struct, frozen=True, kw_only=True):
    """The whole window at one moment."""

    station: str  # "Midtown South"
    officer: str  # "Ofc. Duarte"
    clock: str  # "14:32:07"
    window_title: str  # "Kestrel · Midtown South", "(2) Kestrel · Midtown South" with two alerts nobody has seen
    chain: tuple[ChainPart, ...]
    pill: Pill | None
    alerts_title: str  # "Alerts · 6 open"
    rate: str  # "4 in 10 min"
    flood: bool  # more than 10 in 10 min, and not yet calm again: the list groups by street and drone
    cards: tuple[AlertCard, ...]  # every open alert once, in the order of Up and Down
    rows: tuple[AlertRow, ...]  # the list as drawn: the same alerts, some of them behind the card of a group
    desk: DeskView | None  # None: nothing selected
    calm: str  # "Nothing to decide. 46 drones on patrol." when there is no open alert, else empty
    undo: UndoView | None
    kept: int  # decisions kept here, not yet answered by the bridge
    message: str  # the newest word to the officer ("Press C to claim it first"); empty after a few seconds
    fleet: FleetView
    drone: DronePanel | None
    log: tuple[LogLine, ...]  # newest last, unfiltered, the last 500
    log_count: int
    log_view: LogView  # as the log's page shows it
    counters: str  # "Decided today 37 · median 6.4 s · corrected 11"
    scene: MapScene
    theme: Literal["day", "night", "contrast"]
    sound_on: bool
    preferences: dict[str, str]  # as kept by SetPreference
    standing: tuple[Standing, ...] = ()  # backlog and disk
    inside: tuple[StateLine, ...] = ()  # everything known of the station
    replay: ReplayView | None = None  # None: this is now
