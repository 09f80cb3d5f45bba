"""Which records were put together and why, what a person is asked about, and what a person told apart.

The records and reports themselves: db/records.py, which gives these tables' queries as well where they touch records.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint, func, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from bot.errors import NotFoundError
from db.base import Base, Id, review_key

FIRST = "first record of this report"


class MergeRow(Base):
    """Why a record belongs to a report. undone: since when it holds no more, and on whose word; a live record has one row that holds."""

    __tablename__ = "merge"
    id: Mapped[Id]
    review_id: Mapped[int] = review_key()
    record_id: Mapped[int] = mapped_column(ForeignKey("record.id"), index=True)
    report_id: Mapped[int] = mapped_column(ForeignKey("report.id"), index=True)
    reason: Mapped[str]
    score: Mapped[float]
    by: Mapped[str]
    at: Mapped[datetime]
    undone_by: Mapped[str | None]
    undone_at: Mapped[datetime | None]


class QuestionRow(Base):
    """Two that may be the same: a person is asked. answer: `same`, `different`, None while nobody said."""

    __tablename__ = "merge_question"
    __table_args__ = (
        UniqueConstraint("record_id", "report_id"),
        CheckConstraint("answer in ('same', 'different')", name="answer"),
    )
    id: Mapped[Id]
    review_id: Mapped[int] = review_key()
    record_id: Mapped[int] = mapped_column(ForeignKey("record.id"))
    report_id: Mapped[int] = mapped_column(ForeignKey("report.id"))
    score: Mapped[float]
    reason: Mapped[str]
    differences: Mapped[list[Any]]
    at: Mapped[datetime]
    answer: Mapped[str | None]
    answered_by: Mapped[str | None]
    answered_at: Mapped[datetime | None]


class ApartRow(Base):
    """Two records (record_id < other_id) that a person said cite two reports: nothing brings them together again but a person.

    because: `question:<id>` or `merge:<id>`. withdrawn: a person said later that they are the same after all.
    """

    __tablename__ = "told_apart"
    __table_args__ = (CheckConstraint("record_id < other_id", name="ordered"),)
    id: Mapped[Id]
    review_id: Mapped[int] = review_key()
    record_id: Mapped[int] = mapped_column(ForeignKey("record.id"), index=True)
    other_id: Mapped[int] = mapped_column(ForeignKey("record.id"), index=True)
    because: Mapped[str]
    by: Mapped[str]
    at: Mapped[datetime]
    withdrawn_by: Mapped[str | None]
    withdrawn_at: Mapped[datetime | None]


def merge(session: Session, merge_id: int) -> MergeRow:
    """Return a merge by its row id; in a writing session nobody else changes it meanwhile. Raises NotFoundError."""
    row = session.get(MergeRow, merge_id, with_for_update="by" in session.info)
    if row is None:
        raise NotFoundError(f"there is no merge {merge_id}")
    return row


def question(session: Session, question_id: int) -> QuestionRow:
    """Return a question by its row id; in a writing session nobody else answers it meanwhile. Raises NotFoundError."""
    row = session.get(QuestionRow, question_id, with_for_update="by" in session.info)
    if row is None:
        raise NotFoundError(f"there is no question {question_id}")
    return row


def question_on(session: Session, record_id: int, report_id: int) -> QuestionRow | None:
    """Return the question whether this record cites this report, answered or not, or None."""
    query = select(QuestionRow).where(QuestionRow.record_id == record_id, QuestionRow.report_id == report_id)
    return session.scalars(query).one_or_none()


def live_merge(session: Session, record_id: int) -> MergeRow | None:
    """Return why a record belongs to its report now, or None."""
    query = select(MergeRow).where(MergeRow.record_id == record_id, MergeRow.undone_at.is_(None)).order_by(MergeRow.id.desc())
    return session.scalars(query).first()


def live_merges(session: Session, record_ids: Collection[int]) -> dict[int, MergeRow]:
    """Return record id → why it belongs to its report now, in the order of their ids."""
    wanted, found = sorted(record_ids), dict[int, MergeRow]()
    for start in range(0, len(wanted), 500):
        query = select(MergeRow).where(MergeRow.record_id.in_(wanted[start:start + 500]), MergeRow.undone_at.is_(None))
        found |= {row.record_id: row for row in session.scalars(query.order_by(MergeRow.record_id, MergeRow.id))}
    return found


def put_by(session: Session, record_ids: Collection[int], whom: str) -> frozenset[int]:
    """Return which of these records anybody of this kind ("person:") put into a report, whether or not that still holds."""
    wanted, found = sorted(record_ids), set[int]()
    for start in range(0, len(wanted), 500):
        query = select(MergeRow.record_id).where(MergeRow.record_id.in_(wanted[start:start + 500]), MergeRow.by.startswith(whom))
        found |= set(session.scalars(query))
    return frozenset(found)


def of_report(session: Session, report_id: int) -> Sequence[MergeRow]:
    """Return every merge into a report, those that hold no more among them, oldest first."""
    return session.scalars(select(MergeRow).where(MergeRow.report_id == report_id).order_by(MergeRow.id)).all()


def before(session: Session, row: MergeRow) -> int | None:
    """Return the report that a record belonged to before a merge, None if that was its first."""
    query = select(MergeRow.report_id).where(MergeRow.record_id == row.record_id, MergeRow.id < row.id).order_by(MergeRow.id.desc()).limit(1)
    return session.scalars(query).first()


def end(session: Session, row: MergeRow, at: datetime) -> None:
    """Say that a merge holds no more; it stays in the history."""
    row.undone_by, row.undone_at = session.info["by"], at


def tell_apart(session: Session, review_id: int, some: Collection[int], others: Collection[int], *, because: str, at: datetime) -> None:
    """Keep that a person said of these records that they cite other reports than those."""
    known = pairs_with(session, [*some, *others])
    for one in sorted(some):
        for other in sorted(others):
            low, high = sorted((one, other))
            if low != high and (low, high) not in known:
                session.add(ApartRow(review_id=review_id, record_id=low, other_id=high, because=because, by=session.info["by"], at=at))
    session.flush()


def take_together(session: Session, some: Collection[int], others: Collection[int], at: datetime) -> None:
    """Withdraw what was said before of these records and those, because a person says now that they are the same."""
    for row in _apart_rows(session, [*some, *others]):
        if (row.record_id in some and row.other_id in others) or (row.record_id in others and row.other_id in some):
            row.withdrawn_by, row.withdrawn_at = session.info["by"], at
    session.flush()


def apart_pairs(session: Session, record_ids: Collection[int]) -> frozenset[tuple[int, int]]:
    """Return the pairs among these records that a person told apart, the smaller id first."""
    wanted = set(record_ids)
    return frozenset(pair for pair in pairs_with(session, record_ids) if set(pair) <= wanted)


def pairs_with(session: Session, record_ids: Collection[int]) -> frozenset[tuple[int, int]]:
    """Return the pairs that a person told apart and that have any of these records, the smaller id first."""
    return frozenset((row.record_id, row.other_id) for row in _apart_rows(session, record_ids))


def apart_from(session: Session, record_ids: Collection[int]) -> frozenset[int]:
    """Return the records that a person told apart from any of these."""
    return frozenset(one for pair in pairs_with(session, record_ids) for one in pair)


def open_questions(session: Session, review_id: int) -> Sequence[QuestionRow]:
    """Return the pairs that wait for a person's word, oldest first."""
    query = select(QuestionRow).where(QuestionRow.review_id == review_id, QuestionRow.answer.is_(None)).order_by(QuestionRow.id)
    return session.scalars(query).all()


