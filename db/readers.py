"""The readers who get bulletins by mail. An address stands here alone; the audit knows the random `public_id`.

The people of a team: db/people.py.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from bot.errors import NotFoundError
from db.base import Base, Id, review_key


class SubscriberRow(Base):
    """Somebody who asked for the bulletins of a review. Mail goes to `confirmed` alone.

    wants: `every` bulletin, those with `changes`, or `quarterly`. outcomes: ids of those followed, empty for all. An erased reader has no
    address any more, and never comes back as this row.
    """

    __tablename__ = "subscriber"
    __table_args__ = (
        UniqueConstraint("review_id", "email_key"),
        CheckConstraint("state in ('pending', 'confirmed', 'unsubscribed')", name="state"),
        CheckConstraint("wants in ('every', 'changes', 'quarterly')", name="wants"),
    )
    id: Mapped[Id]
    public_id: Mapped[str] = mapped_column(unique=True)
    review_id: Mapped[int] = review_key()
    email: Mapped[str]
    email_key: Mapped[str]
    state: Mapped[str] = mapped_column(default="pending", index=True)
    wants: Mapped[str] = mapped_column(default="every", server_default="every")
    outcomes: Mapped[list[Any]] = mapped_column(default=list, server_default="[]")
    requests: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]
    requested_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]
    unsubscribed_at: Mapped[datetime | None]


def by(subscriber: SubscriberRow) -> str:
    """Return how the audit names this reader."""
    return f"reader:{subscriber.public_id}"


def new_public_id() -> str:
    """Return a random name for a reader."""
    return secrets.token_hex(8)


def subscriber(session: Session, subscriber_id: int) -> SubscriberRow:
    """Return a reader by row id. Raises NotFoundError."""
    row = session.get(SubscriberRow, subscriber_id)
    if row is None:
        raise NotFoundError(f"there is no reader {subscriber_id}")
    return row


def by_public_id(session: Session, public_id: str) -> SubscriberRow | None:
    """Return the reader whom the audit calls `reader:<public_id>`, or None."""
    return session.scalars(select(SubscriberRow).where(SubscriberRow.public_id == public_id)).one_or_none()


def by_email(session: Session, review_id: int, email: str) -> SubscriberRow | None:
    """Return the reader of a review with this address, however its letters are cased, or None."""
    query = select(SubscriberRow).where(SubscriberRow.review_id == review_id, SubscriberRow.email_key == email.casefold())
    return session.scalars(query).one_or_none()


def of_address(session: Session, email: str) -> Sequence[SubscriberRow]:
    """Return who reads with this address, in whatever review."""
    return session.scalars(select(SubscriberRow).where(SubscriberRow.email_key == email.casefold()).order_by(SubscriberRow.id)).all()


def add(session: Session, *, review_id: int, email: str, public_id: str, at: datetime) -> SubscriberRow:
    """Add a reader who has yet to confirm."""
    row = SubscriberRow(public_id=public_id, review_id=review_id, email=email, email_key=email.casefold(), state="pending",
                        requests=1, created_at=at, requested_at=at)
    session.add(row)
    session.flush()
    return row


def erase(session: Session, row: SubscriberRow, at: datetime) -> None:
    """Forget a reader's address for good. The row stays, without it, because sent mails point at it."""
    row.email = row.email_key = f"erased:{row.public_id}"
    row.state, row.unsubscribed_at, row.wants = "unsubscribed", row.unsubscribed_at or at, "every"
    row.outcomes = []
    session.flush()


def is_erased(row: SubscriberRow) -> bool:
    """Return whether a reader's address was forgotten."""
    return row.email_key == f"erased:{row.public_id}"


def confirmed_batch(session: Session, review_id: int, *, until: datetime, after_id: int, most: int) -> Sequence[SubscriberRow]:
    """Return up to `most` readers who had confirmed by `until`, by row id, those after `after_id`."""
    query = (select(SubscriberRow)
             .where(SubscriberRow.review_id == review_id, SubscriberRow.state == "confirmed",
                    SubscriberRow.confirmed_at <= until, SubscriberRow.id > after_id)
             .order_by(SubscriberRow.id).limit(most))
    return session.scalars(query).all()


def never_confirmed(session: Session, *, before: datetime, most: int) -> Sequence[SubscriberRow]:
    """Return up to `most` readers of any review who asked before this moment and never confirmed."""
    query = select(SubscriberRow).where(SubscriberRow.state == "pending", SubscriberRow.requested_at < before)
    return session.scalars(query.order_by(SubscriberRow.id).limit(most)).all()


def confirmed_count(session: Session, review_id: int) -> int:
    """Return how many readers get the bulletins of a review."""
    query = select(func.count()).where(SubscriberRow.review_id == review_id, SubscriberRow.state == "confirmed")
    return session.scalar(query.select_from(SubscriberRow)) or 0
