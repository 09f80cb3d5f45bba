"""What people decided on reports: rows are added, never changed. What the decisions come to: db/screening.py.

Blindness is held here: `own` gives one person's votes; `of_round` gives everybody's, to the step that settles, and to no page.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import CheckConstraint, ColumnElement, ForeignKey, UniqueConstraint, case, func, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from bot.domain.decisions import Decision
from db.base import Base, Id, review_key
from db.rounds import AssignmentRow, RoundItemRow


class DecisionRow(Base):
    """One vote. number: 1 for the first on this assignment; the highest one counts. protocol_version_id: what it was made under."""

    __tablename__ = "decision"
    __table_args__ = (
        UniqueConstraint("assignment_id", "number"),
        CheckConstraint("verdict in ('include', 'exclude', 'unsure')", name="verdict"),
        CheckConstraint("(verdict = 'exclude') = (criterion != '')", name="criterion"),
    )
    id: Mapped[Id]
    review_id: Mapped[int] = review_key()
    assignment_id: Mapped[int] = mapped_column(ForeignKey("assignment.id"))
    protocol_version_id: Mapped[int] = mapped_column(ForeignKey("protocol_version.id"))
    number: Mapped[int]
    verdict: Mapped[str]
    criterion: Mapped[str]
    note: Mapped[str]
    at: Mapped[datetime]
    by: Mapped[str]

    @property
    def decision(self) -> Decision:
        """What was decided."""
        return Decision(verdict=self.verdict, criterion=self.criterion, note=self.note)


def append(session: Session, assignment: AssignmentRow, decision: Decision, *, number: int, protocol_version_id: int,
           at: datetime) -> DecisionRow:
    """Store a vote and return its row. Raises ConflictError at the end of the transaction if the number is taken."""
    row = DecisionRow(review_id=assignment.review_id, assignment_id=assignment.id, protocol_version_id=protocol_version_id, number=number,
                      verdict=decision.verdict, criterion=decision.criterion, note=decision.note, at=at, by=session.info["by"])
    session.add(row)
    session.flush()
    session.execute(update(AssignmentRow).where(AssignmentRow.id == assignment.id).values(votes=number))
    return row


def own(session: Session, round_id: int, person_id: int) -> dict[int, DecisionRow]:
    """Return one person's latest votes in a round: assignment id → vote."""
    return _newest(session, AssignmentRow.round_id == round_id, AssignmentRow.person_id == person_id)


def own_on(session: Session, assignments: Sequence[AssignmentRow], person_id: int) -> dict[int, DecisionRow]:
    """Return one person's latest votes on these assignments: assignment id → vote; none on somebody else's."""
    return _newest(session, AssignmentRow.id.in_([one.id for one in assignments]), AssignmentRow.person_id == person_id)


def own_history(session: Session, assignment_id: int, person_id: int) -> Sequence[DecisionRow]:
    """Return one person's votes on one assignment, oldest first; none if it is somebody else's."""
    query = (select(DecisionRow).join(AssignmentRow, AssignmentRow.id == DecisionRow.assignment_id)
             .where(AssignmentRow.id == assignment_id, AssignmentRow.person_id == person_id).order_by(DecisionRow.number))
    return session.scalars(query).all()


def own_progress(session: Session, round_id: int, person_id: int) -> tuple[int, int]:
    """Return (records on one person's list that are theirs to decide, how many of them they decided)."""
    query = select(func.count(), func.count(case((AssignmentRow.votes > 0, 1)))).select_from(AssignmentRow).where(*_asked(round_id, person_id))
    asked, decided = session.execute(query).one()
    return asked, decided


def own_next(session: Session, round_id: int, person_id: int, *, after: int = 0) -> int | None:
    """Return the next place on one person's list without a vote: the first behind `after`, else the first of all, else None."""
    open_places = select(func.min(AssignmentRow.position)).where(*_asked(round_id, person_id), AssignmentRow.votes == 0)
    behind = session.scalar(open_places.where(AssignmentRow.position > after))
    return behind if behind is not None else session.scalar(open_places)


def own_open(session: Session, round_id: int, person_id: int) -> Sequence[AssignmentRow]:
    """Return what one person has still to decide, by its place on the list."""
    query = select(AssignmentRow).where(*_asked(round_id, person_id), AssignmentRow.votes == 0).order_by(AssignmentRow.position)
    return session.scalars(query).all()


def own_verdicts(session: Session, round_id: int, person_id: int) -> list[tuple[int, str]]:
    """Return (report id, verdict) of one person's latest votes in a round, in the order in which the records were first voted on."""
    votes = own(session, round_id, person_id)
    first = (select(AssignmentRow.id, AssignmentRow.report_id).join(DecisionRow, DecisionRow.assignment_id == AssignmentRow.id)
             .where(AssignmentRow.round_id == round_id, AssignmentRow.person_id == person_id)
             .group_by(AssignmentRow.id, AssignmentRow.report_id).order_by(func.min(DecisionRow.id)))
    return [(report_id, votes[key].verdict) for key, report_id in session.execute(first)]


def of_round(session: Session, round_id: int) -> dict[int, DecisionRow]:
    """Return everybody's latest votes in a round: assignment id → vote. For the steps that settle and remind alone."""
    return _newest(session, AssignmentRow.round_id == round_id)


def on(session: Session, assignments: Sequence[AssignmentRow]) -> dict[int, DecisionRow]:
    """Return the latest votes on these assignments: assignment id → vote. For the step that settles alone."""
    ids, found = [one.id for one in assignments], {}
    for start in range(0, len(ids), 500):
        found |= _newest(session, AssignmentRow.id.in_(ids[start:start + 500]))
    return found


def reports_voted_on(session: Session, round_id: int, *, since: int) -> frozenset[int]:
    """Return the reports of a round with votes later than the row id `since`."""
    query = select(AssignmentRow.report_id).join(DecisionRow, DecisionRow.assignment_id == AssignmentRow.id)
    return frozenset(session.scalars(query.where(AssignmentRow.round_id == round_id, DecisionRow.id > since)))


def reports_with_votes(session: Session, report_ids: Collection[int]) -> frozenset[int]:
    """Return which of these reports anybody has voted on, in whatever round."""
    query = select(AssignmentRow.report_id).join(DecisionRow, DecisionRow.assignment_id == AssignmentRow.id)
    return frozenset(session.scalars(query.where(AssignmentRow.report_id.in_(list(report_ids)))))


def count(session: Session) -> int:
    """Return how many votes there are in all, changed ones counted each time."""
    return session.scalar(select(func.count()).select_from(DecisionRow)) or 0


def last_id(session: Session, round_id: int) -> int:
    """Return the row id of the last vote in a round, 0 if there is none."""
    query = select(func.max(DecisionRow.id)).join(AssignmentRow, AssignmentRow.id == DecisionRow.assignment_id)
    return session.scalar(query.where(AssignmentRow.round_id == round_id)) or 0


def _newest(session: Session, *which: ColumnElement[bool]) -> dict[int, DecisionRow]:
    query = select(DecisionRow).join(AssignmentRow, AssignmentRow.id == DecisionRow.assignment_id).where(*which)
    # In the order of their numbers, so that the last one stays.
    return {row.assignment_id: row for row in session.scalars(query.order_by(DecisionRow.number))}


def _asked(round_id: int, person_id: int) -> tuple[ColumnElement[bool], ...]:
    merged = select(RoundItemRow.report_id).where(RoundItemRow.round_id == round_id, RoundItemRow.state == "merged")
    return AssignmentRow.round_id == round_id, AssignmentRow.person_id == person_id, AssignmentRow.report_id.not_in(merged)
