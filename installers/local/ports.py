"""Free loopback ports, the same ones again after a restart where nobody took them meanwhile."""

from __future__ import annotations

import json
import random
import socket
from collections.abc import Iterable
from pathlib import Path

# Below the range from which systems take the local ports of outgoing connections (Linux 32768 on, others 49152 on): a port chosen
# there could be lent to somebody's connection in the second before our server binds it.
LOWEST, HIGHEST = 20_000, 32_000


def is_free(port: int) -> bool:
    """Whether a server could listen on this loopback port now. Connections of an earlier server that are still ageing do not count."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def is_open(port: int, host: str = "127.0.0.1") -> bool:
    """Whether something accepts connections on this port."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.settimeout(0.5)
        return probe.connect_ex((host, port)) == 0


def free_port(taken: Iterable[int] = ()) -> int:
    """A free port that is not among `taken` either. Raises OSError if a thousand tries found none."""
    avoid = set(taken)
    for _ in range(1_000):
        port = random.SystemRandom().randint(LOWEST, HIGHEST)
        if port not in avoid and is_free(port):
            return port
    raise OSError(f"no free loopback port between {LOWEST} and {HIGHEST}")


def remembered_ports(file: Path, names: Iterable[str]) -> dict[str, int]:
    """A port for each name: the one that `file` remembers if it is still free, else a new one. Writes the file anew."""
    wanted = list(names)
    before: dict[str, int] = json.loads(file.read_text()) if file.is_file() else {}
    kept = {name: port for name, port in before.items() if name not in wanted or is_free(port)}
    for name in wanted:
        if name not in kept:
            kept[name] = free_port(kept.values())
    if kept != before:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(kept, indent=1) + "\n")
    return {name: kept[name] for name in wanted}