def answered_questions(session: Session, review_id: int, most: int) -> Sequence[QuestionRow]:
    """Return the pairs that a person decided on, the latest first."""
    query = select(QuestionRow).where(QuestionRow.review_id == review_id, QuestionRow.answer.is_not(None))
    return session.scalars(query.order_by(QuestionRow.answered_at.desc(), QuestionRow.id.desc()).limit(most)).all()


def joined(session: Session, review_id: int, *, skip: int, most: int) -> Sequence[MergeRow]:
    """Return the merges that hold, but those that began a report, the latest first."""
    query = select(MergeRow).where(MergeRow.review_id == review_id, MergeRow.undone_at.is_(None), MergeRow.reason != FIRST)
    return session.scalars(query.order_by(MergeRow.id.desc()).offset(skip).limit(most)).all()


def joined_count(session: Session, review_id: int) -> int:
    """Return how many merges hold, but those that began a report."""
    query = select(func.count()).select_from(MergeRow).where(
        MergeRow.review_id == review_id, MergeRow.undone_at.is_(None), MergeRow.reason != FIRST)
    return session.scalar(query) or 0


def _apart_rows(session: Session, record_ids: Collection[int]) -> list[ApartRow]:
    wanted, found = sorted(set(record_ids)), dict[int, ApartRow]()
    for start in range(0, len(wanted), 500):
        part = wanted[start:start + 500]
        query = select(ApartRow).where(or_(ApartRow.record_id.in_(part), ApartRow.other_id.in_(part)), ApartRow.withdrawn_at.is_(None))
        found |= {row.id: row for row in session.scalars(query)}
    return list(found.values())
