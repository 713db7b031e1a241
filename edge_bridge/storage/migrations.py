"""How the schemas came about, step by step: numbered, never changed once shipped, each one transaction. Made with sqlite-utils."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from typing import Any


@contextmanager
def _without(*names: str) -> Iterator[None]:
    """Modules that an import within finds missing."""
    before = {name: sys.modules[name] for name in names if name in sys.modules}
    sys.modules.update(dict.fromkeys(names))  # type: ignore[arg-type]  # None there is how Python spells "missing"
    try:
        yield
    finally:
        for name in names:
            del sys.modules[name]
        sys.modules.update(before)


# sqlite-utils loads pandas and numpy wherever they are installed: 100 MB and seconds for types of columns that the bridge does not have.
with _without("pandas", "numpy"):
    from sqlite_utils import Database, Migrations

_store = Migrations("edge_bridge.store")
_sent = Migrations("edge_bridge.sent")


@_store(name="001_store")
def _first_store(db: Database) -> None:
    db.executescript(files("edge_bridge.storage").joinpath("schema.sql").read_text())


@_store(name="002_summons")
def _summons(db: Database) -> None:
    db.executescript(files("edge_bridge.storage").joinpath("summons.sql").read_text())


@_store(name="003_shedding")
def _shedding(db: Database) -> None:
    db.executescript(files("edge_bridge.storage").joinpath("shedding.sql").read_text())


@_store(name="004_gaps")
def _gaps(db: Database) -> None:
    db.executescript(files("edge_bridge.storage").joinpath("gaps.sql").read_text())


@_store(name="005_numbers")
def _numbers(db: Database) -> None:
    db.executescript(files("edge_bridge.storage").joinpath("numbers.sql").read_text())


@_sent(name="001_sent")
def _first_sent(db: Database) -> None:
    db.executescript(files("edge_bridge.storage").joinpath("sent.sql").read_text())


SETS = {"store": _store, "sent": _sent}


def apply(connection: Any, which: str) -> None:
    """Runs the steps that are missing. A step that is interrupted leaves nothing behind and is run again at the next start."""
    SETS[which].apply(Database(connection))
