"""What editors signed about the set of trials of an outcome: that it is complete to a day, or that it is not any more. Rows are added, never
changed; the newest of an outcome holds. What follows from it for the number that leads: bot/bulletin/compose.py."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from db.base import Base, Id, review_key


class CompletenessRow(Base):
    """One signature on one outcome's set. state: `complete` or `withdrawn`; basis: why, in words.

    searched_to: the day (ISO) to which it is complete.
    """

    __tablename__ = "completeness"
    __table_args__ = (CheckConstraint("state in ('complete', 'withdrawn')", name="state"),)
    id: Mapped[Id]
    review_id: Mapped[int] = review_key()
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    outcome: Mapped[str]
    state: Mapped[str]
    searched_to: Mapped[str]
    basis: Mapped[str]
    at: Mapped[datetime]


def newest(session: Session, review_id: int) -> Mapping[str, CompletenessRow]:
    """Return outcome → what was signed of it last."""
    last = select(func.max(CompletenessRow.id)).where(CompletenessRow.review_id == review_id).group_by(CompletenessRow.outcome)
    return {row.outcome: row for row in session.scalars(select(CompletenessRow).where(CompletenessRow.id.in_(last)))}


def complete_to(session: Session, review_id: int) -> Mapping[str, date]:
    """Return outcome → the day to which an editor signed that its set is complete; an outcome without such a signature is absent."""
    return {outcome: date.fromisoformat(row.searched_to) for outcome, row in newest(session, review_id).items() if row.state == "complete"}
