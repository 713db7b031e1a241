"""The coding desk: the half-typed form of each alert, the codes that digits choose, and the decision once nothing is missing.

A form belongs to its alert and survives everything (the journal keeps it) until the alert is closed.
"""

from __future__ import annotations

from datetime import datetime, tzinfo
from typing import Any

import msgspec

from ground_station.view_model import wording
from ground_station.view_model.effects import Kept
from ground_station.view_model.language import t
from ground_station.view_model.snapshot import CodeChoice, CodeHit, FactField
from messages import codebook
from messages.codec import decode, encode
from messages.coding import FACTS, NOT_SHOWN, Form, decide, form_of, missing_facts, reject
from messages.model import Correction, Violation

CHOICES = 6  # guesses and frequent codes together; 9 when the drone has no guess
HITS = 8


class Who(msgspec.Struct, frozen=True, kw_only=True):
    """Who sits here: the sender of corrections. `desk` names this desk (its journal), `boot` counts its starts."""

    station: str
    officer: str
    desk: str
    boot: int
    zone: tzinfo | None = None  # of the words on screen; None: the system's


class Asking(msgspec.Struct, frozen=True, kw_only=True):
    """A claim on its way to the bridge."""

    request_id: str
    violation_id: str
    asked_at: datetime
    then_confirm: bool = False  # Enter was pressed meanwhile


class Work(msgspec.Struct, frozen=True, kw_only=True):
    """What lies on the desk. Keys of the dictionaries are violation ids."""

    forms: dict[str, Form] = {}  # half-typed
    unsaved: frozenset[str] = frozenset()  # forms changed since the journal had them
    notices: dict[str, str] = {}
    search: str = ""
    asking: Asking | None = None
    touched_at: datetime | None = None  # the officer last worked on the claimed alert
    renewed_at: datetime | None = None  # the claim was last got or renewed


def form_for(work: Work, violation: Violation) -> Form:
    """The officer's form so far: the half-typed one, or what the drone could read."""
    return work.forms.get(violation.id) or form_of(violation)


def with_change(work: Work, violation: Violation, now: datetime, **changes: Any) -> Work:
    """The desk after fields of a form were changed (names of messages.coding.Form)."""
    form = msgspec.structs.replace(form_for(work, violation), **changes)
    notices = {key: text for key, text in work.notices.items() if key != violation.id}
    asking = work.asking
    if asking is not None and asking.then_confirm:  # what was confirmed is no longer what is on the form
        asking = msgspec.structs.replace(asking, then_confirm=False)
    return msgspec.structs.replace(
        work,
        forms={**work.forms, violation.id: form},
        unsaved=work.unsaved | {violation.id},
        notices=notices,
        asking=asking,
        touched_at=now,
    )


def without(work: Work, violation_id: str) -> Work:
    """The desk after an alert left it: its form and notice are put away."""
    return msgspec.structs.replace(
        work,
        forms={key: form for key, form in work.forms.items() if key != violation_id},
        unsaved=work.unsaved - {violation_id},
        notices={key: text for key, text in work.notices.items() if key != violation_id},
        asking=None if work.asking is not None and work.asking.violation_id == violation_id else work.asking,
    )


def with_notice(work: Work, violation_id: str, text: str) -> Work:
    """The desk with a word about one alert."""
    return msgspec.structs.replace(work, notices={**work.notices, violation_id: text})


def refused(work: Work, kept: Kept, text: str) -> Work:
    """The desk after the bridge refused a decision: what was typed is on the form again, with the reason beside it."""
    work = with_notice(work, kept.violation_id, text)
    form = form_of_kept(kept)
    if form is None:
        return work
    return msgspec.structs.replace(
        work, forms={**work.forms, kept.violation_id: form}, unsaved=work.unsaved | {kept.violation_id}
    )


