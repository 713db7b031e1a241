"""Wires a demo: servers behind, Kestrel's own programs in front, and the timetable of the link between station and headquarters.

Order of starting: Mosquitto (a tenth of a second), then bridge, desk and drones, which need nothing else; Kafka and HDFS come up beside
them, and the archive and the alert consumer follow when both are there. Until then everything is kept at the station.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from pathlib import Path

from installers.local.classes import spark_variables
from installers.local.demo import plan as plans
from installers.local.demo.bridge_watch import bridge_is_heard
from installers.local.demo.crew import Crew, Member
from installers.local.demo.plan import DemoPlan
from installers.local.jars import JarsError
from installers.local.places import station_key
from installers.local.processes import Memory, ProcessError, memory_of
from installers.local.runs import Run, write_note
from installers.local.screen import sandbox_variables
from installers.local.stack import Stack

log = logging.getLogger(__name__)

BROKER_S = 20.0
LOOK_S = 0.5
BRIDGE_S = 30.0  # a store with millions of rows opens in 5


class Demo:
    """One demo from its start to its end. `say` gets one plain line at a time, from several threads."""

    def __init__(
        self,
        folder: Path,
        plan: DemoPlan,
        *,
        window: bool,
        kafka: str | None = None,
        hdfs: str | None = None,
        say: Callable[[str], None],
    ) -> None:
        """`kafka` (HOST:PORT) and `hdfs` (URI) name servers to use instead of our own. Raises StackRunningError."""
        self.plan = plan
        self._window = window
        self._say = say
        self._begun = time.monotonic()
        self.stack = Stack(folder / "stack", cuttable=True, on_ready=self._server_ready)
        self.run = Run(
            folder=str(folder),
            station=plans.STATION,
            broker=self.stack.mosquitto.address,
            kafka=kafka or self.stack.kafka.bootstrap,
            archive=f"{(hdfs or self.stack.hdfs.uri).rstrip('/')}/kestrel",
            own_kafka=kafka is None,
            own_hdfs=hdfs is None,
        )
        self._edge_kafka = kafka or self.stack.kafka.edge_bootstrap
        self.crew = Crew(self.run.logs, {**spark_variables(), **sandbox_variables()})
        self._ended = threading.Event()
        self._follower: threading.Thread | None = None
        self._timetable: threading.Thread | None = None
        self.headquarters_ready = threading.Event()
        self.ready_s: dict[str, float] = {}

    def start(self) -> None:
        """Starts everything and returns as soon as the station works. Raises ProcessError when it cannot."""
        write_note(self.run)
        servers = ["mosquitto"]
        servers += ["kafka"] if self.run.own_kafka else []
        servers += ["hdfs"] if self.run.own_hdfs else []
        self.stack.up(servers[:1])
        self.stack.wait_ready("mosquitto", BROKER_S)
        if self._window:
            self.crew.hire("desk", plans.desk_argv(self.plan, self.run, headless=False), keep=False)
        # In the environment and not in the command line, which every user of the machine can read.
        key = {"KESTREL_STORE_KEY": station_key()}
        self.crew.hire("bridge", plans.bridge_argv(self.run, self._edge_kafka), secrets=key)
        if not self._window:
            self.crew.hire("desk", plans.desk_argv(self.plan, self.run, headless=True))
        self.stack.up(servers[1:])
        # Telemetry that nobody listens to is lost in the air: the drones fly when there is a station to hear them.
        if not bridge_is_heard(self.stack.mosquitto.port, self.run.station, BRIDGE_S):
            self._say(f"the bridge has not been heard for {BRIDGE_S:.0f} s: {self.crew['bridge'].child.last_words()}")
        self.crew.hire("drones", plans.drones_argv(self.plan, self.run), keep=self.plan.seconds is None)
        self._note("station")
        self._follower = threading.Thread(
            target=self._start_headquarters, args=(servers[1:],), name="headquarters", daemon=True
        )
        self._follower.start()
        if self.plan.offline is not None:
            self._timetable = threading.Thread(
                target=self._keep_timetable, args=self.plan.offline, name="timetable", daemon=True
            )
            self._timetable.start()

    @property
    def drones(self) -> Member:
        """The simulator's process."""
        return self.crew["drones"]

    @property
    def desk(self) -> Member:
        """The desk's process."""
        return self.crew["desk"]

    def memory(self) -> dict[str, Memory]:
        """Main memory of every part that runs, children included."""
        own = {name: memory_of([pid]) for name, pid in self.crew.pids().items()}
        return {**self.stack.memory(), **own}

    def stop(self) -> None:
        """Ends everything, in the time of the slowest part. May be called at any moment after the constructor."""
        self._ended.set()
        self.crew.stop()
        self.stack.down()
        for thread in (self._follower, self._timetable):
            if thread is not None:
                thread.join()

    def _server_ready(self, name: str, seconds: float) -> None:
        self._note(name)
        if name != "mosquitto":
            self._say(f"{name} is ready after {seconds:.0f} s")

    def _note(self, name: str) -> None:
        self.ready_s[name] = round(time.monotonic() - self._begun, 1)

    def _start_headquarters(self, servers: list[str]) -> None:
        try:
            for server in servers:
                self.stack.wait_ready(server)
            if self._ended.is_set():
                return
            self.crew.hire("archive", plans.archive_argv(self.plan, self.run))
            self.crew.hire("alerts", plans.alerts_argv(self.run))
        except (ProcessError, JarsError) as problem:
            if not self._ended.is_set():
                self._say(f"headquarters cannot be started, and everything is kept at the station: {problem}")
            return
        # Spark takes its time to start; what it says when it begins to archive is in its log.
        while not self._ended.wait(LOOK_S):
            if _says_ready(self.run.logs / "archive.log"):
                self._note("archive")
                self.headquarters_ready.set()
                return

    def _keep_timetable(self, start_s: float, end_s: float) -> None:
        link = self.stack.link
        assert link is not None  # the stack was made cuttable
        if self._ended.wait(start_s):
            return
        link.cut()
        self._say(f"second {start_s:.0f}: the link to headquarters is cut")
        if self._ended.wait(end_s - start_s):
            return
        link.restore()
        self._say(f"second {end_s:.0f}: the link to headquarters is back")


def _says_ready(log_path: Path) -> bool:
    return log_path.exists() and b" ready: " in log_path.read_bytes()
