"""The people who run a review, and what they are in it. Readers: db/readers.py."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint, delete, func, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from bot.errors import NotFoundError
from db import events
from db.base import Base, Id, review_key

ROLES = ("reviewer", "third_reviewer", "extractor", "lived_experience", "editor")


class PersonRow(Base):
    """Somebody of a team. `public_id` is random: it alone stands in the audit."""

    __tablename__ = "person"
    __table_args__ = (CheckConstraint("state in ('active', 'revoked')", name="state"),)
    id: Mapped[Id]
    public_id: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    email: Mapped[str] = mapped_column(unique=True)
    state: Mapped[str] = mapped_column(default="active")
    created_at: Mapped[datetime]


class MembershipRow(Base):
    """What a person is in a review. away_until: the same in all roles of a person there; None: is here."""

    __tablename__ = "membership"
    __table_args__ = (
        UniqueConstraint("review_id", "person_id", "role"),
        CheckConstraint("role in ('reviewer', 'third_reviewer', 'extractor', 'lived_experience', 'editor')", name="role"),
    )
    id: Mapped[Id]
    review_id: Mapped[int] = review_key()
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    role: Mapped[str]
    away_until: Mapped[datetime | None]


def by(person: PersonRow) -> str:
    """Return how the audit names this person."""
    return f"person:{person.public_id}"


def add(session: Session, *, review_id: int, name: str, email: str, role: str, at: datetime) -> PersonRow:
    """Make `email` a member of the review with this role, and return the person; asking again changes nothing."""
    person = session.scalars(select(PersonRow).where(PersonRow.email == email)).one_or_none()
    if person is None:
        person = PersonRow(public_id=secrets.token_hex(8), name=name, email=email, state="active", created_at=at)
        session.add(person)
        session.flush()
    person.state = "active"
    known = select(MembershipRow).where(
        MembershipRow.review_id == review_id, MembershipRow.person_id == person.id, MembershipRow.role == role)
    if session.scalars(known).one_or_none() is None:
        session.add(MembershipRow(review_id=review_id, person_id=person.id, role=role))
        events.note(session, review_id=review_id, kind="person.joined", subject=by(person), data={"role": role}, at=at)
    session.flush()
    return person


def by_email(session: Session, review_id: int, email: str) -> PersonRow:
    """Return an active member of a review by the address. Raises NotFoundError."""
    query = select(PersonRow).join(MembershipRow, MembershipRow.person_id == PersonRow.id).where(
        MembershipRow.review_id == review_id, PersonRow.state == "active", func.lower(PersonRow.email) == email.strip().lower())
    row = session.scalars(query).first()
    if row is None:
        raise NotFoundError(f"{email} is no member of this review; see  perennial people list")
    return row


def person(session: Session, person_id: int) -> PersonRow:
    """Return a person by its row id. Raises NotFoundError."""
    row = session.get(PersonRow, person_id)
    if row is None:
        raise NotFoundError(f"there is no person {person_id}")
    return row


def by_public_id(session: Session, public_id: str) -> PersonRow | None:
    """Return the person whom the audit calls `person:<public_id>`, or None."""
    return session.scalars(select(PersonRow).where(PersonRow.public_id == public_id)).one_or_none()


def members(session: Session, review_id: int, role: str) -> Sequence[PersonRow]:
    """Return the active people with this role in the review, in the order in which they joined."""
    query = (
        select(PersonRow)
        .join(MembershipRow, MembershipRow.person_id == PersonRow.id)
        .where(MembershipRow.review_id == review_id, MembershipRow.role == role, PersonRow.state == "active")
        .order_by(MembershipRow.id)
    )
    return session.scalars(query).all()


def members_by_role(session: Session, review_id: int) -> dict[str, list[PersonRow]]:
    """Return each role of ROLES with its `members`."""
    query = (
        select(MembershipRow.role, PersonRow)
        .join(PersonRow, MembershipRow.person_id == PersonRow.id)
        .where(MembershipRow.review_id == review_id, PersonRow.state == "active")
        .order_by(MembershipRow.id)
    )
    found: dict[str, list[PersonRow]] = {role: [] for role in ROLES}
    for role, person_row in session.execute(query):
        found[role].append(person_row)
    return found


def roles(session: Session, review_id: int, person_id: int) -> frozenset[str]:
    """Return what an active person is in the review; empty for a stranger or somebody revoked."""
    query = (
        select(MembershipRow.role)
        .join(PersonRow, MembershipRow.person_id == PersonRow.id)
        .where(MembershipRow.review_id == review_id, PersonRow.id == person_id, PersonRow.state == "active")
    )
    return frozenset(session.scalars(query))


def away(session: Session, review_id: int, now: datetime) -> dict[int, datetime]:
    """Return person id → until when, for those who asked not to be written to for a while."""
    query = select(MembershipRow.person_id, MembershipRow.away_until).where(MembershipRow.review_id == review_id,
                                                                            MembershipRow.away_until > now)
    return {person_id: until for person_id, until in session.execute(query).tuples() if until is not None}


def set_away(session: Session, review_id: int, person_id: int, until: datetime | None) -> None:
    """Say until when a person is away from a review, None: not at all."""
    session.execute(update(MembershipRow).where(MembershipRow.review_id == review_id, MembershipRow.person_id == person_id).values(
        away_until=until))


def roles_of_review(session: Session, review_id: int) -> frozenset[str]:
    """Return the roles that anybody has in a review."""
    return frozenset(session.scalars(select(MembershipRow.role).where(MembershipRow.review_id == review_id)))


def reviews_of(session: Session, person_id: int) -> frozenset[int]:
    """Return the reviews that a person belongs to."""
    return frozenset(session.scalars(select(MembershipRow.review_id).where(MembershipRow.person_id == person_id)))


def of_address(session: Session, email: str) -> PersonRow | None:
    """Return the person with this mail address, in whatever review, or None."""
    return session.scalars(select(PersonRow).where(PersonRow.email == email)).one_or_none()


def erase(session: Session, row: PersonRow) -> None:
    """Forget a person's name and address for good. The row stays, without them, because decisions point at it."""
    row.name, row.email, row.state = "Erased member", f"erased:{row.public_id}", "revoked"
    session.flush()


def leave(session: Session, review_id: int, row: PersonRow, at: datetime) -> None:
    """Take a person out of a review; who belongs to none any more is revoked, and gets in nowhere."""
    session.execute(delete(MembershipRow).where(MembershipRow.review_id == review_id, MembershipRow.person_id == row.id))
    if not reviews_of(session, row.id):
        row.state = "revoked"
    events.note(session, review_id=review_id, kind="person.left", subject=by(row), at=at)
