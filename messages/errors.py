"""What can be wrong with a message.

MessageError
├── DecodeError    the bytes are not a message of the contract
└── CodingError    an officer's decision is not allowed or not complete
"""

from __future__ import annotations

from typing import Literal

Reason = Literal[
    "too_large",  # more bytes than the kind may have
    "not_json",  # not UTF-8 JSON, or NaN, or nested too deep
    "wrong_shape",  # JSON, but not the fields, types and ranges of the kind
    "repeated_key",  # one key twice in an object: two readers could disagree
    "wrong_topic",  # the topic names another drone or another kind, or is not one of ours
    "not_in_fleet",  # a fleet list is set and the drone is not on it
    "in_the_future",  # captured later than the allowed clock skew
    "too_old",  # captured longer ago than a drone keeps its reports
    "unknown_code",  # a violation code that the code book does not have
    "seq_taken",  # same drone, boot and seq as a stored message, but another id
    "switched_off",  # a kind that this station does not accept (the crowd exercise)
]
"""Why a message went to quarantine; the value is stored, counted and shown as it stands here."""


class MessageError(Exception):
    """Root of all errors of the contract."""


class DecodeError(MessageError):
    """The bytes are not a message. `reason` is one word for counting, `detail` one line for a person."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason: Reason = reason
        self.detail = detail


class CodingError(MessageError):
    """A decision that must not be sent; the text says in plain words what is missing or not allowed."""
