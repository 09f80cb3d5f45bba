"""A person says that a record was put into the wrong report: it leaves, and never comes back by itself."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.errors import InvalidInputError, NotFoundError
from bot.steps.records import grouping
from bot.steps.records.answer_question import ACTION, PURPOSE
from bot.steps.studies.holders import holder
from db import belonging, events, merges, records
from db.belonging import PERSON
from db.merges import FIRST, MergeRow
from db.records import ReportRow
from db.session import Database, Session


def undo_merge(*, database: Database, token: str, merge_id: int, by: str, now: datetime) -> None:
    """Take a record (with those that a person moved together with it) out of its report. Undone already: nothing changes.

    Raises LinkError, RefusedError, NotFoundError (no such merge here), InvalidInputError (it is the record that the report began with).
    """
    with database.writing(by=by) as session:
        who = holder(session, token, PURPOSE, ACTION, now)
        row = merges.merge(session, merge_id)
        if row.review_id != who.review_id:
            raise NotFoundError("There is no such merge in this review.")
        if row.undone_at is not None:
            return
        if row.reason == FIRST:
            raise InvalidInputError("The report began with this record. Undo the merges of the others instead.")
        moved = _moved_with(session, row)
        left = [one.id for one in records.records_of(session, row.report_id) if one.id not in {merge.record_id for merge in moved}]
        made = _take_out(session, moved, by, now)
        out = [merge.record_id for merge in moved]
        merges.tell_apart(session, row.review_id, out, left, because=f"merge:{row.id}", at=now)
        for record_id in out:
            question = merges.question_on(session, record_id, row.report_id)
            if question is not None:
                question.answer, question.answered_by, question.answered_at = "different", by, now
        belonging.drop_settled_questions(session, row.review_id)
        events.note(session, review_id=row.review_id, kind="merge.undone", subject=f"merge:{row.id}",
                    data={"records": out, "from": row.report_id, "to": made.id}, at=now)


def _moved_with(session: Session, row: MergeRow) -> list[MergeRow]:
    """Return the merges that one word of a person brought about; of a merge without a person, that one alone."""
    if not row.by.startswith(PERSON):
        return [row]
    return [one for one in merges.of_report(session, row.report_id)
            if one.undone_at is None and one.reason != FIRST and (one.by, one.at) == (row.by, row.at)]


def _take_out(session: Session, moved: Sequence[MergeRow], by: str, now: datetime) -> ReportRow:
    """Give the records a report of their own: the one that they came from if it is empty, so that what was decided on it holds again."""
    rows = [records.record(session, merge.record_id) for merge in moved]
    left = records.report(session, moved[0].report_id)
    before = _came_from(session, moved)
    if before is None:
        return grouping.split_off(session, rows, reason="they were together before a person undid a merge", by=by, at=now)
    before.merged_into = None
    for row in rows:
        belonging.move(session, row, before, reason="a person undid a merge", score=1.0, by=by, at=now)
    for report in (before, left):
        grouping.renewed(session, report)
        belonging.begin_again(session, report, records.records_of(session, report.id), by=by, at=now)
    return before


def _came_from(session: Session, moved: Sequence[MergeRow]) -> ReportRow | None:
    last = {merges.before(session, merge) for merge in moved}
    report_id = next(iter(last)) if len(last) == 1 else None
    found = records.report(session, report_id) if report_id is not None else None
    return found if found is not None and found.merged_into is not None and not records.records_of(session, found.id) else None
