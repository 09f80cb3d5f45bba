"""Which studies may be one trial, what people said to that, and studies that were put together (and taken apart again).

Studies and the reports of each: db/studies.py. What speaks for a link: bot/methods/studies/linking.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from bot.errors import NotFoundError
from db import effects, estimates
from db.base import Base, Id, review_key
from db.studies import StudyRow


class StudyQuestionRow(Base):
    """Two studies (study_id < other_id) that may be one trial: a person is asked. report_id: the report that gave rise to it.

    reasons, against: sentences that speak for one trial, and against it. answer: None while nobody said.
    """

    __tablename__ = "study_question"
    __table_args__ = (
        UniqueConstraint("study_id", "other_id"),
        CheckConstraint("study_id < other_id", name="ordered"),
        CheckConstraint("answer in ('same', 'different')", name="answer"),
    )
    id: Mapped[Id]
    review_id: Mapped[int] = review_key()
    study_id: Mapped[int] = mapped_column(ForeignKey("study.id"))
    other_id: Mapped[int] = mapped_column(ForeignKey("study.id"), index=True)
    report_id: Mapped[int | None] = mapped_column(ForeignKey("report.id"))
    reasons: Mapped[list[Any]]
    against: Mapped[list[Any]]
    at: Mapped[datetime]
    answer: Mapped[str | None]
    answered_by: Mapped[str | None]
    answered_at: Mapped[datetime | None]


class StudyMergeRow(Base):
    """A study that was put together with another one, and what went with it, so that it can be undone.

    moved: {"reports": link row ids, "effects": [[effect id, state before]], "state": …, "extraction": …, "results_awaited": … of both}.
    """

    __tablename__ = "study_merge"
    id: Mapped[Id]
    review_id: Mapped[int] = review_key()
    study_id: Mapped[int] = mapped_column(ForeignKey("study.id"), index=True)
    into_id: Mapped[int] = mapped_column(ForeignKey("study.id"), index=True)
    reason: Mapped[str]
    moved: Mapped[dict[str, Any]]
    by: Mapped[str]
    at: Mapped[datetime]
    undone_by: Mapped[str | None]
    undone_at: Mapped[datetime | None]


def question(session: Session, question_id: int) -> StudyQuestionRow:
    """Return a question by its row id; in a writing session nobody else answers it meanwhile. Raises NotFoundError."""
    row = session.get(StudyQuestionRow, question_id, with_for_update="by" in session.info)
    if row is None:
        raise NotFoundError(f"there is no question {question_id}")
    return row


def merge(session: Session, merge_id: int) -> StudyMergeRow:
    """Return by its row id how two studies were put together. Raises NotFoundError."""
    row = session.get(StudyMergeRow, merge_id, with_for_update="by" in session.info)
    if row is None:
        raise NotFoundError(f"there is no such step that put two studies together: {merge_id}")
    return row


def ask(session: Session, review_id: int, one: int, other: int, *, report_id: int | None, reasons: Sequence[str], against: Sequence[str],
        at: datetime) -> StudyQuestionRow | None:
    """Ask whether two studies are one trial, and return the question; None if that was asked before, or is one study already."""
    low, high = sorted((one, other))
    query = select(StudyQuestionRow).where(StudyQuestionRow.study_id == low, StudyQuestionRow.other_id == high)
    if low == high or session.scalars(query).one_or_none() is not None:
        return None
    row = StudyQuestionRow(review_id=review_id, study_id=low, other_id=high, report_id=report_id, reasons=list(reasons),
                           against=list(against), at=at)
    session.add(row)
    session.flush()
    return row


def say(session: Session, review_id: int, one: int, other: int, *, answer: str, reason: str, at: datetime) -> StudyQuestionRow:
    """Keep what a person says of two studies, whether that was asked or not."""
    low, high = sorted((one, other))
    query = select(StudyQuestionRow).where(StudyQuestionRow.study_id == low, StudyQuestionRow.other_id == high)
    row = session.scalars(query).one_or_none() or StudyQuestionRow(
        review_id=review_id, study_id=low, other_id=high, report_id=None, reasons=[reason], against=[], at=at)
    row.answer, row.answered_by, row.answered_at = answer, session.info["by"], at
    session.add(row)
    session.flush()
    return row


def questions(session: Session, review_id: int) -> Sequence[StudyQuestionRow]:
    """Return every question about two studies, answered or not, oldest first."""
    return session.scalars(select(StudyQuestionRow).where(StudyQuestionRow.review_id == review_id).order_by(StudyQuestionRow.id)).all()


def open_pairs(session: Session, review_id: int) -> list[tuple[StudyQuestionRow, int, int]]:
    """Return (question, study, other study) for what waits for a person, with the studies as they are now; what is one by now is left out."""
    rows = [row for row in questions(session, review_id) if row.answer is None]
    if not rows:
        return []
    into = _went(session, review_id)
    found = [(row, _now(into, row.study_id), _now(into, row.other_id)) for row in rows]
    apart, seen = apart_pairs(session, review_id), set[frozenset[int]]()
    kept: list[tuple[StudyQuestionRow, int, int]] = []
    for row, one, other in found:
        pair = frozenset((one, other))
        if one != other and pair not in apart and pair not in seen:
            seen.add(pair)
            kept.append((row, one, other))
    return kept


def apart_pairs(session: Session, review_id: int) -> frozenset[frozenset[int]]:
    """Return the pairs of studies, as they are now, that a person told apart."""
    into = _went(session, review_id)
    return frozenset(frozenset((_now(into, row.study_id), _now(into, row.other_id)))
                     for row in questions(session, review_id) if row.answer == "different")


def held_back(session: Session, review_id: int) -> frozenset[int]:
    """Return the studies that may not be pooled: a person has not said whether they are one trial with another that is.

    What was pooled last goes first, then the study that is known longer: of two that may be one, never both are pooled.
    """
    doubtful = [(one, other) for _, one, other in open_pairs(session, review_id)]
    if not doubtful:
        return frozenset()
    pooled = {member["study_id"] for row in estimates.latest_estimates(session, review_id) for member in row.members}
    usable = {row.study_id for row in effects.effects_of(session, review_id)}
    taken, held = set[int](), set[int]()
    for study in sorted(usable, key=lambda one: (one not in pooled, one)):
        others = {other if one == study else one for one, other in doubtful if study in (one, other)}
        (held if others & taken else taken).add(study)
    return frozenset(held)


def add_merge(session: Session, row: StudyMergeRow) -> StudyMergeRow:
    """Store that two studies were put together."""
    session.add(row)
    session.flush()
    return row


def merges(session: Session, review_id: int) -> Sequence[StudyMergeRow]:
    """Return the studies that were put together and still are, oldest first."""
    query = select(StudyMergeRow).where(StudyMergeRow.review_id == review_id, StudyMergeRow.undone_at.is_(None))
    return session.scalars(query.order_by(StudyMergeRow.id)).all()


def later_merges(session: Session, row: StudyMergeRow) -> Sequence[StudyMergeRow]:
    """Return what was put together with the target of a merge after it, and still is: that is undone first."""
    ids = (row.study_id, row.into_id)
    query = select(StudyMergeRow).where(
        StudyMergeRow.id > row.id, StudyMergeRow.undone_at.is_(None),
        or_(StudyMergeRow.study_id.in_(ids), StudyMergeRow.into_id == row.study_id))
    return session.scalars(query.order_by(StudyMergeRow.id)).all()


def _went(session: Session, review_id: int) -> dict[int, int]:
    query = select(StudyRow.id, StudyRow.merged_into).where(StudyRow.review_id == review_id, StudyRow.merged_into.is_not(None))
    return {study: into for study, into in session.execute(query).tuples() if into is not None}


def _now(into: dict[int, int], study: int) -> int:
    while study in into:
        study = into[study]
    return study
