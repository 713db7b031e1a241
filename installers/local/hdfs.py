"""An HDFS of our own: one NameNode, one DataNode."""

from __future__ import annotations

import http.client
import json
import logging
import shutil
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from pathlib import Path
from xml.sax.saxutils import escape

from installers.local.jars import hdfs_classpath
from installers.local.java import ENVIRONMENT, java_command, shared_classes
from installers.local.places import kestrel_home
from installers.local.processes import Child, Family, ProcessError

log = logging.getLogger(__name__)

START_S = 120.0  # 7 s alone; with Spark and Kafka starting beside it on two cores it has taken 25
FORMAT_S = 60.0
NAME_NODE = "org.apache.hadoop.hdfs.server.namenode.NameNode"
DATA_NODE = "org.apache.hadoop.hdfs.server.datanode.DataNode"
HEAP = ("-Xms64m", "-Xmx384m")

_LOG4J = """log4j.rootLogger=WARN,out
log4j.appender.out=org.apache.log4j.ConsoleAppender
log4j.appender.out.layout=org.apache.log4j.PatternLayout
log4j.appender.out.layout.ConversionPattern=%d %p %c{1}: %m%n
"""


@dataclass(frozen=True)
class HdfsPorts:
    """Loopback ports: file system calls, the NameNode's page, and the DataNode's three."""

    name_rpc: int
    name_http: int
    data_transfer: int
    data_http: int
    data_rpc: int


class Hdfs:
    """A NameNode and a DataNode whose files live in `folder` and outlast a restart, however the last run ended."""

    name = "hdfs"

    def __init__(self, folder: Path, ports: HdfsPorts, family: Family | None = None, flags: Sequence[str] = ()) -> None:
        """`flags`: of the NameNode's JVM; the archive of its classes, which serves the DataNode too, where none are given."""
        self.folder = folder
        self.ports = ports
        self._family = family or Family()
        self._flags = tuple(flags)
        self._shared = shared_classes(kestrel_home() / "jars" / "hdfs" / "classes.jsa")

    @property
    def uri(self) -> str:
        """What paths in this file system begin with."""
        return f"hdfs://127.0.0.1:{self.ports.name_rpc}"

    @property
    def page(self) -> str:
        """The NameNode's own web address: JMX and WebHDFS."""
        return f"http://127.0.0.1:{self.ports.name_http}"

    @property
    def children(self) -> list[Child]:
        return self._family.children

    def start(self) -> None:
        """Formats the folder the first time, starts both, and waits until files can be written.

        Raises ProcessError, or JarsError if the servers' archives cannot be had.
        """
        settings = self._write_settings()
        # The folder comes last: Java then maps the archives' classes from its own archive, and finds no other settings before these.
        classes = f"{hdfs_classpath()}:{settings}"
        self._format(classes)
        children = [
            self._family.start(
                f"hdfs's {role}",
                java_command(classes, main_class, flags=(*HEAP, *flags)),
                log_path=self.folder / f"{role}.log",
                environment=ENVIRONMENT,
            )
            for role, main_class, flags in (
                ("namenode", NAME_NODE, self._flags or self._shared),
                ("datanode", DATA_NODE, self._shared),
            )
        ]
        for child in reversed(children):  # the second time it is there at once; a DataNode that ended is noticed first
            child.wait_healthy(self._takes_files, START_S)

    def stop(self) -> None:
        """Ends both in order."""
        self._family.stop()

    def _write_settings(self) -> Path:
        settings = self.folder / "conf"
        # The published archive lacks these folders, and a NameNode without them ends at once.
        for page in ("hdfs", "datanode", "static"):
            (settings / "webapps" / page).mkdir(parents=True, exist_ok=True)
        (settings / "core-site.xml").write_text(_xml(core_site(self.uri, self.folder)))
        (settings / "hdfs-site.xml").write_text(_xml(hdfs_site(self.folder, self.ports)))
        (settings / "log4j.properties").write_text(_LOG4J)
        return settings

    def _format(self, classes: str) -> None:
        formatted = self.folder / "formatted"  # written last: a format that was interrupted is done again
        if formatted.exists():
            return
        for kind in ("name", "data"):  # blocks of a name space that is gone would keep the DataNode from joining
            shutil.rmtree(self.folder / kind, ignore_errors=True)
        log_path = self.folder / "namenode.log"
        command = java_command(classes, NAME_NODE, "-format", "-nonInteractive", flags=self._shared, brief=True)
        child = self._family.start("hdfs's format", command, log_path=log_path)
        if child.wait(FORMAT_S) != 0:
            raise ProcessError(f"hdfs's folder could not be formatted: {child.last_words()} (see {log_path})")
        formatted.write_text("")

    def _takes_files(self) -> bool:
        state = name_system_state(self.ports.name_http)
        return state.get("NumLiveDataNodes") == 1 and state.get("FSState") == "Operational"  # out of safe mode


def name_system_state(http_port: int) -> dict[str, object]:
    """What the NameNode says of itself (the JMX bean FSNamesystemState); empty while it does not answer."""
    connection = http.client.HTTPConnection("127.0.0.1", http_port, timeout=2)
    try:
        connection.request("GET", "/jmx?qry=Hadoop:service=NameNode,name=FSNamesystemState")
        beans: list[dict[str, object]] = json.loads(connection.getresponse().read())["beans"]
    except (OSError, http.client.HTTPException, ValueError, KeyError) as problem:
        log.debug("the NameNode does not answer yet: %s", problem)
        return {}
    finally:
        connection.close()
    return beans[0] if beans else {}


def core_site(uri: str, folder: Path) -> dict[str, str]:
    """Settings of both servers and of clients."""
    return {"fs.defaultFS": uri, "hadoop.tmp.dir": str(folder / "tmp")}


def hdfs_site(folder: Path, ports: HdfsPorts) -> dict[str, str]:
    """Settings of a NameNode and a DataNode that share a small machine."""
    name_http, transfer, data_http, data_rpc = (f"127.0.0.1:{port}" for port in astuple(ports)[1:])
    return {
        "dfs.replication": "1",
        "dfs.namenode.name.dir": (folder / "name").as_uri(),
        "dfs.datanode.data.dir": (folder / "data").as_uri(),
        "dfs.namenode.http-address": name_http,
        "dfs.datanode.address": transfer,
        "dfs.datanode.http.address": data_http,
        "dfs.datanode.ipc.address": data_rpc,
        "dfs.datanode.hostname": "127.0.0.1",
        # A container's own name often resolves to nothing.
        "dfs.namenode.datanode.registration.ip-hostname-check": "false",
        # With every block reported there is nothing to wait 30 s for.
        "dfs.namenode.safemode.extension": "0",
        # A DataNode that came first tries again soon.
        "dfs.heartbeat.interval": "1",
        "dfs.namenode.handler.count": "8",
        "dfs.datanode.handler.count": "4",
    }


def _xml(settings: dict[str, str]) -> str:
    rows = "".join(
        f"  <property><name>{escape(name)}</name><value>{escape(value)}</value></property>\n"
        for name, value in settings.items()
    )
    return f'<?xml version="1.0"?>\n<configuration>\n{rows}</configuration>\n'
