"""Hosts of our own on this machine: network namespaces with cables between them that can be cut, made deaf, or made slow. Root only.

    field ──(drones' radio)── station ──(the link)── hq

Nothing of the machine's own network is touched. A thread can stand in one of the hosts: the sockets that it opens and the processes that
it starts there live there.
"""

from __future__ import annotations

import ctypes
import json
import os
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.real.faults.disks import NAME, run

CLONE_NEWNET = 0x40000000
PLACES = Path("/run/netns")
HOSTS = ("field", "station", "hq")
CABLES = {"radio": ("field", "station"), "link": ("station", "hq")}
_libc = ctypes.CDLL(None, use_errno=True)


def clear_leftovers() -> None:
    """Removes the hosts of a run that was killed."""
    for place in PLACES.glob(f"{NAME}*"):
        number = place.name.removeprefix(NAME).partition("-")[0]
        if number.isdigit() and not Path("/proc", number).exists():
            subprocess.run(["ip", "netns", "delete", place.name], check=False, capture_output=True)


class Network:
    """The three hosts. Addresses: `address(cable, host)`."""

    def __init__(self) -> None:
        self._prefix = f"{NAME}{os.getpid()}-"

    def __enter__(self) -> Network:
        clear_leftovers()
        for host in HOSTS:
            run("ip", "netns", "add", self._prefix + host)
            run("ip", "-n", self._prefix + host, "link", "set", "lo", "up")
        for cable, ends in CABLES.items():
            one, other = (self._prefix + host for host in ends)
            run(
                *("ip", "link", "add", self.end(cable, ends[0]), "netns", one, "type", "veth"),
                *("peer", "name", self.end(cable, ends[1]), "netns", other),
            )
            for host in ends:
                run(
                    "ip",
                    "-n",
                    self._prefix + host,
                    "addr",
                    "add",
                    f"{self.address(cable, host)}/24",
                    "dev",
                    self.end(cable, host),
                )
                run("ip", "-n", self._prefix + host, "link", "set", self.end(cable, host), "up")
        return self

    def __exit__(self, *_: object) -> None:
        for host in HOSTS:
            subprocess.run(["ip", "netns", "delete", self._prefix + host], check=False, capture_output=True)

    def end(self, cable: str, host: str) -> str:
        """The name of a cable's end."""
        return f"{cable}-{CABLES[cable].index(host)}"

    def address(self, cable: str, host: str) -> str:
        """A host's address on a cable."""
        return f"10.77.{list(CABLES).index(cable)}.{CABLES[cable].index(host) + 1}"

    @contextmanager
    def inside(self, host: str) -> Iterator[None]:
        """This thread, and what it starts, on that host."""
        with (
            Path(f"/proc/self/task/{threading.get_native_id()}/ns/net").open() as home,
            (PLACES / (self._prefix + host)).open() as place,
        ):
            _enter(place.fileno())
            try:
                yield
            finally:
                _enter(home.fileno())

    def cut(self, cable: str) -> None:
        """The cable is out: both ends know."""
        self._at(cable, "link", "set", self.end(cable, CABLES[cable][0]), "down")

    def mend(self, cable: str) -> None:
        """The cable is in again."""
        self._at(cable, "link", "set", self.end(cable, CABLES[cable][0]), "up")

    def deafen(self, cable: str) -> None:
        """Every packet disappears at the far end, and nobody is told: a black hole. What is sent into it is counted by sent_bytes()."""
        at, host = CABLES[cable][1], self._prefix + CABLES[cable][1]
        run("ip", "netns", "exec", host, "nft", "add", "table", "inet", "hole")
        for hook, word in (("input", "iifname"), ("output", "oifname")):
            chain = f"{{ type filter hook {hook} priority 0; }}"
            run("ip", "netns", "exec", host, "nft", f"add chain inet hole {hook} {chain}")
            run(
                "ip",
                "netns",
                "exec",
                host,
                "nft",
                f"add rule inet hole {hook} {word} {self.end(cable, at)} drop",
            )

    def restore(self, cable: str) -> None:
        """Every packet arrives again."""
        run("ip", "netns", "exec", self._prefix + CABLES[cable][1], "nft", "delete", "table", "inet", "hole")

    def slow(self, cable: str, rate: str) -> None:
        """No more than `rate` (as tc spells it: 64kbit) in either direction; half a second of it may queue."""
        for host in CABLES[cable]:
            run(
                *("ip", "netns", "exec", self._prefix + host, "tc", "qdisc", "replace", "dev", self.end(cable, host)),
                *("root", "tbf", "rate", rate, "burst", "4kb", "latency", "500ms"),
            )

    def quicken(self, cable: str) -> None:
        """As fast as it goes."""
        for host in CABLES[cable]:
            run(
                "ip",
                "netns",
                "exec",
                self._prefix + host,
                "tc",
                "qdisc",
                "delete",
                "dev",
                self.end(cable, host),
                "root",
            )

    def sent_bytes(self, cable: str, host: str) -> int:
        """What a host has put onto a cable so far, with every header."""
        words = ["ip", "-n", self._prefix + host, "-s", "-j", "link", "show", self.end(cable, host)]
        found = json.loads(subprocess.run(words, check=True, capture_output=True).stdout)
        return int(found[0]["stats64"]["tx"]["bytes"])

    def _at(self, cable: str, *words: str) -> None:
        run("ip", "-n", self._prefix + CABLES[cable][0], *words)


def _enter(descriptor: int) -> None:
    if _libc.setns(descriptor, CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
