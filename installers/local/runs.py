"""A run: the folder in which one demo, or one headless proof, keeps everything, and the note from which other commands find it."""

from __future__ import annotations

from pathlib import Path

import msgspec


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """Where the parts of a run are. Paths are absolute; addresses are HOST:PORT."""

    folder: str
    station: str
    broker: str
    kafka: str  # headquarters' own way in; the bridge's goes over a link that can be cut
    archive: str  # hdfs://HOST:PORT/kestrel
    own_kafka: bool = True  # False: --kafka named somebody else's
    own_hdfs: bool = True

    @property
    def drones(self) -> Path:
        """The drones' flash."""
        return Path(self.folder, "drones.db")

    @property
    def bridge(self) -> Path:
        """The station's store."""
        return Path(self.folder, "bridge.db")

    @property
    def history(self) -> Path:
        """The store of the loader of historic files."""
        return Path(self.folder, "history.db")

    @property
    def alerts(self) -> Path:
        """Headquarters' own store of alerts."""
        return Path(self.folder, "alerts.db")

    @property
    def logs(self) -> Path:
        """One log file for each part."""
        return Path(self.folder, "logs")

    def desk(self, officer: str) -> Path:
        """The journal of an officer's desk."""
        return Path(self.folder, f"desk-{officer}.db")

    def desks(self) -> list[Path]:
        """The journals of all desks that have been used."""
        return sorted(Path(self.folder).glob("desk-*.db"))

    def stores(self) -> list[Path]:
        """The stores that hold messages: the bridge's and the loader's."""
        return [path for path in (self.bridge, self.history) if path.exists()]


NOTE = "run.json"


def write_note(run: Run) -> None:
    """Leaves the note in the run's folder, and names the run as the latest beside it."""
    folder = Path(run.folder)
    folder.mkdir(parents=True, exist_ok=True)
    for path, content in ((folder / NOTE, msgspec.json.encode(run)), (folder.parent / "latest", folder.name.encode())):
        draft = path.with_suffix(".draft")
        draft.write_bytes(content)
        draft.replace(path)


def find_run(runs: Path, name: str | None) -> Run | None:
    """The run called `name`, or the latest; None if there is none."""
    if name is None:
        latest = runs / "latest"
        if not latest.exists():
            return None
        name = latest.read_text()
    note = runs / name / NOTE
    return msgspec.json.decode(note.read_bytes(), type=Run) if note.exists() else None
