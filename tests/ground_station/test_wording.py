"""Words and units, as an officer reads them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from ground_station.view_model import wording
from tests.ground_station.given import NOON


@pytest.mark.parametrize(("seconds", "text"), [(-3, "0:00"), (41.9, "0:41"), (725, "12:05"), (7391, "2:03:11")])
def test_spans_count_like_a_clock(seconds: float, text: str) -> None:
    assert wording.span(seconds) == text


def test_an_age_of_a_day_becomes_a_date_in_local_time() -> None:
    new_york = timezone(timedelta(hours=-5))

    assert wording.ago(NOON - timedelta(seconds=41), NOON, new_york) == "0:41 ago"
    assert wording.ago(NOON - timedelta(days=1), NOON, new_york) == "21 Nov 12:00"
    assert wording.clock(NOON, new_york) == "12:00:00"


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0 s"), (59.4, "59 s"), (720, "12 min"), (12_000, "3 h 20 min"), (7_200, "2 h")]
)
def test_a_span_is_said_as_one_would(seconds: float, text: str) -> None:
    assert wording.about(seconds) == text


def test_numbers_have_their_units() -> None:
    assert wording.percent(71.4) == "71 %"
    assert wording.percent(None) == "—"
    assert wording.degrees_c(24.2) == "24 °C"
    assert wording.metres(38.2) == "38 m"
    assert wording.metres(1234) == "1.2 km"
    assert wording.count(1204) == "1,204"
    assert wording.decimal(1204.25, 1) == "1,204.2"
    assert [wording.heard(each) for each in (None, 0.84, 9.2, 134)] == ["—", "0.8 s", "9 s", "2:14"]


def test_names_come_from_ids() -> None:
    assert wording.name_of("midtown-south") == "Midtown South"
    assert wording.fault("motor_hot") == "motor hot"
    assert wording.fault("gyro_drift") == "gyro drift"


def test_listing_reads_like_a_sentence() -> None:
    assert wording.listing([]) == ""
    assert wording.listing(["plate", "expiry", "make"]) == "plate, expiry and make"


def test_the_system_zone_is_used_when_none_is_given() -> None:
    assert len(wording.clock(datetime(2026, 1, 1, tzinfo=UTC), None)) == 8


def test_the_bridge_s_reasons_are_said_by_the_desk() -> None:
    assert wording.reason("claimed by moreno until 14:32:07") == "claimed by Moreno until 14:32:07"
    assert wording.reason("already corrected by de-luca") == "already decided by De Luca"
    assert wording.reason("something new") == "something new"


def test_an_age_without_its_words() -> None:
    assert wording.bare_age("0:41 ago") == "0:41"
    assert wording.bare_age("21 Nov 12:00") == "21 Nov 12:00"
