"""The flash: on disk before anything is sent, forgotten only when told, and a ledger that others can read at any time."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drone_sim.drone import Saved
from drone_sim.flash import PICTURES_KEPT, Flash, FlashError, Made, made, ranges
from drone_sim.outbox import Key
from messages.codec import encode
from messages.geo import Position
from messages.model import Evidence
from tests.strategies import NOON, a_sure_violation, a_telemetry, a_violation, an_id

DRONE = "nyc-17"
LATER = NOON + timedelta(seconds=5)


def a_part(number: int, seq: int, violation_id: str) -> Evidence:
    return Evidence(
        id=an_id(100 + number),
        drone_id=DRONE,
        boot=1,
        seq=seq,
        captured_at=NOON,
        violation_id=violation_id,
        evidence_id=an_id(50),
        part=number,
        parts=2,
        media_type="image/jpeg",
        sha256="0" * 64,
        data=b"picture",
    )


def ledger(path: Path) -> dict[tuple[str, int, int], Made]:
    return {(row.kind, row.boot, row.seq): row for row in made(path)}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "drones.db"


def test_each_power_up_counts_one_more_boot(path: Path) -> None:
    for boot in (1, 2, 3):
        flash = Flash(path)
        assert flash.power_up([DRONE]) == {DRONE: (boot, None)}
        flash.close()


def test_a_boot_counts_even_if_nothing_came_of_it(path: Path) -> None:
    killed_after(path, "flash.power_up(['nyc-17'])")
    assert Flash(path).power_up([DRONE])[DRONE][0] == 2


def test_a_report_is_kept_byte_for_byte_until_it_is_acknowledged(path: Path) -> None:
    flash = Flash(path)
    reports = flash.put([a_violation(1)], telemetry_published_at=None)
    flash.commit()
    assert reports[DRONE, Key(1, 1)].payload == encode(a_violation(1))
    assert flash.report(DRONE, Key(1, 1)) == reports[DRONE, Key(1, 1)]
    flash.forget(DRONE, 1, [1])
    assert flash.report(DRONE, Key(1, 1)) is None
    flash.close()
    assert ledger(path)["violation", 1, 1].acknowledged


def test_telemetry_is_listed_and_not_kept(path: Path) -> None:
    flash = Flash(path)
    assert flash.put([a_telemetry(1)], telemetry_published_at=LATER) == {}
    assert flash.unacknowledged() == {}
    flash.close()
    assert ledger(path)["telemetry", 1, 1] == Made("telemetry", an_id(1), DRONE, 1, 1, NOON, LATER, False)


def test_the_ledger_tells_when_a_report_first_went_out(path: Path) -> None:
    flash = Flash(path)
    flash.put([a_violation(1)], telemetry_published_at=None)
    flash.commit()
    assert ledger(path)["violation", 1, 1].published_at is None
    flash.mark_published([(DRONE, Key(1, 1))], LATER)
    flash.mark_published([(DRONE, Key(1, 1))], LATER + timedelta(hours=1))
    flash.close()
    assert ledger(path)["violation", 1, 1].published_at == LATER


def test_unacknowledged_reports_are_listed_by_drone_older_boots_first(path: Path) -> None:
    flash = Flash(path)
    flash.put([a_violation(2), a_violation(1), a_violation(3, boot=2)], telemetry_published_at=None)
    flash.put([a_violation(4, drone_id="nyc-18")], telemetry_published_at=None)
    flash.forget(DRONE, 1, [1])
    assert flash.unacknowledged() == {DRONE: [Key(1, 2), Key(2, 3)], "nyc-18": [Key(1, 4)]}
    flash.close()


def test_forgetting_one_drones_reports_leaves_anothers(path: Path) -> None:
    flash = Flash(path)
    flash.put([a_violation(1), a_violation(2, seq=1, drone_id="nyc-18")], telemetry_published_at=None)
    flash.forget(DRONE, 1, [1])
    assert flash.unacknowledged() == {"nyc-18": [Key(1, 1)]}
    flash.close()


def test_the_picture_of_an_alert_can_be_sent_again_byte_for_byte_after_its_acknowledgement(path: Path) -> None:
    alert, other = a_violation(1), a_sure_violation(4, seq=4)
    parts = [a_part(1, 2, alert.id), a_part(2, 3, alert.id)]
    flash = Flash(path)
    flash.put([alert, *parts, other, a_part(3, 5, other.id)], telemetry_published_at=None)
    assert flash.picture(alert.id) == [encode(part) for part in parts]
    flash.forget(DRONE, 1, [1, 2])
    assert flash.picture(alert.id) == [encode(part) for part in parts]
    flash.forget(DRONE, 1, [3, 4, 5])
    assert flash.picture(alert.id) == [encode(part) for part in parts]
    assert flash.picture(other.id) == []
    flash.close()


def test_only_the_newest_pictures_stay(path: Path) -> None:
    flash = Flash(path)
    alert = a_violation(1)
    count = PICTURES_KEPT + 30
    parts = [a_part(number, 1 + number, alert.id) for number in range(1, count + 1)]
    flash.put([alert, *parts], telemetry_published_at=None)
    flash.forget(DRONE, 1, range(1, count + 2))
    flash.thin_pictures()
    assert flash.picture(alert.id) == [encode(part) for part in parts[30:]]
    flash.close()


def test_a_drones_last_moment_is_remembered(path: Path) -> None:
    moment = Saved(Position(40.75, -73.99, 31.0), 87.5, 66.0, NOON)
    flash = Flash(path)
    flash.power_up([DRONE])
    flash.save([(DRONE, moment)])
    flash.close()
    assert Flash(path).power_up([DRONE]) == {DRONE: (2, moment)}


def killed_after(path: Path, statement: str) -> None:
    """Runs a statement with an open flash in a process of its own, which then kills itself without a chance to close."""
    code = (
        "import os, signal\n"
        "from drone_sim.flash import Flash\n"
        "from tests.strategies import a_violation\n"
        f"flash = Flash({str(path)!r})\n{statement}\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    root = Path(__file__).parents[2]
    ended = subprocess.run(
        [sys.executable, "-c", code], cwd=root, env={**os.environ, "PYTHONPATH": str(root)}, timeout=60
    )
    assert ended.returncode == -signal.SIGKILL


def test_what_was_committed_outlives_a_kill_and_can_be_read_after_it(path: Path) -> None:
    killed_after(path, "flash.put([a_violation(1)], telemetry_published_at=None); flash.commit()")
    assert set(ledger(path)) == {("violation", 1, 1)}
    assert Flash(path).unacknowledged() == {DRONE: [Key(1, 1)]}


def test_what_was_not_committed_is_gone_after_a_kill(path: Path) -> None:
    """The control of the test above: it is the commit that keeps a report."""
    killed_after(path, "flash.put([a_violation(1)], telemetry_published_at=None)")
    assert ledger(path) == {}


def test_the_ledger_is_read_while_the_drones_write(path: Path) -> None:
    flash = Flash(path)
    flash.put([a_violation(1)], telemetry_published_at=None)
    flash.commit()
    reading = made(path)
    assert next(reading).seq == 1
    flash.put([a_violation(2)], telemetry_published_at=None)
    flash.commit()
    assert list(reading) == []  # it sees the moment at which it began
    assert len(ledger(path)) == 2
    flash.close()


def test_the_ledger_is_read_after_a_clean_end(path: Path) -> None:
    flash = Flash(path)
    flash.put([a_violation(1)], telemetry_published_at=None)
    flash.close()
    assert len(ledger(path)) == 1


def test_a_file_that_is_no_flash_is_refused_in_one_line(path: Path) -> None:
    path.write_bytes(b"not a database at all, but long enough to look like one " * 40)
    with pytest.raises(FlashError, match=r"drones\.db: "):
        Flash(path)
    with pytest.raises(FlashError):
        list(made(path))


def test_a_flash_that_other_drones_use_is_refused_in_one_line(path: Path) -> None:
    flash = Flash(path)
    with pytest.raises(FlashError, match="other drones use it"):
        Flash(path)
    flash.close()


def test_a_ledger_that_does_not_exist_is_refused_and_not_made(path: Path) -> None:
    with pytest.raises(FlashError):
        list(made(path))
    assert not path.exists()


@given(st.sets(st.integers(min_value=1, max_value=60)))
def test_ranges_hold_exactly_the_numbers(numbers: set[int]) -> None:
    found = ranges(numbers)
    assert {number for first, last in found for number in range(first, last + 1)} == numbers
    assert all(later[0] > earlier[1] + 1 for earlier, later in pairwise(found))
