"""Reviews, the versions of their protocols, and their cycles."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from bot.errors import NotFoundError
from db.base import Base, Id, review_key


class ReviewRow(Base):
    """A review on this site."""

    __tablename__ = "review"
    id: Mapped[Id]
    slug: Mapped[str] = mapped_column(unique=True)
    title: Mapped[str]
    created_at: Mapped[datetime]


class ProtocolVersionRow(Base):
    """One version of a review's protocol, named by the hash of its files."""

    __tablename__ = "protocol_version"
    id: Mapped[Id]
    review_id: Mapped[int] = review_key()
    version: Mapped[str]
    dated: Mapped[str]
    sha256: Mapped[str]
    activated_at: Mapped[datetime]


class CycleRow(Base):
    """One scheduled round of a review: at most one per period, whatever the clock does."""

    __tablename__ = "cycle"
    __table_args__ = (
        UniqueConstraint("review_id", "period"),
        UniqueConstraint("review_id", "number"),
        CheckConstraint("state in ('searching', 'reviewing', 'drafted', 'published')", name="state"),
    )
    id: Mapped[Id]
    review_id: Mapped[int] = review_key()
    number: Mapped[int]
    period: Mapped[str]
    protocol_version_id: Mapped[int] = mapped_column(ForeignKey("protocol_version.id"))
    state: Mapped[str] = mapped_column(default="searching")
    degraded: Mapped[bool] = mapped_column(default=False)
    started_at: Mapped[datetime]
    window_to: Mapped[datetime]
    account: Mapped[dict[str, Any]] = mapped_column(default=dict)


def ensure(session: Session, *, slug: str, title: str, at: datetime) -> ReviewRow:
    """Return the review called `slug`, made now if there is none."""
    row = session.scalars(select(ReviewRow).where(ReviewRow.slug == slug)).one_or_none()
    if row is None:
        row = ReviewRow(slug=slug, title=title, created_at=at)
        session.add(row)
        session.flush()
    return row


def activate_protocol(session: Session, *, review_id: int, version: str, dated: str, sha256: str, at: datetime) -> ProtocolVersionRow:
    """Make this protocol the review's current one and return its row; one that is current already stays as it is."""
    if is_current(session, review_id, sha256):
        return current_protocol_version(session, review_id)
    # A protocol that was current before and comes back is a new row: what was decided in between names its own version.
    row = ProtocolVersionRow(review_id=review_id, version=version, dated=dated, sha256=sha256, activated_at=at)
    session.add(row)
    session.flush()
    return row


def is_current(session: Session, review_id: int, sha256: str) -> bool:
    """Return whether the protocol with this hash is the review's current one."""
    query = select(ProtocolVersionRow.sha256).where(ProtocolVersionRow.review_id == review_id).order_by(ProtocolVersionRow.id.desc())
    return session.scalars(query).first() == sha256


def current_protocol_version(session: Session, review_id: int) -> ProtocolVersionRow:
    """Return the version of the protocol that was activated last. Raises NotFoundError."""
    query = select(ProtocolVersionRow).where(ProtocolVersionRow.review_id == review_id).order_by(ProtocolVersionRow.id.desc())
    row = session.scalars(query).first()
    if row is None:
        raise NotFoundError(f"review {review_id} has no protocol yet")
    return row


def protocol_version(session: Session, protocol_version_id: int) -> ProtocolVersionRow:
    """Return a version of a protocol by its row id. Raises NotFoundError."""
    row = session.get(ProtocolVersionRow, protocol_version_id)
    if row is None:
        raise NotFoundError(f"there is no protocol version {protocol_version_id}")
    return row


def review_by_slug(session: Session, slug: str) -> ReviewRow:
    """Return the review called `slug`. Raises NotFoundError."""
    row = session.scalars(select(ReviewRow).where(ReviewRow.slug == slug)).one_or_none()
    if row is None:
        raise NotFoundError(f"there is no review called {slug!r} here")
    return row


def review(session: Session, review_id: int) -> ReviewRow:
    """Return a review by its row id. Raises NotFoundError."""
    row = session.get(ReviewRow, review_id)
    if row is None:
        raise NotFoundError(f"there is no review {review_id}")
    return row


def all_reviews(session: Session) -> Sequence[ReviewRow]:
    """Return the reviews on this site, oldest first."""
    return session.scalars(select(ReviewRow).order_by(ReviewRow.id)).all()


def begin_cycle(session: Session, *, review_id: int, period: str, protocol_version_id: int, at: datetime) -> CycleRow:
    """Return the cycle of a period, begun now if there is none."""
    row = cycle_of_period(session, review_id, period)
    if row is None:
        last = session.scalar(select(func.max(CycleRow.number)).where(CycleRow.review_id == review_id)) or 0
        row = CycleRow(review_id=review_id, number=last + 1, period=period, protocol_version_id=protocol_version_id,
                       started_at=at, window_to=at, account={})
        session.add(row)
        session.flush()
    return row


def cycle(session: Session, cycle_id: int) -> CycleRow:
    """Return a cycle by its row id. Raises NotFoundError."""
    row = session.get(CycleRow, cycle_id)
    if row is None:
        raise NotFoundError(f"there is no cycle {cycle_id}")
    return row


def cycle_of_period(session: Session, review_id: int, period: str) -> CycleRow | None:
    """Return the cycle of a period ("2025-02"), or None."""
    return session.scalars(select(CycleRow).where(CycleRow.review_id == review_id, CycleRow.period == period)).one_or_none()


def cycles(session: Session, review_id: int) -> Sequence[CycleRow]:
    """Return the cycles of a review, oldest first."""
    return session.scalars(select(CycleRow).where(CycleRow.review_id == review_id).order_by(CycleRow.number)).all()


def latest_cycle(session: Session, review_id: int) -> CycleRow | None:
    """Return the newest cycle of a review, or None."""
    query = select(CycleRow).where(CycleRow.review_id == review_id).order_by(CycleRow.number.desc())
    return session.scalars(query).first()
