"""The keys of the desk as data: which key asks for what, in which words, and which of them an officer has changed.

Keys are compared by their name ("C", "Enter", "?"), so that a layout where `?` is elsewhere works too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

PREFERENCE = "key."
"""Preferences named `key.<action>` hold the keys that an officer has changed."""


@dataclass(frozen=True)
class Shortcut:
    """One thing that a key does."""

    action: str
    key: str
    words: str
    group: str


SHORTCUTS: tuple[Shortcut, ...] = (
    Shortcut("up", "Up", "alert above", "Alerts"),
    Shortcut("down", "Down", "alert below", "Alerts"),
    Shortcut("group", "O", "open or close a group", "Alerts"),
    Shortcut("claim", "C", "claim", "Alerts"),
    Shortcut("give_back", "B", "give back", "Alerts"),
    Shortcut("pass_on", "E", "pass on", "Alerts"),
    Shortcut("confirm", "Enter", "confirm and next", "Coding"),
    Shortcut("any_code", "0", "any code", "Coding"),
    Shortcut("not_shown", "N", "fact not shown", "Coding"),
    Shortcut("reject", "R", "reject, with a reason", "Coding"),
    Shortcut("undo", "U", "undo, until sent", "Coding"),
    Shortcut("zoom", "Z", "zoom the picture", "Picture, map"),
    Shortcut("plate", "P", "the plate", "Picture, map"),
    Shortcut("picture_again", "G", "send it again", "Picture, map"),
    Shortcut("show_on_map", "M", "show on map", "Picture, map"),
    Shortcut("follow", "F", "follow the drone", "Picture, map"),
    Shortcut("all_drones", "A", "all drones", "Picture, map"),
    Shortcut("take_control", "T", "take control", "Picture, map"),
    Shortcut("filter", "/", "filter fleet or log", "Shift"),
    Shortcut("log", "L", "shift log", "Shift"),
    Shortcut("log_kind", "V", "kind of line in the log", "Shift"),
    Shortcut("save_shift", "X", "save the shift", "Shift"),
    Shortcut("inside", "I", "state of the station", "Shift"),
    Shortcut("theme", "D", "day, night, contrast", "Desk"),
    Shortcut("sound", "S", "sound on or off", "Desk"),
    Shortcut("try_now", "Y", "try now", "Desk"),
    Shortcut("keys", "?", "this sheet", "Desk"),
    Shortcut("replay_pause", "Space", "pause, go on", "Replay"),
    Shortcut("replay_back", "Left", "30 s back", "Replay"),
    Shortcut("replay_on", "Right", "30 s on", "Replay"),
    Shortcut("replay_far_back", "PgUp", "5 min back", "Replay"),
    Shortcut("replay_far_on", "PgDn", "5 min on", "Replay"),
    Shortcut("replay_slower", "[", "slower", "Replay"),
    Shortcut("replay_faster", "]", "faster", "Replay"),
)
"""Everything that a key does, except the digits 1 to 9 (the guess or frequent code with that digit) and Escape (leave a field)."""

KEY_NAMES: dict[str, str] = {"Up": "↑", "Down": "↓", "Left": "←", "Right": "→"}
"""How a key is written on a cap, where that is not its name."""


def key_map(preferences: Mapping[str, str]) -> dict[str, str]:
    """Action by key, with the officer's own keys. A key that two actions want stays with the one whose own key it is."""
    own = {name.removeprefix(PREFERENCE): key for name, key in preferences.items() if name.startswith(PREFERENCE)}
    keys = {shortcut.key: shortcut.action for shortcut in SHORTCUTS if shortcut.action not in own}
    for shortcut in SHORTCUTS:
        wanted = own.get(shortcut.action)
        if wanted is not None and not wanted.isdigit():
            keys.setdefault(wanted, shortcut.action)
    for shortcut in SHORTCUTS:
        if shortcut.action not in keys.values():
            keys.setdefault(shortcut.key, shortcut.action)
    return keys


def cap_of(action: str, keys: Mapping[str, str]) -> str:
    """What stands on the cap of an action's key; empty if it has none."""
    for key, named in keys.items():
        if named == action:
            return KEY_NAMES.get(key, key)
    return ""
