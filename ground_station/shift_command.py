"""The commands around recorded shifts: `shifts` lists them, `export SHIFT --format gpx --out FILE` saves one for other programs."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from ground_station.shift_export import EVERY_S, gathered
from ground_station.shift_files import Shift, ShiftFile, ShiftFileError, find_shift, shifts_in
from ground_station.shift_formats import FORMATS
from ground_station.view_model import wording
from ground_station.view_model.language import tn

WRONG_USE = 2
PLATES_WARNING = "this file holds plates: they are personal data; keep it where only those may read it who must, and delete it afterwards"


def main(arguments: Sequence[str], environment: Mapping[str, str]) -> int:
    """Carry out one of the commands; the exit code: 2, with one line, for what can't be done."""
    options = _parser().parse_args(list(arguments))
    folder = Path(options.shifts or environment.get("KESTREL_SHIFTS") or "shifts")
    key = environment.get("KESTREL_STORE_KEY") or None
    try:
        if options.command == "shifts":
            return _list(folder, key)
        path = find_shift(folder, options.shift, key)
        return _export(path, Path(options.out), options.format, key, options.every_s, plates=options.with_plates)
    except (ShiftFileError, OSError) as error:
        sys.stderr.write(f"ground_station: {error}\n")
        return WRONG_USE


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m ground_station")
    commands = parser.add_subparsers(dest="command", required=True)
    lists = commands.add_parser("shifts", help="the recorded shifts, newest first")
    export = commands.add_parser("export", help="save a recorded shift for other programs, without plates")
    export.add_argument("shift", metavar="SHIFT", help="a file, the beginning of a name, or latest")
    export.add_argument("--format", choices=sorted(FORMATS), required=True)
    export.add_argument("--out", metavar="FILE", required=True, help="the file to write; one that is there is replaced")
    export.add_argument(
        "--every-s", type=float, default=EVERY_S, help=f"least time between two points of a drone ({EVERY_S:g})"
    )
    export.add_argument("--with-plates", action="store_true", help="plates too, which are personal data")
    for command in (lists, export):
        command.add_argument("--shifts", metavar="DIR", help="the folder of recorded shifts (shifts)")
    return parser


def _list(folder: Path, key: str | None) -> int:
    shifts = shifts_in(folder, key) if folder.is_dir() else []
    if not shifts:
        sys.stdout.write(f"no recorded shift in {folder}\n")
    for shift in shifts:
        sys.stdout.write(f"{line_of(shift)}\n")
    return 0


def line_of(shift: Shift) -> str:
    """One shift in a line of the list."""
    if shift.problem:
        return f"{shift.name}  {shift.problem}"
    start = shift.start.astimezone()
    span = f"{start:%Y-%m-%d %H:%M} to {shift.end.astimezone():%H:%M}"
    size = wording.size(shift.size_bytes)
    alerts = tn(shift.alerts, "{count} alert", "{count} alerts")
    lines = tn(shift.lines, "{count} line", "{count} lines")
    return f"{shift.name}  {span}  {alerts}  {lines}  {size}"


def half_of(out: Path, process: int) -> Path:
    """The file beside the wanted one that a process writes first."""
    return out.with_name(f".{out.name}.{process}")


def _export(path: Path, out: Path, kind: str, key: str | None, every_s: float, *, plates: bool) -> int:
    """Into a file beside the wanted one first, which then takes its name: there is never half a file."""
    file = ShiftFile.open(path, key)
    try:
        data = gathered(file, every_s)
    finally:
        file.close()
    if plates:
        sys.stderr.write(f"ground_station: {PLATES_WARNING}\n")
    half = half_of(out, os.getpid())
    try:
        with open(
            os.open(half, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "w", encoding="utf-8", newline=""
        ) as text:
            text.writelines(FORMATS[kind](data, plates))
        half.replace(out)
    finally:
        half.unlink(missing_ok=True)
    points = sum(len(track.points()) for track in data.tracks.values())
    sys.stdout.write(f"{out}: {len(data.alerts)} alerts, {len(data.tracks)} drones, {points} points\n")
    return 0
