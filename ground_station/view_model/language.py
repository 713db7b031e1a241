"""The language of everything on screen: English texts are the keys, a catalogue gives the others.

    t("Choose a code")                            "Choisissez un code"
    t("{count} kept here, nothing lost", count=3)  placeholders by name, filled in after the look-up
    tn(2, "{count} alert", "{count} alerts")      one or many, by the language's own rule; `count` is filled in

The language is set once, before the first text is made, and is the same for the whole process: not a value that every rule of the
desk would have to hand on. "xx" is the pseudo-locale of the tests: every text that went through here is told by its brackets.
"""

from __future__ import annotations

from collections.abc import Mapping

PSEUDO = "xx"
_ACCENTS = str.maketrans("aceinouyACEINOUY", "áçéîñöûýÁÇÉÎÑÖÛÝ")

_FRENCH_NUMBERS = str.maketrans({",": "\u202f", ".": ","})

_language = "en"
_catalogue: Mapping[str, str] = {}


def use(language: str, catalogue: Mapping[str, str]) -> None:
    """Sets the language ("en", "fr", or PSEUDO) and its catalogue: English text -> text; what is not in it stays English."""
    global _language, _catalogue
    _language, _catalogue = language, catalogue


def language() -> str:
    """The language in use."""
    return _language


def t(text: str, /, **values: object) -> str:
    """An English text in the language in use, with its {placeholders} filled in."""
    found = _pseudo(text) if _language == PSEUDO else _catalogue.get(text, text)
    return found.format(**values) if values else found


def later(text: str, /) -> str:
    """The English text as it stands: marks one that stands in a table, and goes through `t` when it is shown."""
    return text


def number(value: float, digits: int = 0) -> str:
    """A number in the form of the language in use: "1,204.5", in French "1 204,5" with a narrow no-break space."""
    plain = f"{value:,.{digits}f}"
    return plain.translate(_FRENCH_NUMBERS) if _language == "fr" else plain


def tn(count: int, one: str, many: str, /, **values: object) -> str:
    """The text for one or for many, with `{count}` filled in. French counts 0 as one, English as many."""
    single = count < 2 if _language == "fr" else count == 1
    return t(one if single else many, count=number(count), **values)


def _pseudo(text: str) -> str:
    """Every letter outside of placeholders accented, a third longer, in brackets: what overflows or was forgotten is seen at once."""
    parts = text.split("{")
    accented = [parts[0].translate(_ACCENTS)]
    for part in parts[1:]:
        name, _, rest = part.partition("}")
        accented.append("{" + name + "}" + rest.translate(_ACCENTS))
    return f"[{''.join(accented)}{'·' * (len(text) // 3)}]"
