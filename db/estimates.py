"""Estimates: what pooling gave for one outcome in one cycle, with the very inputs. Never changed; computed again is a new row."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from db.base import Base, Id, review_key

LEAD = "randomised"


class EstimateRow(Base):
    """One estimate. result: all of bot.domain.effects.Estimate, and `few`: for two or three trials, where the protocol has a Bayesian
    estimate lead, {bayesian, knapp_hartung, wald} of the same inputs, else None.
    inputs_sha256: names the blob (JSON) that it can be computed from again.

    members: the effects that went in, in the order of result["weights"]: {effect_id, study_id, study, yi, vi, n_e, n_c, weight, basis,
    question, answer}.
    window: None where each study gives its first measurement at or after the end of the programme, whatever its window.
    k = 0: nothing is left to pool since an earlier row of the cycle; result and members are then empty.
    body: `randomised` (leads) or `non_randomised` (pooled and graded apart).
    """

    __tablename__ = "estimate"
    __table_args__ = (UniqueConstraint("cycle_id", "outcome", "body", "revision"),
                      CheckConstraint("body in ('randomised', 'non_randomised')", name="body"))
    id: Mapped[Id]
    review_id: Mapped[int] = review_key()
    cycle_id: Mapped[int] = mapped_column(ForeignKey("cycle.id"), index=True)
    protocol_version_id: Mapped[int] = mapped_column(ForeignKey("protocol_version.id"))
    outcome: Mapped[str] = mapped_column(index=True)
    body: Mapped[str] = mapped_column(default="randomised", server_default="randomised")
    window: Mapped[str | None]
    revision: Mapped[int] = mapped_column(default=1)
    k: Mapped[int]
    participants: Mapped[int]
    result: Mapped[dict[str, Any]]
    members: Mapped[list[Any]]
    inputs_sha256: Mapped[str] = mapped_column(ForeignKey("blob.sha256"))
    software: Mapped[str]
    at: Mapped[datetime]


def add(session: Session, row: EstimateRow) -> EstimateRow:
    """Store an estimate as the newest of its cycle, outcome and body."""
    row.body = row.body or LEAD
    last = newest(session, row.cycle_id, row.outcome, body=row.body)
    row.revision = last.revision + 1 if last else 1
    session.add(row)
    session.flush()
    return row


def newest(session: Session, cycle_id: int, outcome: str, *, body: str = LEAD) -> EstimateRow | None:
    """Return the newest estimate of an outcome in a cycle, or None."""
    query = select(EstimateRow).where(EstimateRow.cycle_id == cycle_id, EstimateRow.outcome == outcome, EstimateRow.body == body)
    return session.scalars(query.order_by(EstimateRow.revision.desc())).first()


def estimates_of_cycle(session: Session, cycle_id: int, *, body: str = LEAD) -> Sequence[EstimateRow]:
    """Return the newest estimate of each outcome in a cycle, by outcome; an outcome whose last effect was taken back has none."""
    newest = (select(EstimateRow.outcome, func.max(EstimateRow.revision).label("revision"))
              .where(EstimateRow.cycle_id == cycle_id, EstimateRow.body == body).group_by(EstimateRow.outcome).subquery())
    query = (select(EstimateRow).join(newest, (EstimateRow.outcome == newest.c.outcome) & (EstimateRow.revision == newest.c.revision))
             .where(EstimateRow.cycle_id == cycle_id, EstimateRow.body == body, EstimateRow.k > 0).order_by(EstimateRow.outcome))
    return session.scalars(query).all()


def all_of_cycle(session: Session, cycle_id: int) -> Sequence[EstimateRow]:
    """Return every estimate of a cycle, older revisions too, in the order in which they were stored."""
    return session.scalars(select(EstimateRow).where(EstimateRow.cycle_id == cycle_id).order_by(EstimateRow.id)).all()


def latest_estimates(session: Session, review_id: int, before_cycle: int | None = None, *, body: str = LEAD) -> Sequence[EstimateRow]:
    """Return the estimates of the newest cycle that has any, of those before `before_cycle` (a row id) if that is given, by outcome."""
    query = select(func.max(EstimateRow.cycle_id)).where(EstimateRow.review_id == review_id, EstimateRow.body == body)
    if before_cycle is not None:
        query = query.where(EstimateRow.cycle_id < before_cycle)
    cycle_id = session.scalar(query)
    return [] if cycle_id is None else estimates_of_cycle(session, cycle_id, body=body)
