"""Every text of the desk is in the catalogue, with the same placeholders; and French numbers, dates and plurals."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from string import Formatter

import pytest

import ground_station
from ground_station.headless import lines_between
from ground_station.view_model import catalogue, language, wording
from ground_station.view_model.events import LinkDown, TelemetryCame, Tick
from ground_station.view_model.language import t, tn
from ground_station.view_model.view import view
from tests.ground_station.given import NOON, WHO, a_connected_desk, a_telemetry, an_alert, claimed, seconds

SOURCE = Path(ground_station.__file__).parent


@pytest.fixture(autouse=True)
def _english_afterwards() -> Iterator[None]:
    yield
    catalogue.choose("en")


def texts_in(source: str) -> set[str]:
    """The English texts that a module hands to t(), tn() and later(). Raises AssertionError for one made at run time."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if not (
            isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("t", "tn", "later")
        ):
            continue
        given = node.args[1:3] if node.func.id == "tn" else node.args[:1]
        for argument in given:
            for each in (argument.body, argument.orelse) if isinstance(argument, ast.IfExp) else (argument,):
                assert not isinstance(each, ast.JoinedStr | ast.BinOp), f"made at run time: {ast.unparse(node)}"
                if isinstance(each, ast.Constant) and isinstance(each.value, str):
                    found.add(each.value)
    return found


def every_text() -> set[str]:
    return set().union(*(texts_in(path.read_text(encoding="utf-8")) for path in SOURCE.rglob("*.py")))


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def test_the_french_catalogue_is_complete_and_has_nothing_more() -> None:
    french, english = catalogue.french(), every_text()

    assert sorted(english - french.keys()) == []
    assert sorted(french.keys() - english) == []


def test_the_placeholders_are_the_same() -> None:
    assert {
        english for english, text in catalogue.french().items() if placeholders(english) != placeholders(text)
    } == set()


def test_the_walk_would_see_a_forgotten_text_and_one_made_at_run_time() -> None:
    assert texts_in('t("one"); tn(n, "two", "three"); later("four"); t("five" if x else "six")') == {
        "one",
        "two",
        "three",
        "four",
        "five",
        "six",
    }
    with pytest.raises(AssertionError, match="run time"):
        texts_in('t(f"{count} alerts")')


def test_french_numbers_spans_and_money() -> None:
    catalogue.choose("fr")

    assert wording.count(12_345) == "12\u202f345"
    assert wording.metres(1234) == "1,2 km"
    assert wording.percent(71.4) == "71\u202f%"
    assert wording.usd(1115) == "1\u202f115 $"
    assert wording.size(4_100_000) == "4,1 Mo"
    assert wording.span(7391) == "2:03:11"
    assert wording.clock(NOON, WHO.zone) == "17:00:00"
    assert wording.day(NOON, WHO.zone) == "22 novembre 2026"
    assert wording.ago(NOON - seconds(41), NOON, WHO.zone) == "il y a 0:41"
    assert wording.bare_age("il y a 0:41") == "0:41"
    assert wording.ago(NOON - timedelta(days=1), NOON, WHO.zone) == "21 nov. 17:00"
    assert (
        wording.confirm_text(14, ["plate", "make"]) == "Plaque et marque ou modèle\u00a0: saisir ou non visible\u202f?"
    )


@pytest.mark.parametrize(
    ("count", "text"), [(0, "0 alerte"), (1, "1 alerte"), (2, "2 alertes"), (1204, "1\u202f204 alertes")]
)
def test_french_counts_nought_as_one(count: int, text: str) -> None:
    catalogue.choose("fr")

    assert tn(count, "{count} alert", "{count} alerts") == text


@pytest.mark.parametrize(
    ("environment", "name"),
    [
        ({}, "en"),
        ({"LANG": "fr_FR.UTF-8"}, "fr"),
        ({"LANG": "fr_CA.UTF-8", "LC_ALL": "C"}, "en"),
        ({"LANG": "de_DE"}, "en"),
    ],
)
def test_the_system_s_language(environment: dict[str, str], name: str) -> None:
    assert catalogue.of_system(environment) == name


def test_a_name_that_is_not_known_is_english() -> None:
    catalogue.choose("fr")
    catalogue.choose("klingon")

    assert (language.language(), t("Choose a code")) == ("en", "Choose a code")


def test_the_headless_desk_speaks_french() -> None:
    catalogue.choose("fr")
    desk = a_connected_desk(an_alert(1))

    told = lines_between(None, view(desk.state, desk.now))

    assert "chaîne: ◌ pas encore de drone → ● courtier → ● passerelle → ● QG" in told
    assert "journal: Alerte de nyc-17, E 42nd Street" in told


DATA = ("nyc-17", "nyc-4", "E 42nd Street", "Moreno", "000000000001", "refused")
"""What the drones, the city and the network say stays as it came, in every language; so do the official titles of codes."""


def outside_brackets(text: str) -> str:
    """What of a text did not go through t(), without the data: the pseudo-locale puts everything else into brackets."""
    depth, rest = 0, ""
    for letter in text:
        depth += letter == "["
        if not depth:
            rest += letter
        depth -= letter == "]" and depth > 0
    for data in DATA:
        rest = rest.replace(data, "")
    return " ".join("".join(letter if letter.isalpha() else " " for letter in rest).split())


def test_no_line_of_the_headless_desk_was_forgotten() -> None:
    catalogue.choose("xx")
    desk = a_connected_desk(an_alert(1))
    desk.hears(TelemetryCame(a_telemetry("nyc-4")))
    before = view(desk.state, desk.now)
    desk.waits(4.0)
    desk.hears(Tick(), TelemetryCame(a_telemetry("nyc-17")), LinkDown("refused", NOON + seconds(8)))
    alerted = claimed(an_alert(1), "moreno", desk.now)
    after = view(a_connected_desk(alerted).state, desk.now)

    told = [
        *lines_between(None, before),
        *lines_between(before, view(desk.state, desk.now)),
        *lines_between(None, after),
    ]

    assert [line for line in told if outside_brackets(line)] == []
    assert outside_brackets("Somebody forgot this. [ñéxt]") == "Somebody forgot this"
