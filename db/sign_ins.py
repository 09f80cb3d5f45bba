"""Sessions of people who signed in by a mailed link. A session's token is kept by its hash alone; passwords there are none."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from bot.links import fingerprint
from db.base import Base, Id
from db.people import PersonRow

IDLE = timedelta(hours=8)
LONGEST = timedelta(days=7)


class SignInRow(Base):
    """One browser that somebody signed in with. ended_at: when it was signed out or taken away."""

    __tablename__ = "sign_in"
    id: Mapped[Id]
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    token_sha256: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[datetime]
    last_used_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


def begin(session: Session, person_id: int, token: str, at: datetime) -> SignInRow:
    """Store a new session."""
    row = SignInRow(person_id=person_id, token_sha256=fingerprint(token), created_at=at, last_used_at=at)
    session.add(row)
    session.flush()
    return row


def holder(session: Session, token: str, now: datetime) -> tuple[SignInRow, PersonRow] | None:
    """Return the session and its active person; None if it is unknown, over, or its person has left."""
    row = session.scalars(select(SignInRow).where(SignInRow.token_sha256 == fingerprint(token))).one_or_none()
    if row is None or row.ended_at is not None or now >= row.created_at + LONGEST or now >= row.last_used_at + IDLE:
        return None
    person = session.get(PersonRow, row.person_id)
    return (row, person) if person is not None and person.state == "active" else None


def end_of_person(session: Session, person_id: int, at: datetime) -> None:
    """End every session of a person."""
    session.execute(update(SignInRow).where(SignInRow.person_id == person_id, SignInRow.ended_at.is_(None)).values(ended_at=at))


def end(session: Session, token: str, at: datetime) -> None:
    """End one session."""
    session.execute(update(SignInRow).where(SignInRow.token_sha256 == fingerprint(token), SignInRow.ended_at.is_(None)).values(ended_at=at))
