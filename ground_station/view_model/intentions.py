"""What an officer can want of the desk, as values. Keyboard, mouse and the scripted officer all speak only through these.

An intention that makes no sense at the moment (Confirm with nothing claimed) changes nothing but `StationView.message`, which says in
plain words why. No intention can close an alert except Confirm and Reject, and those only for an alert that the officer holds.
"""

from __future__ import annotations

from typing import Literal

import msgspec

FactName = Literal["plate", "plate_type", "plate_expiry", "make", "body", "plate_state"]
"""The fields of messages.coding.Form besides the code."""
ThemeName = Literal["day", "night", "contrast"]
LogKind = Literal["", "alert", "drone", "station"]
"""Which lines of the shift log are shown; "" for all."""
ExportFormat = Literal["csv", "geojson", "gpx", "kml"]


class _Intention(msgspec.Struct, frozen=True, tag=True):
    """Root of all intentions. Each carries its name when a recording writes it down."""


class SelectAlert(_Intention, frozen=True):
    """A card, or its mark on the map, was clicked. The alert counts as seen from here on. None: nothing selected."""

    violation_id: str | None


class MoveSelection(_Intention, frozen=True):
    """Up (-1) or Down (+1) in the alert list."""

    by: int


class ToggleGroup(_Intention, frozen=True):
    """O, or a click on a group's card: show its alerts below it, or fold them away. None: the group of the selected alert."""

    key: str | None = None


class Claim(_Intention, frozen=True):
    """C: take the selected alert (or the first of the list when none is selected) for 120 s."""


class Release(_Intention, frozen=True):
    """Give a claimed alert back to everybody without a decision."""


class ChooseDigit(_Intention, frozen=True):
    """1-9: the drone's guess of that digit, or the frequent code if the drone has no guess there (DeskView.choices)."""

    digit: int


class ChooseCode(_Intention, frozen=True):
    """A code was clicked or chosen from the search."""

    code: int


class SearchCode(_Intention, frozen=True):
    """The text of the field "number or words of any code" changed. A text that is exactly a code in force chooses it."""

    text: str


class ChooseFirstHit(_Intention, frozen=True):
    """Enter in the search field: chooses DeskView.hits[0], and confirms nothing."""


class SetFact(_Intention, frozen=True):
    """The text of one of the six facts changed."""

    fact: FactName
    text: str


class MarkNotShown(_Intention, frozen=True):
    """N in a fact: it is not to be seen on the vehicle."""

    fact: FactName


class Confirm(_Intention, frozen=True):
    """Enter on the button: decide the claimed alert with the chosen code, and go on to the next. Pressed while the claim is
    still on its way, it waits for the claim."""


class Reject(_Intention, frozen=True):
    """R and a reason: there is no violation."""

    reason: str


class PassOn(_Intention, frozen=True):
    """E: leave the alert to another officer."""


class Undo(_Intention, frozen=True):
    """U: take back the newest decision, as long as it has not been sent."""


class TryNow(_Intention, frozen=True):
    """The pill's button: try the broker, or have the bridge try headquarters, without waiting for the next attempt."""


class SelectDrone(_Intention, frozen=True):
    """A row of the fleet or a drone on the map was clicked. None: no drone selected."""

    drone_id: str | None


class FilterFleet(_Intention, frozen=True):
    """The text of the fleet's filter changed: rows whose id, phase or attention hold every word remain."""

    text: str


class TakeControl(_Intention, frozen=True):
    """T: ask the drone to hover under the officer's control."""

    drone_id: str


class ReleaseControl(_Intention, frozen=True):
    """Let the drone go back to its patrol."""

    drone_id: str


class SendPictureAgain(_Intention, frozen=True):
    """G: ask the drone of the selected alert to send its picture once more."""


class AlertsOnScreen(_Intention, frozen=True):
    """These alerts have just been drawn where the officer can see them. The first time of each is written to the journal.
    The front end says this after the drawing, not before; it may repeat ids."""

    violation_ids: tuple[str, ...]


class SetTheme(_Intention, frozen=True):
    """D: another theme; kept for the next start."""

    theme: ThemeName


class SetSound(_Intention, frozen=True):
    """Sound on or off; kept for the next start."""

    on: bool


class SetPreference(_Intention, frozen=True):
    """Anything a front end wants to find again at the next start (window places, map view): StationView.preferences."""

    name: str
    value: str


class FilterLog(_Intention, frozen=True):
    """The text of the log's filter changed, or which kind of line is wanted: lines that hold every word remain."""

    text: str
    kind: LogKind = ""


class ExportShift(_Intention, frozen=True):
    """X: write this shift into a file that other programs open. Without plates: those only by command."""

    path: str
    format: ExportFormat


class ReplayPause(_Intention, frozen=True):
    """Space: let the replayed shift stand still, or go on."""


class ReplaySpeed(_Intention, frozen=True):
    """[ or ]: the replayed shift slower (-1) or faster (+1), by one step of replay.SPEEDS."""

    by: int


class ReplayJump(_Intention, frozen=True):
    """The replayed shift so many seconds forward, or back where negative."""

    by_s: float


class ReplayGoTo(_Intention, frozen=True):
    """The replayed shift at a moment, as Unix time in seconds."""

    at_s: float


Intention = (
    SelectAlert
    | MoveSelection
    | ToggleGroup
    | Claim
    | Release
    | ChooseDigit
    | ChooseCode
    | SearchCode
    | ChooseFirstHit
    | SetFact
    | MarkNotShown
    | Confirm
    | Reject
    | PassOn
    | Undo
    | TryNow
    | SelectDrone
    | FilterFleet
    | TakeControl
    | ReleaseControl
    | SendPictureAgain
    | AlertsOnScreen
    | SetTheme
    | SetSound
    | SetPreference
    | FilterLog
    | ExportShift
    | ReplayPause
    | ReplaySpeed
    | ReplayJump
    | ReplayGoTo
)
