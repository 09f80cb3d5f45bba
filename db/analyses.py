"""Analyses beside the estimate: sensitivity, a closer look, what next, repeated looks. Never changed; computed again is a new row.

What each holds: bot/methods/synthesis/analyses.py. The estimates themselves: db/estimates.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from db.base import Base, Id, review_key


class AnalysisRow(Base):
    """One analysis of one outcome in one cycle. result: plain values; inputs_sha256: names the blob (JSON) that it is computed from."""

    __tablename__ = "analysis"
    __table_args__ = (
        UniqueConstraint("cycle_id", "outcome", "kind", "revision"),
        CheckConstraint("kind in ('sensitivity', 'closer_look', 'what_next', 'repeated_looks')", name="kind"),
    )
    id: Mapped[Id]
    review_id: Mapped[int] = review_key()
    cycle_id: Mapped[int] = mapped_column(ForeignKey("cycle.id"), index=True)
    protocol_version_id: Mapped[int] = mapped_column(ForeignKey("protocol_version.id"))
    outcome: Mapped[str]
    kind: Mapped[str]
    revision: Mapped[int] = mapped_column(default=1)
    result: Mapped[dict[str, Any]]
    inputs_sha256: Mapped[str] = mapped_column(ForeignKey("blob.sha256"))
    software: Mapped[str]
    at: Mapped[datetime]


def add(session: Session, row: AnalysisRow) -> AnalysisRow:
    """Store an analysis as the newest of its cycle, outcome and kind."""
    last = newest(session, row.cycle_id, row.outcome, row.kind)
    row.revision = last.revision + 1 if last else 1
    session.add(row)
    session.flush()
    return row


def newest(session: Session, cycle_id: int, outcome: str, kind: str) -> AnalysisRow | None:
    """Return the newest analysis of a kind, or None."""
    query = select(AnalysisRow).where(AnalysisRow.cycle_id == cycle_id, AnalysisRow.outcome == outcome, AnalysisRow.kind == kind)
    return session.scalars(query.order_by(AnalysisRow.revision.desc())).first()


def of_cycle(session: Session, cycle_id: int) -> Sequence[AnalysisRow]:
    """Return the newest analysis of each outcome and kind in a cycle, by outcome and kind."""
    last = (select(AnalysisRow.outcome, AnalysisRow.kind, func.max(AnalysisRow.revision).label("revision"))
            .where(AnalysisRow.cycle_id == cycle_id).group_by(AnalysisRow.outcome, AnalysisRow.kind).subquery())
    query = (select(AnalysisRow).join(last, (AnalysisRow.outcome == last.c.outcome) & (AnalysisRow.kind == last.c.kind)
                                      & (AnalysisRow.revision == last.c.revision))
             .where(AnalysisRow.cycle_id == cycle_id).order_by(AnalysisRow.outcome, AnalysisRow.kind))
    return session.scalars(query).all()


def all_of_cycle(session: Session, cycle_id: int) -> Sequence[AnalysisRow]:
    """Return every analysis of a cycle, older revisions too, in the order in which they were stored."""
    return session.scalars(select(AnalysisRow).where(AnalysisRow.cycle_id == cycle_id).order_by(AnalysisRow.id)).all()
