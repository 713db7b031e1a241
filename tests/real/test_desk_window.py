"""An officer at the real window with real keys, Mosquitto and bridge: few keys, nothing twice or lost by a kill, nothing held by two."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from ground_station.journal import decided, shown
from installers.local.mosquitto import Mosquitto
from installers.local.ports import free_port
from tests.ground_station.bridge_double import wait_for
from tests.real.test_desk_headless_bridge import STATION, bridge, corrections, report, running, said

ROOT = Path(__file__).parents[2]


class Window:
    """One officer's window in a process of its own."""

    def __init__(self, port: int, folder: Path, officer: str) -> None:
        self.journal = folder / f"{officer}.db"
        command = ["--broker", f"127.0.0.1:{port}", "--station", STATION, "--officer", officer, "--no-record"]
        with (folder / f"{officer}.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, str(ROOT / "tests/real/typed_window.py"), *command, "--journal", str(self.journal)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                cwd=folder,
            )
        self.pressed = 0

    def press(self, *keys: str) -> dict[str, Any]:
        """Press keys, one after another; what is on screen after the last."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.pressed += len(keys)
        self.process.stdin.write(json.dumps(keys) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        assert line, "the window ended"
        seen: dict[str, Any] = json.loads(line)
        return seen

    def waits_for(self, name: str, value: object) -> dict[str, Any]:
        """Look until something on screen is so."""
        wait_for(lambda: self.press()[name] == value, f"{name} is not {value!r}: {self.press()}")
        return self.press()

    def sees(self, *alerts: str) -> dict[str, Any]:
        """Look until these alerts, and no others, are in the list."""
        wanted = sorted(alerts)
        wait_for(lambda: sorted(card[0] for card in self.press()["cards"]) == wanted, "not these alerts")
        return self.press()

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


@contextmanager
def a_window(port: int, folder: Path, officer: str = "duarte") -> Iterator[Window]:
    window = Window(port, folder, officer)
    try:
        yield window
    finally:
        window.kill()
        for pipe in (window.process.stdin, window.process.stdout):
            assert pipe is not None
            pipe.close()


@pytest.fixture
def station(tmp_path: Path) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    """A broker and a bridge: the broker's port and the bridge's process."""
    broker = Mosquitto(tmp_path / "broker", free_port())
    broker.start()
    with running(tmp_path, "bridge", *bridge(broker.port, tmp_path)) as process:
        wait_for(lambda: "ready:" in said(tmp_path, "bridge"), "the bridge is not ready")
        yield broker.port, process
        process.send_signal(signal.SIGCONT)
    broker.stop()


def test_an_officer_whose_window_is_killed_twice_sees_each_alert_once_types_it_once_and_decides_it_once(
    station: tuple[int, subprocess.Popen[bytes]], tmp_path: Path
) -> None:
    port, bridge_process = station
    alert = report(port, 1)  # while no window is there
    with a_window(port, tmp_path) as first:
        first.sees(alert)
        first.press("C")
        first.waits_for("claim", "yours")
        first.press("2", "N")  # code 19; the expiry is not shown
        wait_for(lambda: _kept_forms(first.journal) == [(19, "not shown")], "the half-typed form is not on disk")
        first.kill()

    with a_window(port, tmp_path) as second:
        again = second.sees(alert)
        assert (again["code"], again["facts"]["plate_expiry"], again["claim"]) == (19, "not shown", "yours")
        bridge_process.send_signal(signal.SIGSTOP)  # it can't answer from here on
        second.press("Enter")
        wait_for(lambda: [each.ok for each in decided(second.journal)] == [None], "the decision is not on disk")
        second.waits_for("undo", "")  # it has been sent
        assert second.press()["kept"] == 1
        second.kill()
    bridge_process.send_signal(signal.SIGCONT)

    with a_window(port, tmp_path) as third:
        wait_for(lambda: [each.ok for each in decided(third.journal)] == [True], "the decision was not answered")
        third.sees()
        assert third.press()["kept"] == 0
    assert corrections(tmp_path) == [each.correction_id for each in decided(third.journal)]
    assert [each.violation_id for each in shown(third.journal)] == [alert]


def test_a_frequent_code_takes_at_most_six_keys_and_enter_goes_on_to_the_next(
    station: tuple[int, subprocess.Popen[bytes]], tmp_path: Path
) -> None:
    port, _ = station
    alerts = [report(port, number) for number in (1, 2)]
    with a_window(port, tmp_path) as window:
        window.sees(*alerts)
        window.press("C", "1", "N", "Enter")  # faster than the bridge can answer; the drone could not read the expiry
        wait_for(lambda: len(corrections(tmp_path)) == 1, "the first decision did not arrive")
        assert window.sees(alerts[1])["desk"] == alerts[1]
        window.press("C", "1", "N", "Enter")
        wait_for(lambda: len(corrections(tmp_path)) == 2, "the second decision did not arrive")
        assert window.pressed == 2 * 4 <= 2 * 6
        window.sees()


def test_two_officers_never_hold_one_alert_and_the_second_is_told_who_has_it(
    station: tuple[int, subprocess.Popen[bytes]], tmp_path: Path
) -> None:
    port, _ = station
    alert = report(port, 1)
    with a_window(port, tmp_path, "duarte") as duarte, a_window(port, tmp_path, "moreno") as moreno:
        duarte.sees(alert)
        moreno.sees(alert)
        duarte.press("C")
        duarte.waits_for("claim", "yours")
        held = moreno.waits_for("claim", "other")
        assert held["claim_words"].startswith("Duarte has it for ")
        refused = moreno.press("C", "1", "Enter", "R")
        assert refused["claim"] == "other"
        assert refused["code"] is None
        assert "Duarte" in refused["message"]

        duarte.press("E")
        passed_on = moreno.waits_for("claim", "nobody")
        assert passed_on["claim_words"] == "passed on by Duarte: press C to claim it"
        moreno.press("C")
        moreno.waits_for("claim", "yours")
        duarte.waits_for("claim", "other")

        # In one go: it can be taken back for 2 s only, whoever else needs the processors.
        back = moreno.press("R", "2", "Enter", "U")
        assert back["offers"][-2].startswith("Rejection for nyc-17")
        assert (back["desk"], back["undo"]) == (alert, "")
        moreno.press("R", "1", "Enter")
        duarte.sees()
        wait_for(lambda: [each.ok for each in decided(moreno.journal)] == [True], "the rejection was not answered")
    assert len(corrections(tmp_path)) == 1
    assert list(decided(duarte.journal)) == []


def _kept_forms(journal: Path) -> list[tuple[int | None, str]]:
    import sqlcipher3.dbapi2 as sqlite

    database = sqlite.connect(str(journal))
    try:
        forms = [json.loads(row[0]) for row in database.execute("select form from forms")]
    finally:
        database.close()
    return [(form["code"], form["plate_expiry"]) for form in forms]


ENDED_WHILE_IT_OPENS = """
import os, signal, sys
from ground_station.__main__ import main
from ground_station.ui.station import Station

plain = Station.start

def start(self, **how):
    os.kill(os.getpid(), signal.SIGTERM)
    self.window.map.load = lambda: None
    plain(self, **how)

Station.start = start
sys.exit(main())
"""


def test_a_wish_to_end_that_comes_while_the_window_opens_is_not_forgotten(tmp_path: Path) -> None:
    flags = ["--broker", f"127.0.0.1:{free_port()}", "--station", STATION, "--officer", "duarte", "--no-record"]
    ended = subprocess.run(
        [sys.executable, "-c", ENDED_WHILE_IT_OPENS, *flags, "--journal", str(tmp_path / "desk.db")],
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        timeout=60,
        check=False,
    )

    assert "ready: desk of duarte" in ended.stderr, "it opened"
    assert ended.returncode == 0
