"""Kafka's, HDFS's and Spark's Java archives: resolved through jgo, each checked against its committed SHA-256, kept from then on.

jgo does not check hashes and looks every POM up again, so it runs once only: the archives are checked after it, moved into one
folder per set, and a stamp is written last. From then on the stamp is compared with the lock file and nothing else is done.

    <home>/jars/kafka/lib/*.jar   <home>/jars/kafka/stamp      (the same for hdfs and spark)

`python -m installers.local.jars` makes all three sets; with `--lock` it writes the lock files anew after a change of coordinates.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from installers.local.places import kestrel_home

PINS = Path(__file__).resolve().parent / "jars"
SETS = ("kafka", "hdfs", "spark")
BUNDLES = ("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem")
ENOUGH_S = 900.0  # a slow line; the archives are 190 MB in all


class JarsError(Exception):
    """The archives cannot be had or are not the committed ones. One plain line."""


def kafka_classpath(home: Path | None = None) -> str:
    """Class path of the Kafka server. Gets the archives first if they are not there. Raises JarsError."""
    return str(_folder("kafka", home) / "*")


def hdfs_classpath(home: Path | None = None) -> str:
    """Class path of NameNode and DataNode, to be put before their configuration folder. Raises JarsError."""
    return str(_folder("hdfs", home) / "*")


def spark_jars(home: Path | None = None) -> list[Path]:
    """Spark's Kafka connector and Delta Lake, for `spark.jars` as a comma list. Raises JarsError."""
    return sorted(_folder("spark", home).glob("*.jar"))


def is_ready(name: str, home: Path) -> bool:
    """Whether a set was checked whole against the lock file as it stands now."""
    stamp = home / "jars" / name / "stamp"
    return stamp.is_file() and stamp.read_text() == _stamp_text(PINS / name / "jars.lock")


def ensure(name: str, home: Path) -> Path:
    """The folder of a set's archives, got and checked if need be.

    Raises JarsError in one line: what jgo said, or which archive differs, is missing or is not in the lock.
    """
    place = home / "jars" / name
    if is_ready(name, home):
        return place / "lib"
    found = _resolve(name, place)
    problem = difference(read_lock((PINS / name / "jars.lock").read_text()), hashes_of(found))
    if problem is not None:
        raise JarsError(f"{name}: {problem}; nothing was installed")
    lib = found.rename(place / "lib")
    (place / "stamp").write_text(_stamp_text(PINS / name / "jars.lock"))
    return lib


def read_lock(text: str) -> dict[str, str]:
    """File name -> SHA-256 in hex, from lines of `sha256  file-name`."""
    pairs = (line.split() for line in text.splitlines() if line.strip())
    return {name: digest for digest, name in pairs}


def lock_text(hashes: Mapping[str, str]) -> str:
    """The other way round, sorted by name: a change of one archive is a change of one line."""
    return "".join(f"{hashes[name]}  {name}\n" for name in sorted(hashes))


def hashes_of(folder: Path) -> dict[str, str]:
    """File name -> SHA-256 in hex of every archive in a folder."""
    hashes = {}
    for path in folder.glob("*.jar"):
        with path.open("rb") as file:
            hashes[path.name] = hashlib.file_digest(file, "sha256").hexdigest()
    return hashes


def difference(locked: Mapping[str, str], found: Mapping[str, str]) -> str | None:
    """The first thing in which what came is not what was committed, or None."""
    for name, digest in sorted(locked.items()):
        if name not in found:
            return f"{name} is missing"
        if found[name] != digest:
            return f"{name} is not the archive that was committed: its SHA-256 is {found[name]} instead of {digest}"
    unknown = sorted(set(found) - set(locked))
    return f"{unknown[0]} is not in the lock file" if unknown else None


def _folder(name: str, home: Path | None) -> Path:
    return ensure(name, home or kestrel_home())


def _stamp_text(lock: Path) -> str:
    return hashlib.sha256(lock.read_bytes()).hexdigest()


def _resolve(name: str, place: Path) -> Path:
    """Runs jgo in a work folder and gives a folder with its archives in one heap."""
    work = place / "work"
    shutil.rmtree(place, ignore_errors=True)
    work.mkdir(parents=True)
    shutil.copy(PINS / name / "jgo.toml", work)
    # Repositories of its own (a company's mirror) a user gives jgo in jgo's own way: JGO_CONFIG_FILE or its config file.
    places = {
        **_certificates(),
        "M2_REPO": str(work / "m2"),
        "JGO_CACHE_DIR": str(work / "cache"),
        "NO_COLOR": "1",
        "COLUMNS": "200",
    }
    command = [sys.executable, "-m", "jgo", "sync"]
    answer = subprocess.run(
        command, cwd=work, env={**os.environ, **places}, capture_output=True, text=True, timeout=ENOUGH_S, check=False
    )
    if answer.returncode != 0:
        told = [line for line in (answer.stdout + answer.stderr).splitlines() if any(map(str.isalpha, line))] or [
            "no word"
        ]
        raise JarsError(f"{name}: the Java archives could not be had: {told[-1].strip()}")
    heap = place / "new"
    heap.mkdir()
    for kind in ("jars", "modules"):
        for path in (work / ".jgo" / kind).glob("*.jar"):
            path.rename(heap / path.name)
    shutil.rmtree(work)
    return heap


def _certificates() -> dict[str, str]:
    """The system's certificate authorities for jgo, whose own list does not know a company's."""
    bundle = next((path for path in BUNDLES if Path(path).is_file()), None)
    return {} if bundle is None or "REQUESTS_CA_BUNDLE" in os.environ else {"REQUESTS_CA_BUNDLE": bundle}


def main(arguments: list[str]) -> int:
    """Makes all sets at once; jgo spends most of the time on look-ups, so they wait side by side."""
    home = kestrel_home()
    with ThreadPoolExecutor(len(SETS)) as pool, contextlib.suppress(KeyboardInterrupt):
        if arguments == ["--lock"]:
            for name, folder in zip(
                SETS, pool.map(lambda each: _resolve(each, home / "jars" / each), SETS), strict=True
            ):
                (PINS / name / "jars.lock").write_text(lock_text(hashes_of(folder)))
            return 0
        try:
            list(pool.map(lambda each: ensure(each, home), SETS))
        except JarsError as problem:
            sys.stderr.write(f"{problem}\n")
            return 1
        return 0
    return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
