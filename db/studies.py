"""Studies: trials with one or more reports, and how far their extraction is.

Effects: db/effects.py (its queries can be had from here as well). Which reports are included: db/screening.py.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint, false, func, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from bot.errors import NotFoundError
from db.base import Base, Id, review_key
from db.effects import LIVE as LIVE
from db.effects import USABLE as USABLE
from db.effects import EffectRow as EffectRow
from db.effects import effects_of as effects_of
from db.effects import effects_of_study as effects_of_study
from db.effects import undecided_count


class StudyRow(Base):
    """A trial. state: how far it is (`extracted`: two agree on the numbers; `appraised`: and risk of bias is signed for each; `confirmed`: and
    a person said so); extraction: what waits for whom.

    extraction: `none` (no numbers wanted), `open` (somebody extracts), `awaiting` (full text or an answer of the authors),
    `submitted` (another person is to verify), `settled`. turn: rises each time it goes back, so that people are told again.
    waits_for: what an `awaiting` study waits for. merged_into: the study that this one turned out to be. results_awaited: known by a
    protocol or registration alone so far, so that it is no study with results.
    """

    __tablename__ = "study"
    __table_args__ = (
        UniqueConstraint("review_id", "label"),
        CheckConstraint("state in ('candidate', 'included', 'extracted', 'appraised', 'confirmed', 'merged')", name="state"),
        CheckConstraint("extraction in ('none', 'open', 'awaiting', 'submitted', 'settled')", name="extraction"),
        CheckConstraint("origin in ('starting_set', 'screening')", name="origin"),
    )
    id: Mapped[Id]
    review_id: Mapped[int] = review_key()
    label: Mapped[str]
    year: Mapped[int | None]
    doi: Mapped[str] = mapped_column(default="", index=True)
    pmid: Mapped[str] = mapped_column(default="", index=True)
    registration: Mapped[str] = mapped_column(default="", index=True)
    design: Mapped[str] = mapped_column(default="")
    origin: Mapped[str]
    available_from: Mapped[str] = mapped_column(default="")
    state: Mapped[str]
    extraction: Mapped[str] = mapped_column(default="none", index=True)
    turn: Mapped[int] = mapped_column(default=1)
    extractor_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    verifier_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    waits_for: Mapped[str] = mapped_column(default="")
    results_awaited: Mapped[bool] = mapped_column(default=False, server_default=false())
    merged_into: Mapped[int | None] = mapped_column(ForeignKey("study.id"))
    created_at: Mapped[datetime]


class StudyReportRow(Base):
    """A report of a study, and why it was taken for one.

    basis: `first` (the study began with it), `document` (it is the very paper that the study was known by), `registration` (linked by
    itself, by an identical registration id), `person`. undone: since when it holds no more, and on whose word.
    """

    __tablename__ = "study_report"
    __table_args__ = (
        UniqueConstraint("study_id", "report_id"),
        CheckConstraint("basis in ('first', 'document', 'registration', 'person')", name="basis"),
    )
    id: Mapped[Id]
    review_id: Mapped[int] = review_key()
    study_id: Mapped[int] = mapped_column(ForeignKey("study.id"), index=True)
    report_id: Mapped[int] = mapped_column(ForeignKey("report.id"), index=True)
    basis: Mapped[str] = mapped_column(default="first", server_default="first")
    reason: Mapped[str]
    by: Mapped[str]
    at: Mapped[datetime]
    undone_by: Mapped[str | None]
    undone_at: Mapped[datetime | None]


class OutcomeStatementRow(Base):
    """That a study has no usable result for an outcome, and what is known all the same. The newest of a study, outcome and window holds.

    window: of a study that has a result in another window; "" where it has none at all.
    """

    __tablename__ = "outcome_statement"
    __table_args__ = (CheckConstraint("kind in ('not_usable', 'not_reported', 'not_measured')", name="kind"),)
    id: Mapped[Id]
    review_id: Mapped[int] = review_key()
    study_id: Mapped[int] = mapped_column(ForeignKey("study.id"), index=True)
    outcome: Mapped[str]
    window: Mapped[str] = mapped_column(default="", server_default="")
    kind: Mapped[str]
    known: Mapped[str] = mapped_column(default="")
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    at: Mapped[datetime]


@dataclass(frozen=True, slots=True)
class Identifiers:
    """What names a study beyond doubt; "" where it is not known."""

    doi: str = ""
    pmid: str = ""
    registrations: tuple[str, ...] = ()


def study(session: Session, study_id: int) -> StudyRow:
    """Return a study by its row id. Raises NotFoundError."""
    row = session.get(StudyRow, study_id)
    if row is None:
        raise NotFoundError(f"there is no study {study_id}")
    return row


def current(session: Session, study_id: int) -> StudyRow:
    """Return a study, or the one that it turned out to be. Raises NotFoundError."""
    return _where_it_went(session, study(session, study_id))


def held(session: Session, study_id: int) -> StudyRow:
    """Return a study that no other transaction changes until this one ends; in a session that only reads, the study as it is."""
    row = session.get(StudyRow, study_id, with_for_update="by" in session.info)
    if row is None:
        raise NotFoundError(f"there is no study {study_id}")
    return row


def studies(session: Session, review_id: int) -> Sequence[StudyRow]:
    """Return a review's studies by label, without those that turned out to be another one."""
    query = select(StudyRow).where(StudyRow.review_id == review_id, StudyRow.state != "merged").order_by(StudyRow.label)
    return session.scalars(query).all()


