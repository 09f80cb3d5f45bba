"""How often something was asked for in a span of time, counted for all processes together. Limits: bot/web/limits.py.

Who asked stands here as a keyed hash, never as an address, and no longer than the span lasts.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from db.base import Base


class RateCounterRow(Base):
    """How often `who` asked for `kind` in the span that begins at `begins_at`."""

    __tablename__ = "rate_counter"
    kind: Mapped[str] = mapped_column(primary_key=True)
    who: Mapped[str] = mapped_column(primary_key=True)
    begins_at: Mapped[datetime] = mapped_column(primary_key=True)
    ends_at: Mapped[datetime] = mapped_column(index=True)
    asked: Mapped[int]


def asked(session: Session, kind: str, who: str, *, at: datetime, span: timedelta) -> int:
    """Return how often it was asked for in the span that holds `at`."""
    found = select(RateCounterRow.asked).where(RateCounterRow.kind == kind, RateCounterRow.who == who,
                                               RateCounterRow.begins_at == _begin(at, span))
    return session.scalar(found) or 0


def count(session: Session, kind: str, who: str, *, at: datetime, span: timedelta) -> int:
    """Count once more and return how often it was in this span; what is over is forgotten. Two at once are counted as two."""
    begins = _begin(at, span)
    insert = (postgresql if session.connection().dialect.name == "postgresql" else sqlite).insert(RateCounterRow)
    insert = insert.values(kind=kind, who=who, begins_at=begins, ends_at=begins + span, asked=1)
    again = insert.on_conflict_do_update(index_elements=["kind", "who", "begins_at"], set_={"asked": RateCounterRow.asked + 1})
    number = session.scalar(again.returning(RateCounterRow.asked)) or 1
    if number == 1:
        session.execute(delete(RateCounterRow).where(RateCounterRow.ends_at <= at))
    return number


def _begin(at: datetime, span: timedelta) -> datetime:
    seconds = int(span.total_seconds())
    return datetime.fromtimestamp(int(at.timestamp()) // seconds * seconds, at.tzinfo)
