"""The map's page is made beside the window, once, and in the window only if it can't be otherwise; garbage is searched between turns."""

from __future__ import annotations

import gc
import sys
from pathlib import Path

import pytest
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from ground_station.ui import page_maker
from ground_station.ui.page_maker import PageMaker, page_options
from ground_station.ui.tidy import SETTLED_AFTER, Tidy
from maps.live_page import write_live_page


def test_the_page_is_made_beside_the_window_and_found_at_once_the_next_time(qtbot: QtBot, tmp_path: Path) -> None:
    parent, made = QObject(), list[Path]()
    PageMaker(tmp_path, made.append, parent).start()
    assert made == []  # the window goes on meanwhile
    qtbot.waitUntil(lambda: bool(made), timeout=60_000)

    assert made[0].is_file()
    PageMaker(tmp_path, made.append, parent).start()
    assert made == [made[0], made[0]]


def test_without_a_process_the_page_is_made_here(qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = write_live_page(tmp_path, page_options())
    found = iter((None, None))
    monkeypatch.setattr(page_maker, "find_live_page", lambda *_: next(found))
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    parent, made = QObject(), list[Path]()

    PageMaker(tmp_path, made.append, parent).start()

    qtbot.waitUntil(lambda: made == [page], timeout=5_000)


def test_garbage_is_searched_only_when_the_window_says_so(qtbot: QtBot) -> None:
    parent = QObject()
    tidy = Tidy(parent)
    tidy.start()
    try:
        assert not gc.isenabled()
        for _ in range(SETTLED_AFTER):
            tidy.round()
        assert gc.get_freeze_count() > 0
    finally:
        tidy.stop()
    assert gc.isenabled()
    assert gc.get_freeze_count() == 0
