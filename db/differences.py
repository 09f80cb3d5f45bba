"""Where the verifier of a result reads another thing in the report than was extracted, field by field, and how each was settled."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Text, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from db.base import Base, Id, review_key
from db.effects import EffectRow

ENTERED, READ, OTHER = "entered", "read", "other"


class DifferenceRow(Base):
    """One field of one result. entered: what was extracted; read: what the verifier reads, both as typed.

    field: its name in the form of a result, "" for the result as a whole: then `read` says in words what differs. choice: `entered` (it
    stands, with a reason), `read` (the verifier is right), `other` (neither was), "" until it is settled.
    """

    __tablename__ = "effect_difference"
    __table_args__ = (CheckConstraint("choice in ('', 'entered', 'read', 'other')", name="choice"),)
    id: Mapped[Id]
    review_id: Mapped[int] = review_key()
    effect_id: Mapped[int] = mapped_column(ForeignKey("effect.id"), index=True)
    field: Mapped[str]
    entered: Mapped[str] = mapped_column(Text)
    read: Mapped[str] = mapped_column(Text)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    at: Mapped[datetime]
    choice: Mapped[str] = mapped_column(default="")
    reason: Mapped[str] = mapped_column(Text, default="")
    settled_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    settled_at: Mapped[datetime | None]


def keep(session: Session, effect: EffectRow, found: Mapping[str, tuple[str, str]], *, person_id: int, at: datetime) -> None:
    """Keep what a verifier reads otherwise. found: field → (as entered, as read)."""
    session.add_all(DifferenceRow(review_id=effect.review_id, effect_id=effect.id, field=field, entered=entered, read=read, person_id=person_id,
                                  at=at) for field, (entered, read) in found.items())
    session.flush()


def of_effects(session: Session, effect_ids: Collection[int]) -> Sequence[DifferenceRow]:
    """Return the differences about these results, settled or not, oldest first."""
    return session.scalars(select(DifferenceRow).where(DifferenceRow.effect_id.in_(effect_ids)).order_by(DifferenceRow.id)).all()


def open_of(session: Session, effect_id: int) -> Sequence[DifferenceRow]:
    """Return the differences about a result that nobody has settled, oldest first."""
    query = select(DifferenceRow).where(DifferenceRow.effect_id == effect_id, DifferenceRow.choice == "")
    return session.scalars(query.order_by(DifferenceRow.id)).all()
