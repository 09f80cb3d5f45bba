"""Notices about reports: that one was retracted, corrected or replaced, or that somebody is concerned about it.

Two sources that tell of the same notice make one row, however often they tell it. What a notice does to results: bot/steps/studies.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from bot.domain.notices import KINDS as KINDS
from bot.domain.notices import Notice as Notice
from bot.errors import ConflictError, NotFoundError
from db import events
from db.base import Base, Id, review_key
from db.records import ReportRow
from db.studies import StudyReportRow

# The event by which a new notice is handed on; its subject is `report:<id>` or `study:<id>`, its data what the notice says.
FOUND = "notice.found"


class NoticeRow(Base):
    """One notice about one report; study_id instead where a study's paper is not here as a report (starting data).

    The fields are those of bot/domain/notices.py. sources: who told of it, the first one first. answer: what a person said of it; open
    until then. decision: what becomes of the numbers, `keep` or `take_out`, None until then.
    """

    __tablename__ = "notice"
    __table_args__ = (
        CheckConstraint("kind in ('retraction', 'expression of concern', 'correction', 'replacement')", name="kind"),
        CheckConstraint("(report_id is null) <> (study_id is null)", name="subject"),
        CheckConstraint("decision in ('keep', 'take_out')", name="decision"),
    )
    id: Mapped[Id]
    review_id: Mapped[int] = review_key()
    report_id: Mapped[int | None] = mapped_column(ForeignKey("report.id"), index=True)
    study_id: Mapped[int | None] = mapped_column(ForeignKey("study.id"), index=True)
    kind: Mapped[str]
    doi: Mapped[str]
    pmid: Mapped[str]
    citation: Mapped[str]
    dated: Mapped[str]
    link: Mapped[str]
    sources: Mapped[list[Any]]
    found_at: Mapped[datetime]
    answer: Mapped[str | None]
    answered_by: Mapped[str | None]
    answered_at: Mapped[datetime | None]
    decision: Mapped[str | None]

    @property
    def where(self) -> str:
        """An address at which the notice can be read, "" if no source gave one or what leads to one."""
        if self.link.startswith(("https://", "http://")):
            return self.link
        return f"https://doi.org/{self.doi}" if self.doi else f"https://pubmed.ncbi.nlm.nih.gov/{self.pmid}/" if self.pmid else ""

    @property
    def source(self) -> str:
        """Who told of it first."""
        return self.sources[0]


def keep(session: Session, *, review_id: int, notice: Notice, at: datetime, report_id: int | None = None, study_id: int | None = None) -> bool:
    """Keep a notice about a report or a study's paper, hand it on as an event, and return True.

    One that is known is completed by what this source says besides, and False comes back.
    """
    about = of_report(session, report_id) if report_id is not None else _of_study_alone(session, study_id)
    known = next((row for row in about if _is_same(row, notice)), None)
    if known is not None:
        _complete(known, notice)
        return False
    row = NoticeRow(review_id=review_id, report_id=report_id, study_id=study_id, kind=notice.kind, doi=notice.doi, pmid=notice.pmid,
                    citation=notice.citation, dated=notice.dated, link=notice.link, sources=[notice.source], found_at=at)
    session.add(row)
    session.flush()
    subject = f"report:{report_id}" if report_id is not None else f"study:{study_id}"
    events.note(session, review_id=review_id, kind=FOUND, subject=subject, at=at, data={
        "notice": row.id, "kind": row.kind, "doi": row.doi, "pmid": row.pmid, "dated": row.dated, "source": notice.source, "link": row.link})
    return True


def of_report(session: Session, report_id: int) -> Sequence[NoticeRow]:
    """Return the notices about a report, oldest first."""
    return session.scalars(select(NoticeRow).where(NoticeRow.report_id == report_id).order_by(NoticeRow.id)).all()


def of_study(session: Session, study_id: int) -> Sequence[NoticeRow]:
    """Return the notices about a study's papers, oldest first: its reports, those merged into them, and the paper of its starting data."""
    own = select(StudyReportRow.report_id).where(StudyReportRow.study_id == study_id, StudyReportRow.undone_at.is_(None))
    absorbed = select(ReportRow.id).where(ReportRow.merged_into.in_(own))
    about = NoticeRow.report_id.in_(own) | NoticeRow.report_id.in_(absorbed) | (NoticeRow.study_id == study_id)
    return session.scalars(select(NoticeRow).where(about).order_by(NoticeRow.id)).all()


def all_notices(session: Session, review_id: int) -> Sequence[NoticeRow]:
    """Return every notice about a report of a review, answered or not, oldest first."""
    return session.scalars(select(NoticeRow).where(NoticeRow.review_id == review_id).order_by(NoticeRow.id)).all()


def open_notices(session: Session, review_id: int) -> Sequence[NoticeRow]:
    """Return the notices that nobody has answered yet, oldest first."""
    query = select(NoticeRow).where(NoticeRow.review_id == review_id, NoticeRow.answer.is_(None)).order_by(NoticeRow.id)
    return session.scalars(query).all()


def notice(session: Session, notice_id: int) -> NoticeRow:
    """Return a notice by its row id. Raises NotFoundError."""
    row = session.get(NoticeRow, notice_id)
    if row is None:
        raise NotFoundError(f"there is no notice {notice_id}")
    return row


def answer(session: Session, notice_id: int, *, said: str, at: datetime, decision: str | None = None) -> NoticeRow:
    """Keep what a person (whom the session writes for) said of a notice. Raises NotFoundError, ConflictError if one was given before."""
    row = notice(session, notice_id)
    if row.answer is not None:
        raise ConflictError(f"This notice was answered on {row.answered_at:%Y-%m-%d}: {row.answer}")
    row.answer, row.answered_by, row.answered_at, row.decision = said, session.info["by"], at, decision
    session.flush()
    return row


def _of_study_alone(session: Session, study_id: int | None) -> Sequence[NoticeRow]:
    return session.scalars(select(NoticeRow).where(NoticeRow.study_id == study_id).order_by(NoticeRow.id)).all()


def _is_same(row: NoticeRow, notice: Notice) -> bool:
    """Return whether a source tells of a notice that is here: the same kind, and no identifier that says otherwise.

    PubMed names a notice by its PMID, Crossref by its DOI, a publication type not at all.
    """
    if row.kind != notice.kind:
        return False
    if (row.pmid and row.pmid == notice.pmid) or (row.doi and row.doi == notice.doi):
        return True
    told_apart = (row.pmid and notice.pmid) or (row.doi and notice.doi)
    # A source that names two corrections means two, also where another one names the first of them by something else.
    return not told_apart and (notice.source not in row.sources or not _is_named(row) or not _is_named(notice))


def _is_named(one: NoticeRow | Notice) -> bool:
    return bool(one.pmid or one.doi)


def _complete(row: NoticeRow, notice: Notice) -> None:
    for name in ("doi", "pmid", "citation", "dated", "link"):
        if not getattr(row, name) and getattr(notice, name):
            setattr(row, name, getattr(notice, name))
    if notice.source not in row.sources:
        row.sources = [*row.sources, notice.source]