def choices(violation: Violation, chosen: int | None) -> tuple[CodeChoice, ...]:
    """What the digits choose: the drone's guesses, then the frequent codes; only codes in force when the violation was seen."""
    at = violation.captured_at
    guesses = [guess for guess in violation.guesses if codebook.is_valid(guess.code, at)]
    guessed = {guess.code for guess in guesses}
    room = (CHOICES if guesses else 9) - len(guesses)
    frequent = [code for code in codebook.FREQUENT_CODES if code not in guessed and codebook.is_valid(code, at)][
        : max(0, room)
    ]
    lines: list[tuple[int, float | None]] = [
        *((guess.code, guess.confidence) for guess in guesses),
        *((code, None) for code in frequent),
    ]
    return tuple(
        CodeChoice(
            digit,
            code,
            _title(code, at),
            share,
            "frequent" if share is None else wording.percent(share * 100),
            code == chosen,
        )
        for digit, (code, share) in enumerate(lines[:9], start=1)
    )


def hits(violation: Violation, text: str, chosen: int | None) -> tuple[CodeHit, ...]:
    """The codes in force at capture that the search text finds; none for an empty text."""
    if not text.strip():
        return ()
    found = codebook.search(text, violation.captured_at)[:HITS]
    return tuple(CodeHit(entry.code, _with_rule(entry), _fine(entry), entry.code == chosen) for entry in found)


def code_in(text: str, violation: Violation) -> int | None:
    """The code that the text is, if it is the number of one in force at capture."""
    digits = text.strip()
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 3):
        return None
    return int(digits) if codebook.is_valid(int(digits), violation.captured_at) else None


def fields(form: Form) -> tuple[FactField, ...]:
    """The six facts as they stand on the form."""
    missing = missing_facts(form)
    return tuple(
        FactField(
            fact, t(wording.FACT_LABELS[fact]), getattr(form, fact), fact in missing, getattr(form, fact) == NOT_SHOWN
        )
        for fact in FACTS
    )


def code_title(form: Form, violation: Violation) -> str:
    """What the chosen code is called; empty if none is chosen."""
    return "" if form.code is None else _title(form.code, violation.captured_at)


def decided(
    violation: Violation, form: Form, who: Who, *, seq: int, correction_id: str, claimed_at: datetime, now: datetime
) -> Kept:
    """The decision on a complete form. Raises CodingError for one that is not."""
    return _kept(
        decide(
            violation,
            form,
            correction_id=correction_id,
            station=who.station,
            officer=who.officer,
            boot=who.boot,
            seq=seq,
            claimed_at=claimed_at,
            now=now,
        )
    )


def rejected(
    violation: Violation, reason: str, who: Who, *, seq: int, correction_id: str, claimed_at: datetime, now: datetime
) -> Kept:
    """The decision that there is no violation. Raises CodingError without a reason."""
    return _kept(
        reject(
            violation,
            reason,
            correction_id=correction_id,
            station=who.station,
            officer=who.officer,
            boot=who.boot,
            seq=seq,
            claimed_at=claimed_at,
            now=now,
        )
    )


def form_of_kept(kept: Kept) -> Form | None:
    """The form from which a decision was made; None for a rejection, which was made from none."""
    correction = decode(kept.payload)
    if not isinstance(correction, Correction) or correction.status == "rejected":
        return None
    facts: dict[str, Any] = {fact: getattr(correction, fact) for fact in FACTS}
    return Form(code=correction.code_after, **facts)


def _kept(correction: Correction) -> Kept:
    return Kept(
        correction_id=correction.id,
        violation_id=correction.violation_id,
        drone_id=correction.drone_id,
        boot=correction.boot,
        seq=correction.seq,
        status=correction.status,
        code=correction.code_after,
        claimed_at=correction.claimed_at,
        decided_at=correction.decided_at,
        payload=encode(correction),
    )


def _title(code: int, at: datetime) -> str:
    entry = codebook.entry_at(code, at)
    return entry.title if entry else codebook.title_of(code)


def _with_rule(entry: codebook.CodeEntry) -> str:
    """The title and the rule that the ticket will cite, where the book knows it."""
    return f"{entry.title} · {entry.rule}" if entry.rule else entry.title


def _fine(entry: codebook.CodeEntry) -> str:
    if entry.fine_manhattan_usd == entry.fine_elsewhere_usd:
        return wording.usd(entry.fine_manhattan_usd)
    return wording.usd(entry.fine_manhattan_usd) + t(" or ") + wording.usd(entry.fine_elsewhere_usd)
