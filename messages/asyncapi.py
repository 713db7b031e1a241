"""The AsyncAPI 3.0 document of the MQTT interface, made from the model and the topics: `python -m messages.asyncapi`."""

from __future__ import annotations

import json
import sys
from typing import Any

import msgspec

from messages.alert import Alert
from messages.model import KINDS, Correction
from messages.state import Ack, BridgeStatus, Command, DeskAnswer, DeskRequest, DroneStatus
from messages.topics import ROOT

_CHANNELS: tuple[tuple[str, str, type[msgspec.Struct], int, bool], ...] = (
    *(
        (name, f"drone/{{drone_id}}/{name}", kind, 0 if name == "telemetry" else 1, name == "health")
        for name, kind in KINDS.items()
        if name not in ("correction", "history")
    ),
    ("status", "drone/{drone_id}/status", DroneStatus, 1, True),
    ("ack", "drone/{drone_id}/ack", Ack, 1, False),
    ("command", "drone/{drone_id}/command", Command, 1, False),
    ("alert", "alert/{violation_id}", Alert, 1, True),
    ("claim", "desk/{officer}/claim", DeskRequest, 1, False),
    ("decide", "desk/{officer}/decide", Correction, 1, False),
    ("answer", "desk/{officer}/answer/{desk}", DeskAnswer, 1, False),
    ("bridgeStatus", "bridge/status", BridgeStatus, 1, True),
)


def document() -> dict[str, Any]:
    """The document as plain values, ready for JSON."""
    schemas, components = msgspec.json.schema_components(
        [kind for _, _, kind, _, _ in _CHANNELS], ref_template="#/components/schemas/{name}"
    )
    channels: dict[str, Any] = {}
    for (name, path, _, qos, retain), schema in zip(_CHANNELS, schemas, strict=True):
        parameters: dict[str, Any] = {part[1:-1]: {} for part in path.split("/") if part.startswith("{")}
        channels[name] = {
            "address": f"{ROOT}/{{station}}/{path}",
            "parameters": {"station": {}, **parameters},
            "messages": {name: {"contentType": "application/json", "payload": schema}},
            "bindings": {"mqtt": {"qos": qos, "retain": retain}},
        }
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "Kestrel field interface", "version": ROOT.rsplit("/", 1)[-1]},
        "channels": channels,
        "components": {"schemas": components},
    }


if __name__ == "__main__":
    json.dump(document(), sys.stdout, indent=2)
