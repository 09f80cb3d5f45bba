"""Which record belongs to which report, and what is settled between two reports: questions over db/records.py and db/merges.py together.

No table of its own. Who decides that a record moves: bot/steps/records.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from bot.domain.records import Record
from db.merges import FIRST, QuestionRow, apart_from, apart_pairs, end, live_merge, live_merges, open_questions
from db.records import RecordRow, ReportRow, as_fields, join, record, records_of, survivor

PERSON = "person:"


def move(session: Session, row: RecordRow, report_row: ReportRow, *, reason: str, score: float, by: str, at: datetime) -> None:
    """Say that a record cites this report, and no other any more. Afterwards, `renew` the reports that changed."""
    if row.report_id is not None and (before := live_merge(session, row.id)) is not None:
        end(session, before, at)
    join(session, row, report_row.id, reason=reason, score=score, by=by, at=at)
    session.flush()


def renew(session: Session, report_row: ReportRow, *, merged: Record) -> None:
    """Give a report the best of each field of its records. If one of them left it, see `begin_again`."""
    report_row.fields, report_row.title = as_fields(merged), merged.title
    session.flush()


def begin_again(session: Session, report_row: ReportRow, rows: Sequence[RecordRow], *, by: str, at: datetime) -> None:
    """See to it that a report began with one of the records that it has now (at least one, oldest first): else with the oldest of them."""
    held = live_merges(session, [row.id for row in rows])
    if not any(why.reason == FIRST for why in held.values()):
        first, why = rows[0], held.get(rows[0].id)
        if why is not None:
            end(session, why, at)
        join(session, first, report_row.id, reason=FIRST, score=1.0, by=by, at=at)
        report_row.first_cycle_id = first.cycle_id
        session.flush()


def told_apart(session: Session, record_ids: Collection[int]) -> frozenset[int]:
    """Return the reports that a person said these records do not cite: they never join them again by themselves."""
    others = sorted(apart_from(session, record_ids) - set(record_ids))
    found: set[int] = set()
    for start in range(0, len(others), 500):
        query = select(RecordRow.report_id).where(RecordRow.id.in_(others[start:start + 500]), RecordRow.report_id.is_not(None))
        found |= {report_id for report_id in session.scalars(query) if report_id is not None}
    return frozenset(found)


def nearly_the_same(session: Session, record_ids: Collection[int], report_id: int, least: float) -> frozenset[int]:
    """Return the reports that an open question of at least this score keeps from these records, or from this report."""
    asked = select(QuestionRow, RecordRow.report_id).join(RecordRow, RecordRow.id == QuestionRow.record_id).where(
        QuestionRow.answer.is_(None), QuestionRow.score >= least,
        or_(QuestionRow.record_id.in_(list(record_ids)), QuestionRow.report_id == report_id))
    return frozenset(found for row, own in session.execute(asked).tuples()
                     for found in (own, survivor(session, row.report_id).id) if found is not None)


def put_together(session: Session, record_ids: Collection[int]) -> list[tuple[int, int]]:
    """Return the pairs among these records that a person put into one report: each with the record that the report began with."""
    rows = live_merges(session, record_ids).values()
    began = {row.report_id: row.record_id for row in rows if row.reason == FIRST}
    return [(row.record_id, began[row.report_id]) for row in rows if row.by.startswith(PERSON) and row.record_id != began.get(row.report_id)
            and row.report_id in began]


def is_settled_between(session: Session, one: int, other: int) -> bool:
    """Return whether a person told two reports apart already, or is asked about them now."""
    mine, theirs = ({row.id for row in records_of(session, report_id)} for report_id in (one, other))
    if any((low in mine and high in theirs) or (low in theirs and high in mine) for low, high in apart_pairs(session, mine | theirs)):
        return True
    asked = select(QuestionRow).where(QuestionRow.answer.is_(None), QuestionRow.record_id.in_(mine | theirs))
    return any({survivor(session, row.report_id).id, record(session, row.record_id).report_id} == {one, other}
               for row in session.scalars(asked))


def drop_settled_questions(session: Session, review_id: int) -> None:
    """Take away the open questions that are none any more: the two are one report by now, or were told apart by an answer to another one."""
    for row in open_questions(session, review_id):
        own, other = record(session, row.record_id).report_id, survivor(session, row.report_id).id
        mine, theirs = ({one.id for one in records_of(session, report_id)} for report_id in (own or 0, other))
        pairs = apart_pairs(session, mine | theirs)
        if own == other or any((low in mine) != (high in mine) for low, high in pairs):
            session.delete(row)
    session.flush()
