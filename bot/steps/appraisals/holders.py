"""Whose link to an appraisal it is, which result, and whether that person may still change anything there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.errors import ConflictError
from bot.methods.appraisal.engine import variant
from bot.methods.appraisal.rules import Variant
from bot.steps.studies.holders import Holder, holder
from db import appraisals, effects, studies
from db.appraisals import AppraisalRow
from db.effects import EffectRow
from db.session import Session
from db.studies import StudyRow

PURPOSE, ACTION = "appraise", "appraise"
GONE = frozenset({"superseded", "withdrawn"})


@dataclass(frozen=True, slots=True)
class Seat:
    """A person at one result: the place, the result, the study, and the rules in force there."""

    who: Holder
    study: StudyRow
    effect: EffectRow
    place: AppraisalRow
    rules: Variant

    @property
    def is_signed(self) -> bool:
        """Whether this person handed the place in, and did not take it up again."""
        return self.place.handed_in_at is not None


def assessor(session: Session, token: str, now: datetime) -> tuple[Holder, StudyRow]:
    """Return who holds the link, and the study that it opens. Raises LinkError, RefusedError."""
    who = holder(session, token, PURPOSE, ACTION, now)
    return who, studies.study(session, who.subject_id)


def seat(session: Session, token: str, effect_id: int, now: datetime) -> Seat:
    """Return a person's place at a result of the link's study; in a writing session nobody else gets the result until the end.

    Raises LinkError, RefusedError, NotFoundError (not on this person's list).
    """
    who, study = assessor(session, token, now)
    if "by" in session.info and 0 < effect_id < 2**62:
        appraisals.hold(session, effect_id)
    place = appraisals.place(session, effect_id, who.person.id)
    effect = effects.effect(session, effect_id)
    # A link opens one study alone, also for somebody who has places at others.
    if effect.study_id != study.id:
        appraisals.place(session, 0, who.person.id)
    return Seat(who, study, effect, place, variant(place.tool, place.variant))


def require_open(session: Session, here: Seat) -> None:
    """Raise ConflictError unless answers and judgements can still be given: not signed, not handed in, and the number still stands."""
    if here.effect.state in GONE:
        raise ConflictError("This number was corrected or withdrawn meanwhile. Open the study's list again from your mail.")
    settled = appraisals.settlement(session, here.effect.id)
    if settled is not None and settled.state == "signed":
        raise ConflictError(f"The appraisal of this result was signed on {settled.at:%d %B %Y}. To change it, open it again with a reason.")
    if here.is_signed and here.place.talk_at is None:
        raise ConflictError("You handed this appraisal in; it waits for the other person's. Nothing can be changed until both are in.")
