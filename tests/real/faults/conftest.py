"""What the fault tests share: what a machine must have for them, and a folder in main memory."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from installers.setup.system import find_program
from tests.real.faults.disks import NAME, SHARED, clear_leftovers


def needs(*programs: str) -> None:
    """Skips the test, with a plain reason, where the kernel or the rights for its fault are missing."""
    if not sys.platform.startswith("linux"):
        pytest.skip("this fault is made with Linux's own means")
    missing = [program for program in programs if find_program(program) is None]
    if missing:
        pytest.skip(f"{', '.join(missing)} is not installed: run ./kestrel setup")


def needs_root(*programs: str) -> None:
    """The same for faults that only root may make: mounting, networks."""
    needs(*programs)
    if os.geteuid() != 0:
        pytest.skip("only root may mount and make networks")


@pytest.fixture
def ram(tmp_path: Path) -> Iterator[Path]:
    """A folder in main memory, for images that are copied again and again; a plain one where there is no such file system."""
    if not SHARED.is_dir() or not os.access(SHARED, os.W_OK):
        yield tmp_path
        return
    clear_leftovers()
    folder = SHARED / f"{NAME}{os.getpid()}"
    folder.mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
