"""What a service that counts money was asked for, by day (UTC), so that no day's budget is passed, by however many processes."""

from __future__ import annotations

from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Mapped, Session, mapped_column

from db.base import Base


class SpendingRow(Base):
    """What was spent on one service in one day, in millionths of a US dollar."""

    __tablename__ = "spending"
    service: Mapped[str] = mapped_column(primary_key=True)
    day: Mapped[str] = mapped_column(primary_key=True)
    micro_usd: Mapped[int]


def spent(session: Session, service: str, day: date) -> int:
    """Return what was spent on a service in a day, in millionths of a US dollar."""
    return session.scalar(select(SpendingRow.micro_usd).where(SpendingRow.service == service, SpendingRow.day == str(day))) or 0


def add(session: Session, service: str, day: date, micro_usd: int) -> None:
    """Count a sum as spent; a negative one gives back what was counted too much."""
    row = session.get(SpendingRow, (service, str(day)), with_for_update=True)
    if row is None:
        session.add(SpendingRow(service=service, day=str(day), micro_usd=micro_usd))
    else:
        row.micro_usd = max(0, row.micro_usd + micro_usd)
    session.flush()
