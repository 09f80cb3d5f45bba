"""Effects: one number for one study, outcome and time, with its variance, and what people said about it.

An effect is never overwritten: a correction is a new row that names the old one, and a verdict is a row of its own.
Studies and who extracts them: db/studies.py. What pooling gives: db/estimates.py.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from bot.errors import NotFoundError
from db.base import Base, Id, review_key

USABLE = frozenset({"verified", "confirmed"})
LIVE = frozenset({"candidate", "extracted", "disputed", *USABLE})


class EffectRow(Base):
    """One result of a study. yi is aligned: the outcome's direction favours the intervention.

    raw: the numbers as entered, by field name. months: since randomisation, None if not reported; window: "" before the end of the
    programme. basis: who stands behind a usable effect, in words. checks: [{id, question, answer}] of what looked wrong at entry.
    """

    __tablename__ = "effect"
    __table_args__ = (
        UniqueConstraint("study_id", "identity"),
        CheckConstraint("state in ('candidate', 'extracted', 'disputed', 'verified', 'confirmed', 'superseded', 'withdrawn')", name="state"),
        CheckConstraint(
            "route in ('means', 'means_se', 'means_ci', 'median_quartiles', 'median_range', 'five_numbers', 'change', 't', 'f', 'p', "
            "'difference', 'adjusted', 'ancova_t', 'events', 'odds_ratio', 'risk_ratio', 'smd', 'smd_ci', 'crossover')", name="route"),
        CheckConstraint("origin in ('starting_set', 'extraction')", name="origin"),
        CheckConstraint("vi > 0", name="variance"),
    )
    id: Mapped[Id]
    review_id: Mapped[int] = review_key()
    study_id: Mapped[int] = mapped_column(ForeignKey("study.id"), index=True)
    report_id: Mapped[int | None] = mapped_column(ForeignKey("report.id"))
    protocol_version_id: Mapped[int] = mapped_column(ForeignKey("protocol_version.id"))
    origin: Mapped[str]
    identity: Mapped[str]
    outcome: Mapped[str] = mapped_column(index=True)
    window: Mapped[str]
    window_reason: Mapped[str]
    time_point: Mapped[str]
    months: Mapped[float | None]
    programme_months: Mapped[float | None]
    instrument: Mapped[str]
    higher_is_better: Mapped[bool]
    experimental: Mapped[str]
    comparator: Mapped[str]
    design: Mapped[str]
    route: Mapped[str]
    raw: Mapped[dict[str, Any]]
    says: Mapped[str] = mapped_column(default="")
    analysis: Mapped[str] = mapped_column(default="")
    randomised_e: Mapped[int | None]
    randomised_c: Mapped[int | None]
    n_e: Mapped[int]
    n_c: Mapped[int]
    yi: Mapped[float]
    vi: Mapped[float]
    measure: Mapped[str]
    formula: Mapped[str]
    source: Mapped[str]
    quote: Mapped[str] = mapped_column(default="")
    note: Mapped[str] = mapped_column(default="")
    question: Mapped[str] = mapped_column(default="")
    answer: Mapped[str] = mapped_column(default="")
    checks: Mapped[list[Any]] = mapped_column(default=list)
    available_from: Mapped[str] = mapped_column(default="")
    state: Mapped[str] = mapped_column(index=True)
    basis: Mapped[str] = mapped_column(default="")
    supersedes_id: Mapped[int | None] = mapped_column(ForeignKey("effect.id"))
    extracted_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    verified_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    confirmed_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    created_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]


class EffectVerdictRow(Base):
    """What one person said about one effect; the last row of a person holds."""

    __tablename__ = "effect_verdict"
    __table_args__ = (
        CheckConstraint("verdict in ('agree', 'dispute', 'confirm', 'later', 'wrong', 'withdraw')", name="verdict"),)
    id: Mapped[Id]
    review_id: Mapped[int] = review_key()
    effect_id: Mapped[int] = mapped_column(ForeignKey("effect.id"), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    verdict: Mapped[str]
    note: Mapped[str] = mapped_column(default="")
    at: Mapped[datetime]


@dataclass(frozen=True, slots=True)
class NotPoolable:
    """A study that measured or planned an outcome and gives no number that can be pooled, and what is known all the same.

    study: its label. kind: `not_usable` (measured, no usable number), `not_reported` (planned in registry or protocol) or `during`
    (measured only while the programme was running). known: "not significant", "figure only", a direction; "" if nothing.
    """

    study_id: int
    study: str
    outcome: str
    kind: str
    known: str


def effect(session: Session, effect_id: int) -> EffectRow:
    """Return an effect by its row id. Raises NotFoundError."""
    row = session.get(EffectRow, effect_id)
    if row is None:
        raise NotFoundError(f"there is no effect {effect_id}")
    return row


def effects_of(session: Session, review_id: int, outcome: str | None = None, *, states: Collection[str] = USABLE) -> Sequence[EffectRow]:
    """Return a review's effects in these states, of one outcome if that is given, in the order in which they were entered."""
    query = select(EffectRow).where(EffectRow.review_id == review_id, EffectRow.state.in_(states)).order_by(EffectRow.id)
    if outcome is not None:
        query = query.where(EffectRow.outcome == outcome)
    return session.scalars(query).all()


