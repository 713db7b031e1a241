"""The AsyncAPI document is made from the model and cannot fall behind it."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import get_args

from messages.asyncapi import document
from messages.model import KINDS
from messages.topics import ROOT, DroneLeaf


def test_it_is_json_as_the_command_prints_it() -> None:
    printed = subprocess.run([sys.executable, "-m", "messages.asyncapi"], capture_output=True, check=True, timeout=60)
    assert json.loads(printed.stdout) == json.loads(json.dumps(document()))


def test_it_names_every_leaf_of_a_drone_and_every_kind_that_drones_send() -> None:
    addresses = {channel["address"] for channel in document()["channels"].values()}
    for leaf in get_args(DroneLeaf):
        assert f"{ROOT}/{{station}}/drone/{{drone_id}}/{leaf}" in addresses
    assert set(KINDS) - {"correction", "history"} <= set(document()["channels"])


def test_it_names_what_the_desk_and_the_bridge_say() -> None:
    assert {"alert", "claim", "decide", "answer", "bridgeStatus", "ack", "command"} <= set(document()["channels"])


def test_telemetry_alone_may_be_lost_in_the_air() -> None:
    qos = {name: channel["bindings"]["mqtt"]["qos"] for name, channel in document()["channels"].items()}
    assert {name for name, level in qos.items() if level == 0} == {"telemetry"}


def test_every_reference_leads_somewhere() -> None:
    text = json.dumps(document())
    schemas = document()["components"]["schemas"]
    wanted = {part.split('"')[0] for part in text.split("#/components/schemas/")[1:]}
    assert wanted <= set(schemas)
    assert {"Violation", "Ack", "Alert", "Correction"} <= set(schemas)
