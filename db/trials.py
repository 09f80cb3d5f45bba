"""Registered trials: what a register says of them now, their expected dates, and the results posted there.

The register's entry is a record like any other (db/records.py), and is screened as one; this file keeps what a record has no place for.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session

from bot.domain.trials import Trial as Trial
from db import events
from db.base import Base, Id, review_key
from db.effects import EffectRow
from db.records import RecordRow, ReportRow
from db.screening import ResolutionRow
from db.studies import StudyReportRow, StudyRow

# States in which nothing more is to come (ClinicalTrials.gov's words).
ENDED = frozenset({"WITHDRAWN", "TERMINATED", "NO_LONGER_AVAILABLE", "TEMPORARILY_NOT_AVAILABLE", "APPROVED_FOR_MARKETING", "WITHHELD"})
CHANGED = "trial.changed"


class TrialRow(Base):
    """A registered trial as its register had it last.

    The fields are those of bot/domain/trials.py. results: {} while nothing is posted.
    """

    __tablename__ = "trial"
    __table_args__ = (UniqueConstraint("review_id", "registration"),)
    id: Mapped[Id]
    review_id: Mapped[int] = review_key()
    registration: Mapped[str]
    source: Mapped[str]
    title: Mapped[str]
    state: Mapped[str]
    started: Mapped[str]
    primary_completion: Mapped[str]
    primary_completion_expected: Mapped[bool]
    completion: Mapped[str]
    completion_expected: Mapped[bool]
    results_posted: Mapped[str]
    updated: Mapped[str]
    enrolment: Mapped[int | None]
    link: Mapped[str]
    publications: Mapped[list[Any]]
    results: Mapped[dict[str, Any]]
    seen_at: Mapped[datetime]


@dataclass(frozen=True, slots=True)
class OngoingTrial:
    """A trial that screening let in and that has no result in the review yet. report_id: of its entry in the register."""

    registration: str
    title: str
    state: str
    started: str
    primary_completion: str
    primary_completion_expected: bool
    completion: str
    completion_expected: bool
    has_posted_results: bool
    enrolment: int | None
    link: str
    report_id: int


def keep(session: Session, *, review_id: int, trials: Iterable[Trial], at: datetime) -> int:
    """Keep trials as their register has them now, note one event for each that changed, and return how many are new or changed."""
    changed = 0
    for trial in trials:
        now = _values(trial)
        row = of_registration(session, review_id, trial.registration)
        if row is None:
            session.add(TrialRow(review_id=review_id, registration=trial.registration, seen_at=at, **now))
            session.flush()
            changed += 1
            continue
        before = {name: getattr(row, name) for name in now}
        different = sorted(name for name in now if before[name] != now[name])
        row.seen_at = at
        if different:
            changed += 1
            for name in different:
                setattr(row, name, now[name])
            said = {name: [before[name], now[name]] for name in different if name not in ("results", "publications")}
            events.note(session, review_id=review_id, kind=CHANGED, subject=f"trial:{row.id}", at=at,
                        data={"registration": row.registration, "changed": different} | said)
    return changed


def of_registration(session: Session, review_id: int, registration: str) -> TrialRow | None:
    """Return the trial with this registration number, or None."""
    query = select(TrialRow).where(TrialRow.review_id == review_id, TrialRow.registration == registration)
    return session.scalars(query).one_or_none()


def of_registrations(session: Session, review_id: int, registrations: Collection[str]) -> Sequence[TrialRow]:
    """Return the trials with these registration numbers, in their order."""
    query = select(TrialRow).where(TrialRow.review_id == review_id, TrialRow.registration.in_(sorted(registrations)))
    return session.scalars(query.order_by(TrialRow.registration)).all()


def trials(session: Session, review_id: int) -> Sequence[TrialRow]:
    """Return all trials of a review by registration."""
    return session.scalars(select(TrialRow).where(TrialRow.review_id == review_id).order_by(TrialRow.registration)).all()


def ongoing(session: Session, review_id: int) -> list[OngoingTrial]:
    """Return the trials that screening let in, that were not given up, and of which the review has no result yet; the next due first.

    A trial that is over and has not reported is among them: its results are what the review waits for.
    """
    entries = _entries(session, review_id)
    let_in = _let_in(session, review_id)
    reported = _reported(session, review_id)
    found = [
        OngoingTrial(row.registration, row.title, row.state, row.started, row.primary_completion, row.primary_completion_expected,
                     row.completion, row.completion_expected, bool(row.results), row.enrolment, row.link, entries[row.registration])
        for row in trials(session, review_id)
        if row.state not in ENDED and row.registration not in reported and entries.get(row.registration) in let_in]
    return sorted(found, key=lambda one: (one.primary_completion or one.completion or "9999", one.registration))


def _values(trial: Trial) -> dict[str, Any]:
    values = json.loads(json.dumps(asdict(trial)))
    del values["registration"]
    return values


def _entries(session: Session, review_id: int) -> dict[str, int]:
    """Return registration → the report of its entry in the register."""
    query = (select(RecordRow.identity, RecordRow.report_id, ReportRow.merged_into).join(ReportRow, ReportRow.id == RecordRow.report_id)
             .join(TrialRow, (TrialRow.review_id == RecordRow.review_id) & (TrialRow.registration == RecordRow.identity)
                   & (TrialRow.source == RecordRow.source)).where(RecordRow.review_id == review_id))
    return {identity: merged_into or report_id for identity, report_id, merged_into in session.execute(query).tuples() if report_id}


def _let_in(session: Session, review_id: int) -> set[int]:
    """Return the reports that were included for good, or that belong to a study."""
    decided = select(ResolutionRow.report_id).where(ResolutionRow.review_id == review_id, ResolutionRow.verdict == "include",
                                                    ResolutionRow.final_at.is_not(None))
    linked = select(StudyReportRow.report_id).where(StudyReportRow.review_id == review_id)
    return set(session.scalars(decided)) | set(session.scalars(linked))


def _reported(session: Session, review_id: int) -> set[str]:
    """Return the registrations of studies that have a result in the review, or a report besides entries in registers."""
    with_numbers = select(EffectRow.study_id).where(EffectRow.review_id == review_id)
    of_entries = select(RecordRow.report_id).join(TrialRow, (TrialRow.review_id == RecordRow.review_id)
                                                  & (TrialRow.registration == RecordRow.identity)).where(RecordRow.report_id.is_not(None))
    with_reports = select(StudyReportRow.study_id).where(StudyReportRow.review_id == review_id, StudyReportRow.report_id.not_in(of_entries))
    query = select(StudyRow.id, StudyRow.registration).where(
        StudyRow.review_id == review_id, StudyRow.id.in_(with_numbers) | StudyRow.id.in_(with_reports))
    found = dict(session.execute(query).tuples().all())
    entries = (select(RecordRow.identity).join(StudyReportRow, StudyReportRow.report_id == RecordRow.report_id)
               .where(StudyReportRow.study_id.in_(list(found)), RecordRow.review_id == review_id))
    return ({registration for registration in found.values() if registration} | set(session.scalars(entries)))
