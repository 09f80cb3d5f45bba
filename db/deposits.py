"""Bulletins that were deposited in an archive such as Zenodo: how far each deposit came, and its DOI. The archive: bot/exchange/zenodo.py."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from db.base import Base, Id, review_key
from db.bulletins import BulletinRow

# DataCite's prefix of DOIs that lead nowhere.
FOR_TESTS = "10.5072/"


class DepositRow(Base):
    """The one deposit of a bulletin in an archive. state: `begun` before the archive is asked, `refused` where it certainly has nothing,
    `created`, `uploaded`, `published`. number: the archive's own; doi: reserved until it is published. sha256: of the file that went.
    """

    __tablename__ = "deposit"
    __table_args__ = (
        UniqueConstraint("bulletin_id", "archive"),
        CheckConstraint("state in ('begun', 'refused', 'created', 'uploaded', 'published')", name="state"),
    )
    id: Mapped[Id]
    review_id: Mapped[int] = review_key()
    bulletin_id: Mapped[int] = mapped_column(ForeignKey("bulletin.id"), index=True)
    archive: Mapped[str]
    state: Mapped[str]
    number: Mapped[str] = mapped_column(default="")
    doi: Mapped[str] = mapped_column(default="")
    page: Mapped[str] = mapped_column(default="")
    sha256: Mapped[str] = mapped_column(default="")
    begun_at: Mapped[datetime]
    published_at: Mapped[datetime | None]


def of_bulletin(session: Session, bulletin_id: int, archive: str) -> DepositRow | None:
    """Return the deposit of a bulletin in an archive, or None."""
    query = select(DepositRow).where(DepositRow.bulletin_id == bulletin_id, DepositRow.archive == archive)
    return session.scalars(query).one_or_none()


def add(session: Session, *, review_id: int, bulletin_id: int, archive: str, at: datetime) -> DepositRow:
    """Take down that a deposit begins."""
    row = DepositRow(review_id=review_id, bulletin_id=bulletin_id, archive=archive, state="begun", begun_at=at)
    session.add(row)
    session.flush()
    return row


def dois(session: Session, review_id: int) -> dict[int, str]:
    """Return number of the bulletin → DOI, by number, of the deposits that are published; one of a sandbox only where there is no other."""
    query = (select(BulletinRow.number, DepositRow.doi).join(BulletinRow, BulletinRow.id == DepositRow.bulletin_id)
             .where(DepositRow.review_id == review_id, DepositRow.state == "published", DepositRow.doi != "")
             .order_by(BulletinRow.number, DepositRow.id))
    found: dict[int, str] = {}
    for number, doi in session.execute(query):
        if number is not None and (number not in found or found[number].startswith(FOR_TESTS)):
            found[number] = doi
    return found
