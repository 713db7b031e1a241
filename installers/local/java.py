"""How the stack starts a Java program: which Java, and the flags that keep several of them on a small machine."""

from __future__ import annotations

from pathlib import Path

from installers.local.processes import ProcessError
from installers.setup.java import java_home

# The serial collector needs the least memory and, with heaps of half a gigabyte on two cores, stops for no longer than the others.
_LEAN = ("-XX:+UseSerialGC", "-Djava.net.preferIPv4Stack=true", "-Djava.awt.headless=true")
BRIEF = (
    "-XX:TieredStopAtLevel=1",
    "-Xshare:auto",
)  # a program that lives two seconds has no use for the second compiler


def shared_classes(archive: Path) -> tuple[str, ...]:
    """Flags of a program whose classes are in an archive (see classes.py); the JVM passes over one that is missing or does not fit."""
    return (f"-XX:SharedArchiveFile={archive}", "-Xshare:auto", "-Xlog:cds*=off", "-Xlog:class+path=off")


ENVIRONMENT = {"MALLOC_ARENA_MAX": "2"}  # glibc's arenas, one per thread, cost a Java server 50 to 100 MB


def java_command(
    class_path: str, main_class: str, *arguments: str, flags: tuple[str, ...] = (), brief: bool = False
) -> list[str]:
    """The command line of a Java program; `brief` for one that ends at once. Raises ProcessError if there is no fitting Java."""
    home = java_home()
    if home is None:
        raise ProcessError("no Java 17 to 23 was found: run ./kestrel setup")
    return [
        str(home / "bin" / "java"), *_LEAN, *(BRIEF if brief else ()), *flags, "-cp", class_path, main_class, *arguments
    ]  # fmt: skip
