"""Command line of the maps: write the live page, an example report, or the shipped city data anew. `python -m maps --help`."""

import argparse
import json
import logging
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import IO, NoReturn

from maps import base_map, live_page
from maps.style import Theme

_MOST_DEMO_DRONES = 2000  # more than one page is meant to show


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; 0 = done, 2 = a wrong argument or a folder that cannot be used, said in one line."""
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(levelname)s %(name)s %(message)s")
    chosen = _parser().parse_args(arguments)
    try:
        match chosen.command:
            case "page":
                _write_page(chosen.out, chosen.demo, chosen.drones, Theme(chosen.theme), chosen.words)
            case "places":
                _answer(sys.stdin, sys.stdout)
            case "report-example":
                from maps import demo  # folium loads only where it is needed

                _write(chosen.out, demo.example_report_html())
            case "pack":
                from maps import city_pack  # shapely too

                for name, size in city_pack.pack(chosen.source, base_map.CITY_FOLDER).items():
                    print(f"{base_map.CITY_FOLDER / name} {size} bytes")  # noqa: T201  the command's answer
    except (OSError, KeyError, base_map.CityDataError) as error:
        print(f"maps {chosen.command}: {type(error).__name__}: {error}", file=sys.stderr)  # noqa: T201
        return 2
    return 0


_IN_THE_CITY = (40.7527, -73.9772)


def _write_page(out: Path, is_demo: bool, drones: int, theme: Theme, words: live_page.MapWords) -> None:
    if is_demo:
        from maps import demo  # folium loads only where it is needed

        _write(out, demo.demo_page_html(drones, theme))
    else:
        page = live_page.write_live_page(out, live_page.PageOptions(theme=theme, words=words))
        print(page)  # noqa: T201  the command's answer


def _answer(questions: Iterable[str], answers: IO[str]) -> None:
    """Each line "latitude longitude" is answered by a line [words, precinct] in JSON; both null where the city is not, or for nonsense.
    The city is read before the first question is there."""
    base_map.place_words(*_IN_THE_CITY)
    base_map.precinct_of(*_IN_THE_CITY)
    for question in questions:
        try:
            lat_deg, lon_deg = map(float, question.split())
        except ValueError:
            lat_deg = lon_deg = float("nan")
        words = [base_map.place_words(lat_deg, lon_deg), base_map.precinct_of(lat_deg, lon_deg)]
        answers.write(json.dumps(words) + "\n")
        answers.flush()


def _write(out: Path, page: str) -> None:
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(page, encoding="utf-8")
    print(out)  # noqa: T201  the command's answer


class _OneLineParser(argparse.ArgumentParser):
    """Says a wrong argument in one line, without the usage before it."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message}\n")


def _parser() -> argparse.ArgumentParser:
    parser = _OneLineParser(prog="python -m maps", description="The maps of Kestrel, without a network.")
    commands = parser.add_subparsers(dest="command", required=True)
    page = commands.add_parser("page", help="write the live map page into a folder (or, with --demo, to a file)")
    page.add_argument("out", type=Path, help="folder; with --demo the HTML file to write")
    page.add_argument("--demo", action="store_true", help="add invented drones that fly, to open in a browser")
    page.add_argument("--drones", type=_drone_count, default=48, help="how many of them (default 48)")
    page.add_argument("--theme", choices=[str(theme) for theme in Theme], default=str(Theme.DAY))
    page.add_argument(
        "--words",
        type=_words,
        default=live_page.MapWords(),
        help="the page's few words as JSON, as in live_page.MapWords",
    )
    commands.add_parser(
        "places", help="answer lines LATITUDE LONGITUDE with the place in words and its precinct, as JSON"
    )
    report = commands.add_parser("report-example", help="write an example report map")
    report.add_argument("out", type=Path, help="HTML file to write")
    pack = commands.add_parser("pack", help="make maps/city anew from the published source files")
    pack.add_argument("source", type=Path, help="folder that holds geo/ and reference/")
    return parser


def _words(text: str) -> live_page.MapWords:
    try:
        return live_page.MapWords(**json.loads(text))
    except (TypeError, ValueError) as error:
        raise argparse.ArgumentTypeError(f"{text!r} should be JSON with words of the map ({error})") from None


def _drone_count(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= _MOST_DEMO_DRONES:
        raise argparse.ArgumentTypeError(f"{text!r} should be a whole number from 1 to {_MOST_DEMO_DRONES}")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
