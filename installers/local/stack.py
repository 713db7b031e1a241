"""The one-machine stack: Mosquitto, Kafka and HDFS side by side, each ready when it is ready, ended together.

    with Stack(folder) as stack:
        stack.up(("mosquitto", "kafka", "hdfs"))      # returns at once
        stack.wait_ready("mosquitto")                 # 0.1 s
        ...
        stack.wait_ready("kafka")                     # 3 s

What they keep lives in `folder`, and so does `stack.json`, which tells another shell what runs where (installers.local.running).
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import Protocol

from installers.local.hdfs import Hdfs, HdfsPorts
from installers.local.jars import JarsError
from installers.local.kafka import Kafka, KafkaPorts
from installers.local.link import Link
from installers.local.mosquitto import Mosquitto
from installers.local.ports import remembered_ports
from installers.local.processes import Child, Family, Memory, ProcessError, created_at, memory_of
from installers.local.running import PartState, StackState, end_leftovers, read_state, supervisor_runs, write_state
from installers.local.topics import TopicPlan, headquarters_topics

log = logging.getLogger(__name__)

PARTS = ("mosquitto", "kafka", "hdfs")
READY_S = 180.0  # longest wait for a part; a cold disk and two busy cores have taken a minute


class StackRunningError(Exception):
    """Another process runs a stack in this folder already. One line with its number."""


class Part(Protocol):
    """What a server of the stack can do."""

    name: str

    @property
    def children(self) -> list[Child]: ...

    def start(self) -> None: ...

    def stop(self) -> None: ...


class Stack:
    """The servers of one folder. `mosquitto`, `kafka`, `hdfs` know their addresses before they run.

    `cuttable` puts a Link before Kafka's EDGE door (`link`). `on_ready(name, seconds)` is called on the part's own thread.
    """

    def __init__(
        self,
        folder: Path,
        *,
        topics: Sequence[TopicPlan] | None = None,
        cuttable: bool = False,
        on_ready: Callable[[str, float], None] | None = None,
    ) -> None:
        """Raises StackRunningError if this folder's stack runs; ends what an earlier one, killed, may have left."""
        before = read_state(folder)
        if before is not None and supervisor_runs(before):
            raise StackRunningError(
                f"this stack runs already, in process {before.supervisor_pid}; kestrel stack down ends it"
            )
        if before is not None:
            end_leftovers(before)
        self.folder = folder
        names = ("mqtt", "plain", "edge", "controller", "edge_link", "rpc", "http", "transfer", "data_http", "data_rpc")
        port = remembered_ports(folder / "ports.json", names)
        edge_advertised = port["edge_link"] if cuttable else port["edge"]
        self.link = Link(port["edge_link"], port["edge"]) if cuttable else None
        self.mosquitto = Mosquitto(folder / "mosquitto", port["mqtt"], family=Family(self._write))
        self.kafka = Kafka(
            folder / "kafka",
            KafkaPorts(port["plain"], port["edge"], port["controller"], edge_advertised),
            headquarters_topics() if topics is None else topics,
            family=Family(self._write),
        )
        self.hdfs = Hdfs(
            folder / "hdfs",
            HdfsPorts(port["rpc"], port["http"], port["transfer"], port["data_http"], port["data_rpc"]),
            family=Family(self._write),
        )
        self._parts: dict[str, Part] = {part.name: part for part in (self.mosquitto, self.kafka, self.hdfs)}
        self._on_ready = on_ready
        self._lock = threading.Lock()
        self._threads: dict[str, threading.Thread] = {}
        self._ready_after_s: dict[str, float] = {}
        self._processes_of: dict[str, int] = {}
        self._failed: dict[str, str] = {}
        self._settled = {name: threading.Event() for name in self._parts}
        self._down = False

    def up(self, parts: Collection[str] = PARTS) -> None:
        """Starts parts side by side and returns at once; wait_ready() waits for one."""
        for name in parts:
            if name not in self._threads:
                thread = threading.Thread(
                    target=self._bring_up, args=(self._parts[name],), name=f"start-{name}", daemon=True
                )
                self._threads[name] = thread
                thread.start()

    def wait_ready(self, part: str, within_s: float = READY_S) -> float:
        """Waits for a part that up() started; gives the seconds that it took. Raises ProcessError if it failed or takes longer."""
        if not self._settled[part].wait(within_s):
            raise ProcessError(f"{part} was not ready within {within_s:.0f} s")
        if part in self._failed:
            raise ProcessError(self._failed[part])
        return self._ready_after_s[part]

    def is_ready(self, part: str) -> bool:
        """Whether a part takes work now, without waiting: it was ready, and every process of it still runs."""
        return part in self._ready_after_s and len(self._parts[part].children) == self._processes_of[part]

    def failure_of(self, part: str) -> str | None:
        """Why a part could not be started, in one line; None if it could or still may."""
        return self._failed.get(part)

    def restart(self, part: str) -> None:
        """Starts a part again that ended or was killed, on its data and its port. Raises ProcessError."""
        old = self._parts[part]
        old.stop()
        new: Part
        if part == "mosquitto":
            new = self.mosquitto = Mosquitto(self.mosquitto.folder, self.mosquitto.port, family=Family(self._write))
        elif part == "kafka":
            new = self.kafka = Kafka(self.kafka.folder, self.kafka.ports, self.kafka.topics, family=Family(self._write))
        else:
            new = self.hdfs = Hdfs(self.hdfs.folder, self.hdfs.ports, family=Family(self._write))
        self._parts[part] = new
        new.start()
        self._write()

    def memory(self) -> dict[str, Memory]:
        """Main memory of each part that runs."""
        return {
            name: memory_of(child.pid for child in part.children) for name, part in self._parts.items() if part.children
        }

    def down(self) -> None:
        """Ends every part, side by side, and waits for it. A part that is still starting is ended too. May be called again."""
        self._down = True
        enders = [threading.Thread(target=part.stop, name=f"stop-{name}") for name, part in self._parts.items()]
        for thread in enders:
            thread.start()
        for thread in (*enders, *self._threads.values()):
            thread.join()
        if self.link is not None:
            self.link.close()
        (self.folder / "stack.json").unlink(missing_ok=True)

    def __enter__(self) -> Stack:
        return self

    def __exit__(self, *_: object) -> None:
        self.down()

    def _bring_up(self, part: Part) -> None:
        """Runs on a thread of the part's own."""
        begun = time.monotonic()
        try:
            part.start()
        except (ProcessError, JarsError, OSError) as problem:
            self._failed[part.name] = str(problem)
            if not self._down:
                log.error("%s", problem)
            part.stop()
        else:
            self._processes_of[part.name] = len(part.children)
            self._ready_after_s[part.name] = round(time.monotonic() - begun, 2)
            self._write()
            if self._on_ready is not None:
                self._on_ready(part.name, self._ready_after_s[part.name])
        self._settled[part.name].set()

    def state(self) -> StackState:
        """What runs now, and where."""
        addresses = {
            "mosquitto": {"mqtt": self.mosquitto.address},
            "kafka": {"headquarters": self.kafka.bootstrap, "edge": self.kafka.edge_bootstrap},
            "hdfs": {"files": self.hdfs.uri, "page": self.hdfs.page},
        }
        states = [
            PartState(
                name=name,
                addresses=addresses[name],
                processes={child.name: (child.pid, created_at(child.pid)) for child in part.children},
                logs=sorted({str(child.log_path) for child in part.children}),
                ready_after_s=self._ready_after_s.get(name),
            )
            for name, part in self._parts.items()
            if part.children
        ]
        return StackState(os.getpid(), created_at(os.getpid()), states)

    def _write(self) -> None:
        with self._lock:
            write_state(self.folder, self.state())
