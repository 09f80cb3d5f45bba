"""Rankings of reports: in which order, by what, and why. Computing one: classifiers/; what people decide: db/decisions.py."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint, insert, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from bot.errors import NotFoundError
from db.base import Base, Id, Json, review_key


class RankingRow(Base):
    """One ranking. basis: `cold` (from the protocol alone) or `warm` (from decisions as well).

    fingerprint: the SHA-256 over everything that went in; the same inputs are ranked once. model: what the classifier calls
    the model that it made. labelled: how many decisions it knew. card: what is to be known of the trained model, None where there is none
    (cold); model_sha256: its bytes among the blobs, "" where there are none.
    """

    __tablename__ = "ranking"
    __table_args__ = (UniqueConstraint("cycle_id", "fingerprint"), CheckConstraint("basis in ('cold', 'warm')", name="basis"))
    id: Mapped[Id]
    review_id: Mapped[int] = review_key()
    cycle_id: Mapped[int] = mapped_column(ForeignKey("cycle.id"), index=True)
    protocol_version_id: Mapped[int] = mapped_column(ForeignKey("protocol_version.id"))
    classifier: Mapped[str]
    basis: Mapped[str]
    seed: Mapped[int]
    fingerprint: Mapped[str]
    model: Mapped[str]
    labelled: Mapped[int]
    ranked: Mapped[int]
    at: Mapped[datetime]
    card: Mapped[dict[str, Any] | None] = mapped_column(Json)
    model_sha256: Mapped[str] = mapped_column(default="", server_default="")


class ScoreRow(Base):
    """Where a report stands in a ranking. position: 1 is the first. reasons: what spoke for and against it, as the classifier says.

    similar: ids of the decided reports that it is most like, the likest first.
    """

    __tablename__ = "score"
    __table_args__ = (UniqueConstraint("ranking_id", "report_id"), UniqueConstraint("ranking_id", "position"))
    id: Mapped[Id]
    review_id: Mapped[int] = review_key()
    ranking_id: Mapped[int] = mapped_column(ForeignKey("ranking.id"))
    report_id: Mapped[int] = mapped_column(ForeignKey("report.id"), index=True)
    score: Mapped[float]
    position: Mapped[int]
    reasons: Mapped[list[Any]]
    similar: Mapped[list[Any]] = mapped_column(default=list, server_default="[]")


@dataclass(frozen=True, slots=True)
class Scored:
    """One report's score, before it is stored."""

    report_id: int
    score: float
    position: int
    reasons: tuple[dict[str, Any], ...]
    similar: tuple[int, ...] = ()


def add(session: Session, ranking: RankingRow, scores: Iterable[Scored]) -> RankingRow:
    """Store a ranking with its scores and return its row."""
    session.add(ranking)
    session.flush()
    rows = [{"review_id": ranking.review_id, "ranking_id": ranking.id, "report_id": one.report_id, "score": one.score,
             "position": one.position, "reasons": list(one.reasons), "similar": list(one.similar)} for one in scores]
    if rows:
        session.execute(insert(ScoreRow), rows)
    return ranking


def by_id(session: Session, ranking_id: int) -> RankingRow:
    """Return a ranking by its row id. Raises NotFoundError."""
    row = session.get(RankingRow, ranking_id)
    if row is None:
        raise NotFoundError(f"there is no ranking {ranking_id}")
    return row


def same(session: Session, cycle_id: int, fingerprint: str) -> RankingRow | None:
    """Return the ranking that was made in this cycle from the very same inputs, or None."""
    return session.scalars(select(RankingRow).where(RankingRow.cycle_id == cycle_id, RankingRow.fingerprint == fingerprint)).one_or_none()


def latest(session: Session, cycle_id: int) -> RankingRow | None:
    """Return the newest ranking of a cycle, or None."""
    return session.scalars(select(RankingRow).where(RankingRow.cycle_id == cycle_id).order_by(RankingRow.id.desc())).first()


def of_review(session: Session, review_id: int, most: int) -> Sequence[RankingRow]:
    """Return the newest rankings of a review, the newest first."""
    return session.scalars(select(RankingRow).where(RankingRow.review_id == review_id).order_by(RankingRow.id.desc()).limit(most)).all()


def scores(session: Session, ranking_id: int) -> Sequence[ScoreRow]:
    """Return the scores of a ranking, the best first."""
    return session.scalars(select(ScoreRow).where(ScoreRow.ranking_id == ranking_id).order_by(ScoreRow.position)).all()


def score_of(session: Session, ranking_id: int | None, report_id: int) -> ScoreRow | None:
    """Return where a report stands in a ranking, or None."""
    return session.scalars(select(ScoreRow).where(ScoreRow.ranking_id == ranking_id, ScoreRow.report_id == report_id)).one_or_none()
