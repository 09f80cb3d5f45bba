"""Bulletins: drafts, what the editor decided, and what was published. A published bulletin is never written again.

Its files are blobs (db/blobs.py); what it says is composed in bot/bulletin.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint, delete, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from bot.errors import ConflictError, NotFoundError
from db.base import Base, Id, review_key


class BulletinRow(Base):
    """One bulletin of a review, at most one for each cycle. `number` and `dated` are given at publication."""

    __tablename__ = "bulletin"
    __table_args__ = (
        UniqueConstraint("review_id", "number"),
        UniqueConstraint("review_id", "cycle_id"),
        CheckConstraint("state in ('draft', 'sent back', 'signed', 'published')", name="state"),
        CheckConstraint("status in ('first', 'no change', 'estimate updated', 'conclusion changed')", name="status"),
    )
    id: Mapped[Id]
    review_id: Mapped[int] = review_key()
    cycle_id: Mapped[int] = mapped_column(ForeignKey("cycle.id"), index=True)
    protocol_version_id: Mapped[int] = mapped_column(ForeignKey("protocol_version.id"))
    number: Mapped[int | None]
    dated: Mapped[str | None]
    state: Mapped[str] = mapped_column(default="draft", index=True)
    status: Mapped[str]
    content: Mapped[dict[str, Any]]
    content_sha256: Mapped[str]
    drafted_at: Mapped[datetime]
    sent_back_reason: Mapped[str | None]
    signed_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    signed_at: Mapped[datetime | None]
    published_at: Mapped[datetime | None]
    mailed_at: Mapped[datetime | None]


class BulletinFileRow(Base):
    """One file of a bulletin: a page, a text, a picture."""

    __tablename__ = "bulletin_file"
    __table_args__ = (UniqueConstraint("bulletin_id", "name"),)
    id: Mapped[Id]
    review_id: Mapped[int] = review_key()
    bulletin_id: Mapped[int] = mapped_column(ForeignKey("bulletin.id"), index=True)
    name: Mapped[str]
    media_type: Mapped[str]
    sha256: Mapped[str] = mapped_column(ForeignKey("blob.sha256"))


def bulletin(session: Session, bulletin_id: int) -> BulletinRow:
    """Return a bulletin by its row id. Raises NotFoundError."""
    row = session.get(BulletinRow, bulletin_id)
    if row is None:
        raise NotFoundError(f"there is no bulletin {bulletin_id}")
    return row


def of_cycle(session: Session, cycle_id: int) -> BulletinRow | None:
    """Return the bulletin of a cycle in whatever state, or None."""
    return session.scalars(select(BulletinRow).where(BulletinRow.cycle_id == cycle_id)).one_or_none()


def in_state(session: Session, review_id: int, state: str) -> Sequence[BulletinRow]:
    """Return the bulletins of a review that are in a state, oldest first."""
    query = select(BulletinRow).where(BulletinRow.review_id == review_id, BulletinRow.state == state).order_by(BulletinRow.id)
    return session.scalars(query).all()


def audit_ends(session: Session) -> list[dict[str, Any]]:
    """Return the end of the audit's chain (`events`, `sha256`) that each published bulletin of the site names."""
    contents = session.scalars(select(BulletinRow.content).where(BulletinRow.state == "published").order_by(BulletinRow.id))
    return [content["audit"] for content in contents if content.get("audit")]


def published(session: Session, review_id: int) -> Sequence[BulletinRow]:
    """Return the published bulletins of a review, newest first."""
    query = (select(BulletinRow).where(BulletinRow.review_id == review_id, BulletinRow.state == "published")
             .order_by(BulletinRow.number.desc()))
    return session.scalars(query).all()


def latest_published(session: Session, review_id: int, *, before_cycle: int | None = None) -> BulletinRow | None:
    """Return the newest published bulletin, of cycles before `before_cycle` (a row id) if that is given, or None."""
    query = select(BulletinRow).where(BulletinRow.review_id == review_id, BulletinRow.state == "published")
    if before_cycle is not None:
        query = query.where(BulletinRow.cycle_id < before_cycle)
    return session.scalars(query.order_by(BulletinRow.number.desc())).first()


def by_number(session: Session, review_id: int, number: int) -> BulletinRow:
    """Return a published bulletin by its number. Raises NotFoundError."""
    query = select(BulletinRow).where(BulletinRow.review_id == review_id, BulletinRow.number == number,
                                      BulletinRow.state == "published")
    row = session.scalars(query).one_or_none()
    if row is None:
        raise NotFoundError(f"This review has published no bulletin {number}.")
    return row


def not_yet_mailed(session: Session, review_id: int) -> Sequence[BulletinRow]:
    """Return the published bulletins whose mails are not all in the outbox yet."""
    query = select(BulletinRow).where(BulletinRow.review_id == review_id, BulletinRow.state == "published",
                                      BulletinRow.mailed_at.is_(None)).order_by(BulletinRow.number)
    return session.scalars(query).all()


def next_number(session: Session, review_id: int) -> int:
    """Return the number that the next bulletin of a review gets."""
    return (session.scalar(select(func.max(BulletinRow.number)).where(BulletinRow.review_id == review_id)) or 0) + 1


def files(session: Session, bulletin_id: int) -> Sequence[BulletinFileRow]:
    """Return the files of a bulletin by name."""
    query = select(BulletinFileRow).where(BulletinFileRow.bulletin_id == bulletin_id).order_by(BulletinFileRow.name)
    return session.scalars(query).all()


def file(session: Session, bulletin_id: int, name: str) -> BulletinFileRow:
    """Return one file of a bulletin. Raises NotFoundError."""
    query = select(BulletinFileRow).where(BulletinFileRow.bulletin_id == bulletin_id, BulletinFileRow.name == name)
    row = session.scalars(query).one_or_none()
    if row is None:
        raise NotFoundError(f"This bulletin has no file called {name}.")
    return row


def replace_files(session: Session, row: BulletinRow, stored: Mapping[str, tuple[str, str]]) -> None:
    """Make `stored` (name → media type, SHA-256) the files of a bulletin. Raises ConflictError for a published one."""
    if row.state == "published":
        raise ConflictError(f"Bulletin {row.number} is published and stays as it is; a correction is a new bulletin.")
    session.execute(delete(BulletinFileRow).where(BulletinFileRow.bulletin_id == row.id))
    session.add_all(
        BulletinFileRow(review_id=row.review_id, bulletin_id=row.id, name=name, media_type=media_type, sha256=sha256)
        for name, (media_type, sha256) in sorted(stored.items()))
    session.flush()
