"""An editor confirms a study: its votes, its numbers and its risk of bias are all settled. Where the protocol pools nothing provisional, only
what is confirmed enters the lead estimate. When a study can be confirmed: tell_editor.py."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from bot.errors import ConflictError, NotFoundError, RefusedError
from bot.steps.records.answer_question import PURPOSE
from bot.steps.studies.holders import holder
from db import appraisals, effects, events, studies
from db.effects import USABLE, EffectRow
from db.session import Database, Session
from db.studies import StudyRow

BASIS = "extracted by one person, verified by another, risk of bias signed, confirmed by the editor"


def confirm_study(*, database: Database, token: str, study_id: int, by: str, now: datetime) -> bool:
    """Confirm a study and return whether that is new.

    Raises LinkError, RefusedError (not an editor, or alone with own numbers), NotFoundError, ConflictError (something is not settled).
    """
    with database.writing(by=by) as session:
        who = holder(session, token, PURPOSE, "confirm_studies", now)
        row = studies.held(session, study_id)
        if row.review_id != who.review_id or row.state == "merged":
            raise NotFoundError("There is no such study in this review.")
        rows = unconfirmed(session, row)
        if row.state == "confirmed" and not rows:
            return False
        if not is_ready(session, row, frozenset(appraisals.overall_of_effects(session, row.review_id))):
            raise ConflictError(f"{row.label}: not everything is settled. Its numbers must be verified and each appraised and signed first.")
        if any(one.extracted_by == who.person.id and one.verified_by is None for one in rows):
            raise RefusedError(f"You alone extracted numbers of {row.label}; another editor confirms it.")
        for one in rows:
            one.state, one.confirmed_by, one.settled_at = "confirmed", who.person.id, now
            one.basis = BASIS if one.verified_by is not None else one.basis
        row.state = "confirmed"
        events.note(session, review_id=row.review_id, kind="study.confirmed", subject=f"study:{row.id}",
                    data={"effects": [one.id for one in rows]}, at=now)
        return True


def is_ready(session: Session, row: StudyRow, signed: Collection[int]) -> bool:
    """Return whether two agree on every number of a study and the risk of bias of each is signed (signed: ids of such effects).

    A study without any number is ready as soon as two agree on that.
    """
    if row.extraction != "settled" or row.state in ("candidate", "merged"):
        return False
    return all(one.state in USABLE and one.id in signed for one in effects.effects_of_study(session, row.id))


def unconfirmed(session: Session, row: StudyRow) -> Sequence[EffectRow]:
    """Return the verified effects of a study that no editor has confirmed."""
    return effects.effects_of_study(session, row.id, states={"verified"})
