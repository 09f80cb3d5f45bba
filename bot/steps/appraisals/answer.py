"""Take one person's answer to one signalling question. The domain's judgement: judge.py."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.errors import ConflictError, InvalidInputError, NotFoundError
from bot.methods.appraisal.engine import asked, check
from bot.methods.appraisal.rules import ANSWERS
from bot.steps.appraisals.forms import AnswerForm
from bot.steps.appraisals.holders import Seat, require_open, seat
from db import appraisals, events
from db.appraisals import AppraisalAnswerRow
from db.session import Database, Session


@dataclass(frozen=True, slots=True)
class Answered:
    """The answer that now counts. is_new: False if the very same one was there already (sent twice, it counts once)."""

    number: int
    is_new: bool


def answer(*, database: Database, token: str, effect_id: int, question: str, form: AnswerForm, by: str, now: datetime) -> Answered:
    """Store an answer with its quote and page at a place of the person whom the link belongs to.

    Raises LinkError, RefusedError, NotFoundError (no such question), InvalidInputError (not among its answers, or it does not apply),
    ConflictError (answered otherwise meanwhile, handed in, signed).
    """
    with database.writing(by=by) as session:
        here = seat(session, token, effect_id, now)
        known = appraisals.own_answers(session, here.place, here.who.person.id)
        latest = known.get(question)
        if latest is not None and _same(latest, form):
            return Answered(latest.number, is_new=False)
        require_open(session, here)
        _require_asked(here, question, {number: row.answer for number, row in known.items()}, form)
        _require_seen(latest, form)
        row = appraisals.append_answer(session, here.place, AppraisalAnswerRow(
            question=question, answer=form.answer, quote=form.quote, page=form.page, note=form.note, at=now))
        _take_up(session, here)
        events.note(session, review_id=here.effect.review_id, kind="appraisal.answered", subject=f"appraisal:{here.place.id}",
                    data={"question": question, "number": row.number}, at=now)
        return Answered(row.number, is_new=True)


def _same(latest: AppraisalAnswerRow, form: AnswerForm) -> bool:
    return all(getattr(latest, name) == getattr(form, name) for name in ("answer", "quote", "page", "note"))


def _require_asked(here: Seat, question: str, given: dict[str, str], form: AnswerForm) -> None:
    found = here.rules.question(question)
    if found is None:
        raise NotFoundError(f"{here.rules.tool_name} has no question {question} for this design.")
    domain, wanted = found
    if wanted not in asked(domain, given):
        raise InvalidInputError(f"Question {question} does not apply after the answers before it.")
    check(wanted, form.answer)


def _require_seen(latest: AppraisalAnswerRow | None, form: AnswerForm) -> None:
    if form.version != (latest.number if latest else 0):
        there = f"you answered “{ANSWERS[latest.answer]}”" if latest else "there is no answer of yours"
        raise ConflictError(f"Meanwhile {there}, perhaps in another window. Nothing was changed: look at it, and answer again if it is wrong.")


def _take_up(session: Session, here: Seat) -> None:
    """What is changed after the two were told that they differ is handed in again."""
    here.place.handed_in_at = None
    session.flush()
