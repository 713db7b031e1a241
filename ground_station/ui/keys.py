"""The keys of the desk as data: which key asks for what, in which words, and which of them an officer has changed.

Keys are compared by their name ("C", "Enter", "?"), so that a layout where `?` is elsewhere works too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ground_station.view_model.language import later, t

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
    Shortcut("up", "Up", later("alert above"), later("Alerts")),
    Shortcut("down", "Down", later("alert below"), later("Alerts")),
    Shortcut("group", "O", later("open a group"), later("Alerts")),
    Shortcut("claim", "C", later("claim"), later("Alerts")),
    Shortcut("give_back", "B", later("give back"), later("Alerts")),
    Shortcut("pass_on", "E", later("pass on"), later("Alerts")),
    Shortcut("confirm", "Enter", later("confirm, next"), later("Coding")),
    Shortcut("any_code", "0", later("any code"), later("Coding")),
    Shortcut("not_shown", "N", later("fact not shown"), later("Coding")),
    Shortcut("reject", "R", later("reject"), later("Coding")),
    Shortcut("undo", "U", later("undo, until sent"), later("Coding")),
    Shortcut("zoom", "Z", later("zoom"), later("Picture, map")),
    Shortcut("turn", "Q", later("turn the picture"), later("Picture, map")),
    Shortcut("plate", "P", later("the plate"), later("Picture, map")),
    Shortcut("kerb", "W", later("kerb from above"), later("Picture, map")),
    Shortcut("show_on_map", "M", later("show on map"), later("Picture, map")),
    Shortcut("follow", "F", later("follow the drone"), later("Picture, map")),
    Shortcut("all_drones", "A", later("all drones"), later("Picture, map")),
    Shortcut("filter", "/", later("filter fleet or log"), later("Shift")),
    Shortcut("log", "L", later("shift log"), later("Shift")),
    Shortcut("log_kind", "V", later("kind of log line"), later("Shift")),
    Shortcut("save_shift", "X", later("save the shift"), later("Shift")),
    Shortcut("inside", "I", later("station's state"), later("Shift")),
    Shortcut("picture_again", "G", later("send it again"), later("Desk")),
    Shortcut("take_control", "T", later("take control"), later("Desk")),
    Shortcut("try_now", "Y", later("try now"), later("Shift")),
    Shortcut("theme", "D", later("colours"), later("Desk")),
    Shortcut("sound", "S", later("sound on, off"), later("Desk")),
    Shortcut("settings", ",", later("settings"), later("Desk")),
    Shortcut("keys", "?", later("this sheet"), later("Desk")),
    Shortcut("replay_pause", "Space", later("pause, go on"), later("Replay")),
    Shortcut("replay_back", "Left", later("30 s back"), later("Replay")),
    Shortcut("replay_on", "Right", later("30 s on"), later("Replay")),
    Shortcut("replay_far_back", "PgUp", later("5 min back"), later("Replay")),
    Shortcut("replay_far_on", "PgDn", later("5 min on"), later("Replay")),
    Shortcut("replay_slower", "[", later("slower"), later("Replay")),
    Shortcut("replay_faster", "]", later("faster"), later("Replay")),
)
"""Everything that a key does, except the digits 1 to 9 (the guess or frequent code with that digit) and Escape (leave a field)."""

OURS: dict[str, str] = {shortcut.action: shortcut.key for shortcut in SHORTCUTS}
"""The key that each action has before an officer changes it."""
ARROWS: dict[str, str] = {"Up": "↑", "Down": "↓", "Left": "←", "Right": "→"}
NAMED: dict[str, str] = {
    "Enter": later("Enter"),
    "Esc": later("Esc"),
    "Space": later("Space"),
    "PgUp": later("PgUp"),
    "PgDn": later("PgDn"),
}
"""Keys that have a word on them, in the language of the desk."""
ESSENTIAL = frozenset(("claim", "confirm", "reject", "undo", "keys", "settings"))
"""What an officer cannot do without. They have a key, as every action has; these are checked by name."""


def written(key: str) -> str:
    """How a key's name is written: "↑", "Enter" in the language of the desk, "Alt N" word by word."""
    return " ".join(ARROWS.get(word, t(NAMED[word]) if word in NAMED else word) for word in key.split(" "))


def is_free(key: str) -> bool:
    """Whether a key can be an action's: one that can be pressed and is neither a code's digit nor Escape."""
    named = key in ARROWS or (key in NAMED and key != "Esc")
    return named or (len(key) == 1 and key.isprintable() and key == key.upper() and key not in " 123456789")


def key_map(preferences: Mapping[str, str]) -> dict[str, str]:
    """Action by key, with the officer's own keys. A key that two actions want stays with the one whose own key it is.

    Every action has one key, whatever the preferences say: its own, else ours, else one of ours that nobody has taken. There are as many
    of ours as there are actions, so one is always left.
    """
    own = {
        name.removeprefix(PREFERENCE): key
        for name, key in preferences.items()
        if name.startswith(PREFERENCE) and is_free(key)
    }
    keys = {shortcut.key: shortcut.action for shortcut in SHORTCUTS if shortcut.action not in own}
    for shortcut in SHORTCUTS:
        if shortcut.action in own:
            keys.setdefault(own[shortcut.action], shortcut.action)
    for wanted in (lambda action: (OURS[action],), lambda _action: OURS.values()):
        for action in OURS:
            if action not in keys.values():
                free = next((key for key in wanted(action) if key not in keys), None)
                if free is not None:
                    keys[free] = action
    return keys


_shown: dict[str, str] = {}  # the key in force by ours, where it is another


def use_keys(keys: Mapping[str, str]) -> None:
    """Sets the keys (action by key) that every cap on screen shows from now on."""
    _shown.clear()
    for key, action in keys.items():
        if key != OURS[action]:
            _shown[ARROWS.get(OURS[action], OURS[action])] = key


def shown(cap: str) -> str:
    """What stands on a cap, given what stood there before an officer changed keys."""
    return written(_shown.get(cap, cap))


def cap_of(action: str, keys: Mapping[str, str]) -> str:
    """What stands on the cap of an action's key. Raises KeyError for what is no action."""
    return written({named: key for key, named in keys.items()}[action])
