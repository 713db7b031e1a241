"""What the bridge's bench compares: the bridge, and what a user would pick instead. Each moves reports from MQTT to a topic of Kafka."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import sys
from pathlib import Path

import psutil

from installers.local.places import kestrel_home
from messages.topics import KAFKA_TOPICS, drone_filter
from tests.real.bridge_runs import REPOSITORY, bridge_environment

HERE = Path(__file__).parent
TELEGRAF = "github.com/influxdata/telegraf@v1.37.2"
MQ_BRIDGE = "mq-bridge==1.2.0"
BUILD_S = 900.0

TELEGRAF_CONF = """
[agent]
  interval = "1s"
  metric_batch_size = 5000
  metric_buffer_limit = 100000
  flush_interval = "200ms"
  omit_hostname = true
  buffer_strategy = "{buffer}"
  buffer_directory = "{folder}"
  skip_processors_after_aggregators = true
[[inputs.mqtt_consumer]]
  servers = ["tcp://127.0.0.1:{port}"]
  topics = ["{filter}"]
  qos = 1
  client_id = "{name}"
  persistent_session = true
  max_undelivered_messages = 20000
  data_format = "value"
  data_type = "string"
[[outputs.kafka]]
  brokers = ["{kafka}"]
  topic = "{topic}"
  required_acks = -1
  data_format = "template"
  template = '{{{{.Field "value"}}}}'
"""


class Contender:
    """One way from MQTT to Kafka, in a process of its own with its folder and its log. Started, killed and started again at will."""

    def __init__(self, name: str, folder: Path, port: int, kafka: str, keeps: str) -> None:
        self.name, self.keeps = name, keeps
        self.station = f"bench-{name}"
        self.topic = KAFKA_TOPICS["health"] if name.startswith("kestrel") else f"bench.{name}"
        self.folder = folder / name
        self.folder.mkdir(exist_ok=True)
        self.log = self.folder / "log"
        self._port, self._kafka = port, kafka
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("ab") as log:
            environment = bridge_environment()
            self._process = subprocess.Popen(self._argv(), stdout=log, stderr=log, cwd=REPOSITORY, env=environment)

    def kill(self) -> None:
        """As a power cut would, with everything that it started."""
        for process in self.processes():
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        if self._process is not None:
            self._process.wait()

    def processes(self) -> list[psutil.Process]:
        """Itself and its children."""
        if self._process is None or self._process.poll() is not None:
            return []
        whole = psutil.Process(self._process.pid)
        return [whole, *whole.children(recursive=True)]

    def __enter__(self) -> Contender:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def _argv(self) -> list[str]:
        """The command line."""
        raise NotImplementedError


class Kestrel(Contender):
    """The edge bridge, with its defaults."""

    @property
    def store(self) -> Path:
        return self.folder / "bridge.db"

    def _argv(self) -> list[str]:
        address = f"127.0.0.1:{self._port}"
        more = ["--store", str(self.store), "--kafka", self._kafka]
        return [sys.executable, "-m", "edge_bridge", "run", "--broker", address, "--station", self.station, *more]


class Telegraf(Contender):
    """Telegraf, with its buffer in memory or (`disk_write_through`) on disk."""

    def __init__(self, name: str, folder: Path, port: int, kafka: str, buffer: str, program: Path) -> None:
        super().__init__(name, folder, port, kafka, "nothing" if buffer == "memory" else "a log, synced")
        self._program = program
        self._conf = self.folder / "telegraf.conf"
        self._conf.write_text(
            TELEGRAF_CONF.format(
                buffer=buffer,
                folder=self.folder,
                port=port,
                filter=drone_filter(self.station, "health"),
                name=name,
                kafka=kafka,
                topic=self.topic,
            )
        )

    def _argv(self) -> list[str]:
        return [str(self._program), str(self._conf)]


class MqBridge(Contender):
    """mq-bridge (Rust)."""

    def __init__(self, folder: Path, port: int, kafka: str, python: Path) -> None:
        super().__init__("mq-bridge", folder, port, kafka, "nothing")
        self._python = python

    def _argv(self) -> list[str]:
        script = str(HERE / "_mq_bridge_route.py")
        return [str(self._python), script, str(self._port), self._kafka, self.station, self.topic]


class Naive(Contender):
    """paho, SQLite and kafka-python as one would put them together in an afternoon."""

    def _argv(self) -> list[str]:
        script, file = str(HERE / "_naive_bridge.py"), str(self.folder / "naive.db")
        return [sys.executable, script, str(self._port), self._kafka, self.station, self.topic, file]


def telegraf_program() -> Path | str:
    """Telegraf, built once into KESTREL_HOME; else why not."""
    folder = kestrel_home() / "peers" / "telegraf"
    program = folder / "telegraf"
    if program.exists():
        return program
    go = shutil.which("go")
    if go is None:
        return "not run: no go"
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(HERE / "telegraf" / "main.go", folder)
    # Not `go mod tidy`: it wants what the tests of every plugin import.
    steps = [] if (folder / "go.mod").exists() else [[go, "mod", "init", "bench.local/telegraf"]]
    steps += [[go, "get", TELEGRAF], [go, "build", "-mod=mod", "-o", str(program), "."]]
    return program if (problem := _ran(steps, folder)) is None else f"not run: {problem}"


def mq_bridge_python() -> Path | str:
    """A Python that has mq-bridge, in an environment of its own in KESTREL_HOME; else why not."""
    folder = kestrel_home() / "peers" / "mq-bridge"
    python = folder / "bin" / "python"
    done = folder / "installed"
    if done.exists():
        return python
    steps = [[sys.executable, "-m", "venv", str(folder)], [str(python), "-m", "pip", "install", "-q", MQ_BRIDGE]]
    problem = _ran(steps, kestrel_home())
    if problem is not None:
        return f"not run: {problem}"
    done.touch()
    return python


def _ran(steps: list[list[str]], folder: Path) -> str | None:
    """Runs commands one after the other; None, or the last line of the first that failed."""
    for step in steps:
        try:
            ended = subprocess.run(step, cwd=folder, capture_output=True, text=True, timeout=BUILD_S, check=False)
        except (OSError, subprocess.TimeoutExpired) as error:
            return str(error).splitlines()[0]
        if ended.returncode:
            return ((ended.stderr or ended.stdout).strip().splitlines() or [f"{step[0]} failed"])[-1]
    return None


def contenders(folder: Path, port: int, kafka: str) -> tuple[list[Contender], dict[str, str]]:
    """All that can run here, the bridge first; and name -> why not."""
    found: list[Contender] = [Kestrel("kestrel", folder, port, kafka, "SQLite, FULL, encrypted")]
    missing: dict[str, str] = {}
    telegraf = telegraf_program()
    for name, buffer in (("telegraf-memory", "memory"), ("telegraf-disk", "disk_write_through")):
        if isinstance(telegraf, Path):
            found.append(Telegraf(name, folder, port, kafka, buffer, telegraf))
        else:
            missing[name] = telegraf
    python = mq_bridge_python()
    if isinstance(python, Path):
        found.append(MqBridge(folder, port, kafka, python))
    else:
        missing["mq-bridge"] = python
    found.append(Naive("naive", folder, port, kafka, "SQLite, FULL"))
    return found, missing


PEER_TOPICS = tuple(f"bench.{name}" for name in ("telegraf-memory", "telegraf-disk", "mq-bridge", "naive"))
