"""Where the full text of a report can be read without paying: links that sources named, each once. What a person downloads is not here."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import ForeignKey, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from bot.domain.full_texts import FullTextLink as FullTextLink
from db.base import Base, Id, review_key


class FullTextRow(Base):
    """A link to the full text of a report; the fields are those of bot/domain/full_texts.py. link "": the source knows of none."""

    __tablename__ = "full_text"
    __table_args__ = (UniqueConstraint("report_id", "source", "link"),)
    id: Mapped[Id]
    review_id: Mapped[int] = review_key()
    report_id: Mapped[int] = mapped_column(ForeignKey("report.id"), index=True)
    source: Mapped[str]
    link: Mapped[str]
    version: Mapped[str]
    licence: Mapped[str]
    seen_at: Mapped[datetime]


def keep(session: Session, *, review_id: int, report_id: int, source: str, links: Sequence[FullTextLink], at: datetime) -> int:
    """Keep what a source answered about a report, that it knows of no link too, and return how many links are new."""
    known = {row.link: row for row in session.scalars(
        select(FullTextRow).where(FullTextRow.report_id == report_id, FullTextRow.source == source))}
    new = 0
    for one in links or (FullTextLink(source, ""),):
        if (row := known.get(one.link)) is not None:
            row.seen_at = at
            continue
        session.add(FullTextRow(review_id=review_id, report_id=report_id, source=source, link=one.link, version=one.version,
                                licence=one.licence, seen_at=at))
        new += bool(one.link)
    session.flush()
    return new


def links_of(session: Session, report_ids: Collection[int]) -> dict[int, list[FullTextLink]]:
    """Return report id → links to its full text, those of published versions first."""
    found: dict[int, list[FullTextLink]] = {}
    wanted = sorted(set(report_ids))
    for start in range(0, len(wanted), 500):
        query = select(FullTextRow).where(FullTextRow.report_id.in_(wanted[start:start + 500]), FullTextRow.link != "")
        for row in session.scalars(query.order_by(FullTextRow.version != "publishedVersion", FullTextRow.id)):
            found.setdefault(row.report_id, []).append(FullTextLink(row.source, row.link, row.version, row.licence))
    return found


def asked_since(session: Session, review_id: int, source: str, since: datetime) -> frozenset[int]:
    """Return the reports about which a source was asked since a moment."""
    query = select(FullTextRow.report_id).where(FullTextRow.review_id == review_id, FullTextRow.source == source, FullTextRow.seen_at >= since)
    return frozenset(session.scalars(query))
