"""What the people of a review declared: their interests, and the names they publish under. Rows are added; the newest of a person holds."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, ForeignKey, exists, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from db.base import Base, Id, review_key
from db.people import PersonRow, members, roles_of_review

HOLDS = timedelta(days=365)
# Before it ends people are asked again, so that nobody's links stop.
ASKED_BEFORE = timedelta(days=30)


class InterestsRow(Base):
    """One declaration. text: "" for none; also_known_as: other names on papers, by semicolons; orcid: "" if there is none."""

    __tablename__ = "interests"
    id: Mapped[Id]
    review_id: Mapped[int] = review_key()
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    text: Mapped[str]
    also_known_as: Mapped[str]
    orcid: Mapped[str]
    at: Mapped[datetime]
    until: Mapped[datetime]
    by: Mapped[str]


def declare(session: Session, *, review_id: int, person_id: int, text: str, also_known_as: str, orcid: str, at: datetime) -> InterestsRow:
    """Store a declaration, which holds for a year."""
    row = InterestsRow(review_id=review_id, person_id=person_id, text=text, also_known_as=also_known_as, orcid=orcid, at=at, until=at + HOLDS,
                       by=session.info["by"])
    session.add(row)
    session.flush()
    return row


def latest(session: Session, review_id: int, person_id: int) -> InterestsRow | None:
    """Return a person's newest declaration in a review, None if there never was one."""
    query = select(InterestsRow).where(InterestsRow.review_id == review_id, InterestsRow.person_id == person_id)
    return session.scalars(query.order_by(InterestsRow.id.desc())).first()


def of_review(session: Session, review_id: int) -> dict[int, InterestsRow]:
    """Return person id → newest declaration in a review."""
    query = select(InterestsRow).where(InterestsRow.review_id == review_id).order_by(InterestsRow.id)
    return {row.person_id: row for row in session.scalars(query)}


def to_ask(session: Session, review_id: int, now: datetime) -> Sequence[PersonRow]:
    """Return the active people of a review who never declared, or whose declaration ends soon or has ended."""
    declared = of_review(session, review_id)
    team = {person.id: person for role in roles_of_review(session, review_id) for person in members(session, review_id, role)}
    return [team[one] for one in sorted(team) if one not in declared or declared[one].until <= now + ASKED_BEFORE]


def forget(session: Session, person_id: int) -> None:
    """Forget what a person declared: the words, the names, the ORCID. That something was declared, and when, stays."""
    session.execute(update(InterestsRow).where(InterestsRow.person_id == person_id).values(text="", also_known_as="", orcid=""))


def holds_for(review_id: Any, person_id: Any, moment: Any) -> ColumnElement[bool]:
    """Return the condition that a person's declaration in a review holds at a moment; columns or values."""
    return exists().where(InterestsRow.review_id == review_id, InterestsRow.person_id == person_id, InterestsRow.until > moment)
