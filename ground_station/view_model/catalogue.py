"""Which languages the desk speaks, and the texts of each. Another language is one more row of LANGUAGES and its texts.

The city's official words stay English in every language: titles of codes, street names, plate types.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal

from ground_station.view_model import language
from ground_station.view_model.french import WORK
from ground_station.view_model.french_people import PEOPLE
from ground_station.view_model.french_state import STATE

LanguageName = Literal["en", "fr"]
LANGUAGES: dict[LanguageName, str] = {"en": "English", "fr": "Français"}
"""By their codes, each in its own words."""
_BEFORE_MARK = re.compile(r" (?=[;?!])")


def french() -> dict[str, str]:
    """English text -> French text, with the no-break spaces that French sets before its marks."""
    return {english: _typeset(text) for english, text in {**WORK, **STATE, **PEOPLE}.items()}


def choose(name: str) -> None:
    """Speak this language from now on; English for a name that is not known. Before the first text is made."""
    catalogue: Mapping[str, str] = french() if name == "fr" else {}
    language.use(name if name in (*LANGUAGES, language.PSEUDO) else "en", catalogue)


def of_system(environment: Mapping[str, str]) -> LanguageName:
    """The language that the system asks for, by LC_ALL, LC_MESSAGES, LANG; English for any other."""
    wanted = next((environment[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if environment.get(name)), "")
    return "fr" if wanted.lower().startswith("fr") else "en"


def _typeset(text: str) -> str:
    text = _BEFORE_MARK.sub("\u202f", text)
    return text.replace(" :", "\u00a0:").replace(" %", "\u202f%").replace("« ", "«\u202f").replace(" »", "\u202f»")
