"""Wrong settings stop the bridge with one line that names them and says what they should be."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge_bridge.__main__ import main

GOOD = {"--broker": "127.0.0.1:1883", "--station": "midtown-south", "--store": "bridge.db"}


def said(capsys: pytest.CaptureFixture[str], word: str, *arguments: str, **environment: str) -> tuple[int, str]:
    """The exit code and what was said."""
    code = main([word, *arguments], {"KESTREL_STORE_KEY": "a passphrase", **environment})
    return code, capsys.readouterr().err


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"--broker": "localhost"}, "--broker is 'localhost', and should be HOST:PORT"),
        ({"--broker": "host:99999"}, "--broker is 'host:99999', and should be HOST:PORT"),
        ({"--station": "Midtown South"}, "--station is 'Midtown South', and should be 1 to 32 of a-z, 0-9 and -"),
        (
            {"--store": "/no/such/folder/x.db"},
            "--store is '/no/such/folder/x.db', and should be a file in a folder that exists",
        ),
        ({"--store": "/"}, "--store is '/', and should be a file, not a folder"),
        ({"--kafka": "kafka"}, "--kafka is 'kafka', and should be HOST:PORT"),
        ({"--fleet": "/no/such/file"}, "--fleet is '/no/such/file', and should be a text file"),
        ({"--http": "0"}, "--http is '0', and should be a whole number from 1 to 65535"),
        ({"--compression": "zip"}, "--compression is 'zip', and should be lz4 or none"),
        (
            {"--broker": ""},
            "--broker is missing, and should be HOST:PORT such as 127.0.0.1:1883 (or set KESTREL_BROKER)",
        ),
    ],
)
def test_a_wrong_setting_is_named_in_one_line(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, wrong: dict[str, str], words: str
):
    arguments = {**GOOD, "--store": str(tmp_path / "bridge.db"), **wrong}

    code, line = said(capsys, "run", *(word for pair in arguments.items() if pair[1] for word in pair))

    assert code == 2
    assert line.startswith(f"edge_bridge: {words}")
    assert line.count("\n") == 1


def test_a_file_that_is_no_store_is_named_in_one_line(capsys: pytest.CaptureFixture[str], tmp_path: Path):
    (tmp_path / "notes.txt").write_text("what I have to do on Monday\n" * 400)
    arguments = {**GOOD, "--store": str(tmp_path / "notes.txt")}

    code, line = said(capsys, "run", *(word for pair in arguments.items() for word in pair))

    assert code == 2
    assert line.endswith("notes.txt was encrypted with another key, or is no store of the bridge; it is untouched\n")
    assert line.count("\n") == 1


def test_a_fleet_with_an_entry_that_is_no_drone_is_named(capsys: pytest.CaptureFixture[str], tmp_path: Path):
    (tmp_path / "fleet").write_text("nyc-1\n# a note\n\nNYC 2\n")
    arguments = {**GOOD, "--store": str(tmp_path / "bridge.db"), "--fleet": str(tmp_path / "fleet")}

    code, line = said(capsys, "run", *(word for pair in arguments.items() for word in pair))

    assert (code, line) == (2, "edge_bridge: --fleet, entry 2 is 'NYC 2', and should be 1 to 32 of a-z, 0-9 and -\n")


def test_the_environment_is_named_and_heard(capsys: pytest.CaptureFixture[str]):
    code, line = said(capsys, "run", KESTREL_BROKER="nonsense")

    assert (code, line.startswith("edge_bridge: --broker is 'nonsense'")) == (2, True)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("no-such.csv",), "FILE is 'no-such.csv', and should be a file that exists"),
        ((__file__, "--store", "x.db"), "--kafka is missing"),
        (
            (__file__, "--store", "x.db", "--kafka", "h:1", "--chunk", "0"),
            "--chunk is '0', and should be a whole number from 1",
        ),
    ],
)
def test_load_names_what_is_wrong(capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], words: str):
    code, line = said(capsys, "load", *arguments)

    assert code == 2
    assert line.startswith(f"edge_bridge: {words}")


def test_help_is_written_for_a_user(capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit) as ended:
        main(["run", "--help"])

    assert ended.value.code == 0
    assert "the station's MQTT broker" in capsys.readouterr().out