def in_extraction(session: Session, review_id: int, *states: str) -> Sequence[StudyRow]:
    """Return the studies whose extraction is in one of these states, in the order in which they came."""
    query = select(StudyRow).where(StudyRow.review_id == review_id, StudyRow.extraction.in_(states)).order_by(StudyRow.id)
    return session.scalars(query).all()


def of_identifiers(session: Session, review_id: int, ids: Identifiers) -> tuple[StudyRow, str] | None:
    """Return the study that has one of these identifiers, and the reason in words; None if there is none."""
    known = [("doi", ids.doi), ("pmid", ids.pmid), *(("registration", number) for number in ids.registrations)]
    for name, value in known:
        query = select(StudyRow).where(StudyRow.review_id == review_id, func.lower(getattr(StudyRow, name)) == value.lower())
        if value and (row := session.scalars(query.order_by(StudyRow.id)).first()) is not None:
            return _where_it_went(session, row), f"the same {'registration' if name == 'registration' else name.upper()}, {value}"
    return None


def of_report(session: Session, report_id: int) -> tuple[StudyRow, str] | None:
    """Return the study that a report belongs to, and the reason in words; None if it belongs to none yet."""
    query = (select(StudyRow).join(StudyReportRow, StudyReportRow.study_id == StudyRow.id)
             .where(StudyReportRow.report_id == report_id, StudyReportRow.undone_at.is_(None)).order_by(StudyRow.id))
    row = session.scalars(query).first()
    return None if row is None else (_where_it_went(session, row), "the same report")


def of_label(session: Session, review_id: int, label: str) -> StudyRow | None:
    """Return the study with this label, or None."""
    row = session.scalars(select(StudyRow).where(StudyRow.review_id == review_id, StudyRow.label == label)).one_or_none()
    return None if row is None else _where_it_went(session, row)


def free_label(session: Session, review_id: int, label: str) -> str:
    """Return `label`, with a letter if another study has it: "Lee 2021", "Lee 2021b"."""
    query = select(StudyRow.label).where(StudyRow.review_id == review_id, StudyRow.label.startswith(label, autoescape=True))
    taken = set(session.scalars(query))
    letters = ["", *"bcdefghijklmnopqrstuvwxyz", *(f"-{number}" for number in range(27, len(taken) + 28))]
    return next(label + letter for letter in letters if label + letter not in taken)


def add(session: Session, row: StudyRow) -> StudyRow:
    """Store a new study."""
    session.add(row)
    session.flush()
    return row


def link_report(session: Session, study_row: StudyRow, report_id: int, *, basis: str, reason: str, at: datetime) -> StudyReportRow:
    """Say that a report belongs to a study, and return the row; saying it again changes nothing, after an undoing it holds again."""
    known = select(StudyReportRow).where(StudyReportRow.study_id == study_row.id, StudyReportRow.report_id == report_id)
    row = session.scalars(known).one_or_none()
    if row is None:
        row = StudyReportRow(review_id=study_row.review_id, study_id=study_row.id, report_id=report_id)
    elif row.undone_at is None:
        return row
    row.basis, row.reason, row.by, row.at, row.undone_by, row.undone_at = basis, reason, session.info["by"], at, None, None
    session.add(row)
    session.flush()
    return row


