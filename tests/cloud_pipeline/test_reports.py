"""From answers to paper: the same bytes for the same answers, nothing from the network, nothing that runs."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

from cloud_pipeline import wording
from cloud_pipeline.answers import Answer, Answers, Place, Source
from cloud_pipeline.reports import charts, page, report, tables
from cloud_pipeline.wording import Counted

CODES = wording.codes("history", [Counted((21,), 1_500, 0), Counted((38,), 500, 0), Counted((None,), None, 2)])
HEAT = wording.weekdays_and_hours("history", [Counted((2, 9), 40, 0), Counted((7, 23), 12, 0)])
REPORT = Answers(
    sources=(
        Source(source="history", archived=10, distinct=9, used=8, first_on=date(2014, 7, 1), last_on=date(2015, 6, 30)),
        Source(source="live", archived=0, distinct=0, used=0, first_on=None, last_on=None),
    ),
    answers=(
        CODES,
        HEAT,
        wording.hours("history", [Counted((9,), 300, 0), Counted((10,), 200, 0)]),
        wording.streets("history", [Counted(("Bronx", "<script>alert(1)</script>"), 40, 0)]),
        wording.precincts("history", [Counted((14,), 40, 0), Counted((18,), 20, 0)]),
        wording.week_or_weekend("history", [{"day": "weekday", "cases": 500, "days": 50, "per_day": 10.0}], 10),
    ),
    places=(Place(source="history", precincts={14: 40.0, 18: 20.0}), Place(source="live", precincts={})),
)


def answer(*rows: tuple[object, ...]) -> Answer:
    return Answer(
        name="x", source="live", question="?", headline="!", columns=("street", "cases"), rows=rows  # type: ignore[arg-type]
    )  # fmt: skip


def test_the_same_answers_make_the_same_files(tmp_path: Path) -> None:
    for name in ("one", "two"):
        report.write(REPORT, tmp_path / name)

    files = {path.name: path.read_bytes() for path in (tmp_path / "one").iterdir()}
    assert files == {path.name: path.read_bytes() for path in (tmp_path / "two").iterdir()}
    assert {"index.html", "codes-history.csv", "codes-history.svg", "map-history.html"} <= set(files)


def test_the_page_asks_the_network_for_nothing_and_runs_nothing(tmp_path: Path) -> None:
    html = report.write(REPORT, tmp_path).read_text()

    assert not re.search(r"""(src|href)=["']?(https?:)?//""", html)
    assert "<script" not in html
    assert "&lt;script&gt;" in html
    for name in re.findall(r'(?:src|href)="(?!data:)([^"#]+)"', html):
        assert (tmp_path / name).is_file(), name


def test_each_answer_has_its_sentence_chart_and_table_on_the_page() -> None:
    html = page.html_page(REPORT, {"codes-history": charts.svg(CODES) or ""}, {"history": "map-history.html"})

    assert CODES.headline in html
    assert "No parking: street cleaning" in html
    assert html.count("<svg") == 1
    assert "Nothing in the archive yet." in html


def test_a_text_that_a_spreadsheet_would_run_is_defused_and_a_negative_number_is_not() -> None:
    assert tables.csv_text(answer(("=HYPERLINK(1)", 3), ("-1+1", -4), ("Broadway", None))) == (
        "street,cases\n'=HYPERLINK(1),3\n'-1+1,-4\nBroadway,\n"
    )


def test_a_terminal_gets_columns_with_numbers_to_the_right() -> None:
    assert tables.text_table(answer(("Broadway", 9), ("3rd Avenue", 12_345))) == [
        "street       cases",
        "Broadway         9",
        "3rd Avenue  12,345",
    ]


def test_the_codes_are_named_and_added_up() -> None:
    assert CODES.rows[0] == (21, "No parking: street cleaning", 1_500, 75.0, 75.0)
    assert CODES.rows[-1][1:3] == ("2 others of fewer than ten cases each", None)
    assert "21" in CODES.headline
    assert "75.0 %" in CODES.headline


def test_folded_rows_are_in_the_table_and_not_in_the_chart() -> None:
    chart = charts.svg(CODES)

    assert chart is not None
    assert "Failing to display" in chart
    assert "others" not in chart


def test_a_day_kind_that_was_not_seen_is_not_compared() -> None:
    week = REPORT.answers[-1]

    assert week.headline == "Only weekday days were observed: there is nothing to compare yet."


def test_week_and_weekend_are_compared_by_their_rate() -> None:
    rows = [
        {"day": "weekday", "cases": 500, "days": 50, "per_day": 10.0},
        {"day": "weekend", "cases": 80, "days": 20, "per_day": 4.0},
    ]

    assert wording.week_or_weekend("live", rows, 10).headline == (
        "A weekday has 2.5 times as many as a day of the weekend: 10.0 against 4.0."
    )


def test_nothing_to_draw_is_no_chart() -> None:
    assert charts.svg(wording.codes("live", [])) is None
    assert charts.svg(wording.hours("live", [])) is None
    assert charts.svg(wording.weekdays_and_hours("live", [])) is None
    assert charts.svg(wording.outcomes("live", [{"outcome": "open", "cases": 1}])) is None


def test_how_often_a_human_is_needed_is_said_in_numbers() -> None:
    rows = [{"outcome": "drone alone", "cases": 990}, {"outcome": "confirmed", "cases": 10}]

    assert wording.outcomes("live", rows).headline == "An officer is asked for 1.0 % of violations (10 of 1000)."


def test_the_terminal_gets_every_headline() -> None:
    lines = "\n".join(report.summary(REPORT))

    assert all(answer.headline in lines for answer in REPORT.answers)
