"""The rows behind the links in mails. How a token is made: bot/links.py."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ForeignKey, UniqueConstraint, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from bot.errors import LinkError
from bot.links import LinkKeys, fingerprint, token
from db.base import Base, Id, review_key
from db.people import PersonRow

TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")


class LinkRow(Base):
    """What one link opens, for whom and until when."""

    __tablename__ = "link"
    __table_args__ = (UniqueConstraint("purpose", "person_id", "subscriber_id", "subject_id", "revision", postgresql_nulls_not_distinct=True),)
    id: Mapped[Id]
    review_id: Mapped[int] = review_key()
    purpose: Mapped[str]
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    subscriber_id: Mapped[int | None] = mapped_column(ForeignKey("subscriber.id"))
    subject_id: Mapped[int | None]
    revision: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    key_id: Mapped[str]
    token_sha256: Mapped[str | None] = mapped_column(unique=True)


def create(session: Session, keys: LinkKeys, *, review_id: int, purpose: str, at: datetime, subject_id: int | None = None,
           person_id: int | None = None, subscriber_id: int | None = None, expires_at: datetime | None = None) -> LinkRow:
    """Return the live link of this purpose, person and subject; made now if there is none."""
    same = select(LinkRow).where(
        LinkRow.review_id == review_id, LinkRow.purpose == purpose, LinkRow.subject_id == subject_id,
        LinkRow.person_id == person_id, LinkRow.subscriber_id == subscriber_id).order_by(LinkRow.revision.desc())
    last = session.scalars(same).first()
    if last is not None and last.revoked_at is None and (last.expires_at is None or last.expires_at > at):
        return last
    row = LinkRow(review_id=review_id, purpose=purpose, person_id=person_id, subscriber_id=subscriber_id, subject_id=subject_id,
                  revision=last.revision + 1 if last else 1, created_at=at, expires_at=expires_at, key_id=keys.current)
    session.add(row)
    session.flush()
    row.token_sha256 = fingerprint(token(keys, row.key_id, purpose, row.id))
    session.flush()
    return row


def by_id(session: Session, link_id: int) -> LinkRow | None:
    """Return a link's row, or None."""
    return session.get(LinkRow, link_id)


def resolve(session: Session, token_text: str, purpose: str, now: datetime) -> LinkRow:
    """Return the row that a token opens. Raises LinkError with a sentence for the person who holds it."""
    if not TOKEN.fullmatch(token_text):
        raise LinkError("This link is not complete. Open it again from the mail, or copy the whole address.")
    row = session.scalars(select(LinkRow).where(LinkRow.token_sha256 == fingerprint(token_text))).one_or_none()
    if row is None or row.purpose != purpose:
        raise LinkError("This link is not known here. Open it again from the mail, or copy the whole address.")
    if row.revoked_at is not None:
        raise LinkError("This link was withdrawn. Ask the review team for a new one.")
    if row.expires_at is not None and row.expires_at <= now:
        raise LinkError(f"This link ended on {row.expires_at:%d %B %Y}. Ask the review team for a new one.")
    if row.person_id is not None:
        holder = session.get(PersonRow, row.person_id)
        if holder is None or holder.state != "active":
            raise LinkError("This link was withdrawn. Ask the review team for a new one.")
    return row


def hold(session: Session, link_id: int) -> LinkRow:
    """Return a link that nobody else uses until the end of the transaction."""
    return session.scalars(select(LinkRow).where(LinkRow.id == link_id).with_for_update().execution_options(populate_existing=True)).one()


def live_of_person(session: Session, person_id: int, now: datetime) -> Sequence[LinkRow]:
    """Return a person's links that still open something, newest first."""
    query = select(LinkRow).where(LinkRow.person_id == person_id, LinkRow.revoked_at.is_(None),
                                  (LinkRow.expires_at.is_(None)) | (LinkRow.expires_at > now))
    return session.scalars(query.order_by(LinkRow.id.desc())).all()


def revoke_of_person(session: Session, person_id: int, at: datetime, *, review_id: int | None = None) -> None:
    """End every link of a person, of one review alone where that is given."""
    ended = update(LinkRow).where(LinkRow.person_id == person_id, LinkRow.revoked_at.is_(None)).values(revoked_at=at)
    session.execute(ended if review_id is None else ended.where(LinkRow.review_id == review_id))