def effects_of_study(session: Session, study_id: int, *, states: Collection[str] = LIVE) -> Sequence[EffectRow]:
    """Return a study's effects in these states, in the order in which they were entered."""
    query = select(EffectRow).where(EffectRow.study_id == study_id, EffectRow.state.in_(states)).order_by(EffectRow.id)
    return session.scalars(query).all()


def all_of_study(session: Session, study_id: int) -> Sequence[EffectRow]:
    """Return a study's effects in every state, in the order in which they were entered."""
    return session.scalars(select(EffectRow).where(EffectRow.study_id == study_id).order_by(EffectRow.id)).all()


def candidates(session: Session, review_id: int) -> Sequence[EffectRow]:
    """Return the effects of the starting set in every state but superseded, in the order of the file."""
    query = (select(EffectRow).where(EffectRow.review_id == review_id, EffectRow.origin == "starting_set", EffectRow.state != "superseded")
             .order_by(EffectRow.id))
    return session.scalars(query).all()


def undecided(session: Session, review_id: int) -> Sequence[EffectRow]:
    """Return the candidates that nobody has said anything about yet, in the order of the file."""
    said = select(EffectVerdictRow.effect_id).where(EffectVerdictRow.review_id == review_id)
    query = select(EffectRow).where(EffectRow.review_id == review_id, EffectRow.state == "candidate", EffectRow.id.not_in(said))
    return session.scalars(query.order_by(EffectRow.id)).all()


def undecided_count(session: Session, review_id: int) -> int:
    """Return how many candidates nobody has said anything about yet."""
    return len(undecided(session, review_id))


def same(session: Session, study_id: int, identity: str) -> EffectRow | None:
    """Return the effect of a study that was entered with this very content, in whatever state, or None."""
    query = select(EffectRow).where(EffectRow.study_id == study_id, EffectRow.identity == identity)
    return session.scalars(query).one_or_none()


def add(session: Session, row: EffectRow) -> EffectRow:
    """Store an effect; the one that it corrects is superseded. The same one at the same time is a ConflictError of the database."""
    if row.supersedes_id is not None:
        effect(session, row.supersedes_id).state = "superseded"
    session.add(row)
    session.flush()
    return row


def say(session: Session, row: EffectRow, *, person_id: int, verdict: str, note: str, at: datetime) -> None:
    """Keep what a person said about an effect; what follows from it is the step's to set."""
    session.add(EffectVerdictRow(review_id=row.review_id, effect_id=row.id, person_id=person_id, verdict=verdict, note=note, at=at))
    session.flush()


def verdicts(session: Session, effect_ids: Collection[int]) -> Sequence[EffectVerdictRow]:
    """Return what was said about these effects, oldest first."""
    query = select(EffectVerdictRow).where(EffectVerdictRow.effect_id.in_(effect_ids)).order_by(EffectVerdictRow.id)
    return session.scalars(query).all()


def not_poolable(session: Session, review_id: int) -> list[NotPoolable]:
    """Return, by outcome and study, who measured or planned an outcome and could not be pooled for it.

    The newest statement about a study and outcome holds, and none holds against a usable number. "Not measured" is not among them.
    """
    from db import studies

    labels = {row.id: row.label for row in studies.studies(session, review_id)}
    usable = effects_of(session, review_id)
    pooled = {(row.study_id, row.outcome) for row in usable if row.window}
    found = {(row.study_id, row.outcome): NotPoolable(row.study_id, labels[row.study_id], row.outcome, "during",
                                                      f"{row.instrument}, {row.time_point}")
             for row in usable if row.study_id in labels}
    for (study_id, outcome), said in studies.statements_of(session, list(labels)).items():
        if said.kind != "not_measured":
            found.setdefault((study_id, outcome), NotPoolable(study_id, labels[study_id], outcome, said.kind, said.known))
    return sorted((one for key, one in found.items() if key not in pooled), key=lambda one: (one.outcome, one.study))
