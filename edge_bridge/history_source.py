"""The city's historic CSV, also as .gz, a few records at a time; its place is a byte in the uncompressed file."""

from __future__ import annotations

import gzip
import hashlib
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple, cast

from edge_bridge.history_rows import Layout, layout_of

LONGEST_RECORD = (
    65_536  # bytes; a real one has about 250. A quote that is never closed would swallow the rest of the file
)
READ_BYTES = 1_048_576


class FileProblem(Exception):
    """The file cannot be read (on). One line for a person, without the file's name."""


class RawRecord(NamedTuple):
    """A record as it stands in the file, its line end included."""

    byte_offset: int
    content: bytes

    @property
    def end(self) -> int:
        """Where the next one begins."""
        return self.byte_offset + len(self.content)


class HistorySource:
    """A historic file. `fingerprint` is the SHA-256 of its uncompressed content, so that packing it makes it no other file."""

    def __init__(self, path: Path) -> None:
        """Reads the file once, for its fingerprint. Raises FileProblem if it cannot, NotTheCitysFile by its first line."""
        self.path = path
        self._before = self._stamp()
        digest = hashlib.sha256()
        with self._opened() as file:
            header = self._guarded(file.readline, LONGEST_RECORD)
            digest.update(header)
            self.first_record = len(header)
            self.layout: Layout = layout_of(header.decode(errors="replace").rstrip("\r\n"))
            while block := self._guarded(file.read, READ_BYTES):
                digest.update(block)
        self.fingerprint = digest.hexdigest()

    def records(self, byte_offset: int) -> Iterator[RawRecord]:
        """The records from a place that end before this iterator, to the end of the file; empty lines are passed over.

        Raises FileProblem where the file cannot be read on.
        """
        with self._opened() as file:
            self._skip(file, byte_offset)
            while line := self._guarded(file.readline, LONGEST_RECORD):
                ahead: list[bytes] = []
                if line.count(b'"') % 2:
                    line, ahead = self._joined(line, file)
                for piece in (line, *ahead):
                    if piece.strip():
                        yield RawRecord(byte_offset, piece)
                    byte_offset += len(piece)

    def check_unchanged(self) -> None:
        """Raises FileProblem if somebody has written to the file since it was opened."""
        if self._stamp() != self._before:
            raise FileProblem("it was changed while it was read; load it again once nobody writes to it")

    def _joined(self, line: bytes, file: BinaryIO) -> tuple[bytes, list[bytes]]:
        """A record whose quotes are open at the line's end goes on in the next lines, unless they never close or make no record."""
        lines = [line]
        while sum(len(piece) for piece in lines) < LONGEST_RECORD:
            more = self._guarded(file.readline, LONGEST_RECORD)
            if not more:
                break
            lines.append(more)
            if more.count(b'"') % 2:
                whole = b"".join(lines)
                # Two slips of the pen, one in each of two records, are not one record of two lines.
                if whole.count(b",") < 2 * (len(self.layout.names) - 1):
                    return whole, []
                break
        return lines[0], lines[1:]

    def _skip(self, file: BinaryIO, byte_offset: int) -> None:
        left = byte_offset
        if not isinstance(file, gzip.GzipFile):
            file.seek(byte_offset)
            return
        while left:
            left -= len(self._guarded(file.read, min(left, READ_BYTES)) or b"x" * left)

    def _opened(self) -> BinaryIO:
        try:
            with self.path.open("rb") as file:
                packed = file.read(2) == b"\x1f\x8b"
            return cast(BinaryIO, gzip.open(self.path)) if packed else self.path.open("rb")
        except OSError as error:
            raise FileProblem(f"it cannot be read: {error.strerror}") from None

    def _guarded(self, read: object, size: int) -> bytes:
        try:
            return read(size)  # type: ignore[operator, no-any-return]
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise FileProblem(f"it cannot be unpacked any further: {error}") from None
        except OSError as error:
            raise FileProblem(f"it cannot be read: {error.strerror or error}") from None

    def _stamp(self) -> tuple[int, int]:
        try:
            found = self.path.stat()
        except OSError as error:
            raise FileProblem(f"it cannot be read: {error.strerror}") from None
        return found.st_size, found.st_mtime_ns
