"""From an officer's form to a Correction: which facts are missing, and the decision once none is.

The five facts are those that New York Vehicle and Traffic Law section 238(2) demands on a notice of violation: plate, plate type,
registration expiry, make or model, and body type. One left out or wrong makes the notice void, so each is either given or said to be
"not shown"; the plate's state goes with them.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from messages.codebook import is_valid
from messages.errors import CodingError
from messages.model import Correction, Outcome, Violation

NOT_SHOWN = "not shown"
FACTS = ("plate", "plate_type", "plate_expiry", "make", "body", "plate_state")
"""The fields of a form that must be given or marked NOT_SHOWN, in the order an officer fills them."""


class Form(msgspec.Struct, frozen=True, kw_only=True):
    """What an officer has entered so far. An empty text is a fact that is not yet given."""

    code: int | None = None
    plate: str = ""
    plate_type: str = ""
    plate_expiry: str = ""
    make: str = ""
    body: str = ""
    plate_state: str = ""


def form_of(violation: Violation) -> Form:
    """The form as the drone would fill it: what it could read, and no code (an officer chooses that)."""
    facts: dict[str, Any] = {fact: getattr(violation, fact) or "" for fact in FACTS}
    return Form(**facts)


def missing_facts(form: Form) -> tuple[str, ...]:
    """The names of the facts that are neither given nor marked NOT_SHOWN, in the order of FACTS."""
    return tuple(fact for fact in FACTS if not getattr(form, fact).strip())


def best_guess(violation: Violation) -> int | None:
    """The code the drone would have written: its own, or the likeliest of its guesses; None if it has none."""
    if violation.code is not None:
        return violation.code
    return violation.guesses[0].code if violation.guesses else None


def decide(
    violation: Violation,
    form: Form,
    *,
    correction_id: str,
    station: str,
    officer: str,
    boot: int,
    seq: int,
    claimed_at: datetime,
    now: datetime,
) -> Correction:
    """The officer's decision that the violation bears `form.code`: confirmed if the drone guessed it best, else corrected.

    Raises CodingError if no code is chosen, the code was not in force when the violation was seen, or a fact is missing.
    """
    if form.code is None:
        raise CodingError("no code is chosen")
    if not is_valid(form.code, violation.captured_at):
        raise CodingError(f"code {form.code} was not in force on {violation.captured_at:%d %B %Y}")
    missing = missing_facts(form)
    if missing:
        raise CodingError(f"missing: {', '.join(missing)}")
    before = best_guess(violation)
    return _correction(
        violation,
        form,
        status="confirmed" if form.code == before else "corrected",
        code_after=form.code,
        reason=None,
        correction_id=correction_id,
        station=station,
        officer=officer,
        boot=boot,
        seq=seq,
        claimed_at=claimed_at,
        now=now,
    )


def reject(
    violation: Violation,
    reason: str,
    *,
    correction_id: str,
    station: str,
    officer: str,
    boot: int,
    seq: int,
    claimed_at: datetime,
    now: datetime,
) -> Correction:
    """The officer's decision that there is no violation. Raises CodingError without a reason."""
    if not reason.strip():
        raise CodingError("a rejection needs a reason")
    return _correction(
        violation,
        form_of(violation),
        status="rejected",
        code_after=None,
        reason=reason.strip(),
        correction_id=correction_id,
        station=station,
        officer=officer,
        boot=boot,
        seq=seq,
        claimed_at=claimed_at,
        now=now,
    )


def _correction(
    violation: Violation,
    form: Form,
    *,
    status: Outcome,
    code_after: int | None,
    reason: str | None,
    correction_id: str,
    station: str,
    officer: str,
    boot: int,
    seq: int,
    claimed_at: datetime,
    now: datetime,
) -> Correction:
    return Correction(
        id=correction_id,
        drone_id=violation.drone_id,
        boot=boot,
        seq=seq,
        captured_at=now,
        violation_id=violation.id,
        station=station,
        officer=officer,
        status=status,
        code_before=best_guess(violation),
        code_after=code_after,
        reason=reason,
        violation_captured_at=violation.captured_at,
        claimed_at=claimed_at,
        decided_at=now,
        **{fact: getattr(form, fact).strip() or NOT_SHOWN for fact in FACTS},
    )
