"""Published estimates, updated by the trials reported since. Never changed; computed again is a new row. Our own pool: db/estimates.py."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from db.base import Base, Id, review_key


class PublishedUpdateRow(Base):
    """A published estimate in one cycle. k: how many new trials are in it; 0: it stands as published.

    window: of the published estimate, "" where it states none. result: {label, published, searched_until, se, se_read_as, lead, panel,
    level}, on the scale of the effects (a ratio as its logarithm). members: the effects that were added, {effect_id, study_id, study, yi,
    vi, n_e, n_c, first_public}. refused: {study, kind, reason}. inputs_sha256: names the blob from which it can be computed again.
    """

    __tablename__ = "published_update"
    __table_args__ = (UniqueConstraint("cycle_id", "outcome", "window", "revision"),)
    id: Mapped[Id]
    review_id: Mapped[int] = review_key()
    cycle_id: Mapped[int] = mapped_column(ForeignKey("cycle.id"), index=True)
    protocol_version_id: Mapped[int] = mapped_column(ForeignKey("protocol_version.id"))
    outcome: Mapped[str]
    window: Mapped[str] = mapped_column(default="")
    revision: Mapped[int] = mapped_column(default=1)
    k: Mapped[int]
    result: Mapped[dict[str, Any]]
    members: Mapped[list[Any]]
    refused: Mapped[list[Any]]
    inputs_sha256: Mapped[str] = mapped_column(ForeignKey("blob.sha256"))
    software: Mapped[str]
    at: Mapped[datetime]


def add(session: Session, row: PublishedUpdateRow) -> PublishedUpdateRow:
    """Store an update as the newest of its cycle, outcome and window."""
    last = newest(session, row.cycle_id, row.outcome, row.window)
    row.revision = last.revision + 1 if last else 1
    session.add(row)
    session.flush()
    return row


def newest(session: Session, cycle_id: int, outcome: str, window: str) -> PublishedUpdateRow | None:
    """Return the newest update of a published estimate in a cycle, or None."""
    query = select(PublishedUpdateRow).where(PublishedUpdateRow.cycle_id == cycle_id, PublishedUpdateRow.outcome == outcome,
                                             PublishedUpdateRow.window == window)
    return session.scalars(query.order_by(PublishedUpdateRow.revision.desc())).first()


def of_cycle(session: Session, cycle_id: int) -> Sequence[PublishedUpdateRow]:
    """Return the newest update of each published estimate in a cycle, by outcome and window."""
    last = (select(PublishedUpdateRow.outcome, PublishedUpdateRow.window, func.max(PublishedUpdateRow.revision).label("revision"))
            .where(PublishedUpdateRow.cycle_id == cycle_id).group_by(PublishedUpdateRow.outcome, PublishedUpdateRow.window).subquery())
    query = (select(PublishedUpdateRow)
             .join(last, (PublishedUpdateRow.outcome == last.c.outcome) & (PublishedUpdateRow.window == last.c.window)
                   & (PublishedUpdateRow.revision == last.c.revision))
             .where(PublishedUpdateRow.cycle_id == cycle_id).order_by(PublishedUpdateRow.outcome, PublishedUpdateRow.window))
    return session.scalars(query).all()


def all_of_cycle(session: Session, cycle_id: int) -> Sequence[PublishedUpdateRow]:
    """Return every update of a cycle, older revisions too, in the order in which they were stored."""
    return session.scalars(select(PublishedUpdateRow).where(PublishedUpdateRow.cycle_id == cycle_id).order_by(PublishedUpdateRow.id)).all()
