"""A person says whether two records cite one report; that holds for good, whatever comes later. Taking it back: undo_merge.py."""

from __future__ import annotations

from datetime import datetime

from bot.errors import ConflictError, InvalidInputError, NotFoundError
from bot.steps.records import grouping
from bot.steps.studies import together
from bot.steps.studies.holders import Holder, holder
from db import belonging, events, merges, records, studies
from db.merges import QuestionRow
from db.records import ReportRow
from db.session import Database, Session

ANSWERS = ("same", "different")
PURPOSE, ACTION = "questions", "answer_questions"


def answer_question(*, database: Database, token: str, question_id: int, answer: str, by: str, now: datetime) -> None:
    """Keep an answer, and put the two reports together if it is `same`. The same answer again changes nothing.

    Raises LinkError, RefusedError, NotFoundError (no such question here), InvalidInputError (neither `same` nor `different`),
    ConflictError (they were put together since).
    """
    if answer not in ANSWERS:
        raise InvalidInputError("Choose one: they cite the same report, or different ones.")
    with database.writing(by=by) as session:
        who = holder(session, token, PURPOSE, ACTION, now)
        row = _own(session, who, question_id)
        if row.answer == answer:
            return
        one, other = _reports(session, row)
        if answer == "different" and one.id == other.id:
            raise ConflictError("They were put together since. Undo that under “What was put together”.")
        row.answer, row.answered_by, row.answered_at = answer, by, now
        if answer == "same":
            stays = _same(session, row, one, other, by, now)
        else:
            stays = other
            mine, theirs = (_record_ids(session, report) for report in (one, other))
            merges.tell_apart(session, row.review_id, mine, theirs, because=f"question:{row.id}", at=now)
        belonging.drop_settled_questions(session, row.review_id)
        events.note(session, review_id=row.review_id, kind="records.judged", subject=f"question:{row.id}",
                    data={"answer": answer, "record": row.record_id, "reports": sorted({one.id, other.id}), "stays": stays.id}, at=now)


def _own(session: Session, who: Holder, question_id: int) -> QuestionRow:
    row = merges.question(session, question_id)
    if row.review_id != who.review_id:
        raise NotFoundError("There is no such question in this review.")
    return row


def _reports(session: Session, row: QuestionRow) -> tuple[ReportRow, ReportRow]:
    """Return the two reports as they are now."""
    own = records.record(session, row.record_id).report_id
    if own is None:
        raise ConflictError("This record is being compared anew. Try again in a minute.")
    return records.report(session, own), records.survivor(session, row.report_id)


def _same(session: Session, row: QuestionRow, one: ReportRow, other: ReportRow, by: str, now: datetime) -> ReportRow:
    """Put two reports together, and return the one that stays: what people acted on most, else the older one."""
    if one.id == other.id:
        return one
    in_studies = studies.reports_in_studies(session, [one.id, other.id])
    acted = grouping.acted_on(session, [one.id, other.id])
    stays, goes = sorted((one, other), key=lambda report: (report.id not in in_studies, report.id not in acted, report.id))
    merges.take_together(session, _record_ids(session, one), _record_ids(session, other), now)
    _join_studies(session, stays, goes, now)
    grouping.bring_together(session, goes, stays, reason=f"a person said that they are the same ({row.reason})", by=by, at=now)
    return stays


def _join_studies(session: Session, stays: ReportRow, goes: ReportRow, now: datetime) -> None:
    """One document tells of one trial: where both belong to studies, these become one."""
    kept, lost = (studies.of_report(session, report.id) for report in (stays, goes))
    if kept is None or lost is None or kept[0].id == lost[0].id:
        return
    into, gone = sorted((kept[0], lost[0]), key=lambda study: study.id)
    together.put_together(session, gone, into, reason="their reports are one document, a person said", at=now)


def _record_ids(session: Session, report: ReportRow) -> list[int]:
    return [row.id for row in records.records_of(session, report.id)]
