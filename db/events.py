"""The audit: one row for each thing that was done, by whom and when. Who did it is a random id, never an address.

The rows are a chain: each holds its place and the SHA-256 of the row before it together with its own content, so that a row that was
altered, taken out or put in shows (`verify`). A row gets its place when its transaction commits, as the last thing that this does.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ForeignKey, event, func, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from db.base import Base, Id
from db.canonical import canonical

# Of Postgres: who holds it appends to the chain; free again when the transaction ends.
CHAIN_LOCK = 7_368_001
NOTED = "noted"


class EventRow(Base):
    """One thing that was done. place: in the chain, from 1; chained: the SHA-256 up to here. Both are given at the commit."""

    __tablename__ = "event"
    id: Mapped[Id]
    review_id: Mapped[int | None] = mapped_column(ForeignKey("review.id"), index=True)
    at: Mapped[datetime]
    by: Mapped[str]
    kind: Mapped[str] = mapped_column(index=True)
    subject: Mapped[str] = mapped_column(index=True)
    data: Mapped[dict[str, Any]]
    place: Mapped[int | None] = mapped_column(unique=True)
    chained: Mapped[str | None]


@dataclass(frozen=True, slots=True)
class Head:
    """The end of the chain: how many events there are, and the SHA-256 over all of them."""

    place: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with the chain, first: the place, and what was found there."""

    place: int
    what: str


def note(session: Session, *, review_id: int | None, kind: str, subject: str, data: dict[str, Any] | None = None,
         at: datetime | None = None) -> None:
    """Note in the audit that `kind` ("decision.made") was done to `subject` ("assignment:12") by whom the session writes for."""
    row = EventRow(review_id=review_id, at=at or datetime.now(UTC), by=session.info["by"], kind=kind, subject=subject, data=data or {})
    session.add(row)
    session.info.setdefault(NOTED, []).append(row)


@event.listens_for(Session, "before_commit")
def _chain(session: Session) -> None:
    """Give the new events their places. It comes last, so that nobody who holds the lock of the chain waits for another one."""
    noted: list[EventRow] = session.info.pop(NOTED, [])
    if not noted:
        return
    session.flush()
    if session.connection().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": CHAIN_LOCK})
    last = head(session)
    for row in noted:
        last = Head(last.place + 1, link(last.sha256, row))
        row.place, row.chained = last.place, last.sha256
    session.flush()


def link(before: str, row: EventRow) -> str:
    """Return the SHA-256 of an event behind the one whose sum is `before`."""
    content = [before, row.id, row.review_id, row.at.astimezone(UTC).isoformat(), row.by, row.kind, row.subject, row.data]
    return hashlib.sha256(canonical(content)).hexdigest()


def head(session: Session) -> Head:
    """Return the end of the chain."""
    query = select(EventRow.place, EventRow.chained).where(EventRow.place.is_not(None))
    found = session.execute(query.order_by(EventRow.place.desc()).limit(1)).first()
    return Head(found[0] or 0, found[1] or "") if found else Head(0, "")


def verify(session: Session, *, known: Sequence[Head] = ()) -> tuple[Head, Fault | None]:
    """Return the end of the chain as computed again, and the first event that was altered, taken out or put in; None if there is none.

    known: ends that were written down elsewhere, such as in bulletins; the chain must have gone through them.
    """
    through, last = {one.place: one.sha256 for one in known}, Head(0, "")
    query = select(EventRow).where(EventRow.place.is_not(None)).order_by(EventRow.place).execution_options(yield_per=1000)
    for row in session.scalars(query):
        if row.place != last.place + 1:
            return last, Fault(last.place + 1, f"the event is missing; the next one is {_name(row)}")
        last = Head(last.place + 1, link(last.sha256, row))
        if row.chained != last.sha256:
            return last, Fault(last.place, f"{_name(row)} was altered")
        if through.get(last.place, last.sha256) != last.sha256:
            return last, Fault(last.place, f"up to {_name(row)} it is another chain than the one that a bulletin names")
        session.expunge(row)
    longest = max(through, default=0)
    if longest > last.place:
        return last, Fault(last.place + 1, f"the event is missing; a bulletin names one at place {longest}")
    outside = session.scalars(select(EventRow).where(EventRow.place.is_(None)).order_by(EventRow.id).limit(1)).first()
    return last, Fault(last.place + 1, f"{_name(outside)} was put in from outside") if outside else None


def _name(row: EventRow) -> str:
    return f"event {row.id} ({row.kind} of {row.subject}, {row.at:%Y-%m-%d %H:%M} UTC)"


def of_subject(session: Session, subject: str) -> Sequence[EventRow]:
    """Return what was done to `subject`, oldest first."""
    return session.scalars(select(EventRow).where(EventRow.subject == subject).order_by(EventRow.id)).all()


def of_kind(session: Session, review_id: int, kind: str) -> Sequence[EventRow]:
    """Return the events of one kind in a review, oldest first."""
    return session.scalars(select(EventRow).where(EventRow.review_id == review_id, EventRow.kind == kind).order_by(EventRow.id)).all()


def latest(session: Session, kinds: Sequence[str]) -> EventRow | None:
    """Return the newest event of one of these kinds in the whole site, or None."""
    return session.scalars(select(EventRow).where(EventRow.kind.in_(kinds)).order_by(EventRow.id.desc()).limit(1)).first()


def count(session: Session) -> int:
    """Return how many events there are: it grows whenever anybody does anything."""
    return session.scalar(select(func.count()).select_from(EventRow)) or 0
