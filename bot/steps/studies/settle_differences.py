"""Settle, field by field, what the verifier of a result reads otherwise: it stands, with the reason, or the verifier is right.

What is not to stand is then corrected (extract.py), in a form that has the verifier's readings where they were found right.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.errors import ConflictError, InvalidInputError, NotFoundError
from bot.methods.studies.extraction import field_words
from bot.steps.studies.forms import comparable
from bot.steps.studies.holders import extractor
from db import differences, effects, events
from db.differences import ENTERED, OTHER, READ, DifferenceRow
from db.effects import EffectRow
from db.session import Database, Session

LONGEST_REASON = 2000


@dataclass(frozen=True, slots=True)
class Choice:
    """choice: `entered` (it stands) or `read` (the verifier is right). reason: why it stands."""

    choice: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Settled:
    """outcome: of the result. stands: whether all of it does; else it is to be corrected."""

    outcome: str
    stands: bool


def settle_differences(*, database: Database, token: str, effect_id: int, choices: Mapping[int, Choice], by: str, now: datetime) -> Settled:
    """Store a choice on each open difference about a disputed result. Where all of it stands, it waits to be verified again.

    Settled already: nothing changes. Raises LinkError, RefusedError, NotFoundError
    (not of this study), ConflictError (not disputed any more, or other differences than the page showed), InvalidInputError.
    """
    with database.writing(by=by) as session:
        who, row = extractor(session, token, now)
        effect = effects.effect(session, effect_id)
        if effect.study_id != row.id:
            raise NotFoundError(f"{row.label} has no such result.")
        if effect.state != "disputed":
            raise ConflictError(f"{effect.instrument}, {effect.time_point}: it is not disputed any more. Load the page again.")
        waiting = differences.open_of(session, effect.id)
        if not waiting:
            return Settled(effect.outcome, stands=False)
        _require_complete(waiting, choices)
        for one in waiting:
            _settle(one, choices[one.id], who.person.id, now)
        stands = all(one.choice == ENTERED for one in waiting)
        if stands:
            effect.state = "extracted"
        events.note(session, review_id=row.review_id, kind="difference.settled", subject=f"effect:{effect.id}", at=now,
                    data={"fields": {one.field: one.choice for one in waiting}, "stands": stands})
        return Settled(effect.outcome, stands)


def close_by_correction(session: Session, before: EffectRow, after: EffectRow, *, person_id: int, now: datetime) -> None:
    """Settle what is still open about a result by what its correction says in each field."""
    corrected = comparable(after)
    for one in differences.open_of(session, before.id):
        value = corrected.get(one.field)
        choice = OTHER if value not in (one.entered, one.read) else READ if value == one.read else ENTERED
        _settle(one, Choice(choice), person_id, now)


def _require_complete(waiting: Sequence[DifferenceRow], choices: Mapping[int, Choice]) -> None:
    if choices.keys() - {one.id for one in waiting}:
        raise ConflictError("These differences changed meanwhile. Load the page again and settle what it shows now.")
    for one in waiting:
        what, given = field_words(one.field) if one.field else "the result", choices.get(one.id)
        if given is None or given.choice not in (ENTERED, READ):
            raise InvalidInputError(f"{what}: choose one, it stands or the verifier is right.")
        if given.choice == ENTERED and not given.reason:
            raise InvalidInputError(f"{what}: say why it stands, and where the report says so.")
        if len(given.reason) > LONGEST_REASON:
            raise InvalidInputError(f"{what}: a reason has at most {LONGEST_REASON:,} characters. Shorten it.")


def _settle(one: DifferenceRow, given: Choice, person_id: int, now: datetime) -> None:
    one.choice, one.reason, one.settled_by, one.settled_at = given.choice, given.reason, person_id, now
