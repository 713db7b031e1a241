"""Everything that must not be taken goes to quarantine with its reason and bytes, and the next good message is stored."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from statistics import median

import msgspec
import pytest

from edge_bridge.storage.store import Quarantined
from installers.local.mosquitto import Mosquitto
from messages.codec import encode
from messages.model import Message
from messages.topics import ROOT
from tests.real.bridge_runs import BridgeProcess, FieldClient, Fleet, a_bridge, now, quarantined, stored
from tests.strategies import a_violation

Bad = tuple[str, bytes]


def changed(message: Message, **fields: object) -> bytes:
    """The message's JSON with fields of any value."""
    return json.dumps({**msgspec.json.decode(encode(message)), **fields}).encode()


def bad_messages(fleet: Fleet) -> dict[str, tuple[Bad, str]]:
    """Name -> (topic below the root, bytes), and the reason that is to be counted."""
    drone = fleet.ids[0]
    own = f"drone/{drone}/violation"
    good = fleet.violation

    def envelope(**changes: object) -> Bad:
        return own, encode(msgspec.structs.replace(good(0), **changes))

    return {
        "not JSON": ((own, b"what the drone saw"), "not_json"),
        "not UTF-8": ((own, b'{"kind":"violation","plate":"\xff\xfe"}'), "not_json"),
        "nested 1,000 deep": ((own, b'{"kind":"violation","raw":' + b"[" * 1_000 + b"]" * 1_000 + b"}"), "wrong_shape"),
        "nested 100,000 deep": ((own, b"[" * 100_000), "wrong_shape"),
        "NaN": ((own, changed(good(0)).replace(b"40.7527", b"NaN")), "not_json"),
        "infinite": ((own, changed(good(0)).replace(b"40.7527", b"1e999")), "wrong_shape"),
        "a wrong type": ((own, changed(good(0), lat_deg="forty")), "wrong_shape"),
        "out of range": ((own, changed(good(0), lat_deg=91)), "wrong_shape"),
        "an unknown field": ((own, changed(good(0), wish="a pony")), "wrong_shape"),
        "a key twice": ((own, changed(good(0)).replace(b'"boot": 1', b'"boot": 1, "boot": 1')), "repeated_key"),
        "too large": ((own, b'"' + b"x" * 20_000 + b'"'), "wrong_shape"),
        "a megabyte": ((own, b"x" * 1_040_000), "too_large"),
        "a large violation": ((own, changed(good(0)) + b" " * 20_000), "too_large"),
        "an id that is none": ((own, changed(good(0), drone_id="../../etc/passwd")), "wrong_shape"),
        "another drone's": ((f"drone/{fleet.ids[1]}/violation", encode(good(0))), "wrong_topic"),
        "another kind's": ((f"drone/{drone}/telemetry", encode(good(0))), "wrong_topic"),
        "a strange drone": (
            ("drone/nobody-7/violation", encode(a_violation(1, drone_id="nobody-7", captured_at=now()))),
            "not_in_fleet",
        ),
        "the future": (envelope(captured_at=now() + timedelta(hours=1)), "in_the_future"),
        "the past": (envelope(captured_at=now() - timedelta(days=400)), "too_old"),
        "the year 0001": ((own, changed(good(0), captured_at="0001-01-01T00:00:00Z")), "too_old"),
        "an unknown code": (envelope(code=777), "unknown_code"),
        "a status of another": (
            (f"drone/{drone}/status", b'{"drone_id":"x","boot":1,"state":"online","at":"x"}'),
            "wrong_shape",
        ),
        "a claim that is none": (("desk/duarte/claim", b"{}"), "wrong_shape"),
        "a decision that is none": (("desk/duarte/decide", encode(good(0))), "wrong_topic"),
    }


@pytest.mark.timeout(120)
def test_every_bad_message_is_in_quarantine_and_the_next_is_stored(
    tmp_path: Path, mosquitto: Mosquitto, figures: Callable[..., None]
):
    station = "bad-input"
    fleet = Fleet("bad", 2)
    (tmp_path / "fleet").write_text("# ours\n" + "\n".join(fleet.ids) + "\n")
    settings = {"broker": mosquitto.address, "station": station, "kafka": None}
    more = ("--fleet", str(tmp_path / "fleet"))
    alone_ms: list[float] = []
    after_bad_ms: list[float] = []
    with a_bridge(tmp_path, **settings, more=more) as bridge, FieldClient(mosquitto.port, station) as field:
        cases = bad_messages(fleet)
        for (topic, payload), _ in cases.values():
            alone_ms.append(stored_after_ms(bridge, field, fleet))
            field.send_raw(topic, payload)
            after_bad_ms.append(stored_after_ms(bridge, field, fleet))
        field.send(taken := fleet.violation(1))
        field.send(msgspec.structs.replace(taken, id=fleet.new_id()))
        field.wait(lambda: sum(field.status()["quarantined"].values()) == len(cases) + 1)
        counted = field.status()["quarantined"]
        assert bridge.stop() == 0

    found = list(quarantined(bridge.store))
    for name, ((topic, payload), reason) in cases.items():
        match = [one for one in found if _is(one, f"{ROOT}/{station}/{topic}", payload)]
        assert [one.reason for one in match] == [reason], name
        assert match[0].detail
    assert [one.reason for one in found].count("seq_taken") == counted["seq_taken"] == 1
    figures(alone_ms=round(median(alone_ms)), after_bad_ms=round(median(after_bad_ms)))


def stored_after_ms(bridge: BridgeProcess, field: FieldClient, fleet: Fleet) -> float:
    """From handing a good message to the client to its being stored."""
    sent_at = time.time()
    field.send(message := fleet.violation(1))
    field.wait(lambda: field.ack(message.drone_id).get("highest") == message.seq)
    row = next(row for row in stored(bridge.store) if row.id == message.id)
    return (row.stored_at.timestamp() - sent_at) * 1000


def _is(one: Quarantined, topic: str, payload: bytes) -> bool:
    return one.topic == topic and one.payload == payload[: len(one.payload)] and bool(one.payload)
