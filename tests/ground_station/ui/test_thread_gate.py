"""The one crossing into the window's thread: soon when woken, calmly otherwise, and never on another thread."""

from __future__ import annotations

import threading

from pytestqt.qtbot import QtBot

from ground_station.ui.thread_gate import CALM_PERIODS, ThreadGate


def test_a_word_from_another_thread_brings_a_turn_on_the_windows_thread(qtbot: QtBot) -> None:
    turns: list[threading.Thread] = []
    gate = ThreadGate(lambda: turns.append(threading.current_thread()))
    gate.start()

    caller = threading.Thread(target=gate.wake)
    caller.start()
    caller.join()

    qtbot.waitUntil(lambda: bool(turns), timeout=1_000)
    gate.stop()
    assert set(turns) == {threading.current_thread()}


def test_a_flood_of_words_is_one_turn(qtbot: QtBot) -> None:
    turns: list[int] = []
    gate = ThreadGate(lambda: turns.append(1))
    for _ in range(10_000):
        gate.wake()

    gate.period()

    assert turns == [1]


def test_without_a_word_there_is_a_turn_only_at_every_fifth_period(qtbot: QtBot) -> None:
    turns: list[int] = []
    gate = ThreadGate(lambda: turns.append(1))

    for _ in range(2 * CALM_PERIODS):
        gate.period()

    assert turns == [1, 1]


def test_at_the_other_periods_there_is_time_for_a_part_of_the_next_turn(qtbot: QtBot) -> None:
    order: list[str] = []

    def part() -> bool:
        order.append("part")
        return False

    gate = ThreadGate(lambda: order.append("turn"), between=part)

    for _ in range(CALM_PERIODS):
        gate.period()
    gate.wake()
    gate.period()

    assert order == ["part"] * (CALM_PERIODS - 1) + ["turn", "turn"]


def test_a_part_that_leaves_something_is_followed_by_the_next_before_and_after_a_turn(qtbot: QtBot) -> None:
    order: list[str] = []
    left = [3]

    def part() -> bool:
        order.append("part")
        left[0] -= 1
        return left[0] > 0

    gate = ThreadGate(lambda: order.append("turn"), between=part)
    gate.period()
    gate.wake()
    gate.period()
    assert order == ["part", "turn"]

    qtbot.waitUntil(lambda: left[0] == 0)

    assert order == ["part", "turn", "part", "part"]
    gate.wake()
    gate.period()
    assert not gate._more.isActive(), "nothing was left"


def test_a_gate_that_is_stopped_goes_on_with_nothing(qtbot: QtBot) -> None:
    gate = ThreadGate(lambda: None, between=lambda: True)
    gate.period()
    assert gate._more.isActive()

    gate.stop()

    assert not gate._more.isActive()


def test_a_word_during_a_turn_asks_for_the_next_one(qtbot: QtBot) -> None:
    turns: list[int] = []

    def turn() -> None:
        turns.append(1)
        if len(turns) == 1:
            gate.wake()

    gate = ThreadGate(turn)
    gate.wake()
    gate.period()
    gate.period()

    assert turns == [1, 1]