def unlink_report(session: Session, row: StudyReportRow, *, at: datetime) -> None:
    """Say that a report belongs to a study no more; that it did stays in the history."""
    row.undone_by, row.undone_at = session.info["by"], at
    session.flush()


def report_link(session: Session, link_id: int) -> StudyReportRow:
    """Return why a report belongs to a study, by its row id. Raises NotFoundError."""
    row = session.get(StudyReportRow, link_id)
    if row is None:
        raise NotFoundError(f"there is no such report of a study: {link_id}")
    return row


def linked_reports(session: Session, review_id: int) -> frozenset[int]:
    """Return the ids of the reports that belong to a study already."""
    return frozenset(row.report_id for row in links(session, review_id))


def reports_in_studies(session: Session, report_ids: Collection[int]) -> frozenset[int]:
    """Return which of these reports belong to a study now."""
    query = select(StudyReportRow.report_id).where(StudyReportRow.report_id.in_(list(report_ids)), StudyReportRow.undone_at.is_(None))
    return frozenset(session.scalars(query))


def links(session: Session, review_id: int) -> Sequence[StudyReportRow]:
    """Return which report belongs to which study now, in the order in which they were linked."""
    query = select(StudyReportRow).where(StudyReportRow.review_id == review_id, StudyReportRow.undone_at.is_(None))
    return session.scalars(query.order_by(StudyReportRow.id)).all()


def reports_of(session: Session, study_id: int) -> Sequence[StudyReportRow]:
    """Return the reports of a study in the order in which they were linked."""
    query = select(StudyReportRow).where(StudyReportRow.study_id == study_id, StudyReportRow.undone_at.is_(None))
    return session.scalars(query.order_by(StudyReportRow.id)).all()


def state_outcome(session: Session, study_row: StudyRow, *, outcome: str, kind: str, known: str, person_id: int, at: datetime,
                  window: str = "") -> None:
    """Keep that a study has no usable result for an outcome, or none in one of its windows."""
    session.add(OutcomeStatementRow(review_id=study_row.review_id, study_id=study_row.id, outcome=outcome, window=window, kind=kind,
                                    known=known, person_id=person_id, at=at))
    session.flush()


def statements_of(session: Session, study_ids: Collection[int]) -> dict[tuple[int, str], OutcomeStatementRow]:
    """Return (study, outcome) → what was said last of an outcome that has no result at all."""
    return {(study_id, outcome): row for (study_id, outcome, window), row in all_statements_of(session, study_ids).items() if not window}


def all_statements_of(session: Session, study_ids: Collection[int]) -> dict[tuple[int, str, str], OutcomeStatementRow]:
    """Return (study, outcome, window) → what was said last about a missing result; window "" for all of the outcome."""
    query = select(OutcomeStatementRow).where(OutcomeStatementRow.study_id.in_(study_ids)).order_by(OutcomeStatementRow.id)
    return {(row.study_id, row.outcome, row.window): row for row in session.scalars(query)}


def pending_work(session: Session, review_id: int, cycle_id: int) -> dict[str, int]:
    """Return what a bulletin waits for: studies to extract and to verify, starting data that nobody has judged.

    What awaits a full text or an answer is not among it (see extraction_counts): that may take months. cycle_id is not used: work that
    an earlier cycle left is waited for as well.
    """
    counts = extraction_counts(session, review_id)
    return {"to_extract": counts["open"], "to_verify": counts["submitted"], "to_confirm": undecided_count(session, review_id)}


def extraction_counts(session: Session, review_id: int) -> dict[str, int]:
    """Return how many studies are in each state of extraction."""
    query = select(StudyRow.extraction, func.count().label("total")).where(StudyRow.review_id == review_id).group_by(StudyRow.extraction)
    found = {row.extraction: row.total for row in session.execute(query)}
    return {state: found.get(state, 0) for state in ("none", "open", "awaiting", "submitted", "settled")}


def without_people(session: Session, review_id: int) -> Sequence[StudyRow]:
    """Return the studies that wait for an extractor or a verifier and have none."""
    query = select(StudyRow).where(
        StudyRow.review_id == review_id,
        or_((StudyRow.extraction == "open") & StudyRow.extractor_id.is_(None),
            (StudyRow.extraction == "submitted") & StudyRow.verifier_id.is_(None))).order_by(StudyRow.id)
    return session.scalars(query).all()


def _where_it_went(session: Session, row: StudyRow) -> StudyRow:
    while row.merged_into is not None:
        row = study(session, row.merged_into)
    return row
