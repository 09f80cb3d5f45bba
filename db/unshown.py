"""Reports that a ranking did not offer, the random sample of them that was read all the same, and looser cut-offs that this led to.

A report has one row at most: once it was left out and came back, nothing leaves it out again. How it is decided: bot/steps/records/offer.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Select, UniqueConstraint, func, insert, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from bot.errors import NotFoundError
from db.base import Base, Id, review_key


class UnshownRow(Base):
    """why: `cutoff` (its score lies below) or `design` (no report of a controlled study), in words: reason. score, cutoff: standardised.

    audited: drawn at random to be read all the same, unmarked. back_at, back_by: when and by whom it was pulled back, None and "" until then.
    """

    __tablename__ = "unshown"
    __table_args__ = (UniqueConstraint("report_id"), CheckConstraint("why in ('cutoff', 'design')", name="why"))
    id: Mapped[Id]
    review_id: Mapped[int] = review_key()
    ranking_id: Mapped[int] = mapped_column(ForeignKey("ranking.id"))
    report_id: Mapped[int] = mapped_column(ForeignKey("report.id"))
    why: Mapped[str]
    reason: Mapped[str]
    score: Mapped[float]
    cutoff: Mapped[float]
    audited: Mapped[bool]
    at: Mapped[datetime]
    back_at: Mapped[datetime | None]
    back_by: Mapped[str] = mapped_column(default="")


class LooserCutoffRow(Base):
    """A proposal, because a report that had been left out turned out relevant: by how many standard deviations the cut-off should be lower.

    margin: 0 where the filter of designs left it out; then what is proposed is to do without that filter. decision: "", `accepted`, `declined`.
    """

    __tablename__ = "looser_cutoff"
    __table_args__ = (UniqueConstraint("unshown_id"), CheckConstraint("decision in ('', 'accepted', 'declined')", name="decision"))
    id: Mapped[Id]
    review_id: Mapped[int] = review_key()
    unshown_id: Mapped[int] = mapped_column(ForeignKey("unshown.id"))
    margin: Mapped[float]
    proposed_at: Mapped[datetime]
    decision: Mapped[str] = mapped_column(default="")
    decided_by: Mapped[str] = mapped_column(default="")
    decided_at: Mapped[datetime | None]


@dataclass(frozen=True, slots=True)
class Held:
    """What is to be stored of one report that is not offered; as UnshownRow says."""

    report_id: int
    why: str
    reason: str
    score: float
    cutoff: float
    audited: bool


def add(session: Session, *, review_id: int, ranking_id: int, held: Iterable[Held], at: datetime) -> None:
    """Store what a ranking does not offer."""
    rows = [{"review_id": review_id, "ranking_id": ranking_id, "report_id": one.report_id, "why": one.why, "reason": one.reason,
             "score": one.score, "cutoff": one.cutoff, "audited": one.audited, "at": at, "back_at": None, "back_by": ""} for one in held]
    if rows:
        session.execute(insert(UnshownRow), rows)


def hidden(review_id: int) -> Select[int]:
    """Return the query for the reports that nobody is to be asked about: left out, not in the audit, not pulled back."""
    return select(UnshownRow.report_id).where(UnshownRow.review_id == review_id, UnshownRow.audited.is_(False), UnshownRow.back_at.is_(None))


def count_hidden(session: Session, review_id: int) -> int:
    """Return how many reports nobody is asked about."""
    return session.scalar(select(func.count()).select_from(hidden(review_id).subquery())) or 0


def page_of_hidden(session: Session, review_id: int, *, skip: int, most: int) -> Sequence[UnshownRow]:
    """Return those reports' rows, the newest first. What is in the audit is not among them: it is to stay unmarked."""
    query = select(UnshownRow).where(UnshownRow.id.in_(select(UnshownRow.id).where(UnshownRow.report_id.in_(hidden(review_id)))))
    return session.scalars(query.order_by(UnshownRow.at.desc(), UnshownRow.id).offset(skip).limit(most)).all()


def known(session: Session, review_id: int) -> frozenset[int]:
    """Return the reports that were left out once, whatever came after."""
    return frozenset(session.scalars(select(UnshownRow.report_id).where(UnshownRow.review_id == review_id)))


