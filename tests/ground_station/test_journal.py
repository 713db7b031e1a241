"""The journal: what is written is there after a kill at any moment, and belongs to one officer."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from ground_station import journal as journal_file
from ground_station.journal import Decided, Journal, JournalError, Shown
from messages.coding import Form
from tests.ground_station.given import NOON, an_id, dice_from, seconds
from tests.ground_station.test_outbox import a_decision


def opened(path: Path, officer: str = "duarte") -> Journal:
    return Journal.open(path, station="midtown", officer=officer, now=NOON, dice=dice_from())


def test_a_start_is_counted_and_the_desk_keeps_its_name(tmp_path: Path) -> None:
    first = opened(tmp_path / "desk.db")
    first.close()
    second = opened(tmp_path / "desk.db")
    second.close()

    assert (first.boot, second.boot) == (1, 2)
    assert first.desk == second.desk


def test_a_decision_is_kept_with_its_bytes_until_it_is_answered(tmp_path: Path) -> None:
    with_form = a_decision(1)
    journal = opened(tmp_path / "desk.db")
    journal.keep_form(with_form.violation_id, Form(code=14), NOON)
    journal.keep(with_form)
    journal.keep(with_form)  # the same again changes nothing
    journal.keep(a_decision(2))
    assert journal.kept() == (with_form, a_decision(2))
    assert journal.forms() == {}

    journal.sent(an_id(1), NOON + seconds(2))
    journal.sent(an_id(1), NOON + seconds(60))
    assert journal.kept()[0].sent_at == NOON + seconds(2)

    journal.answered(an_id(1), NOON + seconds(3), ok=True, reason="")
    journal.answered(an_id(2), NOON + seconds(4), ok=False, reason="claimed by moreno")
    assert journal.kept() == ()
    assert [done.correction_id for done in journal.done(NOON - timedelta(days=1))] == [an_id(1)]
    journal.close()
    assert list(journal_file.decided(tmp_path / "desk.db")) == [
        Decided(an_id(1), an_id(101), NOON, NOON + seconds(3), True, ""),
        Decided(an_id(2), an_id(102), NOON, NOON + seconds(4), False, "claimed by moreno"),
    ]


def test_only_an_unsent_decision_is_taken_back(tmp_path: Path) -> None:
    journal = opened(tmp_path / "desk.db")
    journal.keep(a_decision(1))
    journal.keep(a_decision(2))
    journal.sent(an_id(1), NOON)

    journal.take_back(an_id(1), an_id(101), Form(), NOON)
    journal.take_back(an_id(2), an_id(102), Form(code=19), NOON)

    assert [kept.correction_id for kept in journal.kept()] == [an_id(1)]
    assert journal.forms()[an_id(102)] == Form(code=19)
    journal.close()


def test_only_the_first_showing_of_an_alert_counts(tmp_path: Path) -> None:
    journal = opened(tmp_path / "desk.db")
    journal.note_shown([an_id(1)], NOON)
    journal.note_shown([an_id(1), an_id(2)], NOON + seconds(5))

    assert list(journal_file.shown(tmp_path / "desk.db")) == [
        Shown(an_id(1), NOON),
        Shown(an_id(2), NOON + seconds(5)),
    ]
    journal.close()


def test_a_journal_that_was_never_opened_has_nothing_to_read(tmp_path: Path) -> None:
    assert list(journal_file.shown(tmp_path / "none.db")) == []
    assert list(journal_file.decided(tmp_path / "none.db")) == []
    assert not (tmp_path / "none.db").exists()
    (tmp_path / "empty.db").touch()
    assert list(journal_file.shown(tmp_path / "empty.db")) == []


def test_preferences_and_forms_are_there_at_the_next_start_and_old_forms_are_not(tmp_path: Path) -> None:
    journal = opened(tmp_path / "desk.db")
    journal.keep_preference("theme", "night")
    journal.keep_preference("theme", "contrast")
    journal.keep_form(an_id(1), Form(plate="KJH"), NOON)
    journal.keep_form(an_id(2), Form(plate="OLD"), NOON - timedelta(days=8))
    journal.close()

    again = opened(tmp_path / "desk.db")
    assert again.preferences() == {"theme": "contrast"}
    assert again.forms() == {an_id(1): Form(plate="KJH")}
    again.close()


def test_the_journal_of_another_officer_is_refused_in_plain_words(tmp_path: Path) -> None:
    opened(tmp_path / "desk.db").close()

    with pytest.raises(JournalError, match="journal of officer duarte at station midtown: choose another --journal"):
        opened(tmp_path / "desk.db", officer="moreno")


def test_a_file_that_is_no_journal_is_refused(tmp_path: Path) -> None:
    (tmp_path / "desk.db").write_bytes(b"not a database, and longer than the header of one is " * 100)

    with pytest.raises(JournalError, match="can't be used as a journal"):
        opened(tmp_path / "desk.db")


WRITES_FOREVER = """
import sys
from itertools import count
from pathlib import Path
from ground_station.journal import Journal
from messages.coding import Form
from tests.ground_station.given import NOON, an_id, dice_from
from tests.ground_station.test_outbox import a_decision

journal = Journal.open(Path(sys.argv[1]), station="midtown", officer="duarte", now=NOON, dice=dice_from())
for number in count(1):
    decision = a_decision(number)
    journal.keep_form(decision.violation_id, Form(plate=str(number)), NOON)
    journal.keep(decision)
    print(number, flush=True)
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="there is no SIGKILL here")
@pytest.mark.parametrize("lines", [1, 17, 60])
def test_a_kill_loses_no_decision_that_was_written_and_leaves_no_half(tmp_path: Path, lines: int) -> None:
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITES_FOREVER, str(tmp_path / "desk.db")],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    assert writer.stdout is not None
    with writer.stdout as said:
        for _ in range(lines):
            written = int(said.readline())
        writer.kill()
        writer.wait()

    journal = opened(tmp_path / "desk.db")
    kept = journal.kept()
    assert [decision.seq for decision in kept] == list(range(1, len(kept) + 1))
    assert len(kept) >= written
    assert all(decision == a_decision(decision.seq) for decision in kept)
    # A decision and the end of its half-typed form are one step: at most the form being typed is there.
    assert not {decision.violation_id for decision in kept} & set(journal.forms())
    journal.close()
