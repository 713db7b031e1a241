"""The texts' languages: English as it stands, a catalogue, and the pseudo-locale."""

import pytest

from ground_station.view_model.language import PSEUDO, t, tn, use


@pytest.fixture(autouse=True)
def _english_afterwards():
    yield
    use("en", {})


def test_english_is_the_key_and_needs_no_catalogue():
    assert t("Choose a code") == "Choose a code"
    assert t("{count} kept here", count=3) == "3 kept here"


def test_a_catalogue_gives_the_text_and_what_it_lacks_stays_english():
    use("fr", {"Choose a code": "Choisissez un code"})

    assert t("Choose a code") == "Choisissez un code"
    assert t("Reject") == "Reject"


@pytest.mark.parametrize(
    ("language", "count", "text"),
    [
        ("en", 0, "0 alerts"),
        ("en", 1, "1 alert"),
        ("en", 1204, "1,204 alerts"),
        ("fr", 0, "0 alert"),
        ("fr", 2, "2 alerts"),
    ],
)
def test_one_or_many_is_the_language_s_own_rule(language: str, count: int, text: str):
    use(language, {})

    assert tn(count, "{count} alert", "{count} alerts") == text


def test_the_pseudo_locale_marks_every_text_and_leaves_placeholders_alone():
    use(PSEUDO, {})

    assert t("next try in {span}", span="8 s") == "[ñéxt trý îñ 8 s······]"
