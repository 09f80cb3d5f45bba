"""The audit: one row for each thing that was done, by whom and when. Who did it is a random id, never an address."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ForeignKey, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from db.base import Base, Id


class EventRow(Base):
    """One thing that was done."""

    __tablename__ = "event"
    id: Mapped[Id]
    review_id: Mapped[int | None] = mapped_column(ForeignKey("review.id"), index=True)
    at: Mapped[datetime]
    by: Mapped[str]
    kind: Mapped[str] = mapped_column(index=True)
    subject: Mapped[str] = mapped_column(index=True)
    data: Mapped[dict[str, Any]]


def note(session: Session, *, review_id: int | None, kind: str, subject: str, data: dict[str, Any] | None = None,
         at: datetime | None = None) -> None:
    """Note in the audit that `kind` ("decision.made") was done to `subject` ("assignment:12") by whom the session writes for."""
    session.add(EventRow(review_id=review_id, at=at or datetime.now(UTC), by=session.info["by"], kind=kind, subject=subject,
                         data=data or {}))


def of_subject(session: Session, subject: str) -> Sequence[EventRow]:
    """Return what was done to `subject`, oldest first."""
    return session.scalars(select(EventRow).where(EventRow.subject == subject).order_by(EventRow.id)).all()


def of_kind(session: Session, review_id: int, kind: str) -> Sequence[EventRow]:
    """Return the events of one kind in a review, oldest first."""
    return session.scalars(select(EventRow).where(EventRow.review_id == review_id, EventRow.kind == kind).order_by(EventRow.id)).all()


def latest(session: Session, kinds: Sequence[str]) -> EventRow | None:
    """Return the newest event of one of these kinds in the whole site, or None."""
    return session.scalars(select(EventRow).where(EventRow.kind.in_(kinds)).order_by(EventRow.id.desc()).limit(1)).first()


def count(session: Session) -> int:
    """Return how many events there are: it grows whenever anybody does anything."""
    return session.scalar(select(func.count()).select_from(EventRow)) or 0
