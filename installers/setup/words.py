"""The words of the `kestrel` command: what each says in the help, what must be set up for it, and who answers it.

To add a word: one line here, and `installers/local/words/NAME.py` with `main(arguments: list[str]) -> int`
(or `component=` with the package whose `python -m` answers).
"""

from __future__ import annotations

from dataclasses import dataclass

MOSQUITTO = "mosquitto"
JAVA = "java"
JARS = "jars"
WINDOW = "window"
SCREEN = "screen"
FAULTS = "faults"
EVERYTHING = (MOSQUITTO, JAVA, JARS, WINDOW, SCREEN)


@dataclass(frozen=True)
class Word:
    """One word of the command line.

    `needs` names what must be there besides the Python environment: the constants above. `component` is the package that
    answers with its own `__main__`; without it `installers.local.words.NAME` answers.
    """

    name: str
    summary: str
    needs: tuple[str, ...] = ()
    component: str | None = None


WORDS = (
    Word("demo", "the whole way on this machine: drones, bridge, window, archive", (MOSQUITTO, JAVA, JARS, WINDOW)),
    Word("test", "the style checks and every test, real servers included", (*EVERYTHING, FAULTS)),
    Word("bench", "measure one thing and print the figures: kestrel bench NAME", EVERYTHING),
    Word("verify", "prove that nothing is lost or doubled; name every missing report"),
    Word("follow", "one message's way, hop by hop, with times: kestrel follow ID"),
    Word("load", "send a CSV of real tickets the same way: kestrel load FILE", (JAVA, JARS)),
    Word("analyse", "the questions asked of the archive: tables, charts and maps", (JAVA, JARS)),
    Word("stack", "the servers alone: kestrel stack up | down | status", (MOSQUITTO, JAVA, JARS)),
    Word("sim", "simulated drones", (), "drone_sim"),
    Word("bridge", "the edge bridge: stores, acknowledges, forwards", (), "edge_bridge"),
    Word("ground", "the ground station's window", (WINDOW,), "ground_station"),
    Word("archive", "the archive jobs of headquarters", (JAVA, JARS), "cloud_pipeline"),
    Word("maps", "map tiles and offline maps", (), "maps"),
    Word("setup", "set everything up now and start nothing", (*EVERYTHING, FAULTS)),
)

BY_NAME = {word.name: word for word in WORDS}

_GROUPS = (
    ("Start here", ("demo", "test")),
    ("Look into a run", ("verify", "follow", "analyse", "load", "bench")),
    ("One part at a time", ("stack", "sim", "bridge", "ground", "archive", "maps")),
    ("The machine", ("setup",)),
)


def help_text() -> str:
    """The whole help, for a reader who has just cloned the repository."""
    lines = [
        "Kestrel: police drones on a live map, an officer's code where a drone cannot tell, and an archive that loses nothing.",
        "",
        "usage: ./kestrel WORD [arguments]        (Windows and macOS: python kestrel WORD [arguments])",
        "       ./kestrel WORD --help             what one word takes",
    ]
    for title, names in _GROUPS:
        lines += ["", f"{title}:"]
        lines += [f"  {name:<9}{BY_NAME[name].summary}" for name in names]
    lines += [
        "",
        "The first start sets up what its word needs (a few minutes, with progress); later starts do nothing of the kind.",
        "All of it lives in the folder .kestrel beside this file, or in KESTREL_HOME. Delete the folder to start afresh.",
    ]
    return "\n".join(lines) + "\n"
