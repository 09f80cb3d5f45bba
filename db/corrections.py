"""What editors said was wrong in a published bulletin. The bulletin stays as it is; rows are added, never changed.

Readers see it above the old bulletin at once, and the next bulletin names the old one.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ForeignKey, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from db.base import Base, Id, review_key


class CorrectionRow(Base):
    """One thing that was wrong. number: of the bulletin; what: in words, as readers see it."""

    __tablename__ = "correction"
    __table_args__ = (UniqueConstraint("review_id", "number", "what"),)
    id: Mapped[Id]
    review_id: Mapped[int] = review_key()
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    number: Mapped[int]
    what: Mapped[str]
    at: Mapped[datetime]


def add(session: Session, row: CorrectionRow) -> CorrectionRow:
    """Store what was wrong."""
    session.add(row)
    session.flush()
    return row


def of_review(session: Session, review_id: int) -> Sequence[CorrectionRow]:
    """Return everything that was wrong in a review's bulletins, the oldest first."""
    return session.scalars(select(CorrectionRow).where(CorrectionRow.review_id == review_id).order_by(CorrectionRow.id)).all()
