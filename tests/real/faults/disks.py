"""Disks that can be cut from the power, refuse to write, or are too small: an ext4 image on a loop device, and a small tmpfs. Root only.

What is in the image file is what reached the disk: the writes that the system still holds in memory are not in it. A copy of it, taken
while the bridge stands still, is the disk as a power cut would leave it; mounting the copy replays ext4's journal, as a start would.
"""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

NAME = "kestrel-faults-"
SHARED = Path("/dev/shm")


def run(*command: str | Path) -> None:
    """A command of the system's. Raises CalledProcessError with what it said."""
    subprocess.run([str(word) for word in command], check=True, capture_output=True)


def clear_leftovers() -> None:
    """Unmounts and removes what a run that was killed has left."""
    for folder in SHARED.glob(f"{NAME}*"):
        number = folder.name.removeprefix(NAME)
        if number.isdigit() and not Path("/proc", number).exists():
            for place in folder.rglob("mounted-*"):
                subprocess.run(["umount", "-l", str(place)], check=False, capture_output=True)
            shutil.rmtree(folder, ignore_errors=True)


class Image:
    """An ext4 file system in a file, mounted at `place`."""

    def __init__(self, folder: Path, size: str = "256M") -> None:
        self.file = folder / "disk.img"
        self.place = folder / "mounted-disk"
        self._size = size
        self._copies = 0

    def __enter__(self) -> Image:
        self.place.mkdir()
        run("truncate", "-s", self._size, self.file)
        run("mkfs.ext4", "-q", "-F", self.file)
        run("mount", "-o", "loop", self.file, self.place)
        return self

    def __exit__(self, *_: object) -> None:
        run("umount", "-l", self.place)
        self.file.unlink()

    def copied(self) -> Path:
        """A copy of what has reached the disk by now."""
        self._copies += 1
        copy = self.file.with_name(f"copy-{self._copies}.img")
        run("cp", "--sparse=always", self.file, copy)
        return copy

    def refuse(self) -> None:
        """Every write fails from now on ("Read-only file system"), as after an error of the medium."""
        run("mount", "-o", "remount,abort", self.place)

    def repair(self) -> None:
        """What reached the disk, in the same place and writable again: the files that are open stay those of the old one."""
        copy = self.copied()
        run("umount", "-l", self.place)
        run("mount", "-o", "loop", copy, self.place)


@contextmanager
def mounted(copy: Path) -> Iterator[Path]:
    """The file system of a copy; the copy is removed afterwards."""
    place = copy.with_name(f"mounted-{copy.stem}")
    place.mkdir()
    run("mount", "-o", "loop", copy, place)
    try:
        yield place
    finally:
        run("umount", "-l", place)
        place.rmdir()
        copy.unlink()


@contextmanager
def small_disk(place: Path, size: str) -> Iterator[Path]:
    """A tmpfs of that size."""
    place.mkdir()
    run("mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", place)
    try:
        yield place
    finally:
        run("umount", "-l", place)


def fill(place: Path) -> Path:
    """Takes all the room that is left on a file system; gives the file that holds it."""
    file = place / "of-others"
    with file.open("xb", buffering=0) as taken:
        try:
            while True:  # whoever else writes there takes some of it meanwhile
                taken.write(bytes(65_536))
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise
    return file


@contextmanager
def standing_still(pid: int) -> Iterator[None]:
    """Between two instructions of a process, as at the moment of a power cut."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):  # it was killed as it stood
            os.kill(pid, signal.SIGCONT)