def since(session: Session, review_id: int, after: datetime) -> Sequence[UnshownRow]:
    """Return what was left out since then, oldest first."""
    query = select(UnshownRow).where(UnshownRow.review_id == review_id, UnshownRow.at > after)
    return session.scalars(query.order_by(UnshownRow.id)).all()


def audited(session: Session, review_id: int) -> Mapping[int, float]:
    """Return report id → score, standardised, of everything that was ever drawn to be read at random."""
    query = select(UnshownRow).where(UnshownRow.review_id == review_id, UnshownRow.audited.is_(True))
    return {row.report_id: row.score for row in session.scalars(query)}


def row(session: Session, review_id: int, unshown_id: int) -> UnshownRow:
    """Return a row of a review that is hidden or was pulled back. Raises NotFoundError."""
    found = session.get(UnshownRow, unshown_id)
    if found is None or found.review_id != review_id or found.audited:
        raise NotFoundError("There is no such report among those that were left out.")
    return found


def without_proposal(session: Session, review_id: int, relevant: Iterable[int]) -> Sequence[UnshownRow]:
    """Return the rows of relevant reports that no looser cut-off was proposed for yet."""
    wanted = set(relevant)
    proposed = select(LooserCutoffRow.unshown_id).where(LooserCutoffRow.review_id == review_id)
    query = select(UnshownRow).where(UnshownRow.review_id == review_id, UnshownRow.id.not_in(proposed)).order_by(UnshownRow.id)
    return [one for one in session.scalars(query) if one.report_id in wanted]


def propose(session: Session, one: UnshownRow, *, margin: float, at: datetime) -> LooserCutoffRow:
    """Store a proposal and return its row."""
    made = LooserCutoffRow(review_id=one.review_id, unshown_id=one.id, margin=margin, proposed_at=at, decision="", decided_by="")
    session.add(made)
    session.flush()
    return made


def proposals(session: Session, review_id: int) -> Sequence[tuple[LooserCutoffRow, UnshownRow]]:
    """Return all proposals with what each rests on, the newest first."""
    query = select(LooserCutoffRow, UnshownRow).join(UnshownRow, UnshownRow.id == LooserCutoffRow.unshown_id)
    found = session.execute(query.where(LooserCutoffRow.review_id == review_id).order_by(LooserCutoffRow.id.desc()))
    return [(made, one) for made, one in found]


def proposal(session: Session, review_id: int, proposal_id: int) -> tuple[LooserCutoffRow, UnshownRow]:
    """Return a proposal of a review with what it rests on. Raises NotFoundError."""
    made = session.get(LooserCutoffRow, proposal_id)
    one = session.get(UnshownRow, made.unshown_id) if made is not None and made.review_id == review_id else None
    if made is None or one is None:
        raise NotFoundError("There is no such proposal in this review.")
    return made, one


def margin(session: Session, review_id: int) -> float:
    """Return by how many standard deviations the cut-off is lower, by what was accepted; 0 at first."""
    query = select(func.max(LooserCutoffRow.margin)).where(LooserCutoffRow.review_id == review_id, LooserCutoffRow.decision == "accepted")
    return session.scalar(query) or 0.0


def filters_designs(session: Session, review_id: int) -> bool:
    """Return whether reports of other designs are left out: until somebody accepts to do without."""
    query = select(LooserCutoffRow.id).join(UnshownRow, UnshownRow.id == LooserCutoffRow.unshown_id).where(
        LooserCutoffRow.review_id == review_id, LooserCutoffRow.decision == "accepted", UnshownRow.why == "design")
    return session.scalars(query.limit(1)).first() is None


def bring_back(session: Session, review_id: int, *, why: str, lower_by: float, by: str, at: datetime) -> int:
    """Pull back what was left out for this reason and lies at most so far below its cut-off; return how many."""
    wanted = (UnshownRow.review_id == review_id, UnshownRow.why == why, UnshownRow.back_at.is_(None), UnshownRow.audited.is_(False))
    near = () if why == "design" else (UnshownRow.score >= UnshownRow.cutoff - lower_by,)
    ids = session.scalars(select(UnshownRow.id).where(*wanted, *near)).all()
    session.execute(update(UnshownRow).where(UnshownRow.id.in_(ids)).values(back_at=at, back_by=by))
    return len(ids)
