"""Remarks of lived-experience members on drafts, for the editor who signs. Rows are added; a person's newest on a bulletin holds."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ForeignKey, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from db.base import Base, Id, review_key


class RemarkRow(Base):
    """What somebody said of a draft. content_sha256: the very draft that was on the page; clear: whether the answers are plain."""

    __tablename__ = "remark"
    id: Mapped[Id]
    review_id: Mapped[int] = review_key()
    bulletin_id: Mapped[int] = mapped_column(ForeignKey("bulletin.id"), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    content_sha256: Mapped[str]
    clear: Mapped[str]
    text: Mapped[str]
    at: Mapped[datetime]


def add(session: Session, row: RemarkRow) -> RemarkRow:
    """Store a remark."""
    session.add(row)
    session.flush()
    return row


def of_bulletin(session: Session, bulletin_id: int) -> Sequence[RemarkRow]:
    """Return the newest remark of each person on a bulletin, oldest first."""
    newest = select(func.max(RemarkRow.id)).where(RemarkRow.bulletin_id == bulletin_id).group_by(RemarkRow.person_id)
    return session.scalars(select(RemarkRow).where(RemarkRow.id.in_(newest)).order_by(RemarkRow.id)).all()
