"""Records of the city's file, with every quirk that was seen in one."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_bridge.history_rows import (
    COLUMNS,
    Layout,
    NotTheCitysFile,
    Origin,
    Unreadable,
    fields_of,
    layout_of,
    ticket_of,
)
from messages.codec import decode, encode
from messages.model import HistoricTicket

ORIGIN = Origin("ab" * 32, "fy2015.csv", 812, 1)
LAYOUT = Layout(COLUMNS)
GOOD = {
    "Summons Number": "8002760150",
    "Plate ID": "TFH3982",
    "Registration State": "NY",
    "Plate Type": "PAS",
    "Issue Date": "10/01/2014",
    "Violation Code": "21",
    "Vehicle Body Type": "SUBN",
    "Vehicle Make": "CHEVR",
    "Violation Precinct": "7",
    "Violation Time": "0011A",
    "Violation County": "NY",
    "Street Name": "Essex St",
    "Vehicle Color": "BL",
    "Vehicle Year": "2005",
}


def a_ticket(**changes: str) -> HistoricTicket | Unreadable:
    """The ticket of a good record with some columns changed; an underscore in a name stands for a blank."""
    values = {**GOOD, **{name.replace("_", " "): value for name, value in changes.items()}}
    return ticket_of([values.get(name, "") for name in COLUMNS], LAYOUT, ORIGIN, [])


def good(**changes: str) -> HistoricTicket:
    """The same, which can be read."""
    ticket = a_ticket(**changes)
    assert isinstance(ticket, HistoricTicket)
    return ticket


def test_a_good_record_becomes_a_ticket_that_survives_the_codec():
    ticket = good()

    assert decode(encode(ticket)) == ticket
    assert (ticket.summons_number, ticket.code, ticket.plate, ticket.make) == ("8002760150", 21, "TFH3982", "CHEVR")
    assert (ticket.drone_id, ticket.boot, ticket.seq) == ("h-" + "ab" * 6, 1, 1)
    assert (ticket.issued_on, ticket.hour, ticket.borough, ticket.precinct) == ("2014-10-01", 0, "Manhattan", 7)
    assert ticket.captured_at == datetime(2014, 10, 1, 4, 11, tzinfo=UTC)  # summer time
    assert ticket.flags == ()
    assert ticket.raw == GOOD


def test_the_same_record_has_the_same_id_and_another_place_another():
    fields = [GOOD.get(name, "") for name in COLUMNS]
    elsewhere = ticket_of(fields, LAYOUT, Origin("ab" * 32, "fy2015.csv", 900, 2), [])

    assert good().id == good().id
    assert isinstance(elsewhere, HistoricTicket)
    assert elsewhere.id != good().id


@pytest.mark.parametrize(
    ("text", "hour"),
    [
        ("0143A", 1),
        ("0011A", 0),
        ("1200A", 0),
        ("1200P", 12),
        ("0415P", 16),
        ("1520P", 15),
        ("1106", 11),
        ("1900P", 19),
        ("08:25A", 8),
        ("0825 AM", 8),
    ],
)
def test_times_are_read_as_officers_write_them(text: str, hour: int):
    assert good(Violation_Time=text).hour == hour


@pytest.mark.parametrize("text", ["", "2562A", "9999", "0A43A", "143A"])
def test_a_time_that_cannot_be_read_is_flagged_and_the_day_is_kept(text: str):
    ticket = good(Violation_Time=text)

    assert (ticket.hour, ticket.flags, ticket.issued_on) == (None, ("hour",), "2014-10-01")


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("07/30/2013", "2013-07-30"),
        ("7/30/2013", "2013-07-30"),
        ("2013-07-30", "2013-07-30"),
        ("2013-07-30T00:00:00.000", "2013-07-30"),
        ("01/02/2097", "2097-01-02"),
    ],
)
def test_dates_are_read_in_every_spelling(text: str, day: str):
    assert good(Issue_Date=text).issued_on == day


@pytest.mark.parametrize("changes", [{"Issue_Date": "13/40/2014"}, {"Issue_Date": ""}, {"Summons_Number": "A-17"}])
def test_without_number_or_date_there_is_no_ticket(changes: dict[str, str]):
    assert isinstance(a_ticket(**changes), Unreadable)


@pytest.mark.parametrize(
    ("changes", "field", "value", "flags"),
    [
        ({"Registration_State": "99"}, "plate_state", None, ("plate_state",)),
        ({"Plate_Type": "999"}, "plate_type", None, ("plate_type",)),
        ({"Plate_ID": "BLANKPLATE"}, "plate", None, ("plate",)),
        ({"Plate_ID": "N/A"}, "plate", None, ("plate",)),
        ({"Vehicle_Year": "0"}, "year", None, ()),
        ({"Vehicle_Year": "2069"}, "year", None, ("year",)),
        ({"Violation_Precinct": "0"}, "precinct", 0, ()),
        ({"Violation_County": ""}, "borough", None, ()),
        ({"Violation_County": "KINGS"}, "borough", "Brooklyn", ()),
        ({"Violation_County": "ST"}, "borough", "Staten Island", ()),
        ({"Violation_County": "XX"}, "borough", None, ("borough",)),
        ({"Violation_Code": ""}, "code", 0, ("code",)),
        ({"Violation_Code": "0"}, "code", 0, ()),
        ({"Vehicle_Color": 'BL,"K"'}, "colour", 'BL,"K"', ()),
        ({"Street_Name": "\u00a0Essex\u00a0  St "}, "street", "Essex St", ()),
    ],
)
def test_what_cannot_be_read_is_none_and_flagged(changes: dict[str, str], field: str, value: object, flags: tuple[str]):
    ticket = good(**changes)

    assert (getattr(ticket, field), ticket.flags) == (value, flags)


@given(st.dictionaries(st.sampled_from(COLUMNS), st.text(max_size=300), max_size=43))
def test_any_text_in_any_column_makes_a_ticket_or_a_reason(values: dict[str, str]):
    fields = [{**GOOD, **values}.get(name, "") for name in COLUMNS]

    ticket = ticket_of(fields, LAYOUT, ORIGIN, [])

    assert isinstance(ticket, Unreadable) or decode(encode(ticket)) == ticket


@pytest.mark.parametrize(
    "spelling",
    [
        lambda name: name + "    ",
        lambda name: name.lower().replace(" ", "_").replace("?", ""),
        lambda name: name.replace(" ", "_")[:31],
        lambda name: name.replace(" ", "."),
        lambda name: f'"{name}"',
        lambda name: name.upper(),
    ],
)
def test_columns_are_found_in_every_spelling(spelling: Any):
    header = ",".join(spelling(name) for name in COLUMNS)

    assert layout_of("\ufeff" + header).names == COLUMNS


def test_the_eight_empty_columns_of_some_years_keep_their_names():
    header = ",".join((*COLUMNS, "Latitude", "Longitude", "Community Board", "Community Council ", "NTA"))

    assert layout_of(header).names[43:] == ("Latitude", "Longitude", "Community Board", "Community Council", "NTA")


@pytest.mark.parametrize("header", ["", "a,b,c", ",".join(COLUMNS[1:]), ",".join((*COLUMNS, "Plate ID"))])
def test_another_table_is_refused_in_one_line(header: str):
    with pytest.raises(NotTheCitysFile) as refused:
        layout_of(header)

    assert "\n" not in str(refused.value)


def small(record: bytes) -> tuple[list[str], list[str]] | Unreadable:
    """The fields of a record of three columns."""
    return fields_of(record, Layout(("a", "b", "c")))


def test_records_are_taken_apart_with_what_had_to_be_forgiven():
    assert small(b"1,2,3\r\n") == (["1", "2", "3"], [])
    assert small(b'1,"2,5",3\n') == (["1", "2,5", "3"], [])
    assert small(b'"1,2,3"\r\n') == (["1", "2", "3"], ["wrapped"])
    assert small(b'"1,""2,5"",3"\n') == (["1", "2,5", "3"], ["wrapped"])
    assert small(b'1,2" pipe,3') == (["1", '2" pipe', "3"], [])
    assert small(b'1,"2,3') == (["1", '"2', "3"], ["quotes"])
    assert small(b"1,caf\xe9,3\n") == (["1", "café", "3"], ["encoding"])
    assert small(b"1,2\n") == Unreadable("wrong_shape", "2 fields where the file has 3 columns")
