"""Ratings of certainty (GRADE) as people signed them. Rows are added, never changed; the newest of an outcome and design holds."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from db.base import Base, Id, review_key


class CertaintyRatingRow(Base):
    """One signed rating of one body of evidence.

    basis_sha256: the hash of what was rated (estimate, risk of bias, thresholds); a rating on another basis is stale.
    decisions: domain → {steps, reason, suggested, suggestion, thresholds}, as the person decided beside what was suggested.
    level: `high`, `moderate`, `low`, `very low`. number: counts the ratings of this outcome and design.
    """

    __tablename__ = "certainty_rating"
    __table_args__ = (
        UniqueConstraint("review_id", "outcome", "design", "number"),
        CheckConstraint("level in ('high', 'moderate', 'low', 'very low')", name="level"),
        CheckConstraint("design in ('randomised', 'non_randomised')", name="design"),
    )
    id: Mapped[Id]
    review_id: Mapped[int] = review_key()
    protocol_version_id: Mapped[int] = mapped_column(ForeignKey("protocol_version.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    outcome: Mapped[str]
    design: Mapped[str]
    number: Mapped[int]
    basis_sha256: Mapped[str]
    decisions: Mapped[dict[str, Any]]
    level: Mapped[str]
    at: Mapped[datetime]


def add(session: Session, row: CertaintyRatingRow) -> CertaintyRatingRow:
    """Store a rating as the newest of its outcome and design."""
    last = newest(session, row.review_id).get((row.outcome, row.design))
    row.number = last.number + 1 if last else 1
    session.add(row)
    session.flush()
    return row


def newest(session: Session, review_id: int) -> Mapping[tuple[str, str], CertaintyRatingRow]:
    """Return (outcome, design) → the rating that holds."""
    last = select(func.max(CertaintyRatingRow.id)).where(CertaintyRatingRow.review_id == review_id).group_by(
        CertaintyRatingRow.outcome, CertaintyRatingRow.design)
    rows = session.scalars(select(CertaintyRatingRow).where(CertaintyRatingRow.id.in_(last)))
    return {(row.outcome, row.design): row for row in rows}
