"""Pages of an encrypted store and of its write-ahead log, looked at from outside: which are damaged, and a copy that holds what is left.

SQLite reads a log up to the first frame whose checksum is wrong and forgets, without a word, every commit behind it. A power cut leaves
such an end too, but nothing whole after it. So a damaged frame that is followed by whole ones is damage, and those are used all the same.
Layouts: SQLite's file format, "The WAL File Format" (header of 32 bytes, frames of 24 + a page) and "WAL-Index Header".
"""

from __future__ import annotations

import os
import shutil
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from edge_bridge.storage.keys import PAGE, PageCheck

WAL_HEADER, FRAME_HEADER = 32, 24
_NOTHING = bytes(PAGE)  # a page that was given out and never written


class Frame(NamedTuple):
    """One page in the log. `pages_after`: the file's size after the commit that this frame ends; 0 within one."""

    number: int
    pages_after: int
    page: bytes
    is_ours: bool  # of the log's present generation: it is written again from its front, and older frames lie behind
    is_read: bool  # SQLite reads so far: every checksum is right
    is_whole: bool  # by the HMAC of the page


def check_of(path: Path, key: str) -> PageCheck:
    """The check of a file's pages."""
    with path.open("rb") as file:
        return PageCheck(key, file.read(16))


def damaged_pages(path: Path, key: str) -> list[int]:
    """Numbers of the pages that are not whole. 400 MB/s."""
    check = check_of(path, key)
    found = []
    with path.open("rb") as file:
        number = 0
        while page := file.read(PAGE):
            number += 1
            if page != _NOTHING and not check.is_whole(number, page):
                found.append(number)
    return found


def wal_of(path: Path) -> Path:
    """The write-ahead log of a file."""
    return path.with_name(path.name + "-wal")


def frames(path: Path, check: PageCheck) -> Iterator[Frame]:
    """Every frame in the log of a file. 5,000 a second, for SQLite's checksum is made for other languages."""
    log = wal_of(path)
    if not log.exists():
        return
    with log.open("rb") as file:
        header = file.read(WAL_HEADER)
        if len(header) < WAL_HEADER:
            return
        order = ">" if header[3] & 1 else "<"
        sums = struct.unpack(">II", header[24:])
        is_read = header[:3] == b"\x37\x7f\x06" and _summed(order, header[:24], (0, 0)) == sums
        salts = header[16:24] if is_read else b""
        while len(content := file.read(FRAME_HEADER + PAGE)) == FRAME_HEADER + PAGE:
            salts = salts or content[8:16]
            number, pages_after = struct.unpack(">II", content[:8])
            page, is_ours = content[FRAME_HEADER:], content[8:16] == salts
            if is_read and is_ours:
                sums = _summed(order, page, _summed(order, content[:8], sums))
                is_read = sums == struct.unpack(">II", content[16:24])
            else:
                is_read = False
            yield Frame(number, pages_after, page, is_ours, is_read, check.is_whole(number, page))


def _summed(order: str, content: bytes, sums: tuple[int, ...]) -> tuple[int, int]:
    first, second = sums
    words = struct.unpack(f"{order}{len(content) // 4}I", content)
    for even, odd in zip(words[::2], words[1::2], strict=True):
        first = (first + even + second) & 0xFFFFFFFF
        second = (second + odd + first) & 0xFFFFFFFF
    return first, second


def log_problem(path: Path, key: str) -> str:
    """What is wrong with the log in plain words; empty when nothing is. For a file that nobody has open."""
    read = last_whole = 0
    for count, frame in enumerate(frames(path, check_of(path, key)), 1):
        if frame.is_read:
            read = count
        if frame.is_ours and frame.is_whole:
            last_whole = count
    if read < last_whole:
        return f"frame {read + 1} of the write-ahead log is damaged, and whole ones follow it up to {last_whole}"
    known = _frames_in_index(path)
    return f"of {known} frames of the write-ahead log only {read} can be read" if known > read else ""


def _frames_in_index(path: Path) -> int:
    """How many frames were committed when the last process wrote the log's index, which outlives a kill; 0 if that is not known."""
    try:
        with path.with_name(path.name + "-shm").open("rb") as file:
            first, second = file.read(48), file.read(48)
        with wal_of(path).open("rb") as file:
            salts = file.read(WAL_HEADER)[16:24]
    except FileNotFoundError:
        return 0
    if len(second) < 48 or first != second or not first[12]:  # being written when it was killed, or never begun
        return 0
    known: int = struct.unpack("=I", first[16:20])[0]
    # A log that lost even its header has no salts left to compare.
    return known if len(salts) < 8 or first[32:40] == salts else 0


def copy_of_what_is_left(path: Path, copy: Path, key: str) -> None:
    """The file with its log worked in, every damaged page still damaged and none older than it was. The original stays as it is.

    A page whose newest version is a damaged frame is emptied: an older version in its place would be wrong without a sign of it.
    """
    shutil.copyfile(path, copy)
    check = check_of(path, key)
    found = list(frames(path, check))
    last = max(
        (at for at, frame in enumerate(found) if frame.is_ours and frame.is_whole and frame.pages_after), default=-1
    )
    last = max(
        last, min(len(found), _frames_in_index(path)) - 1
    )  # when it is the frame of the last commit that is damaged
    pages = max(1, -(-os.path.getsize(path) // PAGE))
    with copy.open("r+b") as file:
        for frame in found[: last + 1]:
            number = frame.number if frame.is_whole else _number_of(frame, pages + last + 1, check)
            if number:
                file.seek((number - 1) * PAGE)
                file.write(frame.page if check.is_whole(number, frame.page) else _NOTHING)
        sizes = [frame.pages_after for frame in found[: last + 1] if frame.is_read]
        file.truncate(max([os.path.getsize(copy) // PAGE, pages, *sizes]) * PAGE)


def _number_of(frame: Frame, pages: int, check: PageCheck) -> int:
    """Of a damaged frame: the page that its content fits, for the HMAC covers the number; else what it says itself, if that can be."""
    fitting = next((number for number in range(1, pages + 1) if check.is_whole(number, frame.page)), 0)
    return fitting or (frame.number if frame.number <= pages else 0)
