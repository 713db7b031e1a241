"""The edge bridge beside what a user would pick instead: MQTT -> disk -> Kafka, everything on one machine at once, in one run.

Reports of 300 B at QoS 1 over a real Mosquitto with the shipped configuration, the store encrypted and synchronous=FULL, a real Kafka with
acks=all. Each contender moves the same load, and is timed by what stands in Kafka. Peers that cannot run here say why.

    ./kestrel bench bridge [--reports 100000] [--rate 1000] [--drain 100000] [--only NAME,...] [--losses [--hang 20]] [--json FILE]
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from installers.local.stack import Stack
from installers.local.topics import headquarters_topics
from tests.bench._bridge_ceilings import ceilings
from tests.bench._bridge_losses import losses
from tests.bench._bridge_peers import PEER_TOPICS, Contender, Kestrel, contenders
from tests.bench._bridge_runs import at_a_rate, drain, flat_out, running, spread
from tests.real.bridge_runs import stored

RATE_S = 15.0  # of the load at a rate


def main(arguments: list[str]) -> dict[str, Any]:
    """Figures by name, with units in the names."""
    parser = argparse.ArgumentParser(prog="kestrel bench bridge")
    parser.add_argument(
        "--reports", type=int, default=100_000, help="of the load as fast as it goes; 0: no rates at all"
    )
    parser.add_argument(
        "--rate", type=float, default=1_000.0, help="of the load whose latencies count; reports a second"
    )
    parser.add_argument(
        "--drain", type=int, default=100_000, help="reports that wait when headquarters comes back; 0: none"
    )
    parser.add_argument("--only", default="", help="contenders and `ceilings`, separated by commas; all without it")
    parser.add_argument("--losses", action="store_true", help="what each loses after faults; takes minutes")
    parser.add_argument("--hang", type=float, default=20.0, help="seconds that Kafka hangs in --losses")
    options = parser.parse_args(arguments)
    only = set(filter(None, options.only.split(",")))
    with tempfile.TemporaryDirectory(prefix="kestrel-bench-") as name:
        folder = Path(name)
        topics = [
            *headquarters_topics(),
            *((topic, 2, {"message.timestamp.type": "LogAppendTime"}) for topic in PEER_TOPICS),
        ]
        with Stack(folder, topics=topics, cuttable=True) as stack:
            stack.up(("mosquitto", "kafka"))
            stack.wait_ready("mosquitto")
            stack.wait_ready("kafka")
            return _figures(stack, folder, options, only)


def _figures(stack: Stack, folder: Path, options: argparse.Namespace, only: set[str]) -> dict[str, Any]:
    found, missing = contenders(folder, stack.mosquitto.port, stack.kafka.bootstrap)
    figures = _Told()
    if options.reports and (not only or "ceilings" in only):
        figures["ceilings"] = ceilings(stack, folder, options.reports)
    wanted = [one for one in found if options.reports and (not only or one.name in only)]
    for contender in wanted:
        figures[contender.name] = _of(stack, contender, options)
    figures |= {name: why for name, why in missing.items() if not only or name in only}
    if options.drain and (not only or "kestrel" in only):
        behind_link = Kestrel("kestrel-drain", folder, stack.mosquitto.port, stack.kafka.edge_bootstrap, "")
        with running(stack, behind_link) as topic:
            figures["backlog"] = drain(stack, behind_link, topic, options.drain)
    if options.losses:
        behind, _ = contenders(_new(folder / "faults"), stack.mosquitto.port, stack.kafka.edge_bootstrap)
        for contender in behind:
            if not only or contender.name in only:
                figures[f"{contender.name}_loses"] = losses(stack, contender, options.hang)
    return figures | _ratios(figures)


class _Told(dict[str, Any]):
    """Figures that are said on standard error as they come: a run of half an hour that is ended keeps what it has measured."""

    def __setitem__(self, name: str, found: Any) -> None:
        super().__setitem__(name, found)
        sys.stderr.write(f"{json.dumps({name: found})}\n")


def _of(stack: Stack, contender: Contender, options: argparse.Namespace) -> dict[str, Any]:
    with running(stack, contender) as topic:
        full = flat_out(stack, contender, topic, options.reports)
        rated = at_a_rate(stack, contender, topic, RATE_S, options.rate)
    if isinstance(contender, Kestrel):
        rows = [row for row in stored(contender.store) if row.boot == rated["boot"]]
        rated |= spread("to_disk", [(row.stored_at - row.captured_at).total_seconds() * 1000 for row in rows])
    del rated["boot"]
    return {"keeps_on_disk": contender.keeps, "flat_out": full, f"at_{options.rate:.0f}_per_s": rated}


def _ratios(figures: dict[str, Any]) -> dict[str, float]:
    """The bridge's rate divided by each other's."""
    rates = {
        name: found["flat_out"]["per_s"]
        for name, found in figures.items()
        if isinstance(found, dict) and "flat_out" in found
    }
    ours = rates.pop("kestrel", 0)
    rates |= figures.get("ceilings", {})
    return {
        f"ratio_to_{name.removesuffix('_per_s')}": round(ours / rate, 2)
        for name, rate in rates.items()
        if ours and rate
    }


def _new(folder: Path) -> Path:
    folder.mkdir()
    return folder
