"""The command line: writes what it is asked for, and says a wrong wish in one line."""

from pathlib import Path

import pytest

from maps.__main__ import main


def test_page_writes_the_live_page_into_a_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["page", str(tmp_path)]) == 0

    written = Path(capsys.readouterr().out.strip())
    assert written.parent == tmp_path
    assert "kestrel-city" in written.read_text(encoding="utf-8")


def test_a_demonstration_and_an_example_report_are_single_files(tmp_path: Path) -> None:
    assert main(["page", str(tmp_path / "demo.html"), "--demo", "--drones", "3", "--theme", "night"]) == 0
    assert main(["report-example", str(tmp_path / "report.html")]) == 0

    assert "startDemo" in (tmp_path / "demo.html").read_text(encoding="utf-8")
    assert {file.name for file in tmp_path.iterdir()} == {"demo.html", "report.html"}


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["page", "x", "--demo", "--drones", "0"], "1 to 2000"),
        (["page", "x", "--theme", "pink"], "pink"),
        (["fly"], "fly"),
    ],
)
def test_a_wrong_argument_is_one_line_and_exit_code_2(
    arguments: list[str], named: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(arguments)

    said = capsys.readouterr().err.strip()
    assert stopped.value.code == 2
    assert named in said
    assert "\n" not in said


def test_a_missing_source_folder_is_one_line_and_exit_code_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["pack", str(tmp_path / "nowhere")]) == 2
    assert "osm_streets" in capsys.readouterr().err
