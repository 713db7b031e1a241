"""A Kafka of our own: one node that is broker and controller (KRaft), with two doors for clients.

`PLAINTEXT` is headquarters' own network. `EDGE` is the way in from the field: its advertised port may be that of a link which can
be cut, so that a bridge can be cut off while the archive goes on reading.
"""

from __future__ import annotations

import base64
import logging
import shutil
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from kafka import KafkaAdminClient
from kafka.admin import NewTopic
from kafka.errors import KafkaError, TopicAlreadyExistsError

from installers.local.jars import kafka_classpath
from installers.local.java import ENVIRONMENT, java_command, shared_classes
from installers.local.places import kestrel_home
from installers.local.ports import is_open
from installers.local.processes import Child, Family, ProcessError
from installers.local.topics import TopicPlan

log = logging.getLogger(__name__)

START_S = 90.0  # 3 s alone; a machine that starts Spark and HDFS meanwhile has taken 20
FORMAT_S = 60.0
HEAP = ("-Xms128m", "-Xmx512m")

_LOG4J = """<Configuration><Appenders><Console name="out"><PatternLayout pattern="%d %p %c{1}: %m%n"/></Console></Appenders>
<Loggers><Logger name="kafka.server.KafkaRaftServer" level="info"/><Root level="warn"><AppenderRef ref="out"/></Root></Loggers>
</Configuration>
"""


@dataclass(frozen=True)
class KafkaPorts:
    """Headquarters' door, the field's door, the controller's, and the one that the field is told. On loopback; `edge_host` may differ."""

    plain: int
    edge: int
    controller: int
    edge_advertised: int
    edge_host: str = "127.0.0.1"  # where the field finds it; another address where the field is another host


class Kafka:
    """A Kafka server whose data lives in `folder` and outlasts a restart, however the last run ended."""

    name = "kafka"

    def __init__(
        self,
        folder: Path,
        ports: KafkaPorts,
        topics: Sequence[TopicPlan] = (),
        family: Family | None = None,
        flags: Sequence[str] = (),
    ) -> None:
        """`flags`: of its JVM; the archive of its classes where none are given."""
        self.folder = folder
        self.ports = ports
        self.topics = topics
        self._family = family or Family()
        self._flags = tuple(flags) or shared_classes(kestrel_home() / "jars" / "kafka" / "classes.jsa")

    @property
    def bootstrap(self) -> str:
        """Headquarters' door, as clients want it."""
        return f"127.0.0.1:{self.ports.plain}"

    @property
    def edge_bootstrap(self) -> str:
        """The field's door, as clients want it: through the link, where there is one."""
        return f"{self.ports.edge_host}:{self.ports.edge_advertised}"

    @property
    def children(self) -> list[Child]:
        return self._family.children

    def start(self) -> None:
        """Formats the folder the first time, starts the server, and makes the topics that are missing.

        Raises ProcessError, or JarsError if the server's archives cannot be had.
        """
        classes = kafka_classpath()
        self.folder.mkdir(parents=True, exist_ok=True)
        settings = self.folder / "server.properties"
        settings.write_text(server_properties(self.folder / "data", self.ports))
        (self.folder / "log4j2.xml").write_text(_LOG4J)
        logging_flag = f"-Dlog4j2.configurationFile={self.folder / 'log4j2.xml'}"
        log_path = self.folder / "kafka.log"
        self._format(classes, settings, logging_flag, log_path)
        command = java_command(classes, "kafka.Kafka", str(settings), flags=(*HEAP, logging_flag, *self._flags))
        child = self._family.start("kafka", command, log_path=log_path, environment=ENVIRONMENT)
        child.wait_healthy(
            lambda: is_open(self.ports.plain) and is_open(self.ports.edge, self.ports.edge_host), START_S
        )
        child.wait_healthy(lambda: self._make_topics(), START_S)

    def stop(self) -> None:
        """Ends the server in order."""
        self._family.stop()

    def _format(self, classes: str, settings: Path, logging_flag: str, log_path: Path) -> None:
        formatted = self.folder / "formatted"  # written last: a format that was interrupted is done again
        if formatted.exists():
            return
        shutil.rmtree(self.folder / "data", ignore_errors=True)
        words = ("format", "-t", new_cluster_id(), "-c", str(settings))
        command = java_command(classes, "kafka.tools.StorageTool", *words, flags=(logging_flag,), brief=True)
        child = self._family.start("kafka's format", command, log_path=log_path)
        if child.wait(FORMAT_S) != 0:
            raise ProcessError(f"kafka's folder could not be formatted: {child.last_words()} (see {log_path})")
        formatted.write_text("")

    def _make_topics(self) -> bool:
        """Whether all topics are there now; False while the server is not ready to say."""
        if not self.topics:
            return True
        try:
            make_topics(self.bootstrap, self.topics)
        except KafkaError as problem:
            log.debug("kafka makes no topics yet: %s", problem)
            return False
        return True


def make_topics(bootstrap: str, topics: Sequence[TopicPlan]) -> None:
    """Makes the topics that are missing on any Kafka; those that exist stay as they are. Raises KafkaError."""
    admin = KafkaAdminClient(bootstrap_servers=bootstrap, client_id="kestrel-set-up", request_timeout_ms=10_000)
    try:
        there = set(admin.list_topics())
        wanted = [
            NewTopic(name, parts, 1, topic_configs=settings) for name, parts, settings in topics if name not in there
        ]
        if wanted:
            try:
                admin.create_topics(wanted)
            except TopicAlreadyExistsError:
                log.info("another process made the same topics meanwhile")
    finally:
        admin.close()


def new_cluster_id() -> str:
    """A random id in Kafka's own spelling: 16 bytes in URL-safe base64, not beginning with a dash (it would read as an option)."""
    while True:
        text = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        if not text.startswith("-"):
            return text


def server_properties(data: Path, ports: KafkaPorts) -> str:
    """The server's configuration for one node on a small machine."""
    return f"""\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{ports.controller}
controller.listener.names=CONTROLLER
listeners=PLAINTEXT://127.0.0.1:{ports.plain},EDGE://{ports.edge_host}:{ports.edge},CONTROLLER://127.0.0.1:{ports.controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{ports.plain},EDGE://{ports.edge_host}:{ports.edge_advertised}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,EDGE:PLAINTEXT,CONTROLLER:PLAINTEXT
inter.broker.listener.name=PLAINTEXT
log.dirs={data}
# A topic that a slip of the keyboard names is an error, not a new topic.
auto.create.topics.enable=false
# One node holds the only copy of everything.
default.replication.factor=1
min.insync.replicas=1
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
# 50 partitions each by default: a hundred files and a second of start for a handful of groups.
offsets.topic.num.partitions=4
transaction.state.log.num.partitions=4
# A lone consumer need not wait 3 s for company.
group.initial.rebalance.delay.ms=0
# Of 512 MB of heap the compaction of the offsets topic alone would take 128.
log.cleaner.dedupe.buffer.size=16777216
num.network.threads=2
num.io.threads=4
# An evidence part is below 1 MB, base64 in JSON and batches around it: the stock limit of 1,048,588 would refuse the largest.
message.max.bytes=2097152
replica.fetch.max.bytes=2097152
"""
