"""What screening came to: resolutions, and the numbers that bulletins and rankers take from them. Single votes: db/decisions.py."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ColumnElement, ForeignKey, Index, Select, UniqueConstraint, delete, func, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from bot.domain.decisions import FULL_TEXT, TITLE_ABSTRACT
from db import unshown
from db.base import Base, Id, review_key
from db.records import ReportRow
from db.rounds import RoundItemRow, RoundRow

# How much a decision teaches. What titles and abstracts let through and the full text did not confirm is half an example: docs/adr/0604
FULL_WEIGHT = 1.0
UNCONFIRMED_WEIGHT = 0.5


class ResolutionRow(Base):
    """What a round decided on a report.

    verdict: `include`, `exclude`, or `awaiting` (nobody could tell: awaiting classification). basis: `agreed`, `one`, `third`.
    final_at: since when votes change it no more (the round closed, or its deadline was over); None until then.
    """

    __tablename__ = "resolution"
    __table_args__ = (
        UniqueConstraint("round_id", "report_id"),
        CheckConstraint("verdict in ('include', 'exclude', 'awaiting')", name="verdict"),
        CheckConstraint("basis in ('agreed', 'one', 'third')", name="basis"),
        Index("ix_resolution_verdict", "round_id", "verdict", "final_at"),
    )
    id: Mapped[Id]
    review_id: Mapped[int] = review_key()
    round_id: Mapped[int] = mapped_column(ForeignKey("screening_round.id"))
    report_id: Mapped[int] = mapped_column(ForeignKey("report.id"), index=True)
    verdict: Mapped[str]
    basis: Mapped[str]
    criterion: Mapped[str]
    at: Mapped[datetime]
    final_at: Mapped[datetime | None]


@dataclass(frozen=True, slots=True)
class Exclusion:
    """A report that a round excluded, and the id of the criterion that failed."""

    report_id: int
    round_id: int
    cycle_id: int
    criterion: str


def resolution(session: Session, round_id: int, report_id: int) -> ResolutionRow | None:
    """Return what a round decided on a report, or None. A page shows it only once it is final."""
    return session.scalars(select(ResolutionRow).where(ResolutionRow.round_id == round_id, ResolutionRow.report_id == report_id)).one_or_none()


def resolutions(session: Session, round_id: int) -> dict[int, ResolutionRow]:
    """Return what a round decided: report id → resolution."""
    return {row.report_id: row for row in session.scalars(select(ResolutionRow).where(ResolutionRow.round_id == round_id))}


def is_anything_open(session: Session, round_id: int) -> bool:
    """Return whether a round decided anything that a vote could still change."""
    query = select(ResolutionRow.id).where(ResolutionRow.round_id == round_id, ResolutionRow.final_at.is_(None)).limit(1)
    return session.scalars(query).first() is not None


def add_resolution(session: Session, row: ResolutionRow) -> None:
    """Store what a round decided on a report."""
    session.add(row)
    session.flush()


def withdraw_resolution(session: Session, round_id: int, report_id: int) -> None:
    """Take back what a round decided on a report, because a vote was changed. What is final stays."""
    session.execute(delete(ResolutionRow).where(
        ResolutionRow.round_id == round_id, ResolutionRow.report_id == report_id, ResolutionRow.final_at.is_(None)))


def make_final(session: Session, round_id: int, at: datetime) -> None:
    """Make everything that a round decided so far final."""
    session.execute(update(ResolutionRow).where(ResolutionRow.round_id == round_id, ResolutionRow.final_at.is_(None)).values(final_at=at))


def reports_to_screen(session: Session, review_id: int) -> Sequence[ReportRow]:
    """Return the reports that no round has had yet, that no ranking left out and that were not merged into another one, oldest first."""
    return session.scalars(select(ReportRow).where(*_to_screen(review_id)).order_by(ReportRow.id)).all()


def count_to_screen(session: Session, review_id: int) -> int:
    """Return how many `reports_to_screen` there are."""
    return session.scalar(select(func.count()).select_from(ReportRow).where(*_to_screen(review_id))) or 0


def _to_screen(review_id: int) -> tuple[ColumnElement[bool], ...]:
    had = select(RoundItemRow.report_id)  # of all reviews: a report belongs to one, and so the index alone is asked
    return (ReportRow.review_id == review_id, ReportRow.merged_into.is_(None), ReportRow.id.not_in(had),
            ReportRow.id.not_in(unshown.hidden(review_id)))


def included_reports(session: Session, review_id: int, since_cycle: int | None = None) -> list[tuple[int, int, int]]:
    """Return (report id, round id, cycle id) of the reports that were included for good, oldest first.

    since_cycle: only those of this cycle (row id) and later ones.
    """
    query = _final(review_id).where(ResolutionRow.verdict == "include", RoundRow.leads_to == "study")
    if since_cycle is not None:
        query = query.where(RoundRow.cycle_id >= since_cycle)
    return [(row.report_id, row.round_id, cycle_id) for row, cycle_id in session.execute(query)]


def decisions_for_training(session: Session, review_id: int, only: Collection[int] | None = None) -> list[tuple[int, int, float]]:
    """Return (report id, 1 kept or 0 excluded, weight) for everything decided for good by titles and abstracts, ordered by report.

    What awaits classification is left out. A report that was kept weighs 1 once it is included for good, and half until the full text
    confirms it, or if the full text excluded it: its title and abstract were still worth reading on. only: these reports alone.
    """
    if only is not None and not only:
        return []
    query = _final(review_id).where(ResolutionRow.verdict != "awaiting").with_only_columns(
        ResolutionRow.report_id, ResolutionRow.verdict, RoundRow.stage, RoundRow.leads_to)
    if only is not None:
        query = query.where(ResolutionRow.report_id.in_(list(only)))
    kept, for_good = dict[int, bool](), set[int]()
    for report_id, verdict, stage, leads_to in session.execute(query):
        if stage == TITLE_ABSTRACT:
            kept[report_id] = verdict == "include"
        if verdict == "include" and leads_to == "study":
            for_good.add(report_id)
    return [(report_id, int(is_kept), FULL_WEIGHT if not is_kept or report_id in for_good else UNCONFIRMED_WEIGHT)
            for report_id, is_kept in kept.items()]


def decided_since(session: Session, review_id: int, after: datetime) -> dict[int, tuple[bool, bool]]:
    """Return report id → (included by titles and abstracts, included for good) of what was decided for good since then."""
    found: dict[int, tuple[bool, bool]] = {}
    query = _final(review_id).where(ResolutionRow.final_at > after).with_only_columns(
        ResolutionRow.report_id, ResolutionRow.verdict, RoundRow.stage, RoundRow.leads_to)
    for report_id, verdict, stage, leads_to in session.execute(query):
        by_abstract, for_good = found.get(report_id, (False, False))
        is_in = verdict == "include"
        found[report_id] = by_abstract or (is_in and stage == TITLE_ABSTRACT), for_good or (is_in and leads_to == "study")
    return found


def excluded_with_reasons(session: Session, review_id: int, cycle_id: int | None = None, *, stage: str | None = None) -> list[Exclusion]:
    """Return the reports that were excluded for good, each with the one criterion that failed, oldest first; at one stage or (None) at any."""
    query = _final(review_id).where(ResolutionRow.verdict == "exclude")
    if stage is not None:
        query = query.where(RoundRow.stage == stage)
    if cycle_id is not None:
        query = query.where(RoundRow.cycle_id == cycle_id)
    return [Exclusion(row.report_id, row.round_id, cycle, row.criterion) for row, cycle in session.execute(query)]


def progress(session: Session, review_id: int, cycle_id: int | None = None, *, stage: str | None = None) -> dict[str, int]:
    """Return how far screening is, in one cycle or (None) in all, at one stage or (None) at both: then a report read in full counts twice.

    to_decide: reports in rounds · decided: those with a resolution · conflicts: waiting for somebody to settle them ·
    included, excluded, awaiting: what was decided · pending: those for which a person has still to do something.
    """
    states = _item_states(session, review_id, cycle_id, stage)
    verdicts = _verdicts(session, review_id, cycle_id, stage)
    total = sum(states.values()) - states["merged"]
    return {
        "to_decide": total,
        "decided": sum(verdicts.values()),
        "conflicts": states["conflict"],
        "included": verdicts["include"],
        "excluded": verdicts["exclude"],
        "awaiting": verdicts["awaiting"],
        "pending": total - sum(verdicts.values()),
    }


def screening_counts(session: Session, review_id: int, cycle_id: int | None = None) -> dict[str, int]:
    """Return the boxes of the flow diagram on titles and abstracts: screened = excluded + included + awaiting; pending are not screened yet.

    by_third: how many of the screened a third person settled.
    """
    counted = progress(session, review_id, cycle_id, stage=TITLE_ABSTRACT)
    third = select(func.count()).select_from(ResolutionRow).join(RoundRow, RoundRow.id == ResolutionRow.round_id).where(
        ResolutionRow.review_id == review_id, ResolutionRow.basis == "third", RoundRow.stage == TITLE_ABSTRACT)
    if cycle_id is not None:
        third = third.where(RoundRow.cycle_id == cycle_id)
    return {"screened": counted["decided"], "by_third": session.scalar(third) or 0} | {
        name: counted[name] for name in ("included", "excluded", "awaiting", "pending", "conflicts")}


def sought(session: Session, review_id: int) -> frozenset[int]:
    """Return the reports that titles and abstracts let in and whose full text is to be read: those included for good, not merged since."""
    which = select(RoundRow.id).where(RoundRow.review_id == review_id, RoundRow.leads_to == FULL_TEXT)
    query = (select(ResolutionRow.report_id).join(ReportRow, ReportRow.id == ResolutionRow.report_id)
             .where(ResolutionRow.round_id.in_(which), ResolutionRow.final_at.is_not(None), ResolutionRow.verdict == "include",
                    ReportRow.merged_into.is_(None)))
    return frozenset(session.scalars(query))


def judged_in_full(session: Session, review_id: int) -> dict[int, ResolutionRow]:
    """Return report id → what was decided for good on its full text; the newest where it came up again."""
    which = select(RoundRow.id).where(RoundRow.review_id == review_id, RoundRow.stage == FULL_TEXT)
    query = select(ResolutionRow).where(ResolutionRow.round_id.in_(which), ResolutionRow.final_at.is_not(None)).order_by(ResolutionRow.id)
    return {row.report_id: row for row in session.scalars(query)}


def in_full_text_rounds(session: Session, review_id: int) -> frozenset[int]:
    """Return the reports that a round on full texts holds or has settled."""
    query = select(RoundItemRow.report_id).join(RoundRow, RoundRow.id == RoundItemRow.round_id).where(
        RoundItemRow.review_id == review_id, RoundRow.stage == FULL_TEXT)
    return frozenset(session.scalars(query))


def agreement(session: Session, round_id: int) -> dict[str, Any] | None:
    """Return how far the blind votes of a closed round agreed (see bot/methods/screening/agreement.py), None while it is open."""
    return session.scalar(select(RoundRow.agreement).where(RoundRow.id == round_id))


def _final(review_id: int) -> Select[ResolutionRow, int]:
    return (select(ResolutionRow, RoundRow.cycle_id).join(RoundRow, RoundRow.id == ResolutionRow.round_id)
            .where(ResolutionRow.review_id == review_id, ResolutionRow.final_at.is_not(None)).order_by(ResolutionRow.report_id))


def _rounds(review_id: int, cycle_id: int | None, stage: str | None) -> Select[int]:
    query = select(RoundRow.id).where(RoundRow.review_id == review_id)
    if cycle_id is not None:
        query = query.where(RoundRow.cycle_id == cycle_id)
    return query if stage is None else query.where(RoundRow.stage == stage)


def _item_states(session: Session, review_id: int, cycle_id: int | None, stage: str | None) -> Counter[str]:
    which = _rounds(review_id, cycle_id, stage)
    query = select(RoundItemRow.state, func.count()).where(RoundItemRow.round_id.in_(which)).group_by(RoundItemRow.state)
    return Counter(dict(session.execute(query).tuples().all()))


def _verdicts(session: Session, review_id: int, cycle_id: int | None, stage: str | None) -> Counter[str]:
    which = _rounds(review_id, cycle_id, stage)
    query = select(ResolutionRow.verdict, func.count()).where(ResolutionRow.round_id.in_(which)).group_by(ResolutionRow.verdict)
    return Counter(dict(session.execute(query).tuples().all()))
