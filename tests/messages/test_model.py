"""Words that must be the same everywhere, and rules that the structs keep by themselves."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given

from messages.errors import Reason
from messages.model import KINDS, AnyMessage, Message, Violation, kind_of, stream_of
from messages.priority import Lane, priority_of
from messages.topics import KAFKA_TOPICS
from tests.strategies import (
    BY_KIND,
    NOON,
    a_correction,
    a_sure_violation,
    a_telemetry,
    a_violation,
    crowd_reports,
    evidences,
    healths,
    historic_tickets,
    messages,
    violations,
)


def test_kinds_are_named_alike_in_json_kafka_and_tests() -> None:
    assert set(KINDS) == set(KAFKA_TOPICS) == set(BY_KIND)
    assert all(struct.__struct_config__.tag == kind for kind, struct in KINDS.items())
    assert all(struct.__struct_config__.tag_field == "kind" for struct in KINDS.values())


def test_every_kind_of_the_contract_can_arrive() -> None:
    assert set(AnyMessage.__args__) == set(KINDS.values())


def test_a_field_name_means_one_thing_in_all_messages() -> None:
    types: dict[str, set[str]] = {}
    for struct in KINDS.values():
        for field in msgspec.structs.fields(struct):
            if field.name not in ("code", "parts"):
                types.setdefault(field.name, set()).add(str(field.type).replace(" | None", ""))
    envelope = {name: types[name] for name in ("id", "drone_id", "boot", "seq", "captured_at", "lat_deg", "lon_deg")}
    assert all(len(found) == 1 for found in envelope.values())


@given(messages())
def test_messages_are_frozen(message: Message) -> None:
    with pytest.raises(AttributeError):
        message.seq = 1  # type: ignore[misc]  # that is the point


@given(violations())
def test_a_violation_has_a_code_or_needs_a_human(violation: Violation) -> None:
    assert (violation.code is None) is violation.needs_human


@pytest.mark.parametrize("changes", [{"code": None, "needs_human": False}, {"code": 14, "needs_human": True}])
def test_a_violation_never_has_both_or_neither(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="code must be empty"):
        a_violation(**changes)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"status": "confirmed", "code_after": None}, "code_after"),
        ({"status": "rejected", "code_after": 14, "reason": "no car"}, "code_after"),
        ({"status": "rejected", "code_after": None, "reason": None}, "reason"),
        ({"status": "rejected", "code_after": None, "reason": ""}, "reason"),
    ],
)
def test_a_decision_is_whole(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        a_correction(a_violation(), **changes)


def test_telemetry_is_numbered_apart_from_reports() -> None:
    assert stream_of("telemetry") == "telemetry"
    assert {stream_of(kind) for kind in ("violation", "evidence", "health", "crowd")} == {"report"}
    assert (stream_of("correction"), stream_of("history")) == ("correction", "history")


@given(messages())
def test_kind_of_finds_the_struct_again(message: AnyMessage) -> None:
    assert KINDS[kind_of(message)] is type(message)


def test_who_waits_for_a_message_decides_its_lane() -> None:
    assert priority_of(a_violation()) is priority_of(a_correction(a_violation())) is Lane.ALERT
    assert priority_of(a_sure_violation()) is Lane.VIOLATION
    assert priority_of(a_telemetry()) is Lane.TELEMETRY


@given(healths(), crowd_reports(), evidences(), historic_tickets())
def test_the_other_lanes(health: Message, crowd: Message, evidence: Message, ticket: Message) -> None:
    assert [priority_of(message) for message in (health, crowd, evidence, ticket)] == [
        Lane.VIOLATION,
        Lane.VIOLATION,
        Lane.EVIDENCE,
        Lane.HISTORY,
    ]


def test_lanes_leave_in_the_order_that_the_design_promises() -> None:
    assert [lane.name for lane in sorted(Lane)] == ["ALERT", "VIOLATION", "EVIDENCE", "TELEMETRY", "HISTORY"]


def test_a_message_of_no_kind_has_no_lane() -> None:
    envelope = Message(id=a_violation().id, drone_id="nyc-17", boot=1, seq=1, captured_at=NOON)
    with pytest.raises(TypeError, match="no lane"):
        priority_of(envelope)


def test_reasons_are_words_that_can_be_counted() -> None:
    assert all(reason.replace("_", "").isalpha() for reason in Reason.__args__)  # type: ignore[attr-defined]  # a Literal
